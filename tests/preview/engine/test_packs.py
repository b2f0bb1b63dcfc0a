"""Real pack processes: what they receive, what they conclude, and how each way of breaking ends."""

import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.preview.engine.packs import IN_FLIGHT
from dataops_infra.preview.engine.records import EngineFailure, ProviderRecord
from dataops_infra.preview.engine.values import (
    ASSET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    resource_reference,
    secret,
)
from tests.support.pack_processes import (
    BUCKET,
    FINE,
    STACK_URN,
    bucket,
    judged,
    pack_spec,
    stack_record,
    started,
    trace_of,
    write_pack,
)

AWS = ProviderRecord("urn:aws", "id", "pulumi:providers:aws", "default", {"region": "eu-west-1", "__internal": {}})


def failure_of(spec: Any, timeouts: dict[str, float] | None = None, records: Any = ()) -> EngineFailure:
    with pytest.raises(EngineFailure) as caught, started([spec], timeouts) as group:  # noqa: PT012
        for record in records:
            group.remediate(record)
        judged(group, records)
    return caught.value


BROKEN_STARTS = {
    "crash": (
        "raise ValueError('no rules today')",
        "it failed while starting (ValueError: no rules today); mend its code",
        "Traceback",
    ),
    "print": ("print('hello')\n" + FINE, "it printed 'hello' before its port: remove print()", ""),
    "print without end": ("sys.stdout.write('x' * 5000); sys.stdout.flush(); time.sleep(3600)", "it printed 'xxx", ""),
    "hang": ("time.sleep(600)", "it did not start within 1.5 s", ""),
    "crash without a word": ("sys.stderr.close(); os._exit(2)", "it failed while starting; mend its code", ""),
    "no pack": ("pass", "it ended without creating a PolicyPack(...)", ""),
    "signal": ("os.kill(os.getpid(), 11)", "it was ended by signal 11", ""),
    "port of nobody": ("print(1); time.sleep(3600)", "it printed a port, and no pack answers there", ""),
    "no port": ("print(70000); time.sleep(3600)", "it printed '70000' before its port", ""),
    "no policy SDK": (
        "raise ModuleNotFoundError(\"No module named 'pulumi_policy'\")",
        "has no pulumi_policy; install pulumi-policy there",
        "",
    ),
}


@pytest.mark.parametrize("name", BROKEN_STARTS)
def test_a_pack_that_does_not_start_is_one_sentence_with_its_name_and_the_fix(name: str, tmp_path: Path) -> None:
    program, sentence, detail = BROKEN_STARTS[name]
    # The short limit must still hold the start of an interpreter on a busy machine.
    limit = {"hang": 1.5, "port of nobody": 5.0}.get(name, 60.0)
    failure = failure_of(pack_spec(write_pack(tmp_path / "rules", program)), {"packStart": limit})
    assert failure.kind == "pack"
    assert str(failure).startswith("policy pack rules: ")
    assert sentence in str(failure)
    assert detail in failure.detail


def test_a_missing_folder_or_python_is_named(tmp_path: Path) -> None:
    gone = failure_of(pack_spec(tmp_path / "gone"))
    assert str(gone) == (
        f"policy pack gone: its folder {tmp_path}/gone does not exist; give the folder of PulumiPolicy.yaml"
    )
    pack = write_pack(tmp_path / "rules", FINE)
    python = failure_of(pack_spec(pack, command=["/nowhere/python"]))
    assert "its Python /nowhere/python cannot be run (No such file or directory)" in str(python)


def test_an_environment_without_pulumi_is_named(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "v")], check=True)
    spec = pack_spec(write_pack(tmp_path / "rules", FINE), command=[str(tmp_path / "v/bin/python")])
    assert f"{tmp_path}/v/bin/python has no Pulumi SDK that runs packs; install pulumi" in str(failure_of(spec))


