"""Results as JUnit XML: a patch is a suite, a behaviour a case; what could not be told is skipped."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from auditor.render.results import Case, CaseState, Results

_COUNTED = {"failures": (CaseState.FAILED, CaseState.MISSING), "skipped": (CaseState.SKIPPED,)}


def results_junit(results: Results) -> str:
    """The document; missing evidence is a failure of its own type."""
    counts = _counts(results.cases)
    del counts["skipped"]  # Jenkins' schema knows it of one suite only
    root = Element("testsuites", {"name": results.title, **counts})
    for name in dict.fromkeys(case.suite for case in results.cases):
        cases = [case for case in results.cases if case.suite == name]
        suite = SubElement(root, "testsuite", {"name": name, **_counts(cases)})
        for case in cases:
            _case(suite, case)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    counted = {word: str(sum(case.state in states for case in cases)) for word, states in _COUNTED.items()}
    return {"tests": str(len(cases)), "failures": counted["failures"], "errors": "0", "skipped": counted["skipped"]}


def _case(suite: Element, case: Case) -> None:
    element = SubElement(suite, "testcase", {"classname": case.suite, "name": case.name, "time": "0"})
    if case.state in (CaseState.FAILED, CaseState.MISSING):
        kind = "blocked" if case.state is CaseState.FAILED else "evidence-missing"
        SubElement(element, "failure", {"type": kind, "message": case.message}).text = case.message
    elif case.state is CaseState.SKIPPED:
        SubElement(element, "skipped", {"message": case.message})
    else:
        SubElement(element, "system-out").text = case.message
