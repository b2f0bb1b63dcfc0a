"""What the cases of rules cannot say about buckets: two accounts, audits, a provider that is unknown, many of them."""

import functools
import json
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import pytest

from dataops_infra.conventions.compiled import compiled
from dataops_infra.pack_folders import pack_folder
from dataops_infra.policy import UNKNOWN, Provider, Rule
from dataops_infra.policy.judging import Given, judge_stack
from dataops_infra.policy.packs import pack_config, pack_rules
from dataops_infra.policy.rules import properties
from dataops_infra.policy.values import ReadLog
from policies.data_lake.data_lake_rules.bucket_access import _same_account
from tests.support.analyzer import analyzer
from tests.support.rule_cases import AS_OF, CONVENTIONS

BUCKET, BLOCK = "aws:s3/bucket:Bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
RULES: Mapping[str, Rule] = {rule.name: rule for rule in pack_rules("data_lake")}
OF_BUCKETS = sorted(
    name
    for name in RULES
    if name.startswith("lake-bucket-") or name in {"lake-acls-disabled", "lake-lifecycle-present"}
)
FILLED_IN = {
    "acl": "private",
    "grants": [{"type": "CanonicalUser", "id": "owner", "permissions": ["FULL_CONTROL"]}],
    "lifecycleRules": [],
    "serverSideEncryptionConfiguration": {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}},
    "versioning": {"enabled": False, "mfaDelete": False},
    "policy": "",
}
"""Outputs of an S3 bucket for which a program stated nothing, as a state holds them."""


def provider(name: str, **given: Any) -> Provider:
    return Provider("pulumi:providers:aws", name, properties(given, ReadLog()))


ACCOUNTS: list[tuple[Provider | None, Provider | None, bool]] = [
    (None, None, True),
    (provider("a"), None, True),
    (provider("a"), provider("a", region="eu-west-1"), True),
    (provider("a", region="eu-west-1"), provider("b", region="eu-central-1"), True),
    (provider("a", assumeRoles="[1]"), provider("b", assumeRoles="[1]"), True),
    (provider("a"), provider("b", profile="other"), False),
    (provider("a", assumeRoles="[1]"), provider("b", assumeRoles="[2]"), False),
    (provider("a", assumeRoles=UNKNOWN), provider("b", assumeRoles=UNKNOWN), False),
]


@pytest.mark.parametrize(("one", "other", "expected"), ACCOUNTS)
def test_account_block_covers_buckets_of_its_account_alone(
    one: Provider | None, other: Provider | None, expected: bool
) -> None:
    assert _same_account(one, other) is expected


def lake_bucket(number: int = 0, **more: Any) -> Given:
    return Given(BUCKET, {"bucket": f"acme-{number}", "tags": {"zone": "raw"}}, name=f"b{number}", **more)


AT_DEPLOYMENT: Mapping[str, Any] = dict.fromkeys(FILLED_IN, UNKNOWN)


@pytest.mark.parametrize("rule", sorted(set(OF_BUCKETS) - {"lake-bucket-name"}))
@pytest.mark.parametrize("filled_in", [AT_DEPLOYMENT, FILLED_IN], ids=["preview", "audit"])
def test_preview_and_audit_agree_on_a_bucket_that_states_nothing(rule: str, filled_in: Mapping[str, Any]) -> None:
    verdicts = judge_stack(RULES[rule], [lake_bucket(computed=filled_in)], conventions=CONVENTIONS, as_of=AS_OF)
    assert (len(verdicts.violations), verdicts.deferred) == (1, ())


def test_external_bucket_is_not_judged() -> None:
    external = Given(BUCKET, {}, name="theirs", computed={"bucket": "theirs", "tags": {"zone": "raw"}})
    for rule in (rule for rule in RULES.values() if rule.kind == "stack"):
        assert judge_stack(rule, [external], conventions=CONVENTIONS, as_of=AS_OF).passed


def test_nothing_is_said_to_be_missing_while_the_provider_is_unknown() -> None:
    # The engine calls no provider then: there is an input, but not one output.
    setting = Given("aws:s3/bucketVersioning:BucketVersioning", {}, name="v", depends_on={"bucket": ["b0"]})
    rule = RULES["lake-bucket-versioned"]
    with analyzer(pack_folder("data_lake")) as pack:
        pack.configure(pack_config("data_lake", compiled(CONVENTIONS, (), "a test", AS_OF)))
        pack.configure_stack()
        stated = {"bucket": UNKNOWN, "versioningConfiguration": {"status": "Enabled"}}
        pack.analyze(Given(setting.type, stated, name="v"))
        said = pack.analyze_stack([lake_bucket(), setting])
    assert [text for policy, _, text in said if policy == rule.name] == []
    assert [
        text.partition(";")[0] for policy, _, text in said if policy == "deferred-checks" and rule.name in text
    ] == ["lake-bucket-versioned: `versioningConfiguration` is unknown before deployment"]


def test_process_tells_what_was_stated_from_what_the_cloud_filled_in() -> None:
    rule = "lake-bucket-encrypted"
    outputs = Given(BUCKET, {**lake_bucket().properties, **FILLED_IN}, name="b0")
    with analyzer(pack_folder("data_lake")) as pack:
        pack.configure(pack_config("data_lake", compiled(CONVENTIONS, (), "a test", AS_OF)))
        said = []
        for inputs in (lake_bucket(), outputs):
            pack.configure_stack()
            pack.analyze(inputs)
            said.append(
                [text.partition("\n")[0] for policy, _, text in pack.analyze_stack([outputs]) if policy == rule]
            )
    assert said == [["no default encryption is stated"], []]


KEPT = frozenset({"lake-bucket-tls-only", "lake-bucket-versioned"})
"""Rules that every bucket of :func:`kept_stack` keeps; the others are broken by each."""


def kept_stack(buckets: int) -> list[Given]:
    """Buckets with a policy, a public access block and versions each, joined by name and by dependency in turn."""
    made: list[Given] = []
    for number in range(buckets):
        name = f"acme-{number}"
        arns = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
        condition = {"Bool": {"aws:SecureTransport": "false"}}
        denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns, "Condition": condition}
        of: Any = name if number % 2 else UNKNOWN
        depends = None if number % 2 else {"bucket": [f"b{number}"]}
        settings: dict[str, dict[str, Any]] = {
            "aws:s3/bucketPolicy:BucketPolicy": {"policy": json.dumps({"Statement": [denial]})},
            BLOCK: {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True},
            "aws:s3/bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
        }
        made.append(lake_bucket(number))
        made += [
            Given(token, {"bucket": of, **given}, name=f"{token}-{number}", depends_on=depends)
            for token, given in settings.items()
        ]
    return made


def bytecodes_of(judging: Callable[[], object]) -> int:
    """How many instructions of Python a call takes, its loops and comprehensions included: no clock, no other load."""
    taken = 0

    def count(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal taken
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        taken += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        judging()
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize("rule", [name for name in OF_BUCKETS if RULES[name].kind == "stack"])
def test_work_of_a_rule_grows_no_faster_than_the_stack(rule: str) -> None:
    taken = {}
    for buckets in (10, 100):
        resources = kept_stack(buckets)
        judging = functools.partial(judge_stack, RULES[rule], resources, conventions=CONVENTIONS, as_of=AS_OF)
        assert len(judging().violations) == (0 if rule in KEPT else buckets)
        taken[buckets] = bytecodes_of(judging)
    assert 0 < taken[100] <= 10 * taken[10]
