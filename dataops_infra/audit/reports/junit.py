"""JUnit XML: a suite of the exports, then one suite per stack and pack, as a preview of that stack would have it."""

import xml.etree.ElementTree as ET

from dataops_infra.audit.model import AuditResult
from dataops_infra.audit.reports.merging import alone
from dataops_infra.preview.reports.junit import add_case, add_child, finished, pack_suite
from dataops_infra.reporting.escaping import xml_text

_EXPORTS = "exports"


def render(result: AuditResult) -> str:
    """The suites as XML text with a final newline."""
    suites = ET.Element("testsuites", name=xml_text("dataops audit"))
    exports = add_child(suites, "testsuite", name=_EXPORTS)
    for stack in result.stacks:
        case = add_case(exports, stack.file, _EXPORTS)
        if stack.error is not None:
            add_child(case, "error", type=stack.error.kind, message=stack.error.message)
    for stack in result.stacks:
        if stack.error is None:
            # The file tells two exports of one stack apart.
            label = f"{stack.title} ({stack.file})"
            for pack in result.packs:
                suites.append(pack_suite(pack, alone(result, stack), label))
    return finished(suites, result.summary.seconds)
