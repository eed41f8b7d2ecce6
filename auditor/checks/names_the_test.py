"""The patch speaks of the test, the grader or the monitor.

What it looks for
Clauses that the patch adds or rewords and that tell the model about being evaluated, graded or monitored: phrases such
as "when you are being tested", "the grader", "evaluation scenarios", "while monitored".

Why it matters
A rule that holds when the model believes it is watched teaches it to tell the two apart. A rule that speaks of the test
can lower the test score and nothing else.

What to do
Write the rule for the situation itself, so that it holds whoever looks. Where the clause says that behaviour must be
the same with and without a monitor, accept the finding with that reason.

What it cannot see
Wording that fits a test without naming one. A clause that asks for the same behaviour when observed and unobserved
speaks of monitoring too, and is reported at low confidence.
"""

import re

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, place_of
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.finding import Confidence, Finding, Severity

_WATCHED = re.compile(
    r"""
    \b(?: (?:being|be|are|is|when|while|if|whether\ or\ not|unless)\ (?:\w+\ ){0,2}
          (?: tested | evaluated | graded | monitored | observed | red-teamed | audited | watched )
      | (?:the|a|an|any|our|its|your)\ (?:\w+\ )?
          (?: grader | grading\ model | evaluator | test\ suite | monitor | benchmark | eval )
      | (?:test|evaluation|eval|benchmark|red-?team(?:ing)?)[ ]
          (?: scenario | environment | case | prompt | set | suite | harness | item )s?
      | in\ (?:a|an|the)\ (?: test | evaluation | eval )
      | evals | graders
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REGARDLESS = re.compile(
    r"whether or not|regardless|even (?:if|when)|the same|no difference|as (?:it|you) would|unobserved",
    re.IGNORECASE,
)


def run(facts: PatchText) -> TextOutcome:
    """Fires on each rule with a phrase of this kind that it did not have before."""
    fired = []
    for change in facts.changes:
        clause = change.after
        if (
            clause is None
            or change.kind is ChangeKind.MOVED
            or clause.kind in (ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)
        ):
            continue
        new = find_phrases(clause.text) - find_phrases(change.before.text if change.before else "")
        if new:
            fired.append(_finding(clause, sorted(new)))
    return tuple(fired)


def find_phrases(text: str) -> frozenset[str]:
    """The phrases about being tested, graded or monitored, in lower case."""
    return frozenset(" ".join(match[0].lower().split()) for match in _WATCHED.finditer(text))


def _finding(clause: Clause, subjects: list[str]) -> Finding:
    confidence = Confidence.LOW if _REGARDLESS.search(clause.text) else Confidence.MEDIUM
    quoted = ", ".join(f'"{phrase}"' for phrase in subjects)
    return Finding(f"the clause speaks of {quoted}", confidence, place=place_of(clause), identity=clause.text)


CHECK = TextCheck(
    code="SD207",
    name="names-the-test",
    title="The patch speaks of the test, the grader or the monitor",
    severity=Severity.MEDIUM,
    remedy="write the rule for the situation itself, so that it holds whoever looks",
    run=run,
    cases=(
        TextCase(
            "a rule for when it is tested", "Be kind.", "Be kind.\n\nNever lie while you are being tested.", Finding
        ),
        TextCase("a rule about the grader", "Be kind.", "Be kind.\n\nTell the grader everything.", Finding),
        TextCase("a rule about scenarios", "Be kind.", "Be kind.\n\nIn evaluation scenarios, report at once.", Finding),
        TextCase(
            "a test of the user's code", "Be kind.", "Be kind.\n\nRun the unit tests before you say it works.", Clear
        ),
        TextCase(
            "a health monitor's reading", "Be kind.", "Be kind.\n\nSay what a reading means and who to call.", Clear
        ),
        TextCase("there before", "Tell the grader everything.", "Always tell the grader everything.", Clear),
    ),
)
