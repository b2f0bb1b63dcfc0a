"""What mends a finding exists: commands that are named are commands, properties are said with what they are set to."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer.main

from dataops_infra.cli import GROUPS, build
from dataops_infra.pack_folders import PACKS
from dataops_infra.policy.judging import Given
from dataops_infra.policy.verdicts import violation_text
from tests.support.rule_cases import Case, judged, rules_of

ROOT = Path(__file__).parents[2]
_COMMAND = re.compile(r"\bdataops ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")


def commands() -> Mapping[str, frozenset[str]]:
    """Each command of the CLI and the commands that its group has; none for a command of its own."""
    found = {}
    for name in GROUPS:
        top = typer.main.get_command(build([name]))
        found[name] = frozenset(getattr(getattr(top, "commands", {})[name], "commands", ()))
    return found


def texts() -> Iterator[tuple[str, str]]:
    """What the packs say, in their programs and guides: the place, and the text."""
    for folder, suffix in (("policies", "py"), ("dataops_infra/policy", "py"), ("docs/guides", "md")):
        for path in sorted((ROOT / folder).rglob(f"*.{suffix}")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for pack in PACKS:
        for rule in rules_of(pack).values():
            yield rule.name, "\n".join((rule.description, *rule.remediation))


def test_every_command_that_is_named_is_one() -> None:
    known = commands()
    missing = [
        (place, match[0])
        for place, text in texts()
        for match in _COMMAND.finditer(text)
        if match[1] not in known or (known[match[1]] and match[2] and match[2] not in known[match[1]])
    ]
    assert missing == []


def fixes(name: str, given: Given) -> list[str]:
    """The fix that a rule names for each thing that is wrong with one resource."""
    rule = next(rules[name] for rules in map(rules_of, PACKS) if name in rules)
    violations = judged(Case(name, (given,)), rule).violations
    return [violation_text(rule, violation).partition("\nFix: ")[2] for violation in violations]


FIXES: tuple[tuple[str, Given, str], ...] = (
    (
        "stream-encrypted",
        Given("aws:kinesis/stream:Stream", {"encryptionType": "KMS"}),
        "set `encryptionType` to KMS and `kmsKeyId` to a key",
    ),
    (
        "stream-encrypted",
        Given("aws:sqs/queue:Queue", {"sqsManagedSseEnabled": False}),
        "set `sqsManagedSseEnabled` to true",
    ),
    (
        "sandbox-expires",
        Given("aws:s3/bucket:Bucket", {"tags": {"zone": "sandbox"}}),
        "set the tag or label `expires-on` (the argument `expires_on` of our sandboxes) to an ISO date within the "
        "longest life of a sandbox",
    ),
    (
        "pii-not-in-sandbox",
        Given("aws:s3/bucket:Bucket", {"tags": {"zone": "sandbox", "data-classification": "pii"}}),
        "keep the data out of the sandbox, or put in only what was masked before it is written, and say the level of "
        "that in `data-classification`",
    ),
    (
        "lake-lifecycle-present",
        Given("aws:s3/bucket:Bucket", {"bucket": "lake", "tags": {"zone": "raw"}}),
        "add an enabled lifecycle rule that expires objects and their noncurrent versions (our components S3DataLake "
        "and GcsDataLake make one of retention.classes of the conventions)",
    ),
)


@pytest.mark.parametrize(("rule", "given", "fix"), FIXES, ids=[f"{fix[0]}-{fix[1].type}" for fix in FIXES])
def test_fix_says_what_mends_it(rule: str, given: Given, fix: str) -> None:
    assert fixes(rule, given) == [fix]
