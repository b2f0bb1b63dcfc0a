"""Resource hooks: those that want to run in previews are run, the others are only known by name."""

from typing import Any

from pulumi.runtime.proto import resource_pb2

from .callbacks import CallbackFailure, Callbacks
from .records import EngineFailure, ResourceRecord
from .values import Properties, to_struct


class Hooks:
    """The hooks a program registered, by name.

    :param warn: takes (message, URN) of a hook whose errors the program asked to ignore.
    """

    def __init__(self, callbacks: Callbacks, warn: Any) -> None:
        self._callbacks = callbacks
        self._warn = warn
        self._hooks: dict[str, Any] = {}

    def add(self, request: Any) -> None:
        """A ``RegisterResourceHook`` request."""
        self._hooks[request.name] = request

    def before_create(self, binding: Any, record: ResourceRecord, filled: list[str]) -> None:
        """Run the hooks that stand before the creation of ``record``.

        :param filled: properties that Check added; hooks see their names as ``__defaults``.
        :raises EngineFailure: one raised (kind ``hook``).
        """
        self._run("before", binding.before_create if binding is not None else (), record, filled, None)

    def after_create(self, binding: Any, record: ResourceRecord, filled: list[str]) -> None:
        """Run the hooks that stand after it; they see the outputs.

        :raises EngineFailure: one raised (kind ``hook``).
        """
        self._run("after", binding.after_create if binding is not None else (), record, filled, record.outputs)

    def _run(
        self, when: str, names: Any, record: ResourceRecord, filled: list[str], outputs: Properties | None
    ) -> None:
        for name in names:
            hook = self._hooks.get(name)
            if hook is None:
                raise EngineFailure("hook", f'{when} hook "{name}" of {record.name} was not registered')
            if hook.on_dry_run:
                self._run_one(when, hook, record, filled, outputs)

    def _run_one(
        self, when: str, hook: Any, record: ResourceRecord, filled: list[str], outputs: Properties | None
    ) -> None:
        checked = record.custom and not record.is_provider
        inputs = {**record.inputs, "__defaults": list(filled)} if checked else record.inputs
        request = resource_pb2.ResourceHookRequest(
            urn=record.urn,
            name=record.name,
            type=record.type,
            new_inputs=to_struct(inputs),
            new_outputs=to_struct(outputs) if outputs is not None else None,
        )
        try:
            error = self._callbacks.call(hook.callback, request, resource_pb2.ResourceHookResponse).error
        except CallbackFailure as failure:
            error = str(failure)
        if not error:
            return
        message = f'{when} hook "{hook.name}" failed: {error}'
        if getattr(hook, "ignore_errors", False):
            self._warn(message, record.urn)
        else:
            raise EngineFailure("hook", message, source=record.source.place() if record.source else None)
