"""Compares a preview of the embedded engine with what the real engine did (``../shared/parity``), field by field.

What is not compared is listed by name in :data:`IGNORED`; everything else must be equal.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.engine import EngineRun, run_engine

RECORDINGS = Path(__file__).parents[3] / "shared" / "parity"

IGNORED: Mapping[str, str] = {
    "hollow_defaults": "schema defaults that only the stand-in provider (or a real one) knows",
    "not_exact": "fields the recording itself declares as not exact",
    "outputs_of_reads": "properties built from a .get(): read from a cloud that is not there",
    "outputs_of_imports": "computed outputs of imported resources: read from a cloud that is not there",
    "automatic_name_format": "separator, case and alphabet of the random part: the stand-in has one format for all",
    "plan_defaults": "outputs that a provider's plan fills with constants (random.RandomPassword's numbers)",
    "document_format": "order of keys and of sets inside a rendered IAM policy document",
    "remote_asset_reason": "why a RemoteAsset cannot be fetched (no DNS there, no network here)",
}

FUNCTION_ANSWERS = [
    {"function": "aws:index/getCallerIdentity:getCallerIdentity", "result": {"accountId": "123456789012"}},
    {
        "function": "aws:index/getAvailabilityZones:getAvailabilityZones",
        "result": {"names": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]},
    },
    {
        "function": "gcp:organizations/getProject:getProject",
        "result": {"projectId": "acme-dev", "number": "424242424242"},
    },
    {
        "function": "gcp:organizations/getClientConfig:getClientConfig",
        "result": {"zone": "europe-west1-a", "accessToken": "hollow-token"},
    },
]
"""What the stand-in provider answered where no honest answer exists without a cloud."""


@dataclass(frozen=True)
class Case:
    """One recorded program."""

    folder: Path
    recorded: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "Case":
        """Read a case's folder."""
        return cls(folder, json.loads((folder / "recorded.json").read_text()))

    @property
    def packs(self) -> list[Path]:
        """The pack folders in the order they were passed."""
        return sorted(path for path in (self.folder / "packs").glob("*") if path.is_dir())

    @property
    def configs(self) -> list[str]:
        """The ``--policy-pack-config`` of each pack, "" for none; empty when no pack has one."""
        files = [pack.with_suffix(".json") for pack in self.packs]
        return [str(file) if file.exists() else "" for file in files] if any(f.exists() for f in files) else []


def cases() -> list[Path]:
    """The folders of all cases; empty where the recordings are absent."""
    return sorted(file.parent for file in RECORDINGS.glob("*/recorded.json"))


@dataclass(frozen=True)
class Preview:
    """A case previewed here: with its packs, and once more without them where the recording did so."""

    run: EngineRun
    seen: EngineRun
    passed: dict[str, dict[str, list[str]]] | None


def preview_case(case: Case, silent: Path, trace_to: Path) -> Preview:
    """Preview a case as it was recorded; without packs of its own, ``silent`` shows what policies receive."""
    outputs = None
    if case.folder.name.startswith("stack_reference"):
        outputs = _setup_outputs(case, silent, trace_to / "setup")
    changes: dict[str, Any] = {"stackOutputs": outputs, "answers": FUNCTION_ANSWERS}
    environ = {"PULUMI_CONFIG_PASSPHRASE": "parity"}
    packs = case.packs or [silent]
    run = run_engine(case.folder, packs, case.configs, trace_to=trace_to / "case", environ=environ, **changes)
    passes = trace_to / "case" / "passed.json"
    passed = json.loads(passes.read_text()) if passes.exists() else None
    if case.recorded["analyze_from"] in (None, "this run"):
        return Preview(run, run, passed)
    seen = run_engine(case.folder, [silent], trace_to=trace_to / "without", environ=environ, **changes)
    return Preview(run, seen, passed)


def _setup_outputs(case: Case, silent: Path, trace_to: Path) -> dict[str, Any]:
    """The exports of the stack that was brought up before, with secrets shown, as ``--stack-outputs`` has them."""
    setup = case.folder / "setup"
    if not setup.is_dir():
        return {}
    run = run_engine(setup, [silent], trace_to=trace_to)
    stack = next(r for r in _stack_resources(run, "silent") if r["type"] == "pulumi:pulumi:Stack")
    return {"organization/network/dev": stack["properties"]}


