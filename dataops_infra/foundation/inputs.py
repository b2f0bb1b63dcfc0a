"""Checks a component's arguments before its first child, because the SDK does not check dicts at all.

The arguments' ``TypedDict`` is the only description: keys, which of them are required, and types. A field declared as
``pulumi.Input[T]`` takes an output; any other must be known when the program runs: names, resources and documents are
made of it. The items of a list or map may be outputs where its field says so, the list or map itself may not.
"""

import difflib
import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import pulumi

from dataops_infra.errors import InvalidInputError


class ComponentInputError(InvalidInputError, pulumi.RunError):
    """Wrong arguments of one component; being a ``RunError``, the engine prints it as one line with no traceback."""


class Mistakes:
    """Collects what is wrong with one call, so that the user mends it in one go.

    :param component: the component's class and name, for the message.
    """

    def __init__(self, component: str) -> None:
        self.component = component
        self.found: list[InvalidInputError] = []

    def add(self, argument: str, expected: str, got: object) -> None:
        """Note one mistake, the first of each argument: the next would follow from it. ``got`` must not be a secret."""
        if not self.about(argument):
            self.found.append(ComponentInputError(argument, expected, got))

    def about(self, argument: str) -> bool:
        """Whether a mistake of this argument was noted: what follows from it need not be."""
        return argument in {mistake.input for mistake in self.found}

    def require_one_of(self, argument: str, legal: Sequence[str], got: str) -> None:
        """Note a mistake unless ``got`` is legal; the nearest legal value is suggested."""
        if got not in legal:
            self.add(argument, one_of(legal, got), got)

    def each_once(self, argument: str, what: str, values: Sequence[object]) -> None:
        """Note each text that stands again in a list; outputs cannot be compared before their values are known."""
        for index, value in enumerate(values):
            if isinstance(value, str) and value in values[:index]:
                self.add(f"{argument}[{index}]", f"each {what} once", value)

    def stop(self) -> None:
        """Raise everything found as one error.

        :raises ComponentInputError: when there is at least one mistake.
        """
        if self.found:
            every = InvalidInputError.all(self.found)
            error = ComponentInputError(every.input, every.expected, every.got)
            error.args = (f"{self.component}: {every}",)
            raise error


def one_of(legal: Sequence[str], got: str) -> str:
    """What was expected, with the nearest to ``got`` where there is more than one."""
    return f"one of {', '.join(legal)}{nearest(got, legal)}" if len(legal) > 1 else f"{', '.join(legal)}"


_SLIP = 2
"""Letters: two that changed places are one too many and one too few. Regions of two clouds differ in more."""


