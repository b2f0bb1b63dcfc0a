"""Runs the embedded engine for real, in a child process, and reads what it wrote and what the packs received."""

import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataops_infra.preview.packs import resolve_packs
from dataops_infra.preview.project import load_project
from dataops_infra.preview.stack_config import load_stack
from dataops_infra.preview.supervisor import run_job

ENGINE = Path(__file__).parents[2] / "dataops_infra" / "preview" / "engine"
START = ENGINE / "__main__.py"
FACTS = ENGINE.parents[1] / "provider_facts"
SILENT_PACK = Path(__file__).parent / "packs" / "silent"


@dataclass(frozen=True)
class EngineRun:
    """``result`` is result.json; ``traces`` the requests per pack folder; ``output`` what the program printed."""

    result: dict[str, Any]
    traces: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    output: str = ""

    @property
    def error(self) -> dict[str, Any]:
        """The error; a preview without one fails the test here."""
        assert self.result["error"] is not None, "the preview did not fail"
        error: dict[str, Any] = self.result["error"]
        return error

    def resource(self, ending: str) -> dict[str, Any]:
        """The one resource whose URN ends so."""
        (found,) = [item for item in self.result["resources"] if item["urn"].endswith(f"::{ending}")]
        return dict(found)

    def names(self) -> list[str]:
        """The names of what was registered, without the stack and default providers; sorted."""
        hidden = ("pulumi:pulumi:Stack", "pulumi:providers:")
        return sorted(
            item["name"]
            for item in self.result["resources"]
            if not item["type"].startswith(hidden) or (not item["name"].startswith("default") and item["provider"])
        )

    def diagnostics(self, severity: str) -> list[str]:
        """The messages of one severity."""
        return [item["message"] for item in self.result["diagnostics"] if item["severity"] == severity]


def write_program(folder: Path, code: str, config: str = "", name: str = "shop") -> Path:
    """A project in ``folder`` with the program ``code`` and the stack ``dev``, whose config is YAML; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    indented = textwrap.indent(textwrap.dedent(config), "  ")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n{indented}" if config else "config: {}\n")
    (folder / "__main__.py").write_text(textwrap.dedent(code))
    return folder


def engine_job(
    folder: Path, packs: Sequence[Path] = (), configs: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """job.json for the stack ``dev`` of a project, without ``workdir``."""
    project = load_project(folder)
    stack = load_stack(project, "dev", environ=dict(environ or {}))
    resolved = resolve_packs([str(pack) for pack in packs], list(configs), {}, folder)
    return {
        "project": project.name,
        "stack": stack.stack,
        "organization": stack.organization,
        "root": str(project.root),
        "main": str(project.main),
        "config": dict(stack.values),
        "configSecretKeys": sorted(stack.secrets),
        "configUnknown": dict(stack.unknown),
        "autonaming": stack.autonaming,
        "stackOutputs": None,
        "answers": [],
        "facts": {},
        "providerFacts": str(FACTS),
        "packs": [pack.job_entry(None) for pack in resolved],
        "timeouts": {},
    }


def run_engine(
    folder: Path,
    packs: Sequence[Path] = (),
    configs: Sequence[str] = (),
    trace_to: Path | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = 120,
    **changes: Any,
) -> EngineRun:
    """Preview a project; ``changes`` replace keys of job.json."""
    job = engine_job(folder, packs, configs, environ) | changes
    ended = run_job(job, Path(sys.executable), timeout, trace_to=trace_to, engine=START)
    traces = {
        file.stem: [json.loads(line) for line in file.read_text().splitlines()]
        for file in sorted(trace_to.glob("*.jsonl") if trace_to else [])
    }
    return EngineRun(dict(ended.observed), traces, "\n".join(ended.program_output))


def preview_code(folder: Path, code: str, config: str = "", **changes: Any) -> EngineRun:
    """Preview one piece of code as a program of its own."""
    return run_engine(write_program(folder, code, config), **changes)
