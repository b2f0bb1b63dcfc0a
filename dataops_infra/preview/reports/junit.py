"""JUnit XML, for test pages of CI systems.

One suite per policy pack. A rule that every resource passed is one passing case; otherwise there is one case per
verdict: mandatory = failure, deferred and exempted = skipped, advisory = passed with its text as output. A preview
that could not be finished is an error in a suite of its own.
"""

import xml.etree.ElementTree as ET
from collections import Counter

from dataops_infra.preview.model import Deferred, Failure, Pack, PreviewResult, Violation
from dataops_infra.preview.reports.escaping import markup_without_commands, visible, xml_text
from dataops_infra.preview.reports.naming import deferred_text, exemption_text, full_message, resource_title


def render(result: PreviewResult) -> str:
    """The suites as XML text with a final newline."""
    suites = ET.Element("testsuites", name=xml_text(f"dataops preview {result.project}/{result.stack}"))
    if result.error is not None:
        suites.append(_program_suite(result.error))
    for pack in result.packs:
        suites.append(_pack_suite(pack, result))
    _add_totals(suites, result.summary.seconds)
    ET.indent(suites)
    text = markup_without_commands(ET.tostring(suites, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _program_suite(failure: Failure) -> ET.Element:
    suite = ET.Element("testsuite", name="program")
    error = _child(_case(suite, "program runs", "program"), "error", type=failure.kind, message=failure.message)
    frames = [f"{f.source} in {f.function}" for f in failure.frames]
    error.text = _text("\n".join([failure.message, *frames]))
    return suite


def _pack_suite(pack: Pack, result: PreviewResult) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(pack.name), version=_text(pack.version))
    _child(_child(suite, "properties"), "property", name="conventions", value=result.conventions.source)
    violations = [v for v in result.violations if v.pack == pack.name]
    deferred = [d for d in result.deferred if d.pack == pack.name]
    for v in violations:
        _add_violation(_case(suite, f"{v.policy}: {resource_title(v.urn)}", pack.name), v)
    for d in deferred:
        _add_deferred(_case(suite, f"{d.policy}: {resource_title(d.urn)}", pack.name), d)
    concerned = {v.policy for v in violations} | {d.policy for d in deferred}
    for policy in pack.policies:
        if policy.name not in concerned and policy.level != "disabled":
            _case(suite, policy.name, pack.name)
    return suite


def _add_violation(case: ET.Element, violation: Violation) -> None:
    text = full_message(violation)
    if violation.exemption is not None:
        _child(case, "skipped", type="exempted", message=exemption_text(violation.exemption)).text = _text(text)
    elif violation.level == "mandatory":
        place = f"{violation.source}\n" if violation.source else ""
        failure = _child(case, "failure", type=violation.severity or "mandatory", message=violation.message)
        failure.text = _text(f"{place}{text}\n{violation.urn}")
    else:
        _child(case, "system-out").text = _text(f"advisory: {text}")


def _add_deferred(case: ET.Element, deferred: Deferred) -> None:
    _child(case, "skipped", type="deferred", message=deferred_text(deferred))


def _case(suite: ET.Element, name: str, pack: str) -> ET.Element:
    return _child(suite, "testcase", name=name, classname=pack, time="0")


def _child(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, {key: _text(value) for key, value in attributes.items()})


def _text(text: str) -> str:
    return xml_text(visible(text, keep="\n\t"))


def _add_totals(suites: ET.Element, seconds: float) -> None:
    totals: Counter[str] = Counter()
    for suite in suites:
        counts = {
            "tests": len(suite.findall("testcase")),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
        }
        totals.update(counts)
        suite.attrib.update({key: str(number) for key, number in counts.items()})
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suites.attrib.update({key: str(number) for key, number in sorted(totals.items())})
    suites.set("time", f"{seconds:.1f}")
