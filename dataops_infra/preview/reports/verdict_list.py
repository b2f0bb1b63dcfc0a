"""The lower half of the tree: broken rules and deferred checks, grouped so that 200 repeats are six lines.

A rule with few findings on many resources is listed by finding, one with many findings on few resources by resource.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from dataops_infra.preview.model import Deferred, Source, Violation
from dataops_infra.preview.reports.naming import component_note, resource_title
from dataops_infra.reporting.escaping import one_line, visible
from dataops_infra.reporting.symbols import Symbols

PLACES_SHOWN = 4
"""Places of one rule that are listed before the rest is only counted."""

SEE_ALL = "(--format html or json shows all)"
"""Stands behind the number of what is left out."""

MESSAGES_SHOWN = 8
"""Findings of one rule about one resource that are listed before the rest is only counted."""


def verdict_list(
    counted: Sequence[Violation], deferred: Sequence[Deferred], symbols: Symbols
) -> Iterator[RenderableType]:
    """Mandatory verdicts, then advisory ones, then what was deferred.

    :param counted: the violations that no exemption covers, the most urgent ones first.
    """
    groups: dict[tuple[str, str, str], list[Violation]] = defaultdict(list)
    for violation in counted:
        groups[violation.level, violation.pack, violation.policy].append(violation)
    for violations in groups.values():
        yield ""
        yield from _rule(violations, symbols)
    yield from _deferred(deferred, symbols)


def _rule(violations: list[Violation], symbols: Symbols) -> Iterator[RenderableType]:
    first = violations[0]
    is_mandatory = first.level == "mandatory"
    colour = "red" if is_mandatory else "yellow"
    sign = symbols.bad if is_mandatory else symbols.warning
    title = Text.assemble((f"{sign} {one_line(first.policy)}", f"bold {colour}"))
    facts = [first.level, first.severity, first.pack, f"{len(violations)} times" if len(violations) > 1 else ""]
    separator = f" {symbols.dot} "
    yield title.append("  " + separator.join(one_line(fact) for fact in facts if fact), style=colour)
    by_message, by_resource = (
        _grouped(violations, lambda v: (v.message, v.remediation)),
        # An audit may have two exports of one stack.
        _grouped(violations, lambda v: (v.urn, v.source and v.source.file)),
    )
    is_by_resource = len(by_resource) < len(by_message)
    groups = by_resource if is_by_resource else by_message
    has_one_fix = len({violation.remediation for violation in violations}) == 1
    for same in groups[:PLACES_SHOWN]:
        yield from (_resource if is_by_resource else _message)(same, has_one_fix, symbols)
    yield from _more(sum(len(same) for same in groups[PLACES_SHOWN:]), "more of this rule", 2, symbols)
    yield from _fix(first.remediation if has_one_fix else "", 2, symbols)


def _grouped(violations: list[Violation], key: Callable[[Violation], Hashable]) -> list[list[Violation]]:
    groups: dict[Hashable, list[Violation]] = defaultdict(list)
    for violation in violations:
        groups[key(violation)].append(violation)
    return list(groups.values())


def _resource(same: list[Violation], has_one_fix: bool, symbols: Symbols) -> Iterator[RenderableType]:
    """One resource and what is wrong with it."""
    yield from _where(same[0], 2)
    for violation in same[:MESSAGES_SHOWN]:
        fix = "" if has_one_fix or not violation.remediation else f"  {symbols.fix} {visible(violation.remediation)}"
        yield _indented(Text.assemble(visible(violation.message, keep="\n"), (fix, "green")), 4)
    yield from _more(len(same) - MESSAGES_SHOWN, "more", 4, symbols)


def _fix(remediation: str, columns: int, symbols: Symbols) -> Iterator[RenderableType]:
    if remediation:
        yield _indented(Text(f"{symbols.fix} {visible(remediation)}", style="green"), columns)


def _message(same: list[Violation], has_one_fix: bool, symbols: Symbols) -> Iterator[RenderableType]:
    """One finding with one fix and the resources that it holds for."""
    yield _indented(Text(visible(same[0].message, keep="\n")), 2)
    for violation in same[:PLACES_SHOWN]:
        yield from _where(violation, 4)
    yield from _more(len(same) - PLACES_SHOWN, "more resources", 4, symbols)
    yield from _fix("" if has_one_fix else same[0].remediation, 4, symbols)


def _where(violation: Violation, columns: int) -> Iterator[RenderableType]:
    yield _place(violation.source, resource_title(violation.urn), columns)
    if violation.made_by is not None:
        yield _indented(Text(one_line(component_note(violation.made_by)), style="dim"), columns + 2)


def _more(number: int, what: str, columns: int, symbols: Symbols) -> Iterator[RenderableType]:
    if number > 0:
        yield _indented(Text(f"{symbols.ellipsis} {number} {what} {SEE_ALL}", style="dim"), columns)


def _place(source: Source | None, subject: str, columns: int) -> Padding:
    place = (one_line(str(source)) + "  " if source else "", "cyan")
    return _indented(Text.assemble(place, one_line(subject)), columns)


def _deferred(deferred: Sequence[Deferred], symbols: Symbols) -> Iterator[RenderableType]:
    for why, alike in _by_reason(deferred).items():
        yield ""
        yield Text.assemble((f"{symbols.waiting} Deferred", "bold blue"), (f"  {one_line(why)}", "dim"))
        yield from _deferred_by_policy(alike, symbols)


def _by_reason(deferred: Sequence[Deferred]) -> dict[str, list[Deferred]]:
    groups: dict[str, list[Deferred]] = defaultdict(list)
    for check in deferred:
        groups[check.reason or "unknown before deployment; `dataops audit` judges them afterwards"].append(check)
    return groups


def _deferred_by_policy(deferred: Sequence[Deferred], symbols: Symbols) -> Iterator[RenderableType]:
    by_policy: dict[str, list[Deferred]] = defaultdict(list)
    for check in deferred:
        by_policy[check.policy].append(check)
    for policy, checks in by_policy.items():
        number = f" ({len(checks)})" if len(checks) > 1 else ""
        yield Text(f"  {one_line(policy)}{number}")
        for check in checks[:PLACES_SHOWN]:
            path = f" `{check.property}`" if check.property else ""
            yield _place(check.source, resource_title(check.urn) + path, 4)
        yield from _more(len(checks) - PLACES_SHOWN, "more", 4, symbols)


def _indented(text: Text, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns), expand=False)
