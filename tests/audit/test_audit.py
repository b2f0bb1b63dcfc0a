"""Audits with real workers and real pack processes."""

import os
import textwrap
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.audit.model import AuditedStack, AuditResult
from dataops_infra.audit.run import AuditRequest, audit
from dataops_infra.errors import InvalidInputError, PreviewError
from dataops_infra.pack_folders import PACKS, pack_folder
from tests.audit.states import (
    BUCKET,
    GOOD_TAGS,
    PASSPHRASE,
    Vault,
    bucket,
    ordered,
    provider,
    shown_secret,
    state,
    urn,
    write,
)
from tests.support.cli import wait_until_gone
from tests.support.pack_processes import write_pack

CANARY = "canary-9f31-hunter2"
BAD = GOOD_TAGS | {"owner": "Growth Data"}
ECHO = """
def every(args, report):
    report(f"{args.name}: {dict(args.props)}")

def stack(args, report):
    for resource in args.resources:
        report(f"{resource.name}: {dict(resource.props)}", resource.urn)

PolicyPack("echo", [
    ResourceValidationPolicy("echo-inputs", "Echoes.", every, enforcement_level=Level.ADVISORY),
    StackValidationPolicy("echo-stack", "Echoes.", stack, enforcement_level=Level.ADVISORY),
])
"""


