"""Who is told of a refused, failed or missed run on AWS: a topic, a rule on failures, an alarm where no copy comes."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

import pulumi
import pulumi_aws as aws

from dataops_infra.conventions import names
from dataops_infra.data_lake.s3_policies import Statement
from dataops_infra.test_datasets import aws_policies as policies
from dataops_infra.test_datasets.aws_plan import AwsPlan

HOUR_SECONDS = 3600
"""Alarms that look back further than a day count by the hour at least
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""


class Runs(Protocol):
    """What runs the job."""

    def ended(self, *, published: bool) -> pulumi.Output[dict[str, Any]]:
        """The event pattern of runs that published a copy, or of those that ended otherwise."""


class AlarmResources:
    """Creates what tells of one dataset's runs.

    :ivar topic_arn: the topic that is told.
    :ivar key_statement: what the key with which the topic is encrypted has to allow.
    :ivar usable: a value of each child that is known at preview.
    """

    def __init__(
        self, dataset: pulumi.ComponentResource, name: str, plan: AwsPlan, account: pulumi.Output[str]
    ) -> None:
        self._dataset, self._name, self._plan, self._account = dataset, name, plan, account
        region, given = plan.place.region, plan.terms.alarms.topic_arn
        own = account.apply(lambda known: names.sns_topic_arn(known, region, plan.names.topic))
        self.topic_arn = own if given is None else pulumi.Output.from_input(given)
        self._rule_arn = account.apply(lambda known: names.event_rule_arn(known, region, plan.names.failed_rule))
        self._alarm_arn = account.apply(lambda known: names.alarm_arn(known, region, plan.names.missed_alarm))
        self.key_statement: Statement = policies.alarm_key_statement(account, [self._rule_arn, self._alarm_arn])
        self.usable: list[pulumi.Output[Any]] = []

    def create(self, key_arn: pulumi.Output[str] | None, after: Sequence[pulumi.Resource], runs: Runs) -> None:
        """Make topic, rules and alarm.

        :param key_arn: encrypts the topic; None where the key is not the component's own, whose policy may not let
            the alarms in.
        :param after: what must exist before the topic names the key.
        """
        told = [] if self._plan.terms.alarms.topic_arn is not None else [self._create_topic(key_arn, after)]
        self._create_failed_rule(runs, told)
        if self._plan.terms.alarms.missed_after_hours is not None:
            self._create_missed_alarm(self._plan.terms.alarms.missed_after_hours, runs, told)

    def _create_topic(self, key_arn: pulumi.Output[str] | None, after: Sequence[pulumi.Resource]) -> aws.sns.Topic:
        plan = self._plan
        document = policies.topic_policy(self.topic_arn, self._account, self._rule_arn, self._alarm_arn)
        topic = aws.sns.Topic(
            f"{self._name}-alarms",
            name=plan.names.topic,
            kms_master_key_id=key_arn,
            policy=pulumi.Output.json_dumps(document),
            tags={**plan.place.placement.tags},
            region=plan.place.region,
            opts=self._options(depends_on=list(after), delete_before_replace=True),
        )
        self.usable.append(topic.name)
        for index, address in enumerate(plan.terms.alarms.emails):
            told = aws.sns.TopicSubscription(
                f"{self._name}-alarms-{index}",
                topic=self.topic_arn,
                protocol="email",
                endpoint=address,
                region=plan.place.region,
                opts=self._options(depends_on=[topic]),
            )
            self.usable.append(told.endpoint)
        return topic

    def _create_failed_rule(self, runs: Runs, told: Sequence[pulumi.Resource]) -> None:
        plan = self._plan
        rule = self._create_rule("failed", plan.names.failed_rule, runs, published=False)
        verdict = f"s3://{plan.bucket}/{plan.verdict_key}"
        text = (
            f"The test dataset {self._name} was not published: its masking job ended with <state>. Exit code 1 is a "
            f"refusal of the gate, whose verdict is {verdict}; anything else is told by the log groups below "
            f"{plan.log_prefix}. The copy that was there before is still there."
        )
        target = aws.cloudwatch.EventTarget(
            f"{self._name}-failed-target",
            rule=rule.name,
            target_id="alarms",
            arn=self.topic_arn,
            input_transformer={"input_paths": {"state": "$.detail.state"}, "input_template": json.dumps(text)},
            region=plan.place.region,
            opts=self._options(depends_on=list(told)),
        )
        self.usable.append(target.target_id)

    def _create_rule(self, kind: str, name: str, runs: Runs, *, published: bool) -> aws.cloudwatch.EventRule:
        what = "published its copy" if published else "did not publish a copy"
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-{kind}",
            name=name,
            description=f"A run of the masking job of {self._name} {what}",
            event_pattern=pulumi.Output.json_dumps(runs.ended(published=published)),
            tags={**self._plan.place.placement.tags},
            region=self._plan.place.region,
            opts=self._options(delete_before_replace=True),
        )
        self.usable.append(rule.name)
        return rule

    def _create_missed_alarm(self, hours: int, runs: Runs, told: Sequence[pulumi.Resource]) -> None:
        """EventBridge counts matches of a rule; hours in which there were none have no figure, which is the alarm."""
        plan = self._plan
        rule = self._create_rule("published", plan.names.published_rule, runs, published=True)
        alarm = aws.cloudwatch.MetricAlarm(
            f"{self._name}-missed",
            name=plan.names.missed_alarm,
            alarm_description=f"The test dataset {self._name} was not published within {hours} hours",
            namespace="AWS/Events",
            metric_name="TriggeredRules",
            dimensions={"RuleName": rule.name},
            statistic="Sum",
            period=HOUR_SECONDS,
            evaluation_periods=hours,
            datapoints_to_alarm=hours,
            comparison_operator="LessThanThreshold",
            threshold=1,
            treat_missing_data="breaching",
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            tags={**plan.place.placement.tags},
            region=plan.place.region,
            opts=self._options(depends_on=list(told), delete_before_replace=True),
        )
        self.usable.append(alarm.name)

    def _options(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self._dataset, **options)
