"""What is wrong with a command line, in one sentence like every other message: what was given, what is legal, where.

typer would print its own: a box around the words of the library that checks types.
"""

import errno
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_HELP_WAS_SHOWN = "NoArgsIsHelpError"
_CHOICES = re.compile(r"Value error, '.*' is not one of ('.*')\.?", re.DOTALL)
_NEAREST = re.compile(r"(?:\. Did you mean (.*)\?| \(Possible options: (.*)\))$")
_EXPECTED = {
    "float_parsing": "a number",
    "int_parsing": "a whole number",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}
"""pydantic's type of error -> what would have been right; the names in braces are those of its context."""

_SHOWN = 40
"""Characters that are shown of a name which is too long."""
_LOOP = "Symlink loop"
"""How ``Path.resolve`` begins to tell of one, up to Python 3.12."""


def usage_sentence(error: Any) -> str:
    """What a typer exception says of the command line; empty where the help page was printed in its place.

    :param error: a ``TyperException``; typer publishes neither the classes below it nor their attributes as types.
    """
    if type(error).__name__ == _HELP_WAS_SHOWN:
        return ""
    if getattr(error, "param", None) is not None:
        return f"{_name(error.param)}: {_complaint(error)}"
    message = _NEAREST.sub(lambda found: f" (did you mean {found[1] or found[2]}?)", error.format_message()).rstrip(".")
    # Where an option lacks its value typer forgets which command it was.
    context = getattr(error, "ctx", None)
    return f"{message[:1].lower()}{message[1:]}; see {context.command_path if context else 'dataops'} --help"


def _name(parameter: Any) -> str:
    """As people type it: ``--stack``, or what the help page calls an argument."""
    spelled = max(parameter.opts, key=len)
    return str(spelled if spelled.startswith("-") else parameter.metavar or spelled)


def _complaint(error: Any) -> str:
    if not error.message:
        return "expected a value, as it is required, got none"
    found = next(iter(getattr(error.__cause__, "errors", list)()), None)
    if found is None:
        return str(error.message).rstrip(".")
    wanted = _EXPECTED.get(found["type"], "").format(**found.get("ctx", {}))
    if choices := _CHOICES.fullmatch(found["msg"]):
        legal = re.findall(r"'([^']*)'", choices[1])
        near = get_close_matches(str(found["input"]).lower(), legal, 1)
        wanted = f"one of {', '.join(legal)}{f' (did you mean {near[0]}?)' if near else ''}"
    if wanted:
        return f"expected {wanted}, got {found['input']!r}"
    return str(found["msg"]).removeprefix("Value error, ").rstrip(".")


def unusable_name(error: BaseException, given: Sequence[str]) -> str:
    """What is wrong with the path of ``given`` that no file can be called by; empty where ``error`` is about none.

    What the error says itself is not repeated: the name of a file that is no argument may come from data.
    """
    if isinstance(error, UnicodeEncodeError):
        told = error.object
    elif getattr(error, "errno", None) in (errno.ENAMETOOLONG, errno.ELOOP) or str(error).startswith(_LOOP):
        told = str(error)
    else:
        return ""
    words = (word.partition("=")[2] if word.startswith("--") else word for word in given)
    return next((fault for word in words if word and Path(word).name in told and (fault := _fault(word))), "")


def _fault(path: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return f"{path} is no name in this locale: set LC_ALL=C.UTF-8, or PYTHONUTF8=1"
    try:
        Path(path).stat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return f"{path[:_SHOWN]}… is too long: names of files have 255 bytes at most, paths 4,095"
        if error.errno == errno.ELOOP:
            return f"{path} leads back to itself by its links; name the file or folder itself"
    return ""