def test_a_pack_that_ends_after_its_port_is_noticed_before_the_time_is_over(tmp_path: Path) -> None:
    failure = failure_of(
        pack_spec(write_pack(tmp_path / "rules", "print(1, flush=True); os._exit(5)")), {"packStart": 3600}
    )
    assert "its process ended with exit code 5 while it was starting" in str(failure)


def test_a_pack_that_cannot_describe_itself_gives_no_valid_answer(tmp_path: Path) -> None:
    program = f"""
import pulumi_policy.policy as sdk
def raises(*_):
    raise ValueError("no idea")
sdk._PolicyAnalyzerServicer.GetAnalyzerInfo = raises
{FINE}
"""
    assert str(failure_of(pack_spec(write_pack(tmp_path / "rules", program)))) == (
        "policy pack rules: it gave no valid answer while it was starting "
        "(UNKNOWN: Exception calling application: no idea)"
    )


def test_a_pack_of_an_older_sdk_is_asked_everything(tmp_path: Path) -> None:
    program = """
import grpc
import pulumi_policy.policy as sdk
info = sdk._PolicyAnalyzerServicer.GetAnalyzerInfo
def without_kinds(self, request, context):
    told = info(self, request, context)
    for policy in told.policies:
        policy.policy_type = 0
    return told
def unheard_of(self, request, context):
    context.abort(grpc.StatusCode.UNIMPLEMENTED, "not yet")
sdk._PolicyAnalyzerServicer.GetAnalyzerInfo = without_kinds
sdk._PolicyAnalyzerServicer.ConfigureStack = unheard_of
def stack(args, report):
    report(str(len(args.resources)))
PolicyPack("old", [
    ResourceValidationPolicy("one", "One.", lambda args, report: report(args.name)),
    StackValidationPolicy("all-of-them", "All.", stack),
])
"""
    with started([pack_spec(write_pack(tmp_path / "rules", program))]) as group:
        judged(group, [stack_record(), bucket()])
    assert [e["message"] for e in group.events] == ["One.\nshop-dev\n", "One.\nlake\n", "All.\n2\n"]
    assert [p["kind"] for p in group.packs[0]["policies"]] == ["resource", "resource"]


def test_the_packs_that_had_started_are_stopped_when_another_cannot(tmp_path: Path) -> None:
    fine = pack_spec(write_pack(tmp_path / "fine", FINE))
    with pytest.raises(EngineFailure, match="policy pack gone"), started([fine, pack_spec(tmp_path / "gone")]):
        pass  # `started` finds no process of theirs


def test_a_port_that_speaks_something_else_is_no_pack(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 ready\r\n" * 50)

        threading.Thread(target=babble, daemon=True).start()
        program = f"print({server.getsockname()[1]}); time.sleep(3600)"
        failure = failure_of(pack_spec(write_pack(tmp_path / "rules", program)), {"packStart": 5})
        server.shutdown(socket.SHUT_RDWR)
    assert failure.kind == "pack"
    assert "no pack answers there" in str(failure)


def rule(body: str, more: str = "") -> str:
    return f"""
def rule(args, report):
    if args.resource_type == "{BUCKET}":
        {body}
PolicyPack("shop-rules", [ResourceValidationPolicy("rule", "A rule.", rule{more})])
"""


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("os._exit(7)", "its process ended with exit code 7 while judging "),
        ("os.kill(os.getpid(), 9)", "its process ended by signal 9 while judging "),
        ("time.sleep(3600)", "it did not answer in time while judging "),
    ],
)
def test_a_pack_that_dies_or_sticks_in_a_rule_names_the_resource(body: str, sentence: str, tmp_path: Path) -> None:
    spec = pack_spec(write_pack(tmp_path / "rules", rule(body)))
    failure = failure_of(spec, {"packCall": 5}, [stack_record(), bucket()])
    assert failure.kind == "pack"
    assert str(failure).startswith(f"policy pack rules: {sentence}{bucket().urn}")


