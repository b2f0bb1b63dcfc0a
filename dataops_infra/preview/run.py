"""One preview from start to end: project, packs, conventions, an engine, and the verdicts joined into a result."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dataops_infra import provider_facts
from dataops_infra.conventions import LoadedConventions, compiled, load_conventions
from dataops_infra.conventions.loading import ENVIRONMENT_VARIABLE
from dataops_infra.errors import InvalidInputError
from dataops_infra.preview.cli_engine import CliJob, CliPack, run_cli
from dataops_infra.preview.given_files import read_answers, read_stack_outputs
from dataops_infra.preview.interpreter import program_python
from dataops_infra.preview.masking import Mask
from dataops_infra.preview.model import Conventions, Engine, PreviewResult
from dataops_infra.preview.packs import Pack, resolve_packs
from dataops_infra.preview.project import Project, load_project
from dataops_infra.preview.stack_config import StackConfig, load_stack, stacks_of
from dataops_infra.preview.supervisor import run_job
from dataops_infra.preview.verdicts import Circumstances, join, repository_of


@dataclass(frozen=True)
class PreviewRequest:
    """What to preview and by which rules.

    :param directory: a folder at or below ``Pulumi.yaml``.
    :param stack: None = the only stack that the project has a file for.
    :param packs: names of ``known_packs`` or paths of folders.
    :param pack_configs: a file per pack ("" for none), or no file at all.
    :param config: further ``key=value`` of the stack's configuration; they win.
    :param known_packs: name of a pack of ours -> what gives its folder.
    :param rules_config: name of a pack of ours -> what turns the compiled conventions into the config of its policies;
        the real CLI must be told, the embedded engine asks the pack which of its policies accept them.
    :param conventions: ``dataops.yaml`` to use instead of the one that is looked up.
    :param as_of: the day by which exemptions and expiries are judged.
    :param timeout: seconds for the whole; None = no limit.
    :param organization: stands before the stack's name where that names none; None = the default of the CLI.
    """

    directory: Path
    stack: str | None = None
    packs: tuple[str, ...] = ()
    pack_configs: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    known_packs: Mapping[str, Callable[[], Path]] = field(default_factory=dict)
    rules_config: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]]] = field(
        default_factory=dict
    )
    engine: Engine = "embedded"
    answers: Path | None = None
    stack_outputs: Path | None = None
    conventions: Path | None = None
    as_of: date = field(default_factory=lambda: datetime.now(UTC).date())
    timeout: float | None = None
    organization: str | None = None


@dataclass(frozen=True)
class _Prepared:
    """Everything that was read before anything ran."""

    project: Project
    stack: StackConfig
    packs: list[Pack]
    loaded: LoadedConventions
    rules: Mapping[str, Any]


def preview(request: PreviewRequest, on_progress: Callable[[int], None] = lambda _: None) -> PreviewResult:
    """Run the preview that ``request`` asks for.

    :param on_progress: called with the number of resources so far.
    :raises DataopsError: an input is wrong, or the engine could not do its work; nothing was written.
    """
    started = time.monotonic()
    prepared = _prepare(request)
    run = _embedded if request.engine == "embedded" else _real
    observed, output = run(request, prepared, on_progress)
    repository = repository_of(prepared.project.root)
    circumstances = Circumstances(
        project=prepared.project.name,
        stack=prepared.stack.stack,
        engine=request.engine,
        repository=repository,
        project_file=prepared.project.file,
        conventions=_conventions(prepared.loaded, repository, prepared.stack.stack),
        as_of=request.as_of.isoformat(),
        seconds=time.monotonic() - started,
        program_output=output,
    )
    return join(_with_notes(observed, prepared.stack), circumstances)


def _prepare(request: PreviewRequest) -> _Prepared:
    project = load_project(request.directory)
    stack = load_stack(project, _stack_name(request, project), request.config, os.environ)
    packs = resolve_packs(request.packs, request.pack_configs, request.known_packs, Path.cwd())
    loaded = load_conventions(project.root, _named_conventions(request, project, stack), os.environ)
    rules = compiled(loaded.conventions, loaded.contracts, loaded.source, request.as_of)
    return _Prepared(project, stack, packs, loaded, rules)


def _named_conventions(request: PreviewRequest, project: Project, stack: StackConfig) -> Path | None:
    """The file that is named: by the caller, else by ``DATAOPS_CONVENTIONS``, else by ``dataops:conventions``."""
    configured = stack.values.get("dataops:conventions")
    if request.conventions is None and configured and not os.environ.get(ENVIRONMENT_VARIABLE):
        return project.root / configured
    return request.conventions


def _program_environment(loaded: LoadedConventions) -> dict[str, str]:
    """Components in the program follow the same file as the packs beside it."""
    return {} if loaded.path is None else {ENVIRONMENT_VARIABLE: str(loaded.path)}


def _stack_name(request: PreviewRequest, project: Project) -> str:
    name = request.stack
    if name is None:
        stacks = stacks_of(project)
        if len(stacks) != 1:
            has = f"one of {', '.join(stacks)}" if stacks else f"a name; {project.root} has no Pulumi.<stack>.yaml"
            raise InvalidInputError("--stack", has, name)
        name = stacks[0]
    return f"{request.organization}/{name}" if request.organization and "/" not in name else name


def _embedded(
    request: PreviewRequest, prepared: _Prepared, on_progress: Callable[[int], None]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    python = program_python(prepared.project, os.environ)
    environ = os.environ | _program_environment(prepared.loaded)
    mask = Mask(prepared.stack.secret_texts)
    job = _job(request, prepared)
    ran = run_job(job, python, request.timeout, on_progress, environ=environ, masked=mask.text)
    return mask.observed(ran.observed), mask.lines(ran.program_output)


def _job(request: PreviewRequest, prepared: _Prepared) -> dict[str, Any]:
    """job.json of docs/architecture.md, but for what the supervisor adds."""
    project, stack = prepared.project, prepared.stack
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
        "stackOutputs": read_stack_outputs(request.stack_outputs) if request.stack_outputs else None,
        "answers": read_answers(request.answers) if request.answers else [],
        "facts": _facts(prepared.loaded, stack.stack),
        "providerFacts": str(Path(provider_facts.__file__).parent),
        "packs": [pack.job_entry(prepared.rules) for pack in prepared.packs],
    }


def _facts(loaded: LoadedConventions, stack: str) -> dict[str, str]:
    environment = loaded.conventions.environment_of(stack)
    if environment is None:
        return {}
    declared = {
        "awsAccount": environment.aws_account,
        "gcpProject": environment.gcp_project,
        "gcpProjectNumber": environment.gcp_project_number,
    }
    return {key: value for key, value in declared.items() if value}


def _real(
    request: PreviewRequest, prepared: _Prepared, on_progress: Callable[[int], None]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    stack = prepared.stack
    overrides = (pair.partition("=") for pair in request.config)
    job = CliJob(
        project=prepared.project.root,
        stack=_stack_name(request, prepared.project),
        packs=[CliPack(pack.folder, _cli_config(pack, request, prepared.rules)) for pack in prepared.packs],
        config={key: value for key, _, value in overrides},
        config_file=stack.file if stack.file.is_file() else None,
        timeout=request.timeout,
        environ=_program_environment(prepared.loaded),
    )
    ran = run_cli(job, on_progress)
    return ran.observed, ran.output


def _cli_config(pack: Pack, request: PreviewRequest, rules: Mapping[str, Any]) -> dict[str, Any]:
    """The pack's config, and for a pack of ours the conventions with every policy."""
    config = pack.config_on_day_of(rules)
    compile_config = request.rules_config.get(pack.name)
    for policy, given in (compile_config(rules) if compile_config else {}).items():
        own = config.get(policy, {})
        config[policy] = {**given, **({"enforcementLevel": own} if isinstance(own, str) else own)}
    return config


def _with_notes(observed: Mapping[str, Any], stack: StackConfig) -> Mapping[str, Any]:
    """The notes on the configuration (values that could not be decrypted) among the messages."""
    notes = [{"severity": "warning", "message": note, "urn": ""} for note in stack.notes]
    return {**observed, "diagnostics": [*observed["diagnostics"], *notes]}


def _conventions(loaded: LoadedConventions, repository: Path, stack: str) -> Conventions:
    source = loaded.source
    if loaded.path is not None:
        path = loaded.path
        source = path.relative_to(repository).as_posix() if path.is_relative_to(repository) else str(path)
    environment = loaded.conventions.environment_of(stack)
    return Conventions(
        source,
        loaded.digest,
        environment=environment.name if environment else None,
        environments=tuple(loaded.conventions.environments),
    )
