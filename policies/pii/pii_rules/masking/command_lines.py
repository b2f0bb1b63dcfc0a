"""Command lines of masking jobs: which words a job is given, and whether they run ``dataops_infra.masking``.

A word may be unknown, stand in an object of properties (then reading it notes that) or in a document such as JSON.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from dataops_infra.policy import UNKNOWN, Items, Properties, Unknown

Spot = tuple[Properties | Items, Any]
"""Where a value stands: an object or a list, and the key or index in it."""

SOURCE, TARGET = "--source", "--target"
SECRET: Final = "--key-secret"  # noqa: S105 - an option, no secret
KEYS: Final = frozenset({SECRET, "--key-file", "--key-env"})
OPTIONS: Final = frozenset({"--plan", "--plan-hash", SOURCE, TARGET, *KEYS})
"""Options that a masking job has; other jobs may have some of them too."""
ENTRY_POINT: Final = "dataops_infra.masking.engines.spark_job"
SCRIPTS: Final = ("/masking_job.py", "/spark_job.py")
"""Files that hand their arguments to the entry point: what ``MaskedTestDataset`` deploys, and the module itself."""
_SHORT: Final = {"-s": SOURCE, "-t": TARGET}
"""Of ``dataops mask run``; other programs mean something else by them."""
_VARIABLE: Final = re.compile(r"((?:DATAOPS_|MASK_|MASKING_)+)?([A-Z_]+)", re.IGNORECASE)
"""A variable that may be called as an option is, with our word before it or without."""
_VARIABLES: Final = OPTIONS | {"--report", "--staging"}
_SHELL: Final = re.compile(r"-[a-z]*c")
WORDS: Final = (
    *("entryPoint", "entryPoints", "mainPythonFileUri", "mainClass", "mainJarFileUri"),
    *("command", "commands", "args", "entryPointArguments"),
)
"""Properties that together are a command line, in their order: of containers on ECS, AWS Batch, Cloud Run, Lambda and
Kubernetes, of Dataproc and of EMR Serverless. None of these has two that mean the same."""


class Word(NamedTuple):
    """One word.

    :param text: UNKNOWN where it is not known yet.
    :param spot: where it stands; None = in a document, or in a word that is a line for a shell.
    """

    text: Any
    spot: Spot | None = None


@dataclass(frozen=True, eq=False)
class CommandLine:
    """The options of one masking job.

    :param spots: option -> where its value stands.
    :param plain: option -> its value, where a document tells it.
    :param loose: options that whoever starts the job may give otherwise, though they could be fixed.
    :param untold: what would have to be known to tell the options; None = all of them are told.
    :param is_ours: whether it names our entry point, or a script that hands its arguments to it.
    """

    spots: Mapping[str, Spot] = field(default_factory=dict)
    plain: Mapping[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    untold: Spot | None = None
    is_ours: bool = False

    def gives(self, name: str) -> bool:
        """Whether an option is given at all, whatever its value; what has to be known to tell is noted."""
        return name in self.plain or name in self.spots or self.option(name) is not None

    def option(self, name: str) -> Any:
        """The value of an option; None where it is left out, UNKNOWN (which is noted) where it is not known."""
        if name in self.plain:
            return self.plain[name]
        if name in self.spots:
            return _read(self.spots[name])
        if self.untold is not None:
            _read(self.untold)
            return UNKNOWN
        return None


def is_marked(options: Collection[str]) -> bool:
    """Whether options are a masking job's: other jobs hardly have a source, a target and a masking key."""
    return SOURCE in options and TARGET in options and not KEYS.isdisjoint(options)


def words_in(holder: Properties) -> list[Word]:
    """The words of a container, or of what else runs a command line; notes a list that is unknown as a whole."""
    found: list[Word] = []
    for key in WORDS:
        value = holder[key] if holder.peek(key) is not None else None
        if isinstance(value, Items):
            found += (Word(value.peek(index), (value, index)) for index in range(len(value)))
        elif value is not None:
            found.append(Word(value, (holder, key)))
    return found


def read_line(words: Sequence[Word]) -> CommandLine | None:
    """The command line, where it is a masking job's; notes an unknown word that may make it one."""
    spoken = list(_expanded(words))
    texts = [word.text if isinstance(word.text, str) else "" for word in spoken]
    by_command = _runs_command(texts)
    spots, plain = _options(spoken, _SHORT if by_command else {})
    untold = next((word.spot for word in spoken if isinstance(word.text, Unknown) and word.spot is not None), None)
    told = spots.keys() | plain.keys()
    by_entry_point = _runs_entry_point(texts)
    if by_command or by_entry_point or is_marked(told):
        return CommandLine(spots, plain, untold=untold, is_ours=by_entry_point)
    _wait_for(spoken, texts, is_hinted=bool(told & OPTIONS))
    return None