@pytest.mark.parametrize(
    ("method", "when"),
    [
        ("GetPluginInfo", "while it was starting"),
        ("ConfigureStack", "while it was starting"),
        ("GetAnalyzerInfo", "while it was starting"),
        ("Configure", "while it was configured"),
    ],
)
def test_a_pack_that_dies_before_it_is_ready_is_named(method: str, when: str, tmp_path: Path) -> None:
    program = f"""
import pulumi_policy.policy as sdk
sdk._PolicyAnalyzerServicer.{method} = lambda *_: os._exit(3)
{FINE}
"""
    failure = failure_of(pack_spec(write_pack(tmp_path / "rules", program)))
    assert f"its process ended with exit code 3 {when}; mend the rule that ends it" in str(failure)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (rule("raise ValueError('oops')"), "failed to run policy: Exception calling application: oops"),
        (
            'def fix(args):\n    raise ValueError("oops")\n'
            'PolicyPack("p", [ResourceValidationPolicy("r", "R.", remediate=fix, enforcement_level=Level.REMEDIATE)])',
            "failed to run remediation: Exception calling application: oops",
        ),
        (
            'def judge(args, report):\n    raise ValueError("oops")\n'
            'PolicyPack("p", [StackValidationPolicy("s", "S.", judge)])',
            "Exception calling application: oops",
        ),
    ],
)
def test_a_rule_that_raises_fails_the_run_with_the_engines_words(program: str, message: str, tmp_path: Path) -> None:
    failure = failure_of(pack_spec(write_pack(tmp_path / "rules", program)), records=[stack_record(), bucket()])
    assert (failure.kind, str(failure)) == ("rule", message)
    assert failure.detail.startswith("A rule of policy pack rules raised while ")


def test_a_flood_of_output_blocks_nothing(tmp_path: Path) -> None:
    flood = "[s.write('x' * 1023 + '\\n') for s in (sys.stdout, sys.stderr) for _ in range(20_000)]"
    with started([pack_spec(write_pack(tmp_path / "rules", rule(flood)))], {"packCall": 60}) as group:
        assert judged(group, [stack_record(), bucket()]).passed["shop-rules"]["rule"] == [STACK_URN, bucket().urn]


def test_a_pack_that_ignores_signals_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    with started([pack_spec(write_pack(tmp_path / "rules", stubborn + FINE))]):
        pass  # `started` finds no process of it


