"""Reading physical names: whether one follows ``naming.pattern``, and which zone the name of a bucket tells.

The way back from :func:`.names.physical_name`, which shortens long names: what it makes is always accepted, for the
words of a name that was cut are read as far as they go.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dataops_infra.conventions.beginnings import Piece, begins, one_of
from dataops_infra.conventions.model import Conventions
from dataops_infra.conventions.name_limits import HASH_CHARACTERS, NameLimits

_WORD = Piece(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", r"(?:[a-z0-9][a-z0-9-]*)?")
_REGION = Piece(r"[a-z]+(?:-[a-z]+)+-?[0-9]{1,2}|us|eu|asia|[a-z]{3,4}[0-9]", r"[a-z0-9-]*")
_ACCOUNT = Piece(r"[0-9]{12}|[a-z][a-z0-9-]{4,28}[a-z0-9]", r"[a-z0-9-]*")
_SUFFIX = re.compile(rf"-[0-9a-f]{{{HASH_CHARACTERS}}}$")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class _Part:
    """A placeholder with the literal text before it, and what is legal there, in words."""

    piece: Piece
    expected: str


@dataclass(frozen=True)
class _Reader:
    """One pattern with the words that may stand in it."""

    pattern: str
    organisation: str
    environments: tuple[str, ...]
    domains: tuple[str, ...]
    zones: tuple[str, ...]
    account: str | None

    @cached_property
    def parts(self) -> tuple[_Part, ...]:
        # re.split with one group: literals at even, placeholders at odd positions
        split = _PLACEHOLDER.split(self.pattern)
        parts = [
            _Part(piece.after(literal), f"{{{name}}} must be {expected}")
            for literal, name in zip(split[:-1:2], split[1::2], strict=True)
            for piece, expected in [self._placeholder(name)]
        ]
        return (*parts, _Part(one_of(split[-1:]), f"it must end with {split[-1]}")) if split[-1] else tuple(parts)

    def _placeholder(self, name: str) -> tuple[Piece, str]:
        match name:
            case "organisation":
                return _known([self.organisation])
            case "environment":
                return _known(self.environments)
            case "domain" if self.domains:
                return _known(self.domains)
            case "region":
                return _REGION, "a region"
            case "account":
                return _known([self.account]) if self.account else (_ACCOUNT, "an account or a project")
            case _:
                return _WORD, "lowercase letters, digits and hyphens between them"

    def _expression(self, own_word: str) -> re.Pattern[str]:
        written = [
            re.escape(part) if position % 2 == 0 else own_word if part == "name" else self._placeholder(part)[0].whole
            for position, part in enumerate(_PLACEHOLDER.split(self.pattern))
        ]
        return re.compile("".join(f"(?:{part})" for part in written))

    @cached_property
    def whole(self) -> re.Pattern[str]:
        return self._expression(_WORD.whole)

    @cached_property
    def zoned(self) -> re.Pattern[str]:
        """Names whose own word ends with a zone."""
        return self._expression(f"(?:[a-z0-9][a-z0-9-]*-)?(?P<zone>{one_of(self.zones).whole})")

    def mistake(self, name: str, service: NameLimits) -> str | None:
        if len(name) > service.maximum:
            return f"it must have {service.maximum} characters at most"
        if self.whole.fullmatch(name) or self._was_shortened(name, service):
            return None
        begun = ""
        for part in self.parts:
            begun += f"(?:{part.piece.whole})"
            if not re.match(begun, name):
                return part.expected
        return self.parts[-1].expected

    def _was_shortened(self, name: str, service: NameLimits) -> bool:
        """Whether the suffix of a shortened name ends it, and what stands before begins a legal name."""
        if not _SUFFIX.search(name):
            return False
        # The cut may have taken hyphens along. A name that only got the suffix, as its words could be read in two
        # ways, passes too: its own word goes on with hyphens.
        cut = name[: -HASH_CHARACTERS - 1].ljust(service.maximum - HASH_CHARACTERS - 1, "-")
        return begins([part.piece for part in self.parts], cut)


def _known(words: Sequence[str]) -> tuple[Piece, str]:
    return one_of(words), words[0] if len(words) == 1 else f"one of {', '.join(words)}"


_reader = lru_cache(maxsize=32)(_Reader)


def _reader_of(conventions: Conventions, environment: str | None = None, account: str | None = None) -> _Reader:
    return _reader(
        conventions.naming.pattern,
        conventions.organisation,
        (environment,) if environment else tuple(conventions.environments),
        tuple(conventions.domains),
        conventions.lake.zones,
        account,
    )


def name_mistake(
    conventions: Conventions,
    service: NameLimits,
    name: str,
    *,
    environment: str | None = None,
    account: str | None = None,
) -> str | None:
    """Why ``name`` does not follow ``naming.pattern``, in words that can stand behind "the name"; None when it does.

    Names of services whose words are joined by hyphens only. Never repeats the name.

    :param environment: the environment that the name must say; None = any of the organisation.
    :param account: the AWS account or GCP project; None = any.
    """
    reader = _reader_of(conventions, environment, account)
    mistake = reader.mistake(name, service)
    return mistake and f"does not follow {conventions.naming.pattern}: {mistake}"


def zone_in_name(conventions: Conventions, name: str) -> str | None:
    """The zone that the name of a bucket tells: it follows ``naming.pattern`` and its own word ends with the zone.

    None where it tells none: it was cut, or belongs to somebody else.
    """
    reader = _reader_of(conventions)
    found = reader.zoned.fullmatch(name) or reader.zoned.fullmatch(_SUFFIX.sub("", name))
    return found["zone"] if found else None
