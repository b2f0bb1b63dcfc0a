"""Transforms: the program's own changes to what it registers and to the functions it calls."""

from typing import Any

from pulumi.runtime.proto import callback_pb2, resource_pb2

from .callbacks import CallbackFailure, Callbacks
from .goals import Goal, apply_options, options_of
from .records import EngineFailure
from .values import (
    OUTPUT_SIGNATURE,
    SIGNATURE_KEY,
    Properties,
    Wire,
    from_struct,
    is_secret,
    is_unknown,
    output_dependencies,
    resolve_outputs,
    to_struct,
    unwrap,
)


class Transforms:
    """Runs transforms in the engine's order: the resource's own, its ancestors' from the inside out, the stack's."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._stack: list[callback_pb2.Callback] = []
        self._stack_invoke: list[callback_pb2.Callback] = []
        self._of_resources: dict[str, list[callback_pb2.Callback]] = {}

    def add_stack_transform(self, callback: callback_pb2.Callback) -> None:
        """A transform for every resource registered from now on."""
        self._stack.append(callback)

    def add_invoke_transform(self, callback: callback_pb2.Callback) -> None:
        """A transform for every function called from now on."""
        self._stack_invoke.append(callback)

    def set_resource_transforms(self, urn: str, callbacks: list[callback_pb2.Callback]) -> None:
        """The transforms of one resource, which its descendants inherit."""
        if callbacks:
            self._of_resources[urn] = callbacks

    def apply(self, goal: Goal, own: list[callback_pb2.Callback], parents: dict[str, str]) -> None:
        """Change ``goal`` as the transforms say.

        :param parents: URN -> URN of its parent.
        :raises EngineFailure: one raised (kind ``program``).
        """
        chain = list(own)
        # The engine turns inputs into output values with dependencies only for a resource with transforms of its own.
        carry = bool(own)
        ancestor = goal.parent
        while ancestor:
            chain += self._of_resources.get(ancestor, [])
            ancestor = parents.get(ancestor, "")
        chain += self._stack
        for callback in chain:
            self._apply_one(goal, callback, carry)
        if chain:
            goal.dependencies = goal.dependencies.union(*goal.property_dependencies.values())

    def _apply_one(self, goal: Goal, callback: callback_pb2.Callback, carry: bool) -> None:
        dependencies = goal.property_dependencies if carry else {}
        properties = {name: _as_output(value, dependencies.get(name, ())) for name, value in goal.inputs.items()}
        request = resource_pb2.TransformRequest(
            type=goal.type,
            name=goal.name,
            custom=goal.custom,
            parent=goal.parent,
            properties=to_struct(properties),
            options=options_of(goal),
        )
        response = self._call(callback, request, resource_pb2.TransformResponse)
        if response.HasField("properties"):
            _take_inputs(goal, from_struct(response.properties))
        if response.HasField("options"):
            apply_options(goal, response.options)

    def apply_to_invoke(
        self, token: str, args: Properties, options: resource_pb2.TransformInvokeOptions
    ) -> tuple[Properties, resource_pb2.TransformInvokeOptions]:
        """Arguments and options (provider, version) of a function call as the stack's transforms leave them.

        :raises EngineFailure: one raised (kind ``program``).
        """
        for callback in self._stack_invoke:
            request = resource_pb2.TransformInvokeRequest(token=token, args=to_struct(args), options=options)
            response = self._call(callback, request, resource_pb2.TransformInvokeResponse)
            if response.HasField("args"):
                args = resolve_outputs(from_struct(response.args))
            if response.HasField("options"):
                options = response.options
        return args, options

    def _call(self, callback: callback_pb2.Callback, request: Any, response: Any) -> Any:
        try:
            return self._callbacks.call(callback, request, response)
        except CallbackFailure as failure:
            raise EngineFailure("program", f"a transform failed: {failure}") from None


def _take_inputs(goal: Goal, properties: Properties) -> None:
    """The inputs that a transform returned, and what they depend on: what its output values say, and what they did.

    The Python SDK returns no output values, so that the engine forgets here what a resource with transforms of its own
    depends on by property. A stack rule would then miss what belongs together, so it is kept.
    """
    goal.inputs = {name: resolve_outputs(value) for name, value in properties.items() if value is not None}
    before = goal.property_dependencies
    found = {name: before.get(name, set()) | output_dependencies(properties[name]) for name in goal.inputs}
    goal.property_dependencies = {name: urns for name, urns in found.items() if urns}


def _as_output(value: Wire, dependencies: Any) -> Wire:
    """``value`` for a transform: an output value where it is unknown, secret or depends on a resource."""
    inner = _nested_outputs(value)
    if not dependencies or (isinstance(inner, dict) and inner.get(SIGNATURE_KEY) == OUTPUT_SIGNATURE):
        return {**inner, "dependencies": sorted(dependencies)} if dependencies else inner
    return {SIGNATURE_KEY: OUTPUT_SIGNATURE, "value": inner, "dependencies": sorted(dependencies)}


def _nested_outputs(value: Wire) -> Wire:
    if is_unknown(value):
        return {SIGNATURE_KEY: OUTPUT_SIGNATURE}
    if is_secret(value):
        held = unwrap(value)
        marked = {SIGNATURE_KEY: OUTPUT_SIGNATURE, "secret": True}
        return marked if is_unknown(held) else {**marked, "value": _nested_outputs(held)}
    if isinstance(value, dict) and SIGNATURE_KEY not in value:
        return {key: _nested_outputs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_nested_outputs(item) for item in value]
    return value