def test_packs_start_side_by_side(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    meeting = f"""
open({str(here)!r} + "/" + str(os.getpid()), "w").close()
while len(os.listdir({str(here)!r})) < 4:
    time.sleep(0.01)
"""
    with started([pack_spec(write_pack(tmp_path / str(n), meeting + FINE)) for n in range(4)]) as group:
        assert [pack["version"] for pack in group.packs] == ["1.2.3"] * 4


RULES = """
SCHEMA = PolicyConfigSchema(properties={"limit": {"type": "integer", "default": 7}, "conventions": {"type": "object"}})
def show(args, report):
    report(str(args.get_config()))
    report("elsewhere", "urn:elsewhere")
def nothing(args, report):
    args.not_applicable("never")
def unknown(args, report):
    if args.resource_type == "aws:s3/bucket:Bucket":
        args.props["arn"] == "x"
def stack(args, report):
    report("of the stack")
    report("of a bucket", next(r.urn for r in args.resources if r.name == "lake"))
    report("of nothing", "urn:gone")
PolicyPack("shop-rules", [
    ResourceValidationPolicy("show", "Shows.", show, Level.REMEDIATE, SCHEMA, severity=Severity.HIGH),
    ResourceValidationPolicy("nothing", "Never.", nothing, Level.MANDATORY),
    ResourceValidationPolicy("unknown", "Reads an unknown.", unknown, Level.MANDATORY),
    ResourceValidationPolicy("off", "Off.", show, Level.DISABLED),
    StackValidationPolicy("stack", "Whole.", stack, Level.MANDATORY, severity=Severity.LOW),
])
"""


def test_verdicts_come_out_as_the_engine_words_and_places_them(tmp_path: Path) -> None:
    spec = pack_spec(write_pack(tmp_path / "rules", RULES), config={"show": {"limit": 3}}, conventions={"digest": "d"})
    lake = bucket(inputs={"bucket": "lake", "arn": UNKNOWN})
    with started([spec]) as group:
        judged(group, [stack_record(), lake, bucket("read", read=True)])
    shown = "Shows.\n{'limit': 3.0, 'conventions': {'digest': 'd'}}\n"
    cannot = (
        "can't run policy 'unknown' from policy pack 'shop-rules@v0.0.1' during preview: "
        "string value at .arn can't be known during preview\n"
    )
    assert {(e["pack"], e["packVersion"]) for e in group.events} == {("shop-rules", "1.2.3")}
    found = [(e["policy"], e["level"], e["severity"], e["urn"], e["message"]) for e in group.events]
    assert [(*f[:4], "".join(sorted(f[4]))) for f in found] == [
        (*f[:4], "".join(sorted(f[4])))
        for f in [
            ("show", "mandatory", "high", STACK_URN, shown),
            ("show", "mandatory", "high", STACK_URN, "Shows.\nelsewhere\n"),
            ("show", "mandatory", "high", lake.urn, shown),
            ("show", "mandatory", "high", lake.urn, "Shows.\nelsewhere\n"),
            ("unknown", "advisory", "", lake.urn, cannot),
            ("stack", "mandatory", "low", STACK_URN, "Whole.\nof the stack\n"),
            ("stack", "mandatory", "low", lake.urn, "Whole.\nof a bucket\n"),
            ("stack", "mandatory", "low", STACK_URN, "Whole.\nof nothing\n"),
        ]
    ]
    assert group.passed == {"shop-rules": {"unknown": [STACK_URN]}}
    assert group.failed == {"shop-rules": {"show": [STACK_URN, lake.urn], "unknown": [lake.urn]}}
    assert [(p["name"], p["level"], p["kind"], p["remediates"]) for p in group.packs[0]["policies"]] == [
        ("show", "remediate", "resource", True),
        ("nothing", "mandatory", "resource", False),
        ("unknown", "mandatory", "resource", False),
        ("off", "disabled", "resource", False),
        ("stack", "mandatory", "stack", False),
    ]
    assert group.packs[0]["version"] == "1.2.3"
    assert group.packs[0]["folder"] == str(tmp_path / "rules")


def test_every_wrong_configuration_is_told_at_once(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "rules", RULES)
    wrong = pack_spec(pack, config={"show": {"limit": "x", "conventions": 1}})
    failure = failure_of(wrong)
    assert failure.kind == "config"
    assert sorted(str(failure).splitlines()) == [
        "validating policy config: shop-rules 1.2.3  show: conventions: Invalid type. Expected: object, given: integer",
        "validating policy config: shop-rules 1.2.3  show: limit: Invalid type. Expected: integer, given: string",
    ]
    with started([pack_spec(pack, config={"shwo": "disabled", "all": "advisory"}, version="")]) as group:
        assert group.warnings == [
            "policy pack rules has no policy 'shwo': its configuration does nothing; did you mean 'show'?"
        ]
        assert group.packs[0]["version"] == "0.0.1"


def test_what_a_pack_receives_is_traced_field_by_field(tmp_path: Path) -> None:
    component = resource_reference("urn:component", None)
    unknown_id, known_id = resource_reference("urn:b", ""), resource_reference("urn:b", "b-1")
    inputs = {"__defaults": [], "list": [component, unknown_id, known_id], "map": {"__x": 1, "token": secret("s")}}
    lake = bucket(
        provider=AWS, inputs=inputs, outputs={**inputs, "arn": UNKNOWN}, protect=True, ignore_changes=["tags"],
        delete_before_replace=False, additional_secret_outputs=["token"], timeouts={"create": 300.0},
        aliases=["urn:old"], dependencies=["urn:b"], property_dependencies={"list": ["urn:b"]},
    )  # fmt: skip
    spec = pack_spec(write_pack(tmp_path / "rules", FINE))
    with started([spec], trace=tmp_path / "trace", config_secret_keys=["aws:region"]) as group:
        judged(group, [stack_record(), lake])
    options = {
        "protect": True, "ignoreChanges": ["tags"], "deleteBeforeReplace": False, "deleteBeforeReplaceDefined": True,
        "additionalSecretOutputs": ["token"], "aliases": [], "customTimeouts": {"create": 300}, "parent": STACK_URN,
    }  # fmt: skip
    shared = {
        "urn": lake.urn, "type": BUCKET, "name": "lake", "options": options,
        "provider": {"urn": "urn:aws", "type": AWS.type, "name": "default", "properties": {"region": "eu-west-1"}},
    }  # fmt: skip
    properties = {"list": ["urn:component", "<unknown>", "b-1"], "map": {"token": {"<secret>": "s"}}}
    analyzed = [line["request"] for line in trace_of(tmp_path / "trace", "rules", "Analyze")]
    assert analyzed[1] == {**shared, "properties": properties}
    assert analyzed[0]["provider"] is None
    assert analyzed[0]["options"]["deleteBeforeReplaceDefined"] is False
    [whole] = trace_of(tmp_path / "trace", "rules", "AnalyzeStack")
    assert whole["request"]["resources"][1] == {
        **shared, "properties": {**properties, "arn": "<unknown>"}, "parent": STACK_URN,
        "dependencies": ["urn:b"], "propertyDependencies": {"list": ["urn:b"]},
    }  # fmt: skip
    [told] = trace_of(tmp_path / "trace", "rules", "ConfigureStack")
    assert told["request"] == {
        "project": "shop", "stack": "dev", "organization": "acme", "dryRun": True,
        "configKeys": ["aws:region"], "configSecretKeys": ["aws:region"],
    }  # fmt: skip
    [configured] = trace_of(tmp_path / "trace", "rules", "Configure")
    assert configured["request"] == {"fine": {"level": "ADVISORY", "properties": {}}}


def test_a_pack_finds_itself_in_its_folder_with_the_stacks_environment(tmp_path: Path) -> None:
    told = """
    import json, pulumi
    names = ("PULUMI_PROJECT", "PULUMI_STACK", "PULUMI_ORGANIZATION", "PULUMI_DRY_RUN", "PULUMI_CONFIG", "OWN")
    said = json.dumps([os.getcwd(), sys.path[0], *(os.environ[n] for n in names), pulumi.Config("aws").get("region")])
    PolicyPack("told", [StackValidationPolicy("told", "Told.", lambda args, report: report(said))])
    """
    folder = write_pack(tmp_path / "rules", told)
    with started([pack_spec(folder, env={"OWN": "1"})]) as group:
        judged(group, [stack_record()])
    assert group.events[0]["message"] == (
        f'Told.\n["{folder}", "{folder}", "shop", "dev", "acme", "true", "{{\\"aws:region\\": \\"eu-west-1\\"}}", "1", '
        '"eu-west-1"]\n'
    )


FIX = """
def first(args):
    args.props["tags"] = {"first": "1"}
    return args.props
def second(args):
    return {**{k: args.props[k] for k in args.props}, "second": "2"}
def reads(args):
    from pulumi_policy.proxy import UnknownValueError
    raise UnknownValueError("04da6b54-80e4-46f7-96ec-b56ff0331ba9", ["tags"])
PolicyPack("fix", [
    ResourceValidationPolicy(f.__name__, f.__name__, remediate=f, enforcement_level=Level.REMEDIATE)
    for f in (first, second, reads)
])
"""


def test_remediations_add_up_policy_by_policy_and_pack_by_pack(tmp_path: Path) -> None:
    other = """
    def third(args):
        return {"seen": sorted(args.props)}
    PolicyPack("other", [ResourceValidationPolicy("3", "3", remediate=third, enforcement_level=Level.REMEDIATE)])
    """
    asset = {SIGNATURE_KEY: ASSET_SIGNATURE, "path": "a.txt", "hash": "abc"}
    lake = bucket(inputs={"bucket": "lake", "password": secret("s"), "source": asset})
    specs = [pack_spec(write_pack(tmp_path / "fix", FIX)), pack_spec(write_pack(tmp_path / "fine", FINE))]
    with started(specs) as group:
        assert group.can_remediate
        assert group.remediate(lake) == {
            "bucket": "lake", "password": "s", "source": asset, "tags": {"first": "1"}, "second": "2",
        }  # fmt: skip
        assert group.remediate(bucket(read=True)) is None
    assert lake.inputs == {"bucket": "lake", "password": secret("s"), "source": asset}
    shown = {"bucket": "lake", "source": {"<asset>": {"path": "a.txt", "hash": "abc"}}}
    by_first = {**shown, "password": "<secret>", "tags": {"first": "1"}}
    assert group.remediations == [
        {"pack": "fix", "policy": "first", "urn": lake.urn, "before": {**shown, "password": "<secret>"},
         "after": by_first},
        {"pack": "fix", "policy": "second", "urn": lake.urn, "before": by_first,
         "after": {**shown, "password": "s", "tags": {"first": "1"}, "second": "2"}},
    ]  # fmt: skip
    [event] = group.events
    assert (event["policy"], event["level"], event["urn"]) == ("reads", "advisory", lake.urn)
    assert event["message"].startswith("can't run remediation 'reads' from policy pack 'fix@v0.0.1' during preview: ")
    with started([specs[0], pack_spec(write_pack(tmp_path / "other", other))]) as group:
        assert group.remediate(lake) == {"seen": ["bucket", "password", "second", "source", "tags"]}


def test_without_a_remediating_policy_nothing_is_asked(tmp_path: Path) -> None:
    with started([pack_spec(write_pack(tmp_path / "fix", FIX), config={"all": "mandatory"})]) as group:
        assert not group.can_remediate
        assert group.remediate(bucket()) is None
        assert judged(group, [stack_record()]).remediations == []


def test_verdicts_of_many_resources_stand_in_the_order_of_the_questions(tmp_path: Path) -> None:
    body = "time.sleep(0.05 if args.name.endswith('0') else 0); report(args.name)"
    records = [stack_record(), *(bucket(f"b{number}") for number in range(3 * IN_FLIGHT))]
    with started([pack_spec(write_pack(tmp_path / "rules", rule(body)))]) as group:
        for record in records:
            group.analyze(record)
        assert len(records) - len(group.events) <= IN_FLIGHT + 1
        group.finish(records)
    assert [event["urn"] for event in group.events] == [record.urn for record in records[1:]]


def test_what_an_older_sdk_calls_remediate_counts_as_mandatory(tmp_path: Path) -> None:
    program = """
import pulumi_policy.policy as sdk
analyze = sdk._PolicyAnalyzerServicer.Analyze
def as_before(self, request, context):
    response = analyze(self, request, context)
    for found in response.diagnostics:
        found.enforcementLevel = 3
    return response
sdk._PolicyAnalyzerServicer.Analyze = as_before
"""
    with started([pack_spec(write_pack(tmp_path / "rules", program + rule("report('x')")))]) as group:
        judged(group, [bucket()])
    assert [event["level"] for event in group.events] == ["mandatory"]


def test_closing_twice_or_before_the_end_is_fine(tmp_path: Path) -> None:
    with started([pack_spec(write_pack(tmp_path / "rules", rule("time.sleep(0.5)")))]) as group:
        group.analyze(bucket())
        group.close()
