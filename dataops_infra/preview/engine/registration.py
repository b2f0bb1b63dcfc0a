"""Registering a resource: transforms, Check, policies, hooks, outputs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .aliases import alias_urns
from .assets import with_hashes
from .checks import Checker, has_unknown_arguments
from .classes import SdkClasses
from .config import DYNAMIC_PACKAGE
from .frames import UserCode
from .goals import Goal, goal_of
from .hidden import secret_texts
from .hooks import Hooks
from .naming import Autonaming
from .outputs import computed_outputs
from .placeholders import Placeholders
from .providers import Providers
from .records import PROVIDER_PREFIX, STACK_TYPE, EngineFailure, Frame, JobSpec, ProviderRecord, ResourceRecord
from .registry import Registry
from .transforms import Transforms
from .urns import is_type_token, make_urn, package_of
from .values import Properties, secret

_STASH = "pulumi:index:Stash"
_ENGINE_PACKAGES = frozenset({DYNAMIC_PACKAGE, "pulumi"})
"""Their providers check nothing in a preview."""


class Packs(Protocol):
    """What registration needs of the policy packs."""

    @property
    def can_remediate(self) -> bool:
        """Whether :meth:`remediate` can change anything."""

    def remediate(self, record: ResourceRecord) -> Properties | None:
        """The inputs as remediations leave them, None = unchanged."""

    def analyze(self, record: ResourceRecord) -> None:
        """Have the resource judged."""


class NoPacks:
    """A preview without policy packs."""

    can_remediate = False

    def remediate(self, record: ResourceRecord) -> Properties | None:  # noqa: ARG002 - the protocol's signature
        """Changes nothing."""
        return None

    def analyze(self, record: ResourceRecord) -> None:
        """Judges nothing."""


@dataclass
class _Draft:
    """A registration under way."""

    goal: Goal
    record: ResourceRecord
    filled: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Registration:
    """Registers resources, called from several threads at once.

    :param packs: gives the policy packs, waiting until they are ready.
    """

    def __init__(
        self,
        job: JobSpec,
        registry: Registry,
        user_code: UserCode,
        checker: Checker,
        classes: SdkClasses,
        providers: Providers,
        transforms: Transforms,
        hooks: Hooks,
        placeholders: Placeholders,
        packs: Callable[[], Packs],
    ) -> None:
        self._job, self._registry, self._user_code = job, registry, user_code
        self._checker, self._classes, self._providers = checker, classes, providers
        self._transforms, self._hooks, self._placeholders = transforms, hooks, placeholders
        self._packs = packs
        self._autonaming = Autonaming(job)

    def register(self, request: Any) -> ResourceRecord:
        """Do a ``RegisterResource`` request.

        :raises EngineFailure: the resource is refused; the preview ends.
        """
        frames = self.frames_of(request)
        try:
            return self._register(request, frames)
        except EngineFailure as failure:
            failure.source = failure.source or (frames[0].place() if frames else None)
            raise

    def _register(self, request: Any, frames: list[Frame]) -> ResourceRecord:
        goal = self._goal(request)
        self._transforms.apply(goal, list(getattr(request, "transforms", ())), self._registry.parents)
        draft = self._draft(goal, frames)
        record = draft.record
        self._registry.reserve(record)
        if hasattr(request, "transforms"):
            self._transforms.set_resource_transforms(record.urn, list(request.transforms))
        self._scrub(record)
        if record.is_provider:
            self._as_provider(draft)
        elif record.custom:
            self._as_custom(draft)
        else:
            self._as_component(draft)
        return record

    def _goal(self, request: Any) -> Goal:
        """What the program asks for, with the provider that it inherits: transforms see that one."""
        goal = goal_of(request)
        if (goal.custom or goal.remote) and not is_type_token(goal.type):
            text = f"Type '{goal.type}' is not a valid type token (must have format '*:*:*')"
            raise EngineFailure("program", text)
        if (goal.custom or goal.remote) and not goal.type.startswith(PROVIDER_PREFIX):
            handed = goal.providers.get(package_of(goal.type), "")
            goal.provider = goal.provider or handed or self._providers.inherited(goal.parent, goal.type)
        return goal

    def frames_of(self, request: Any) -> list[Frame]:
        """The user's frames of a request, innermost first."""
        frames = self._user_code.frames_of_stack(request.stackTrace) if hasattr(request, "stackTrace") else []
        if not frames and hasattr(request, "sourcePosition"):
            position = self._user_code.frame_of_position(request.sourcePosition)
            frames = [position] if position else []
        return frames

    def add_default_provider(self, record: ResourceRecord) -> None:
        """List a default provider, which no program registers but policies see."""
        self._set_order(record)
        self._judge(record)

    def _draft(self, goal: Goal, frames: list[Frame]) -> _Draft:
        urn = make_urn(self._job.stack, self._job.project, goal.parent, goal.type, goal.name)
        record = ResourceRecord(
            urn=urn,
            type=goal.type,
            name=goal.name,
            custom=goal.custom,
            parent=goal.parent,
            inputs={name: value for name, value in goal.inputs.items() if value is not None},
            dependencies=sorted(goal.dependencies),
            property_dependencies={name: sorted(urns) for name, urns in sorted(goal.property_dependencies.items())},
            protect=self._protect(goal),
            ignore_changes=goal.ignore_changes,
            delete_before_replace=goal.delete_before_replace,
            additional_secret_outputs=sorted(goal.additional_secret_outputs),
            timeouts=goal.timeouts,
            aliases=alias_urns(goal, self._job),
            retain_on_delete=bool(goal.retain_on_delete),
            deleted_with=goal.deleted_with,
            import_id=goal.import_id,
            remote=goal.remote,
            source=frames[0] if frames else None,
            frames=frames,
        )
        self._set_order(record)
        return _Draft(goal, record)

    def _protect(self, goal: Goal) -> bool:
        """A child is protected like its parent unless it says otherwise."""
        if goal.protect is not None:
            return goal.protect
        parent = self._registry.get(goal.parent)
        return parent.protect if parent else False

    def _set_order(self, record: ResourceRecord) -> None:
        # Names without a random part leave no choice, whatever the program says.
        if record.custom and self._autonaming.deletes_before_replace(record.type):
            record.delete_before_replace = True

    def _scrub(self, record: ResourceRecord) -> None:
        """Turn placeholders into unknowns, and give assets their hashes."""
        record.inputs, paths = self._placeholders.scrub(record.inputs)
        with self._registry.lock:
            self._registry.placeholders += [(record.urn, path) for path in paths]
        record.inputs = with_hashes(record.inputs, f"{record.type} resource {record.name!r}")
        record.hidden = secret_texts(record.inputs)

    def _as_provider(self, draft: _Draft) -> None:
        record, goal = draft.record, draft.goal
        declared = self._providers.package(goal.package)
        version = declared.version if declared else goal.version
        if version:
            record.inputs = {**record.inputs, "version": version}
        self._remediate(record)
        record.outputs = record.inputs
        self._providers.add_explicit(record)
        self._judge(record)

    def _as_component(self, draft: _Draft) -> None:
        record, goal = draft.record, draft.goal
        self._providers.set_component_providers(record.urn, goal.providers, record.parent)
        if record.remote:
            self._provider_of(goal, record.type)
            self._registry.say(
                "warning",
                f"{record.type} {record.name!r} is a component of another package: what is inside it is made by that"
                " package's own program and cannot be seen in a preview without it",
                record.urn,
            )
        if record.type != STACK_TYPE:
            self._remediate(record)
        self._judge(record)
        self._hooks.before_create(goal.hooks, record, [])
        self._hooks.after_create(goal.hooks, record, [])

    def _as_custom(self, draft: _Draft) -> None:
        record, goal = draft.record, draft.goal
        provider = record.provider = self._provider_of(goal, record.urn)
        checked = provider.package not in _ENGINE_PACKAGES and not has_unknown_arguments(provider)
        if checked:
            self._check(draft, provider)
        self._remediate(record)
        if checked:
            shape = self._classes.shape(record.type)
            record.id = record.import_id
            record.outputs = computed_outputs(
                record.inputs, shape, provider, record.id, record.additional_secret_outputs
            )
        elif provider.package in _ENGINE_PACKAGES:
            saved = {"output": record.inputs.get("input")} if record.type == _STASH else {}
            record.outputs = _marked({**record.inputs, **saved}, record.additional_secret_outputs)
        self._judge(record)
        if draft.failures:
            raise _refused(draft)
        self._hooks.before_create(goal.hooks, record, draft.filled)
        self._hooks.after_create(goal.hooks, record, draft.filled)

    def _check(self, draft: _Draft, provider: ProviderRecord) -> None:
        record = draft.record
        shape = self._classes.shape(record.type)
        checked = self._checker.check(record.urn, record.type, record.name, record.inputs, provider, shape)
        record.inputs, draft.filled, draft.failures = checked.inputs, checked.filled, checked.failures

    def _provider_of(self, goal: Goal, subject: str) -> ProviderRecord:
        with self._registry.lock:
            return self._providers.serving(
                goal.type, goal.provider, goal.version, goal.download_url, goal.package, subject
            )

    def _remediate(self, record: ResourceRecord) -> None:
        packs = self._packs()
        if packs.can_remediate:
            changed = packs.remediate(record)
            if changed is not None:
                record.inputs = changed

    def _judge(self, record: ResourceRecord) -> None:
        """List the resource and have it judged, in one step: packs see resources in the order of the list."""
        packs = self._packs()
        with self._registry.lock:
            self._registry.add(record)
            packs.analyze(record)


def _marked(properties: Properties, names: list[str]) -> Properties:
    return {name: secret(value) if name in names else value for name, value in properties.items()}


def _refused(draft: _Draft) -> EngineFailure:
    record = draft.record
    return EngineFailure(
        "check",
        "\n".join(f"{record.type} resource '{record.name}': {failure}" for failure in draft.failures),
        source=record.source.place() if record.source else None,
    )