def names_our_handler(handler: str) -> bool:
    """Whether a handler of a function (``module.function``) is a function of our entry point's module."""
    return handler.replace("/", ".").rpartition(".")[0] == ENTRY_POINT


def read_variables(environment: Properties, *, is_ours: bool) -> CommandLine | None:
    """What the variables of a function's environment say, where they make it a masking job: one of them is a command
    line, or they are called as the options of one.

    :param is_ours: whether the function's handler is of our entry point.
    """
    variables = environment["variables"]
    if not isinstance(variables, Properties):
        return None
    for name in variables:
        # Most functions have a variable that nobody knows yet: only one that is called ours is waited for.
        found = _VARIABLE.fullmatch(name)
        text = variables[name] if is_ours or (found is not None and found[1]) else variables.peek(name)
        line = read_line([Word(part) for part in _split(text)]) if isinstance(text, str) and "--" in text else None
        if line is not None:
            return replace(line, is_ours=line.is_ours or is_ours)
    spots: dict[str, Spot] = {}
    is_named = False
    for name in variables:
        option = _VARIABLE.fullmatch(name)
        if option is not None and (told := f"--{option[2].lower().replace('_', '-')}") in _VARIABLES:
            spots[told] = (variables, name)
            is_named |= bool(option[1])
    # Many programs copy from a SOURCE to a TARGET with a KEY_FILE: only a secret's name, or our word, tells of masking.
    if is_ours or (is_marked(spots) and (is_named or SECRET in spots)):
        return CommandLine(spots, is_ours=is_ours)
    return None


def _wait_for(words: Sequence[Word], texts: Sequence[str], *, is_hinted: bool) -> None:
    """Note the unknown words that may make a line a masking job's: the programme, which stands before all options, what
    a shell is given, and anything beside options that look like a masking job's."""
    options = (index for index, text in enumerate(texts) if text.startswith("--"))
    programme = next(options, len(texts))
    for index, word in enumerate(words):
        is_line = index > 0 and _SHELL.fullmatch(texts[index - 1])
        if isinstance(word.text, Unknown) and word.spot is not None and (is_hinted or is_line or index < programme):
            _read(word.spot)


def _expanded(words: Sequence[Word]) -> Iterator[Word]:
    """The words, a line for a shell as the words that the shell makes of it."""
    before = ""
    for word in words:
        text = word.text
        if isinstance(text, str) and re.search(r"\s", text) and (_SHELL.fullmatch(before) or "dataops" in text):
            yield from (Word(part) for part in _split(text))
        else:
            yield word
        before = text if isinstance(text, str) else ""


def _split(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:  # a quotation that does not end
        return line.split()


def _options(words: Sequence[Word], short: Mapping[str, str]) -> tuple[dict[str, Spot], dict[str, str]]:
    """Option -> its value, the last one where it is given twice; one without a value is an empty text."""
    spots: dict[str, Spot] = {}
    plain: dict[str, str] = {}
    for index, word in enumerate(words):
        if not isinstance(word.text, str) or not word.text.startswith("-"):
            continue
        name, is_whole, value = word.text.partition("=")
        name = short.get(name, name)
        after = words[index + 1] if index + 1 < len(words) else Word("")
        spots.pop(name, None)
        plain.pop(name, None)
        if is_whole or (isinstance(after.text, str) and (after.spot is None or after.text.startswith("--"))):
            plain[name] = value if is_whole else "" if after.text.startswith("--") else after.text
        elif after.spot is not None:
            spots[name] = after.spot
    return spots, plain


def _runs_entry_point(texts: Sequence[str]) -> bool:
    return any(text == ENTRY_POINT or f"/{text}".endswith(SCRIPTS) for text in texts)


def _runs_command(texts: Sequence[str]) -> bool:
    """Whether the words say ``dataops mask run``, wherever ``dataops`` lies, or begin behind it, as an image's entry
    point may be."""
    return tuple(texts[:2]) == ("mask", "run") or any(
        one.rpartition("/")[2] in ("dataops", "dataops_infra.cli") and (two, three) == ("mask", "run")
        for one, two, three in zip(texts, texts[1:], texts[2:], strict=False)
    )


def _read(spot: Spot) -> Any:
    """The value at a spot; an unknown one is noted by the view that it is read from."""
    holder, key = spot
    return holder[key]
