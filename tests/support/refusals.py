"""How a component refuses arguments: one error for the whole call, before anything is registered."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from dataops_infra.errors import InvalidInputError
from tests.support.recording import record


def refusal(
    component: Any,
    args: Mapping[str, Any],
    *,
    name: str = "events",
    stack: str = "dev",
    config: dict[str, str] | None = None,
) -> str:
    """The text with which ``component`` refuses ``args``, without its name; an argument ``"absent"`` is left out."""
    given = {key: value for key, value in args.items() if value != "absent"}
    with pytest.raises(InvalidInputError) as caught:
        record(lambda: component(name, given), stack_name=stack, config=config)
    assert isinstance(caught.value, pulumi.RunError)  # the engine prints it without a traceback
    return str(caught.value).removeprefix(f"{component.__name__} {name!r}: ")
