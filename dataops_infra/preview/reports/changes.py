"""What a policy mended, key by key: ``tags, tagsAll: `CostCenter` → `cost-center` ``.

Nothing but a deployment that runs the pack writes what was mended, so every format names the line to change.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataops_infra.preview.model import SECRET, Remediation
from dataops_infra.preview.reports.naming import resource_title

ADVICE = "only a deployment that runs the pack writes these: change the program as well"

_VALUE_LIMIT = 60
_ABSENT = object()


def change_lines(remediation: Remediation) -> list[str]:
    """One line per property that changed; properties with the same changes (``tags``, ``tagsAll``) share one."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    before, after = remediation.before, remediation.after
    for name in sorted({*before, *after}):
        old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if old != new:
            alike[tuple(_changes(old, new))].append(name)
    return [f"{', '.join(names)}: {', '.join(changes)}" for changes, names in alike.items()]


def change_text(remediation: Remediation) -> str:
    """The resource, its changes and what to do about them as lines of one text."""
    lines = change_lines(remediation)
    return "\n".join([f"{resource_title(remediation.urn)}: mended by the policy", *lines, ADVICE])


def _changes(old: Any, new: Any) -> Iterator[str]:
    """What turns ``old`` into ``new``; a map that comes or goes does so key by key."""
    keyed = [value for value in (old, new) if _is_keyed(value)]
    if keyed and all(_is_keyed(value) or value is _ABSENT for value in (old, new)):
        yield from _map_changes({} if old is _ABSENT else old, {} if new is _ABSENT else new, "")
    else:
        yield _value_change(old, new)


def _map_changes(old: Mapping[str, Any], new: Mapping[str, Any], above: str) -> Iterator[str]:
    renamed = dict(_renamed(old, new))
    for key in sorted({*old, *new} - set(renamed.values())):
        path = f"{above}{key}"
        if key in renamed:
            other = renamed[key]
            value = "" if old[key] == new[other] else f" ({_value_change(old[key], new[other])})"
            yield f"`{path}` → `{above}{other}`{value}"
        elif key not in new:
            yield f"`{path}` removed"
        elif key not in old:
            yield f"`{path}` added ({_shown(new[key])})"
        elif _is_keyed(old[key]) and _is_keyed(new[key]):
            yield from _map_changes(old[key], new[key], f"{path}.")
        elif old[key] != new[key]:
            yield f"`{path}` {_value_change(old[key], new[key])}"


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys that were only spelt differently."""
    added = {_letters(key): key for key in sorted(new) if key not in old}
    for key in sorted(old):
        if key not in new and (other := added.pop(_letters(key), None)) is not None:
            yield key, other


def _letters(key: str) -> str:
    return re.sub(r"[\W_]", "", key).casefold() or key


def _is_keyed(value: Any) -> bool:
    """A map of the program's, not the notation of an asset or an archive."""
    return isinstance(value, Mapping) and not (len(value) == 1 and next(iter(value)).startswith("<"))


def _value_change(old: Any, new: Any) -> str:
    if _holds_secret(old) or _holds_secret(new):
        return "changed (secret)"
    if old is _ABSENT:
        return f"added ({_shown(new)})"
    if new is _ABSENT:
        return "removed"
    return f"{_shown(old)} → {_shown(new)}"


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_secret, value.values()))
    return any(map(_holds_secret, value)) if _is_list(value) else value == SECRET


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _shown(value: Any) -> str:
    if _holds_secret(value):
        return "secret"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 1] + "…"
