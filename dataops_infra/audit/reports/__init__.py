"""The audit's reports: one file per format, made of the parts that the preview's reports are made of."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from dataops_infra.audit.model import AuditResult
from dataops_infra.audit.reports import github, html_report, json_report, junit, sarif, tree

FORMATS: Final = MappingProxyType[str, Callable[[AuditResult], str]](
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
