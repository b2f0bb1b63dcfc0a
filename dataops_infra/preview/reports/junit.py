"""JUnit XML, for test pages of CI systems.

One suite per policy pack. A rule that every resource passed is one passing case; otherwise there is one case per rule
and resource that it has something to say about: mandatory = failure, deferred and exempted = skipped, advisory and
mended by a policy = passed with its text as output. A preview that could not be finished is an error in a suite of its
own.
"""

import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from dataops_infra.preview.model import Deferred, Failure, Pack, PreviewResult, Remediation, Violation
from dataops_infra.preview.reports.changes import change_text
from dataops_infra.preview.reports.naming import (
    deferred_text,
    exemption_text,
    failure_message,
    full_message,
    resource_title,
)
from dataops_infra.reporting.escaping import markup_without_commands, visible, xml_text


def render(result: PreviewResult) -> str:
    """The suites as XML text with a final newline."""
    suites = ET.Element("testsuites", name=xml_text(f"dataops preview {result.project}/{result.stack}"))
    if result.error is not None:
        suites.append(_program_suite(result.error))
    for pack in result.packs:
        suites.append(pack_suite(pack, result))
    return finished(suites, result.summary.seconds)


def finished(suites: ET.Element, seconds: float) -> str:
    """The suites with their totals as XML text."""
    _add_totals(suites, seconds)
    ET.indent(suites)
    text = markup_without_commands(ET.tostring(suites, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _program_suite(failure: Failure) -> ET.Element:
    suite = ET.Element("testsuite", name="program")
    error = add_child(
        add_case(suite, "program runs", "program"), "error", type=failure.kind, message=failure_message(failure)
    )
    frames = [f"{f.source} in {f.function}" for f in failure.frames]
    error.text = _text("\n".join([failure.message, *frames]))
    return suite


def pack_suite(pack: Pack, result: PreviewResult, label: str = "") -> ET.Element:
    """The verdicts of one pack.

    :param label: stands before the pack's name where there are suites of several stacks.
    """
    name = f"{label}: {pack.name}" if label else pack.name
    suite = ET.Element("testsuite", name=_text(name), version=_text(pack.version))
    add_child(add_child(suite, "properties"), "property", name="conventions", value=result.conventions.source)
    findings: dict[tuple[str, str], _Findings] = defaultdict(_Findings)
    for v in result.violations:
        if v.pack == pack.name:
            findings[v.policy, v.urn].violations.append(v)
    for d in result.deferred:
        if d.pack == pack.name:
            findings[d.policy, d.urn].deferred.append(d)
    for r in result.remediations:
        if r.pack == pack.name:
            findings[r.policy, r.urn].mended.append(r)
    for (policy_name, urn), found in sorted(findings.items()):
        found.fill(add_case(suite, f"{policy_name}: {resource_title(urn)}", name))
    concerned = {policy_name for policy_name, _ in findings}
    for policy in pack.policies:
        if policy.name not in concerned and policy.level != "disabled":
            add_case(suite, policy.name, name)
    return suite


@dataclass
class _Findings:
    """What one rule says about one resource: a page keeps one case of a name, so it is said in one."""

    violations: list[Violation] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)
    mended: list[Remediation] = field(default_factory=list)

    def fill(self, case: ET.Element) -> None:
        """Write the outcome into ``case``."""
        counted = [v for v in self.violations if v.exemption is None]
        broken = [v for v in counted if v.level == "mandatory"]
        excused = [exemption_text(v.exemption) for v in self.violations if v.exemption is not None]
        excused += [deferred_text(d) for d in self.deferred]
        notes = [f"advisory: {full_message(v)}" for v in counted if v.level == "advisory"]
        notes += ["\n".join([*([str(r.source)] if r.source else []), change_text(r)]) for r in self.mended]
        if broken:
            _add_failure(case, broken)
            notes += excused
        elif excused:
            kind = "deferred" if self.deferred else "exempted"
            add_child(case, "skipped", type=kind, message="; ".join(excused))
        if notes:
            add_child(case, "system-out").text = _text("\n".join(notes))


def _add_failure(case: ET.Element, broken: list[Violation]) -> None:
    first = broken[0]
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    failure = add_child(case, "failure", type=first.severity or "mandatory", message=first.message + more)
    place = [str(first.source)] if first.source else []
    failure.text = _text("\n".join([*place, *(full_message(v) for v in broken), first.urn]))


def add_case(suite: ET.Element, name: str, class_name: str) -> ET.Element:
    """A case that has passed unless something is put into it."""
    return add_child(suite, "testcase", name=name, classname=class_name, time="0")


def add_child(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    """An element whose attributes are shown as they are and act on nobody."""
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
