"""The budget of an AWS sandbox: who is told when it is spent, and what may stop new spending."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.conventions.sandboxes import BUDGET_ALERT_PERCENTS, BUDGET_SPENT_PERCENT
from dataops_infra.conventions.tags import SANDBOX
from dataops_infra.data_lake.s3_policies import Statement
from dataops_infra.sandbox import aws_policies as policies
from dataops_infra.sandbox.aws_plan import SandboxPlan


class BudgetResources:
    """Creates what the budget of one sandbox needs. The policy that stops spending is made at once, the rest by
    :meth:`create`, when the role and the key exist.

    :ivar topic_arn: where AWS Budgets tells; known at preview where the account is.
    :ivar key_statement: what the key's policy must say so that the topic can be encrypted with it.
    :ivar spending_policies: the policy that stops spending, where that is asked for.
    :ivar usable: a value of each child, all known at preview.
    """

    def __init__(
        self, sandbox: pulumi.ComponentResource, name: str, plan: SandboxPlan, account: pulumi.Output[str]
    ) -> None:
        self._sandbox, self._name, self._plan, self._account = sandbox, name, plan, account
        region = plan.home.region
        self._budgets_arn = account.apply(
            lambda known: names.arn("budgets", "*", region=region, account=known, regional=False)
        )
        self.topic_arn = account.apply(lambda known: names.sns_topic_arn(known, region, plan.topic))
        self.key_statement: Statement = policies.alerts_key_statement(account, self._budgets_arn)
        self.usable: list[pulumi.Output[str]] = []
        self.spending_policies = [self._create_spending_policy()] if plan.stops_spending else []

    def create(
        self,
        role: aws.iam.Role,
        role_arn: pulumi.Output[str],
        key_arn: pulumi.Output[str],
        after: Sequence[pulumi.Resource],
    ) -> None:
        """Make the topic, the budget with its notifications and, where asked for, its action on ``role``.

        :param after: what must exist before the topic names the key.
        """
        topic = aws.sns.Topic(
            f"{self._name}-budget-alerts",
            name=self._plan.topic,
            kms_master_key_id=key_arn,
            policy=pulumi.Output.json_dumps(policies.alerts_policy(self.topic_arn, self._account, self._budgets_arn)),
            tags={**self._plan.placement.tags},
            region=self._plan.home.region,
            opts=self._options(depends_on=list(after), delete_before_replace=True),
        )
        budget = self._create_budget(topic)
        self.usable += [topic.name, budget.name]
        for spending in self.spending_policies:
            self._create_action(budget, role, role_arn, spending)

    def _create_budget(self, topic: aws.sns.Topic) -> aws.budgets.Budget:
        plan = self._plan
        return aws.budgets.Budget(
            f"{self._name}-budget",
            name=plan.budget,
            account_id=self._account,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{plan.budget_usd:.2f}",
            limit_unit="USD",
            # "user:" marks tags of the user's (AWS Cost Management user guide, "Budget filters").
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:{SANDBOX}${plan.role}"]}],
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "notification_type": "ACTUAL",
                    "subscriber_sns_topic_arns": [self.topic_arn],
                    **({"subscriber_email_addresses": list(plan.alert_emails)} if plan.alert_emails else {}),
                }
                for percent in BUDGET_ALERT_PERCENTS
            ],
            tags={**plan.placement.tags},
            opts=self._options(depends_on=[topic], delete_before_replace=True),
        )

    def _create_spending_policy(self) -> aws.iam.Policy:
        policy = aws.iam.Policy(
            f"{self._name}-stop-spending",
            name=self._plan.spending_policy,
            description=f"Put on the role of the sandbox {self._name} when its budget is spent",
            policy=pulumi.Output.json_dumps(policies.stop_spending_policy()),
            tags={**self._plan.placement.tags},
            opts=self._options(delete_before_replace=True),
        )
        self.usable.append(policy.name)
        return policy

    def _create_action(
        self, budget: aws.budgets.Budget, role: aws.iam.Role, role_arn: pulumi.Output[str], spending: aws.iam.Policy
    ) -> None:
        """AWS Budgets puts the policy on the role by itself, by a role of its own that can do nothing else."""
        plan, region = self._plan, self._plan.home.region
        spending_arn = self._account.apply(lambda account: names.iam_policy_arn(account, plan.spending_policy, region))
        actor = aws.iam.Role(
            f"{self._name}-budget-action-role",
            name=plan.action_role,
            description=f"Stops spending in the sandbox {self._name}",
            assume_role_policy=pulumi.Output.json_dumps(policies.budget_action_trust(self._account, self._budgets_arn)),
            permissions_boundary=plan.permissions_boundary_arn,
            tags={**plan.placement.tags},
            opts=self._options(delete_before_replace=True),
        )
        rights = aws.iam.RolePolicy(
            f"{self._name}-budget-action-role-policy",
            name="stop-spending",
            role=actor.name,
            policy=pulumi.Output.json_dumps(policies.budget_action_policy(role_arn, spending_arn)),
            opts=self._options(),
        )
        action = aws.budgets.BudgetAction(
            f"{self._name}-budget-action",
            account_id=self._account,
            budget_name=budget.name,
            action_type="APPLY_IAM_POLICY",
            approval_model="AUTOMATIC",
            notification_type="ACTUAL",
            execution_role_arn=self._account.apply(
                lambda account: names.iam_role_arn(account, plan.action_role, region)
            ),
            action_threshold={
                "action_threshold_type": "PERCENTAGE",
                "action_threshold_value": BUDGET_SPENT_PERCENT,
            },
            definition={"iam_action_definition": {"policy_arn": spending_arn, "roles": [role.name]}},
            subscribers=[{"address": self.topic_arn, "subscription_type": "SNS"}],
            tags={**plan.placement.tags},
            opts=self._options(depends_on=[rights, spending], delete_before_replace=True),
        )
        self.usable += [actor.name, rights.name, action.budget_name]

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._sandbox, **options)
