"""The upper half of the tree: what the program would make, by component.

Children of one type share a line (``aws:s3:Bucket  lake-raw, lake-staged``); of many components of one type the first
few are drawn and the rest counted. Resources with a verdict carry its sign and come first in their line, so that they
are never cut off.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from dataops_infra.preview.model import STACK_TYPE, PreviewResult, Resource
from dataops_infra.preview.reports.naming import short_type
from dataops_infra.reporting.escaping import one_line
from dataops_infra.reporting.symbols import Symbols

COMPONENTS_SHOWN = 4
"""Components of one type that are drawn under one parent."""

_NAME_LIMIT = 40
_MORE_COLUMNS = len(", … 1000 more")


def resource_tree(result: PreviewResult, symbols: Symbols, width: int) -> Text:
    """The resources as an indented tree of at most ``width`` columns."""
    drawing = _Drawing(result, symbols, width)
    return Text("\n").join(drawing.lines())


class _Drawing:
    def __init__(self, result: PreviewResult, symbols: Symbols, width: int) -> None:
        self._symbols, self._width = symbols, width
        self._marks: dict[str, str] = {v.urn: "yellow" for v in result.counted if v.level == "advisory"}
        self._signs = dict.fromkeys(self._marks, symbols.warning)
        self._marks |= {v.urn: "red" for v in result.counted if v.level == "mandatory"}
        self._signs |= {urn: symbols.bad for urn, colour in self._marks.items() if colour == "red"}
        shown = [r for r in result.resources if r.type != STACK_TYPE and not self._is_quiet_provider(r)]
        urns = {r.urn for r in shown}
        self._children: dict[str, list[Resource]] = defaultdict(list)
        for resource in shown:
            parent = resource.parent if resource.parent in urns and resource.parent != resource.urn else ""
            self._children[parent].append(resource)
        self._title = self._root_title(result)

    def _is_quiet_provider(self, resource: Resource) -> bool:
        """The engine's own default providers are no news unless a rule speaks about them."""
        is_default = resource.type.startswith("pulumi:providers:") and resource.name.startswith("default")
        return is_default and resource.urn not in self._marks

    def _root_title(self, result: PreviewResult) -> Text:
        stack = next((r for r in result.resources if r.type == STACK_TYPE), None)
        name = stack.name if stack else f"{result.project}-{result.stack}"
        urn = stack.urn if stack else ""
        sign = f"{self._signs[urn]} " if urn in self._signs else ""
        return Text.assemble((sign + one_line(name), self._style(urn)))

    def _style(self, urn: str, otherwise: str = "bold") -> str:
        return f"bold {self._marks[urn]}" if urn in self._marks else otherwise

    def lines(self) -> Iterator[Text]:
        yield self._title
        yield from self._below("", "")

    def _below(self, urn: str, indent: str) -> Iterator[Text]:
        entries = list(self._entries(urn, self._width - len(indent) - len(self._symbols.last)))
        for number, (line, resource) in enumerate(entries, start=1):
            is_last = number == len(entries)
            guide = self._symbols.last if is_last else self._symbols.branch
            whole = Text.assemble((indent + guide, "dim"), line)
            whole.truncate(self._width, overflow="ellipsis")
            yield whole
            if resource is not None:
                yield from self._below(resource.urn, indent + ("    " if is_last else self._symbols.line))

    def _entries(self, urn: str, room: int) -> Iterator[tuple[Text, Resource | None]]:
        """The lines below a resource; a line with a resource has lines of its own below it."""
        children = sorted(self._children[urn], key=lambda r: (r.custom, r.type, r.urn not in self._marks, r.name))
        for token, group in groupby(children, key=lambda r: r.type):
            same = list(group)
            parents = [r for r in same if self._children.get(r.urn) or not r.custom]
            for resource in parents[:COMPONENTS_SHOWN]:
                yield self._parent_line(resource), resource
            if len(parents) > COMPONENTS_SHOWN:
                yield self._rest_line(token, parents[COMPONENTS_SHOWN:]), None
            leaves = [r for r in same if not self._children.get(r.urn) and r.custom]
            if leaves:
                yield self._leaves_line(token, leaves, room), None

    def _parent_line(self, resource: Resource) -> Text:
        title = one_line(f"{short_type(resource.type)} ")
        place = f"  {one_line(str(resource.source))}" if resource.source else ""
        return Text.assemble(title, (self._name(resource), self._style(resource.urn)), (place, "cyan"))

    def _rest_line(self, token: str, rest: list[Resource]) -> Text:
        return Text.assemble((f"{self._symbols.ellipsis} and {len(rest)} more {one_line(short_type(token))}", "dim"))

    def _leaves_line(self, token: str, leaves: list[Resource], room: int) -> Text:
        """One type and the names of its resources, as many as fit."""
        line = Text(one_line(short_type(token)))
        line.append(f" ({len(leaves)})  " if len(leaves) > 1 else "  ", style="dim")
        room -= len(line)
        for number, resource in enumerate(leaves):
            name = self._name(resource) + (" (read)" if resource.read else "")
            # Unless it is the last one, room must be left to say how many more there are.
            needed = len(name) + 2 + (0 if number == len(leaves) - 1 else _MORE_COLUMNS)
            if number and room < needed:
                return line.append(f", {self._symbols.ellipsis} {len(leaves) - number} more", style="dim")
            line.append(", " if number else "", style="dim").append(name, style=self._style(resource.urn, ""))
            room -= len(name) + 2
        return line

    def _name(self, resource: Resource) -> str:
        sign = f"{self._signs[resource.urn]} " if resource.urn in self._signs else ""
        name = one_line(resource.name)
        return sign + (name if len(name) <= _NAME_LIMIT else name[: _NAME_LIMIT - 1] + self._symbols.ellipsis)
