"""What every model of ``dataops.yaml`` shares: frozen, no unknown keys, names taken from the keys of a mapping."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PrivateAttr
from pydantic_core import PydanticCustomError, PydanticKnownError, SchemaError, SchemaValidator, core_schema


class Model(BaseModel):
    """A frozen part of the conventions; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class NamedModel(Model):
    """An entry of a mapping in ``dataops.yaml`` that knows the key under which it stands."""

    _name: str = PrivateAttr(default="")

    @property
    def name(self) -> str:
        """The key under which this entry stands ('' for one that stands nowhere)."""
        return self._name

    def named(self, name: str) -> Self:
        """A copy of this entry under ``name``."""
        copy = self.model_copy()
        copy._name = name
        return copy


Entry = TypeVar("Entry", bound=NamedModel)


def _named_entries(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    return {name: entry.named(name) for name, entry in entries.items()}


NAMED = AfterValidator(_named_entries)
"""Annotation of a mapping whose entries learn their key."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a value, for :func:`refused`."""

    message: str
    hint: str = ""
    """What would be right."""
    at: tuple[str | int, ...] = ()
    """Where it stands, below the value that is checked."""
    needs: tuple[str | int, ...] = ()
    """What must itself be right for this to be a mistake, below the value that is checked."""


def refused(mistakes: Sequence[Mistake]) -> PydanticCustomError:
    """The error of a value that is wrong in several ways, each with its own line."""
    # The text goes in as context: braces that people wrote would be read as placeholders of the template.
    message = "; ".join(mistake.message for mistake in mistakes)
    return PydanticCustomError("refused", "{message}", {"message": message, "mistakes": tuple(mistakes)})


def refusal(message: str, hint: str = "", at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """The error of a value that is wrong in one way (see :class:`Mistake`)."""
    return refused([Mistake(message, hint, at)])


def undeclared(
    holder: BaseModel, key: str, name: str, declared_at: tuple[str | int, ...], declared: Sequence[str], at: str = ""
) -> Mistake:
    """The mistake of ``holder.key``, which is a name that nothing declares.

    Where the file does not state the name because it is the default, the fault lies with the declarations.

    :param at: the key of ``holder`` itself in what is checked, '' when it is that.
    """
    where = (at, key) if at else (key,)
    legal = f"legal here: {', '.join(declared)}"
    if key in holder.model_fields_set:
        return Mistake(f"{name!r} is not declared", legal, where, declared_at)
    dotted = ".".join(where)
    message = f"lacks {name!r}, which {dotted} is where none is given"
    return Mistake(message, f"declare it or set {dotted}", declared_at, where)


def text(pattern: str, expected: str) -> Any:
    """Annotation metadata of a text that must match ``pattern`` as a whole; ``expected`` says so in words."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise refusal(f"expected {expected}, got {value!r}")
        return value

    return _Pattern(check, pattern)


class _Pattern:
    """Checks with a sentence for people, and still shows its pattern in the JSON Schema."""

    def __init__(self, check: Callable[[str], str], pattern: str) -> None:
        self._check, self._pattern = check, pattern

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return AfterValidator(self._check).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self._pattern})$"}


def _number(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise PydanticKnownError("int_type")
    return value


WHOLE_NUMBER = BeforeValidator(_number)
"""Annotation of an ``int`` that takes no text, as texts take no numbers; 30.0 is one (a compiled document's)."""


def glob_matches(glob: str, candidate: str) -> bool:
    """Whether ``glob`` covers all of ``candidate``: ``*`` is any text, ``?`` one character, all else stands for itself.

    Without character classes, because brackets are legal in resource names.
    """
    translated = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in glob)
    return matches_whole(f"(?s:{translated})", candidate)


def pattern_mistake(pattern: str) -> str | None:
    """Why :func:`matches_whole` cannot use ``pattern``; None = it can."""
    try:
        for form in (pattern, _anchored(pattern)):  # the first alone: `a)(b` would be right between our parentheses
            _matcher(form)
    except SchemaError as error:
        return str(error).splitlines()[-1].strip().removeprefix("error: ").removeprefix("SchemaError: ")
    return None


def matches_whole(pattern: str, text: str) -> bool:
    """Whether ``pattern``, which somebody wrote into a file, matches all of ``text``, in time linear in its length.

    Python's own engine may take for ever over ``(c+)+x``; this one, Rust's by way of pydantic, has no look-around and
    no backreferences (ADR 0014).
    """
    return _matcher(_anchored(pattern)).isinstance_python(text)


def _anchored(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def shown_path(path: Path) -> str:
    """``path`` as reports print it: relative to the current folder if it lies below, else absolute."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else str(absolute)
