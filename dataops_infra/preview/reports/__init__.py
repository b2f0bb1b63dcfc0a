"""The reports: one file per format, all of them pure functions of a :class:`PreviewResult`."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports import github, html_report, json_report, junit, sarif, tree

FORMATS: Final = MappingProxyType[str, Callable[[PreviewResult], str]](
    {
        "tree": tree.render,
        "json": json_report.render,
        "sarif": sarif.render,
        "junit": junit.render,
        "github": github.render,
        "html": html_report.render,
    }
)
"""Every format and the function that renders it."""
