"""Children of a component under our token: a flow ends at what ours makes, and goes on through what only looks so."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataops_infra.policy.judging import Given
from tests.support import masking_jobs as jobs
from tests.support.flow_cases import CONVENTIONS, DEV, PROD, RULE, bucket, given, policy
from tests.support.rule_cases import Case

COMPONENT = "dataops-infra:index:MaskedTestDataset"
GLUE, EMR = "aws:glue/job:Job", "aws:emrserverless/application:Application"
SOURCE, COPIES = "acme-prod-crm-raw", "acme-prod-crm-copies"
ROLE = f"arn:aws:iam::{PROD}:role/masker"
OPTIONS = {
    "--plan": f"s3://{COPIES}/plan.yaml",
    "--source": f"s3://{SOURCE}/shop/",
    "--target": f"s3://{COPIES}/masked/",
    "--staging": f"s3://{COPIES}/staging/",
    "--key-secret": f"arn:aws:secretsmanager:eu-west-1:{PROD}:secret:key",
    "--plan-hash": jobs.DIGEST,
    "--report": f"s3://{COPIES}/masking/verdict.json",
}


@dataclass(frozen=True)
class Child(Given):
    """A resource below a component that a program registered under our token."""

    @property
    def urn(self) -> str:
        """The URN that the engine gives to a child."""
        return f"urn:pulumi:{self.stack}::{self.project}::{COMPONENT}${self.type}::{self.name}"


def child(token: str, name: str, properties: Mapping[str, Any], parent: str = "orders") -> Child:
    urn = f"urn:pulumi:prod::test::{COMPONENT}::{parent}"
    return Child(token, properties, name=name, stack="prod", parent=urn)


def glue(**changed: Any) -> Child:
    """The job; ``options`` are changed or, where None, left out."""
    options = {name: text for name, text in (OPTIONS | changed.pop("options", {})).items() if text is not None}
    made = {
        "name": "mask",
        "roleArn": ROLE,
        "command": {"scriptLocation": f"s3://{COPIES}/masking/masking_job.py"},
        "connections": ["inside"],
        "nonOverridableArguments": options,
    }
    return child(GLUE, "job", {key: value for key, value in (made | changed).items() if value is not None})


def role(principal: Mapping[str, Any], parent: str = "orders") -> Child:
    trust = policy({"Principal": principal, "Action": "sts:AssumeRole"})
    return child(jobs.ROLE, "role", {"name": "masker", "assumeRolePolicy": json.dumps(trust)}, parent)


def rights(action: str, resource: str) -> Child:
    document = policy({"Action": action, "Resource": resource})
    return child(jobs.ROLE_POLICY, "rights", {"role": "masker", "policy": json.dumps(document)})


SERVICE, TAKEN_ROLE = role({"Service": "glue.amazonaws.com"}), role({"AWS": f"arn:aws:iam::{DEV}:root"})
READS = rights("s3:GetObject", f"arn:aws:s3:::{SOURCE}/shop/*")
RAW, COPY = bucket("raw"), bucket("copies", {"data-classification": "masked"})
READERS = given(
    jobs.BUCKET_POLICY,
    "readers",
    {
        "bucket": COPIES,
        "policy": json.dumps(
            policy(
                {
                    "Principal": {"AWS": f"arn:aws:iam::{DEV}:root"},
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{COPIES}/masked/*",
                }
            )
        ),
    },
)
_OUTSIDE = f"account {DEV}"
OUT = (
    f"`raw` (pii) → processed by job `job` → written to `copies` → read by {_OUTSIDE} (bucket policy; environment dev)"
)
TAKEN = f"`raw` (pii) → read by role `role` → assumed by {_OUTSIDE} (environment dev)"


def case(label: str, job: Given, *others: Given, at: str = "", said: str = "", **more: Any) -> Case:
    resources = (RAW, COPY, READERS, job, *others)
    messages = {at: (said,)} if at else {}
    return Case(RULE, resources, messages, label=label, conventions=CONVENTIONS, echoed=True, **more)


def imitation(label: str, job: Given, *others: Given) -> Case:
    return case(f"imitation-{label}", job, *(others or (SERVICE, READS)), at="readers", said=OUT)


CASES = (
    case("child-like-ours", glue(), SERVICE, READS),
    imitation("of-another-script", glue(command={"scriptLocation": "s3://work/etl.py"})),
    imitation("of-any-plan", glue(options={"--plan-hash": None})),
    imitation("of-no-digest", glue(options={"--plan-hash": "latest"})),
    imitation("without-a-verdict", glue(options={"--report": None})),
    imitation("without-staging", glue(options={"--staging": None})),
    imitation("without-a-key", glue(options={"--key-secret": None})),
    imitation(
        "that-may-be-turned", glue(options={"--target": None}, defaultArguments={"--target": OPTIONS["--target"]})
    ),
    imitation("on-the-internet", glue(connections=None)),
    imitation("that-writes-elsewhere", glue(), SERVICE, rights("s3:*", f"arn:aws:s3:::{COPIES}/*")),
    imitation("without-a-component", Given(**vars(glue()))),
    case("imitation-that-others-take", glue(), TAKEN_ROLE, READS, at="role", said=TAKEN),
)
