"""What the cases of ``pii-stays-in-production`` share: an organisation, a store of personal data, pairs of twins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataops_infra.conventions.model import Conventions
from dataops_infra.policy.judging import Given
from tests.support.rule_cases import Case

RULE = "pii-stays-in-production"
DEV, STAGING, PROD = "111111111111", "222222222222", "333333333333"
STRANGER = "999999999999"
CONVENTIONS = Conventions.model_validate(
    {
        "organisation": "acme",
        "environments": {
            "dev": {"aws_account": DEV, "gcp_project": "acme-data-dev"},
            "staging": {"aws_account": STAGING, "gcp_project": "acme-data-staging"},
            "prod": {
                "production": True,
                "aws_account": PROD,
                "gcp_project": "acme-data-prod",
                "gcp_project_number": "444444444444",
            },
        },
    }
)
PII = {"data-classification": "pii"}
BUCKET = "aws:s3/bucket:Bucket"
GCS = "gcp:storage/bucket:Bucket"


def given(token: str, name: str, properties: Mapping[str, Any], **made_from: Sequence[str]) -> Given:
    """A resource of a production stack; ``made_from`` = input -> names of the resources it was made from."""
    return Given(token, properties, name=name, stack="prod", depends_on=made_from or None)


def bucket(name: str = "raw", tags: Mapping[str, str] = PII, physical: str = "", **properties: Any) -> Given:
    """An S3 bucket, of personal data unless its tags say otherwise."""
    return given(BUCKET, name, {"bucket": physical or f"acme-prod-crm-{name}", "tags": dict(tags), **properties})


def gcs(name: str = "raw", labels: Mapping[str, str] = PII, physical: str = "") -> Given:
    """A GCS bucket of personal data."""
    return given(GCS, name, {"name": physical or f"acme-prod-crm-{name}", "labels": dict(labels)})


@dataclass(frozen=True)
class Twins:
    """An illegal stack and its legal twin, which differs in one fact.

    :param resources: the stack, with ``{end}`` for that fact.
    :param ends: the fact that is illegal, then the one that is legal.
    :param messages: what is said of the illegal one.
    """

    label: str
    resources: tuple[Given, ...]
    ends: tuple[Any, ...]
    messages: Mapping[str, Sequence[str]]
    needless: frozenset[str] = frozenset()
    fuzzed: bool = True

    def cases(self) -> Iterator[Case]:
        """Both as cases."""
        for end, messages, word in zip(self.ends, (self.messages, {}), ("illegal", "legal"), strict=True):
            yield Case(
                RULE,
                tuple(replace(each, properties=filled(each.properties, end)) for each in self.resources),
                messages,
                label=f"{self.label}-{word}",
                conventions=CONVENTIONS,
                echoed=True,
                needless=self.needless,
                fuzzed=self.fuzzed,
            )


END = "{end}"


def filled(value: Any, end: Any) -> Any:
    """``value`` with the end in place of its mark, within texts too."""
    if value == END:
        return end
    if isinstance(value, Mapping):
        return {key: filled(item, end) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, end) for item in value]
    return value.replace(END, str(end)) if isinstance(value, str) else value


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy document as an object; programs give it as JSON text."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