@pytest.fixture(autouse=True)
def _quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No conventions, passphrase or stack of this machine; afterwards no worker is left."""
    for name in list(os.environ):
        if name.startswith(("PULUMI_", "DATAOPS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    marker = uuid.uuid4().hex
    monkeypatch.setenv("AUDIT_TEST", marker)
    yield
    assert wait_until_gone(marker) == {}


def audited(*paths: Path, packs: tuple[str, ...] = ("tagging",), **changes: Any) -> AuditResult:
    known = {name: partial(pack_folder, name) for name in PACKS}
    return audit(AuditRequest(tuple(ordered(paths)), packs, known_packs=known, **changes))


def verdicts(stack: AuditedStack) -> list[tuple[str, str, str]]:
    return [(v.level, v.policy, v.urn.rpartition("::")[2]) for v in stack.violations]


def test_stacks_are_judged_and_sorted(tmp_path: Path) -> None:
    bad = write(tmp_path / "b.json", state(bucket("lake", BAD), bucket("other"), project="zoo"))
    good = write(tmp_path / "a.json", state(bucket(project="abc"), project="abc"))
    done: list[tuple[int, int]] = []
    known = {name: partial(pack_folder, name) for name in PACKS}
    result = audit(
        AuditRequest((str(bad), str(good)), ("tagging",), known_packs=known, jobs=2), lambda *n: done.append(n)
    )
    assert done == [(1, 2), (2, 2)]
    assert [stack.title for stack in result.stacks] == ["abc/dev", "multiple/dev"]
    assert verdicts(result.stacks[0]) == []
    assert verdicts(result.stacks[1]) == [("mandatory", "tag-values-allowed", "lake")]
    (violation,) = result.stacks[1].violations
    assert violation.source is not None
    line = bad.read_text().splitlines()[violation.source.line - 1]
    assert line.strip() == f'"urn": "{urn(BUCKET, "lake")}",'
    assert (result.exit_code, result.summary.resources, result.summary.mandatory) == (1, 7, 1)
    assert [pack.name for pack in result.packs] == ["dataops-tagging"]
    assert result.conventions.without == ()


def test_resources_that_are_only_read_are_not_accused(tmp_path: Path) -> None:
    read = bucket("read", external=True, inputs={}, outputs={"bucket": "read", "tags": {}})
    path = write(tmp_path / "s.json", state(read, bucket("gone", BAD, delete=True)))
    result = audited(path)
    (stack,) = result.stacks
    assert (verdicts(stack), stack.external, stack.resources, result.exit_code) == ([], 1, 3, 0)
    assert {(v.policy, v.urn.rpartition("::")[2]) for v in stack.aside} == {("required-tags", "read")}


def test_a_resource_with_empty_inputs_of_the_stack_itself_is_accused(tmp_path: Path) -> None:
    own = bucket("own", inputs={}, outputs={"bucket": "own"})
    (stack,) = audited(write(tmp_path / "s.json", state(own))).stacks
    assert {(level, policy, name) for level, policy, name in verdicts(stack)} == {("mandatory", "required-tags", "own")}


def test_packs_are_asked_as_pulumi_asks_them(tmp_path: Path) -> None:
    """analyze_snapshot.go: inputs to Analyze, outputs to AnalyzeStack, no stack told, deleted resources left out."""
    program = """
    def show(kind, name, opts, provider, more=""):
        said = [kind, name, opts.protect, opts.ignore_changes, opts.aliases, opts.custom_timeouts.create_seconds,
                opts.additional_secret_outputs, provider and (provider.name, sorted(provider.props.items()))]
        return repr(said) + more

    def every(args, report):
        environment = sorted(name for name in os.environ if name.startswith("PULUMI_") and "PASSPHRASE" in name
                             or name in ("PULUMI_STACK", "PULUMI_PROJECT", "PULUMI_CONFIG"))
        if args.resource_type.startswith("aws:"):
            report(show(sorted(dict(args.props)), args.name, args.opts, args.provider, f" {environment}"))

    def stack(args, report):
        for r in args.resources:
            if r.resource_type.startswith("aws:"):
                depends = {name: [u.name for u in on] for name, on in r.property_dependencies.items()}
                report(f"{r.name} {sorted(dict(r.props))} {depends}", r.urn)

    PolicyPack("show", [ResourceValidationPolicy("show", "Shows.", every, enforcement_level=Level.ADVISORY),
                        StackValidationPolicy("show-stack", "Shows.", stack, enforcement_level=Level.ADVISORY)])
    """
    pack = write_pack(tmp_path / "show", program)
    made = bucket(
        "a", protect=True, ignoreChanges=["tags"], aliases=[urn(BUCKET, "old")],
        customTimeouts={"create": 60, "read": "x"},
        additionalSecretOutputs=["arn"], propertyDependencies={"bucket": [urn("pulumi:providers:aws", "default")]},
    )  # fmt: skip
    path = write(tmp_path / "s.json", state(made, bucket("gone", delete=True)))
    (stack,) = audited(path, packs=(str(pack),)).stacks
    told = {v.policy: v.message for v in stack.violations}
    props = [("defaultTags", '{"tags":{"managed-by":"pulumi"}}'), ("version", "7.51.1")]
    options = [True, ["tags"], [urn(BUCKET, "old")], 60.0, ["arn"], ("default", props)]
    assert told["show"] == repr([["bucket", "tags", "tagsAll"], "a", *options]) + " []"
    assert told["show-stack"] == "a ['arn', 'bucket', 'id', 'tags', 'tagsAll'] {'bucket': ['default']}"
    assert len(stack.violations) == 2


def test_secrets_reach_rules_and_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    pack = write_pack(tmp_path / "echo", ECHO)
    shown = bucket("shown", inputs={"password": shown_secret(CANARY)}, outputs={"password": shown_secret(CANARY)})
    opened = bucket("opened", inputs={"password": vault.secret(f"{CANARY}-2")}, outputs={})
    path = write(tmp_path / "s.json", state(shown, opened, secrets=vault.provider))
    result = audited(path, packs=(str(pack),))
    messages = [v.message for _, v in result.violations()]
    assert "shown: {'password': '[secret]'}" in messages
    assert "opened: {'password': '[secret]'}" in messages
    assert CANARY not in repr(result)


def test_secrets_without_a_key_are_deferred_with_the_reason(tmp_path: Path) -> None:
    tags = GOOD_TAGS | {"owner": Vault().secret("growth-data")}
    path = write(tmp_path / "s.json", state(bucket("b", tags), secrets=Vault().provider))
    result = audited(path)
    (stack,) = result.stacks
    assert (verdicts(stack), result.exit_code, stack.closed_secrets) == ([], 0, True)
    reason = "encrypted in the export; set PULUMI_CONFIG_PASSPHRASE, or export with --show-secrets"
    assert {(d.policy, d.property, d.reason) for d in stack.deferred} >= {("tag-values-allowed", "tags.owner", reason)}


def test_the_passphrase_settles_what_was_deferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    good = bucket("good", GOOD_TAGS | {"owner": vault.secret("growth-data")})
    bad = bucket("bad", GOOD_TAGS | {"owner": vault.secret("Growth Data")})
    (stack,) = audited(write(tmp_path / "s.json", state(good, bad, secrets=vault.provider))).stacks
    assert (verdicts(stack), stack.deferred) == ([("mandatory", "tag-values-allowed", "bad")], ())
    assert "Growth Data" not in repr(stack)


def test_values_the_state_itself_does_not_know_are_deferred(tmp_path: Path) -> None:
    tags = GOOD_TAGS | {"owner": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}
    (stack,) = audited(write(tmp_path / "s.json", state(bucket("b", tags)))).stacks
    assert {d.reason for d in stack.deferred} == {
        "not known in the exported state; deploy or refresh the stack and export it again"
    }


def test_every_bad_export_is_one_error_and_the_others_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    good = [write(tmp_path / f"good{n}.json", state(bucket(), project="shop")) for n in range(3)]
    (tmp_path / "cut.json").write_text(good[0].read_text()[:400])
    (tmp_path / "not.json").write_text("not JSON")
    (tmp_path / "gpg.json").write_bytes(b"\x85\x01rest")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(2 * 1024**2)
    locked = write(tmp_path / "locked.json", state(bucket("b", {"a": Vault().secret("x")}), secrets=Vault().provider))
    names = ["cut", "not", "gpg", "huge"]
    result = audited(
        *good, *(tmp_path / f"{name}.json" for name in names), locked, tmp_path / "absent.json",
        jobs=2, maximum_mebibytes=1,
    )  # fmt: skip
    assert [stack.file for stack in result.stacks if stack.error is None] == [path.name for path in good]
    said = {stack.file: stack.error.message for stack in result.failed if stack.error}
    assert {name: text.partition(";")[0] for name, text in said.items()} == {
        "absent.json": "absent.json: does not exist",
        "cut.json": "cut.json: ends in the middle, on line 16",
        "gpg.json": "gpg.json: looks encrypted with OpenPGP",
        "huge.json": "huge.json: is larger than 1 MiB",
        "locked.json": "locked.json: cannot be decrypted: PULUMI_CONFIG_PASSPHRASE is not the passphrase of this stack",
        "not.json": "not.json: is not JSON (line 1, column 1: Expecting value)",
    }
    assert result.exit_code == 2


def test_an_export_that_breaks_a_rule_or_a_worker_harms_no_other(tmp_path: Path) -> None:
    program = """
    import signal
    def every(args, report):
        if args.name == "raises":
            raise ValueError("hunter2")
        if args.name == "ends":
            os._exit(3)
        if args.name == "kills":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)
        if args.name == "slow":
            time.sleep(3600)
        if args.name in ("bad1", "bad2"):
            report("is bad")
    PolicyPack("fragile", [ResourceValidationPolicy("fragile", "Holds.", every, enforcement_level=Level.MANDATORY)])
    """
    pack = write_pack(tmp_path / "fragile", program)
    paths = [
        write(tmp_path / f"{name}.json", state(bucket(name), project=name))
        for name in ("bad1", "ends", "raises", "kills", "slow", "bad2")
    ]
    result = audited(*paths, packs=(str(pack),), jobs=1, timeout=10.0)
    assert {s.file: [v.message for v in s.violations] for s in result.stacks if s.error is None} == {
        "bad1.json": ["is bad"], "bad2.json": ["is bad"],
    }  # fmt: skip
    said = {stack.file: (stack.error.kind, stack.error.message) for stack in result.failed if stack.error}
    assert said["kills.json"] == (
        "worker", "kills.json: could not be judged: the audit's worker was ended by signal 9 (Killed)"
    )  # fmt: skip
    assert said["slow.json"] == (
        "worker",
        "slow.json: could not be judged: the audit's worker did not finish within the 10 s of --timeout;"
        " give it longer with --timeout",
    )
    assert said["raises.json"][0] == "rule"
    assert said["ends.json"][0] == "pack"
    assert said["ends.json"][1].startswith("ends.json: policy pack fragile: its process ended with exit code 3")
    assert result.exit_code == 2


def test_packs_that_do_not_start_end_the_audit(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "broken", "raise SystemExit(3)")
    path = write(tmp_path / "s.json", state())
    with pytest.raises(PreviewError, match="policy pack broken: it failed while starting"):
        audited(path, packs=(str(pack),))
    with pytest.raises(InvalidInputError, match="--policy-pack: expected at least one pack"):
        audited(path, packs=())


def test_nothing_leaks_from_one_stack_into_the_next(tmp_path: Path) -> None:
    """Deferred notes, used exemptions and verdicts of a stack are its own, also of two exports with the same URNs."""
    conventions = tmp_path / "c.yaml"
    conventions.write_text(
        textwrap.dedent("""
        exemptions:
          - {policy: tag-values-allowed, resource: "urn:pulumi:*::lake", owner: me, reason: why, expires: 2027-01-31}
        """)
    )
    closed = GOOD_TAGS | {"cost-center": Vault().secret("x")}
    paths = [
        write(tmp_path / "1.json", state(bucket("lake", BAD), bucket("dark", closed), secrets=Vault().provider)),
        write(tmp_path / "2.json", state(bucket("lake"), bucket("dark"))),
        write(tmp_path / "3.json", state(bucket("lake", BAD), bucket("dark"))),
    ]
    whole = audited(*paths, jobs=1, conventions=conventions)
    for stack, path in zip(whole.stacks, paths, strict=True):
        (alone,) = audited(path, jobs=1, conventions=conventions).stacks
        idle = [v for v in alone.violations if v.policy != "unused-exemptions"]
        assert (stack.violations, stack.deferred) == (tuple(idle), alone.deferred)
    assert [len(stack.deferred) > 0 for stack in whole.stacks] == [True, False, False]
    assert [[v.exemption is not None for v in stack.violations] for stack in whole.stacks] == [[True], [], [True]]


def exempting(tmp_path: Path) -> Path:
    conventions = tmp_path / "c.yaml"
    conventions.write_text(
        'exemptions: [{policy: tag-values-allowed, resource: "urn:pulumi:*::lake", owner: me, reason: why, '
        "expires: 2027-01-31}]\n"
    )
    return conventions


def test_an_exemption_is_idle_when_no_stack_needs_it(tmp_path: Path) -> None:
    conventions = exempting(tmp_path)
    fine = [write(tmp_path / f"{n}.json", state(bucket(project=f"p{n}"), project=f"p{n}")) for n in (1, 2)]
    using = write(tmp_path / "3.json", state(bucket("lake", BAD, project="p3"), project="p3"))
    idle = "tag-values-allowed urn:pulumi:*::lake: no violation needed this exemption; remove it"

    def said(*paths: Path) -> list[tuple[str, str]]:
        result = audited(*paths, conventions=conventions)
        return [(stack.file, v.message) for stack, v in result.violations() if v.exemption is None]

    assert said(*fine) == [("1.json", idle)]
    assert said(*fine, using) == []
    assert said(*fine, tmp_path / "absent.json") == []


def test_expired_exemptions_count_by_the_day_that_is_given(tmp_path: Path) -> None:
    from datetime import date

    path = write(tmp_path / "s.json", state(bucket("lake", BAD)))
    conventions = exempting(tmp_path)
    codes = {day: audited(path, conventions=conventions, as_of=date.fromisoformat(day)).exit_code
             for day in ("2027-01-31", "2027-02-01")}  # fmt: skip
    assert codes == {"2027-01-31": 0, "2027-02-01": 1}


def test_an_expired_exemption_fails_the_stacks_that_it_may_concern(tmp_path: Path) -> None:
    from datetime import date

    paths = [write(tmp_path / f"{name}.json", state(bucket(stack=name), stack=name)) for name in ("dev", "prod")]
    conventions = tmp_path / "c.yaml"
    conventions.write_text(
        'exemptions: [{policy: required-tags, resource: "urn:pulumi:prod::*", owner: me, reason: why, '
        "expires: 2026-01-31}]\n"
    )
    result = audited(*paths, conventions=conventions, as_of=date(2026, 11, 22))
    assert [stack.stack for stack, v in result.violations() if v.policy == "exemption-valid"] == ["prod"]


def test_empty_stacks_are_fine(tmp_path: Path) -> None:
    path = write(tmp_path / "s.json", {"version": 3, "deployment": {}})
    result = audited(path)
    assert (result.exit_code, [(s.title, s.resources) for s in result.stacks]) == (0, [("s.json", 0)])


def test_environment_is_that_of_the_stack(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.json", state(stack=name)) for name in ("dev", "eu-prod", "mine")]
    assert [stack.environment for stack in audited(*paths).stacks] == ["dev", "prod", None]


@pytest.mark.parametrize(
    ("depth", "error"), [(80, None), (700, "deep.json: is nested too deeply to be an exported stack")]
)
def test_deep_values_harm_no_other_export(tmp_path: Path, depth: int, error: str | None) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = {"a": deep}
    paths = [
        write(tmp_path / "deep.json", state(bucket("deep", inputs={"a": deep, "tags": GOOD_TAGS}))),
        write(tmp_path / "ok.json", state(bucket())),
    ]
    stacks = {stack.file: stack for stack in audited(*paths, jobs=1).stacks}
    found = stacks["deep.json"].error
    assert (found and found.message, stacks["ok.json"].error) == (error, None)


def test_default_providers_are_judged_as_in_a_preview(tmp_path: Path) -> None:
    bare = state()
    bare["deployment"]["resources"][1] = provider()
    (stack,) = audited(write(tmp_path / "s.json", bare)).stacks
    assert verdicts(stack) == [("advisory", "default-tags-declared", "default")]