def differences(case: Case, preview: Preview) -> list[str]:
    """Every difference that is not in :data:`IGNORED`, one line each."""
    view = _View(case, preview)
    return [line for name in _FIELDS for line in getattr(view, name)()]


_FIELDS = (
    "error",
    "exit_code",
    "auto_names",
    "analyze",
    "order",
    "analyze_stack",
    "remediate",
    "configure",
    "configure_stack",
    "verdicts",
    "passed",
    "outputs",
    "warnings",
)


def _stack_resources(run: EngineRun, pack: str) -> list[dict[str, Any]]:
    for line in run.traces.get(pack, []):
        if line["method"] == "AnalyzeStack":
            return list(line["request"]["resources"])
    return []


class _View:
    """Both sides in one spelling."""

    def __init__(self, case: Case, preview: Preview) -> None:
        self.recorded, self.case = case.recorded, case
        self.run, self.seen, self.passes = preview.run, preview.seen, preview.passed
        self.own_packs = bool(case.packs)
        self.requests = [line for run in (self.seen, self.run) for lines in run.traces.values() for line in lines]
        self.names = self._names()
        self.reads = {
            r["urn"] for r in preview.run.result["resources"] if r["read"] and "StackReference" not in r["type"]
        }
        self.imports = set(case.recorded["not_exact"]) | self._imported()

    def _imported(self) -> set[str]:
        return {
            entry["urn"]
            for entry in self.recorded["analyze_stack"] or []
            if "hollow-" in json.dumps(entry["properties"])
        }

    def _names(self) -> dict[str, str]:
        """Our automatic names -> the recording's spelling of them."""
        found: dict[str, str] = {}
        wanted = self.recorded["auto_names"]
        for request in self._of("Analyze") + self._of("Remediate"):
            name = request["properties"].get(wanted.get(request["urn"], ""))
            if isinstance(name, str):
                found.setdefault(name, f"{request['name']}-<auto>")
        return found

    def _of(self, method: str) -> list[dict[str, Any]]:
        return [line["request"] for line in self.requests if line["method"] == method]

    def plain(self, value: Any) -> Any:
        """A value of ours with automatic names spelled as recorded."""
        if isinstance(value, str):
            for name in sorted(self.names, key=len, reverse=True):
                value = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", self.names[name], value)
            return value
        if isinstance(value, dict):
            return {key: self.plain(item) for key, item in value.items()}
        return [self.plain(item) for item in value] if isinstance(value, list) else value

    def _kept(self, urn: str, properties: Any) -> Any:
        dropped = {*self.recorded["hollow_defaults"].get(urn, ()), *self.recorded["not_exact"].get(urn, ())}
        return {key: value for key, value in properties.items() if key not in dropped}

    def _compare(self, what: str, expected: Any, got: Any) -> Iterator[str]:
        if _comparable(expected) != _comparable(got):
            yield f"{what}\n    recorded {json.dumps(expected)}\n    embedded {json.dumps(got)}"

    def _resources(self, what: str, expected: list[Any], got: list[Any], ignored: Any) -> Iterator[str]:
        ours = {entry["urn"]: self.plain(entry) for entry in got}
        theirs = {entry["urn"]: entry for entry in expected}
        yield from self._compare(f"{what} set", sorted(theirs), sorted(ours))
        for urn in sorted(theirs.keys() & ours.keys()):
            for key, value in theirs[urn].items():
                mine = ours[urn][key]
                if key == "properties":
                    value, mine = self._kept(urn, value), self._kept(urn, mine)
                    skip = ignored(urn, value, mine)
                    value = {name: item for name, item in value.items() if name not in skip}
                    mine = {name: item for name, item in mine.items() if name not in skip}
                elif key == "dependencies":
                    value, mine = sorted(value), sorted(mine)
                elif key == "propertyDependencies":
                    value = {name: sorted(urns) for name, urns in value.items()}
                    mine = {name: sorted(urns) for name, urns in mine.items()}
                elif key == "options":
                    mine, value = _sorted_lists(mine), _sorted_lists(value)
                yield from self._compare(f"{what} {urn} {key}", value, mine)

    def _from_reads(self, urn: str, expected: Mapping[str, Any], got: Mapping[str, Any]) -> set[str]:
        """Inputs built from a ``.get()``, which are unknown here."""
        resource = next((r for r in self.run.result["resources"] if r["urn"] == urn), None)
        built = resource["propertyDependencies"] if resource else {}
        return {name for name, urns in built.items() if set(urns) & self.reads and got.get(name) == "<unknown>"}

    def _unread(self, urn: str, expected: Mapping[str, Any], got: Mapping[str, Any]) -> set[str]:
        skip = self._from_reads(urn, expected, got)
        if "::random:" in urn:
            skip |= {name for name, value in expected.items() if name not in got and value != "<unknown>"}
        if urn in self.imports:
            skip |= {name for name, value in got.items() if value == "<unknown>"}
        if expected.keys() == got.keys() and got.keys() and self.reads and urn.endswith(f"::{self._stack_name()}"):
            skip |= {name for name, value in got.items() if value == "<unknown>"}
        return skip

    def _stack_name(self) -> str:
        return f"{self.recorded['configure_stack']['project']}-{self.recorded['configure_stack']['stack']}"

    def analyze(self) -> Iterator[str]:
        expected = self.recorded["analyze"]
        if expected is None:
            return
        for pack, lines in self.seen.traces.items():
            got = [line["request"] for line in lines if line["method"] == "Analyze"]
            yield from self._resources(f"analyze by {pack}", expected, got, self._from_reads)

    def order(self) -> Iterator[str]:
        """Parents, providers and dependencies come first."""
        before = {r["urn"]: {r["parent"], r["provider"], *r["dependencies"]} for r in self.run.result["resources"]}
        reads = {r["urn"] for r in self.run.result["resources"] if r["read"]}
        for pack, lines in self.run.traces.items():
            seen = {"", *reads}
            for line in lines:
                if line["method"] == "Analyze":
                    late = before[line["request"]["urn"]] - seen
                    yield from (f"order: {pack} got {line['request']['urn']} before {urn}" for urn in sorted(late))
                    seen.add(line["request"]["urn"])

    def analyze_stack(self) -> Iterator[str]:
        expected = self.recorded["analyze_stack"]
        if expected is None:
            if self._of("AnalyzeStack"):
                yield "analyze_stack: was called, and the real engine does not"
            return
        for pack in self.seen.traces:
            got = _stack_resources(self.seen, pack)
            yield from self._resources(f"analyze_stack by {pack}", expected, got, self._unread)

    def auto_names(self) -> Iterator[str]:
        if self.recorded["analyze"] is not None:
            expected = sorted(f"{urn.rpartition('::')[2]}-<auto>" for urn in self.recorded["auto_names"])
            yield from self._compare("auto_names", expected, sorted(self.names.values()))

    def remediate(self) -> Iterator[str]:
        def key(entry: Any) -> str:
            return json.dumps(entry, sort_keys=True)

        expected = [
            {
                **entry,
                "before": self._kept(entry["urn"], entry["before"]),
                "after": self._kept(entry["urn"], entry["after"]),
            }
            for entry in self.recorded["remediate"]
        ]
        yield from self._compare("remediate", sorted(expected, key=key), sorted(self._remediations(), key=key))

    def _remediations(self) -> Iterator[dict[str, Any]]:
        for pack, lines in self.run.traces.items():
            for line in lines:
                if line["method"] != "Remediate":
                    continue
                urn, before = line["request"]["urn"], line["request"]["properties"]
                before = {name: value for name, value in before.items() if not name.startswith("__")}
                for answer in line["response"]:
                    after = answer["properties"]
                    if after is None and not answer["diagnostic"]:
                        continue
                    after = {n: v for n, v in (after or {}).items() if not n.startswith("__")}
                    entry = {"pack": pack, "policy": answer["policy"], "urn": urn, "diagnostic": answer["diagnostic"]}
                    shown = {"before": self._kept(urn, before), "after": self._kept(urn, after)}
                    yield self.plain(entry | shown)

    def configure(self) -> Iterator[str]:
        if self.own_packs:
            got = {
                pack: next((line["request"] for line in lines if line["method"] == "Configure"), None)
                for pack, lines in self.run.traces.items()
            }
            expected = self.recorded["configure"]
            yield from self._compare("configure", expected, {k: v for k, v in got.items() if v is not None})

    def configure_stack(self) -> Iterator[str]:
        for request in self._of("ConfigureStack"):
            yield from self._compare("configure_stack", self.recorded["configure_stack"], request)

    def verdicts(self) -> Iterator[str]:
        if self.recorded["analyze"] is None:
            return
        names = ("level", "message", "pack", "policy", "severity", "urn")
        expected = [{name: entry[name] for name in names} for entry in self.recorded["verdicts"]]
        got = [{name: entry[name] for name in names} for entry in self.run.result["policyEvents"]]
        yield from self._compare("verdicts", _multiset(expected), _multiset(self.plain(got)))

    def passed(self) -> Iterator[str]:
        if self.own_packs and self.passes is not None and self.recorded["error"] in (None, "preview failed"):
            spelled = {p: {r: sorted(u) for r, u in rules.items()} for p, rules in self.passes.items()}
            recorded = {p: {r: sorted(u) for r, u in rules.items()} for p, rules in self.recorded["passed"].items()}
            yield from self._compare("passed", recorded, spelled)

    def outputs(self) -> Iterator[str]:
        expected = self.recorded["outputs"]
        if expected is None:
            return
        stack = next((r for r in self._any_stack() if r["type"] == "pulumi:pulumi:Stack"), None)
        got = self.plain(stack["properties"]) if stack else {}
        skip = {name for name, value in got.items() if self.reads and value == "<unknown>"}
        expected = {name: value for name, value in expected.items() if name not in skip}
        yield from self._compare("outputs", expected, {n: v for n, v in got.items() if n not in skip})

    def _any_stack(self) -> list[dict[str, Any]]:
        return next((found for pack in self.seen.traces if (found := _stack_resources(self.seen, pack))), [])

    def warnings(self) -> Iterator[str]:
        hollow = {name for names in self.recorded["hollow_defaults"].values() for name in names}
        pattern = re.compile("|".join(rf"'{name}', |, '{name}'" for name in sorted(hollow)) or r"(?!)")
        expected = sorted(pattern.sub("", text) for text in self.recorded["warnings"])
        # All programs get one file of answers, of which each uses a part; the real engine has no such file.
        own = [text for text in self.run.diagnostics("warning") if " answered nothing: " not in text]
        got = sorted(pattern.sub("", self.plain(text)) for text in own)
        yield from self._compare("warnings", expected, got)

    def exit_code(self) -> Iterator[str]:
        mandatory = any(event["level"] == "mandatory" for event in self.run.result["policyEvents"])
        yield from self._compare("exit", self.recorded["exit"], 1 if self.run.result["error"] or mandatory else 0)

    def error(self) -> Iterator[str]:
        expected, error = self.recorded["error"], self.run.result["error"]
        if expected == "preview failed":
            expected = None
        said = self.run.diagnostics("error")
        text = _error_text(error) if error else (said[0] if said else None)
        if "remote_asset_reason" in IGNORED and expected and "assets.invalid" in expected:
            expected, text = (str(side).partition('"source": ')[0] for side in (expected, text))
        for folder in (self.case.folder.resolve(), self.case.folder):
            text = text.replace(str(folder), "<program>") if text else text
        yield from self._compare("error", expected, text)


def _error_text(error: dict[str, Any]) -> str:
    """Our error in the words of the real CLI."""
    message = str(error["message"])
    headline = "Program failed with an unhandled exception:\n"
    if error["kind"] == "program":
        return headline + message
    if error["kind"] == "asset":
        return f"{headline}Exception: unmarshal properties: {message}"
    if error["kind"] in ("hook", "stack-reference"):
        return f"Preview failed: {message}"
    return message


def _comparable(value: Any) -> Any:
    """``value`` with rendered IAM policy documents as sets."""
    if isinstance(value, str) and value.startswith('{\n  "') and '"Statement"' in value:
        return _unordered(json.loads(value))
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    return [_comparable(item) for item in value] if isinstance(value, list) else value


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _sorted_lists(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in options.items()}


def _multiset(entries: list[Any]) -> list[Any]:
    counted = Counter(json.dumps(entry, sort_keys=True) for entry in entries)
    return sorted(counted.items())