def nearest(word: str, legal: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` when ``word`` is a slip away from a legal word or begins one, else nothing."""
    folded = {one.casefold(): one for one in legal}
    close = difflib.get_close_matches(word.casefold(), folded)
    meant = [one for one in close if one.startswith(word.casefold()) or _edits(word.casefold(), one) <= _SLIP]
    return f"; did you mean {folded[meant[0]]!r}?" if meant else ""


def _edits(word: str, other: str) -> int:
    changes = difflib.SequenceMatcher(None, word, other).get_opcodes()
    return sum(max(end - start, to - since) for kind, start, end, since, to in changes if kind != "equal")


def check_arguments(mistakes: Mistakes, args: object, spec: type) -> dict[str, Any]:
    """Compare ``args`` with the ``TypedDict`` ``spec``: unknown and missing keys, wrong types, at every depth.

    Returns the arguments that were given and are sound, so that the checks of their values can go on.
    To the SDK an argument of ``None`` is an absent one, and so it is here. Programs in other languages send every
    number as a float: where a whole number is meant, 7.0 is 7.

    :raises ComponentInputError: ``args`` is no dict, so that nothing else can be said of it.
    """
    args = _with_whole_numbers(args, spec)
    _check_dict(mistakes, "args", "", args, spec)
    if not isinstance(args, Mapping):
        mistakes.stop()
    assert isinstance(args, Mapping)
    wrong = {re.split(r"[.\[]", mistake.input)[0] for mistake in mistakes.found}
    return {key: value for key, value in args.items() if value is not None and key not in wrong}


def _with_whole_numbers(value: object, hint: Any) -> object:
    """``value`` with an ``int`` wherever ``hint`` asks for one and a float says the same."""
    plain, _ = _without_input(hint)
    origin, items = typing.get_origin(plain), typing.get_args(plain)
    if typing.is_typeddict(plain) and isinstance(value, Mapping):
        hints = inspect.get_annotations(plain)
        return {key: _with_whole_numbers(item, hints[key]) if key in hints else item for key, item in value.items()}
    if origin in (list, Sequence) and isinstance(value, list | tuple):
        return type(value)(_with_whole_numbers(item, items[0]) for item in value)
    if origin in (dict, Mapping) and isinstance(value, Mapping):
        return {key: _with_whole_numbers(item, items[1]) for key, item in value.items()}
    return int(value) if plain is int and isinstance(value, float) and value.is_integer() else value


def _check_dict(mistakes: Mistakes, label: str, prefix: str, value: object, spec: type) -> None:
    if not isinstance(value, Mapping):
        mistakes.add(label, f"a dict like {spec.__name__}", value)
        return
    # Not get_type_hints: pulumi.Input holds a forward reference that only pulumi's own module can resolve.
    hints = inspect.get_annotations(spec)
    required: frozenset[str] = spec.__required_keys__  # type: ignore[attr-defined]
    for key in value:
        if key not in hints:
            mistakes.add(f"{prefix}{key}", f"an argument of {spec.__name__}{nearest(str(key), hints)}", key)
    for key, hint in hints.items():
        if value.get(key) is not None:
            _check_value(mistakes, f"{prefix}{key}", value[key], hint)
        elif key in required:
            mistakes.add(f"{prefix}{key}", "a value: it is required", None)


def _check_value(mistakes: Mistakes, label: str, value: object, hint: Any) -> None:
    plain, takes_output = _without_input(hint)
    if isinstance(value, pulumi.Output | Awaitable):
        if not takes_output:
            mistakes.add(label, _known(plain), "an output")
        return
    origin = typing.get_origin(plain)
    if typing.is_typeddict(plain):
        _check_dict(mistakes, label, f"{label}.", value, plain)
    elif origin in (list, Sequence):
        _check_list(mistakes, label, value, typing.get_args(plain)[0])
    elif origin in (dict, Mapping):
        _check_mapping(mistakes, label, value, typing.get_args(plain)[1])
    elif issubclass(plain, Enum):
        _check_enum(mistakes, label, value, plain)
    elif not isinstance(value, _ACCEPTED.get(plain, plain)) or (isinstance(value, bool) and plain is not bool):
        mistakes.add(label, _WORDS[plain], value)


def _known(plain: Any) -> str:
    """What a field takes that takes no output."""
    what, items = typing.get_origin(plain), typing.get_args(plain)
    if items and _without_input(items[-1])[1]:
        kind = "list" if what in (list, Sequence) else "dict"
        return (
            f"a {kind} known when the program runs, as the component's parts are made of it; its items may be outputs"
        )
    return "a value known when the program runs, as the component's parts are made of it"


_WORDS: dict[type, str] = {str: "a text", bool: "True or False", int: "a whole number", float: "a number"}
_ACCEPTED: dict[type, tuple[type, ...]] = {float: (int, float)}


def _check_list(mistakes: Mistakes, label: str, value: object, item: Any) -> None:
    if not isinstance(value, list | tuple):
        mistakes.add(label, "a list", value)
        return
    for index, element in enumerate(value):
        _check_value(mistakes, f"{label}[{index}]", element, item)


def _check_mapping(mistakes: Mistakes, label: str, value: object, item: Any) -> None:
    if not isinstance(value, Mapping):
        mistakes.add(label, "a dict", value)
        return
    for key, element in value.items():
        if isinstance(key, str):
            _check_value(mistakes, f"{label}.{key}", element, item)
        else:
            mistakes.add(f"{label}.{key}", "a text as key", key)


def _check_enum(mistakes: Mistakes, label: str, value: object, enum: type[Enum]) -> None:
    legal = [member.value for member in enum]
    if value not in legal:
        mistakes.add(label, one_of([str(word) for word in legal], str(value)), value)


def _without_input(hint: Any) -> tuple[Any, bool]:
    """The type a field takes, and whether an output may stand for it (``pulumi.Input`` is a union with ``Output``)."""
    if typing.get_origin(hint) in (typing.NotRequired, typing.Required):
        (hint,) = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Union:  # Input[T] = T | Awaitable[T] | "Output[T]"
        return typing.get_args(hint)[0], True
    return hint, False


def distinct(values: Iterable[Any]) -> list[Any]:
    """``values``, each text once: clouds drop repeats, which would show as drift. Outputs cannot be compared."""
    seen: set[str] = set()
    found: list[Any] = []
    for value in values:
        if not isinstance(value, str):
            found.append(value)
        elif value not in seen:
            seen.add(value)
            found.append(value)
    return found


def once_known(
    mistakes: Mistakes, argument: str, values: object, problem: Callable[[str], str | None]
) -> list[pulumi.Input[str]]:
    """The texts of a list, which ``problem`` judges: now, or an output's as soon as its value is known.

    An output whose value is wrong fails the program with the sentence that a text would have had. What is unknown at
    preview stays unknown, and what is secret stays secret and is not repeated.

    :param problem: what is expected instead of a text, None where it is right.
    """

    def checked(label: str, value: Any) -> pulumi.Input[str]:
        if not isinstance(value, str):
            return _checked_later(mistakes.component, label, value, problem)
        if expected := problem(value):
            mistakes.add(label, expected, value)
        return value

    listed = values if isinstance(values, list | tuple) else ()
    return [checked(f"{argument}[{index}]", value) for index, value in enumerate(listed)]


def _checked_later(component: str, label: str, value: Any, problem: Callable[[str], str | None]) -> pulumi.Output[str]:
    output: pulumi.Output[Any] = pulumi.Output.from_input(value)

    async def check(known: object) -> str:
        expected = problem(known) if isinstance(known, str) else _WORDS[str]
        if expected:
            late = Mistakes(component)
            late.add(label, expected, "a secret" if await output.is_secret() else known)
            late.stop()
        return str(known)

    return output.apply(check)
