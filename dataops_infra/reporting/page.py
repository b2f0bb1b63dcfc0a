"""The scaffold of a page for a browser: one file, no script, nothing fetched; the page's own policy forbids both."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from dataops_infra.reporting.escaping import markup_without_commands, visible

_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
OPENING = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
)
"""How every page begins, by which an earlier one is known again."""


def page(title: str, verdict: str, exit_code: int, facts: Iterable[str], sections: Iterable[str]) -> str:
    """A page: a heading, the verdict in one line, facts below it, then the sections; all but ``verdict`` are HTML."""
    made = "\n".join(
        [
            f'{OPENING}<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<header>",
            f"<h1>{title}</h1>",
            f'<p class="verdict exit{exit_code}" role="status">{escaped(verdict)}</p>',
            *(f'<p class="soft">{fact}</p>' for fact in facts),
            "</header>\n<main>",
            *(section for section in sections if section),
            "</main>\n</body>\n</html>\n",
        ]
    )
    return markup_without_commands(made)


def escaped(text: str) -> str:
    """``text`` as HTML that acts on nobody."""
    return html.escape(visible(text, keep="\n"))


def code(text: str) -> str:
    """``text`` in the typeface of code, as HTML that acts on nobody."""
    return f"<code>{escaped(text)}</code>"


def table(title: str, columns: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    """A section with a table of cells that are HTML; nothing where there are no rows."""
    return f"<section><h2>{title}</h2>{grid(columns, rows)}</section>" if rows else ""


def grid(columns: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML."""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
