"""The reference page of ``dataops.yaml``, from the models that read it and the constants they default to."""

from collections.abc import Iterator
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dataops_infra.conventions import Conventions
from dataops_infra.conventions.contract_files import OUR_PROPERTIES, OWNER_ROLE
from dataops_infra.conventions.loading import canonical
from dataops_infra.conventions.name_limits import ALL_LIMITS
from dataops_infra.conventions.tags import MANDATED_TAG_KEYS


def page(notice: str) -> str:
    """The page; ``notice`` says how it came about."""
    defaults = yaml.safe_dump(canonical(Conventions()), sort_keys=False, width=110)
    properties = ", ".join(f"`{name}`" for name in OUR_PROPERTIES)
    return "\n".join(
        [
            f"# dataops.yaml\n\n{notice}\n\nEvery key has a default, so an empty file works. A mapping or list that is "
            "given replaces the default one as a whole. Unknown keys are errors, and so is a `dataops.yml` or "
            "a `dataops.yaml` that is no file: without one, the built-in defaults would hold unnoticed.\n",
            *section("The file", Conventions, set()),
            f"## The built-in defaults\n\n```yaml\n{defaults}```\n",
            "## Dataset contracts\n\nThe `*.yaml` and `*.yml` files in `contracts/` beside it and below, in the "
            f"Open Data Contract Standard, version 3. We read the `customProperties` {properties}; the owner is the "
            f"team member whose role is `{OWNER_ROLE}`.\n",
            f"## Tag keys that a provider spells\n\n{', '.join(f'`{key}`' for key in MANDATED_TAG_KEYS)}\n",
            *_limits(),
        ]
    )


def section(title: str, model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    """A table of the keys of ``model``, then those of the models in it, each once."""
    seen.add(model)
    yield f'## <a id="{model.__name__}"></a>{title}\n\n{" ".join((model.__doc__ or "").split()).replace("``", "`")}\n'
    yield "| key | value | meaning |\n|---|---|---|"
    for name, field in model.model_fields.items():
        yield f"| `{field.alias or name}` | {_value(field)} | {(field.description or '').replace('|', '&#124;')} |"
    yield ""
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            if inner not in seen:
                yield from section(f"{name}: {inner.__name__}", inner, seen)


def _value(field: FieldInfo) -> str:
    inner = ", ".join(f"[{model.__name__}](#{model.__name__})" for model in _models(field.annotation))
    if field.is_required():
        return "required"
    if inner:
        return inner
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None or default in ((), {}, ""):
        return "none"
    shown = (
        ", ".join(default)
        if isinstance(default, tuple)
        else str(default).lower()
        if isinstance(default, bool)
        else default
    )
    return f"`{shown}`"


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for argument in get_args(kind) for model in _models(argument)]


def _limits() -> Iterator[str]:
    yield "## Names\n\nWhat is too long gets a stable suffix; what a service refuses is refused before the preview.\n"
    yield "| what | characters | alphabet | source |\n|---|---|---|---|"
    for limits in ALL_LIMITS:
        what = limits.service.removeprefix("a ").removeprefix("an ")
        yield f"| {what} | {limits.minimum} to {limits.maximum} | {limits.expected} | <{limits.source}> |"
    yield ""
