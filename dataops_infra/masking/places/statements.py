"""What a database says of its tables: before it is said again of a copy, without what may tell of people.

Defaults, checks and conditions of indexes hold literals, and comments hold anything; nobody masks them, no gate sees
them. Checks also say which values a column takes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from dataops_infra.masking.catalogue import StatedColumn
from dataops_infra.masking.places.names import identifier
from dataops_infra.masking.telling_names import names_a_person

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = re.compile(rf"{_TOKEN.pattern}|(?P<word>[^\W\d]\w*)|(?P<number>-?\d+)|(?P<sign>[<>=!]+|\S)", _TOKEN.flags)
_MANY_DIGITS = re.compile(r"(?:\d\D{0,2}){6}")
"""Numbers of people begin at about here, as in :mod:`dataops_infra.masking.partitions`."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?")
"""A limit of a column of dates; a database does not take '' in its place."""
_Words = Sequence[re.Match[str]]
_LENGTHS = frozenset({"length", "len", "char_length", "character_length"})
CHECKED = "its check"
"""What stands for the type of a column that a check limits."""


def harmless(statement: str) -> str:
    """``statement`` without comments; texts in it that hold an address, a long number or a person's name are ``''``.

    Other numbers stay: they are limits of columns far more often than anybody's.
    """
    return _TOKEN.sub(_said, statement)


def tells(text: str) -> bool:
    """Whether a text of a definition may tell of a person."""
    if _MOMENT.fullmatch(text) is not None:
        return False
    return "@" in text or bool(_MANY_DIGITS.search(text)) or names_a_person(text)


def checked_columns(statement: str, columns: Iterable[str]) -> dict[str, StatedColumn]:
    """Of ``columns`` those of which a check of ``statement`` lists all values, or limits the length."""
    spelled = {name.lower(): name for name in columns}
    words = [found for found in _WORDS.finditer(statement) if found["comment"] is None]
    limits = [
        _limit(condition)
        for place, found in enumerate(words)
        if (found["word"] or "").upper() == "CHECK"
        for condition in _sides(_group(words[place + 1 :]), "AND")
    ]
    return {spelled[found[0].lower()]: found[1] for found in limits if found and found[0].lower() in spelled}


def has_check(statement: str) -> bool:
    """Whether the statement may hold a check; a word in a text or a name counts too."""
    return "CHECK" in statement.upper()


def condition_of(statement: str, name: str) -> str:
    """The condition of the check that ``statement`` calls ``name``; ``name`` itself where it calls none so."""
    words = [found for found in _WORDS.finditer(statement) if found["comment"] is None]
    for place, (key, called, kind) in enumerate(zip(words, words[1:], words[2:], strict=False)):
        if [key.group().upper(), kind.group().upper()] == ["CONSTRAINT", "CHECK"] and _is_name(called):
            condition = _group(words[place + 3 :])
            if _name(called) == name and condition:
                return statement[condition[0].start() : condition[-1].end()]
    return name


def columns_of(condition: str, columns: Iterable[str]) -> list[str]:
    """Those of ``columns`` that stand in a condition, outside its texts."""
    bare = _TOKEN.sub(lambda found: found.group() if found["name"] is not None else " ", condition)
    return [name for name in columns if stands_in(name, bare)]


def stands_in(name: str, statement: str) -> bool:
    """Whether the column ``name`` stands in a part of a statement, quoted or not."""
    found = rf"(?<![\w\"]){re.escape(name)}(?![\w\"])|{re.escape(identifier(name))}"
    return re.search(found, statement, re.IGNORECASE) is not None


def _said(token: re.Match[str]) -> str:
    found = token.group()
    if token["comment"] is not None:
        return " "
    if token["text"] is not None:
        return "''" if tells(_text(found)) else found
    return found


def _text(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _group(words: _Words) -> _Words:
    """What stands between a parenthesis that comes first and its twin; nothing where none does."""
    depth = 0
    for place, found in enumerate(words):
        depth += (found.group() == "(") - (found.group() == ")")
        if depth == 0:
            return words[1:place]
    return ()


def _bare(words: _Words) -> _Words:
    """Without parentheses around all of it."""
    inside = _group(words)
    return _bare(inside) if words and len(inside) == len(words) - len("()") else words


def _sides(words: _Words, operator: str) -> Iterator[_Words]:
    """What stands on the sides of an operator; all of it where there is none."""
    bare, depth, begin = _bare(words), 0, 0
    for place, found in enumerate(bare):
        depth += (found.group() == "(") - (found.group() == ")")
        if depth == 0 and (found["word"] or "").upper() == operator:
            yield from _sides(bare[begin:place], operator)
            begin = place + 1
    if begin == 0:
        yield bare
    else:
        yield from _sides(bare[begin:], operator)


def _limit(condition: _Words) -> tuple[str, StatedColumn] | None:
    """``a IN ('x', 'y')`` or ``length(a) <= 5``, also where null is spoken of."""
    sides = [side for side in _sides(condition, "OR") if not _says_null(side)]
    if len(sides) != 1 or len(sides[0]) < len("a<5"):
        return None
    signs = [found.group().lower() for found in sides[0]]
    if signs[1:3] == ["in", "("] and signs[-1] == ")" and _is_name(sides[0][0]):
        values = _literals(sides[0][3:-1])
        return (_name(sides[0][0]), _listed(values)) if values else None
    if signs[0] in _LENGTHS and signs[1] == "(" and signs[3:4] == [")"] and _is_name(sides[0][2]):
        most = _most(signs[4:])
        return (_name(sides[0][2]), StatedColumn(type=CHECKED, length=most)) if most is not None else None
    return None


def _says_null(words: _Words) -> bool:
    return [found.group().lower() for found in words[1:]] == ["is", "null"]


def _most(signs: Sequence[str]) -> int | None:
    if len(signs) != len(("<=", "5")) or not signs[1].isascii() or not signs[1].isdigit():
        return None
    most = int(signs[1])
    return {"<=": most, "=": most, "==": most, "<": most - 1}.get(signs[0])


def _is_name(found: re.Match[str]) -> bool:
    return found["name"] is not None or found["word"] is not None


def _name(found: re.Match[str]) -> str:
    name = found.group()
    return name if found["word"] is not None else name[1:-1].replace('""', '"')


def _literals(words: _Words) -> tuple[str, ...]:
    """Texts and whole numbers between commas; nothing where there is anything else."""
    values, commas = words[::2], words[1::2]
    if len(values) != len(commas) + 1 or any(found.group() != "," for found in commas):
        return ()
    if any(found["text"] is None and found["number"] is None for found in values):
        return ()
    return tuple(_text(found.group()) if found["text"] is not None else found.group() for found in values)


def _listed(values: tuple[str, ...]) -> StatedColumn:
    """Texts that tell of people are not in the check of a copy: see :func:`harmless`."""
    if any(map(tells, values)):
        return StatedColumn(type=CHECKED, is_closed=True, stand_in="")
    return StatedColumn(type=CHECKED, is_closed=True, stand_in=values[0], values=values)
