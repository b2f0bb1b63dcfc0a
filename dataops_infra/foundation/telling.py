"""What a component tells others: dicts that answer a misspelt key with a sentence that names the component."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from dataops_infra.foundation.inputs import Mistakes, one_of

Ref = TypeVar("Ref", bound=Mapping[str, Any])


def telling(component: str, ref: Ref) -> Ref:
    """``ref`` with an answer to every key that it, or a dict in it, does not have.

    :param component: the component's class and name.

    The answer is a :class:`.inputs.ComponentInputError`: where outputs are looked into, a ``KeyError`` has neither the
    line of the program nor the component.
    """
    return cast(Ref, _Facts(component, "ref", ref))


class _Facts(dict[str, Any]):
    def __init__(self, component: str, label: str, known: Mapping[str, Any]) -> None:
        super().__init__(
            {
                key: _Facts(component, key, value) if isinstance(value, Mapping) else value
                for key, value in known.items()
            }
        )
        self._component, self._label = component, label

    def __missing__(self, key: object) -> None:
        mistakes = Mistakes(self._component)
        mistakes.add(self._label, one_of(list(self), str(key)), key)
        mistakes.stop()
