"""Which files a report may take the place of: those that can be made again."""

import os
import re
from pathlib import Path

from dataops_infra.reporting.page import OPENING

_LOOKED_AT = 1 << 16
"""Bytes at the beginning and at the end of a file that tell what it is."""
_TEXT_OPENING = b"dataops mask verify "
_JSON_OPENING = b'{\n  "'
_JSON_SCHEMA = re.compile(rb'^  "schema": "dataops\.(mask-gate|mask-run)/v[0-9]+",?$', re.MULTILINE)
_PLAN_SCHEMA = re.compile(rb"""["']?schema["']?\s*:\s*["']?dataops\.mask-plan/""")


def is_report(path: Path) -> bool:
    """Whether the file is empty, or a page, JSON or text that this program wrote as a report."""
    begin, end = _ends(path)
    is_json = begin.startswith(_JSON_OPENING) and _JSON_SCHEMA.search(end) is not None
    return not begin or begin.startswith((OPENING.encode(), _TEXT_OPENING)) or is_json


def is_plan(path: Path) -> bool:
    """Whether the file is empty, or says of itself that it is a masking plan, mistakes in it or not."""
    begin, _ = _ends(path)
    return not begin or _PLAN_SCHEMA.search(begin) is not None


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes; what cannot be read is taken for neither a report nor a plan."""
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT)
            file.seek(max(file.seek(0, os.SEEK_END) - _LOOKED_AT, 0))
            return begin, file.read()
    except OSError:
        return b"?", b"?"
