"""Reports as JSON text."""

import json
from collections.abc import Mapping
from typing import Any

from dataops_infra.reporting.escaping import json_without_commands


def json_text(report: Mapping[str, Any]) -> str:
    """A report as JSON text with sorted keys, in ASCII, with a final newline."""
    text = json.dumps(report, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return json_without_commands(text) + "\n"
