"""No clause cites an eval prompt any more.

What it looks for
Eval prompts that are there and that no clause cites: where the patch took the last citation away, or brought the prompt
in without one; and at the current revision.

Why it matters
The evaluation goes on, and nobody can say which rule it tests. A clause may have lost its test.

What to do
Cite the prompt where its rule went, or retire it with a word in the change log.

What it cannot see
Prompts that are deliberately not cited. Where no clause cites any prompt, nothing is said.
"""

from auditor.assess.text import PatchText, RevisionText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, Undecided, place_of
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: PatchText) -> TextOutcome:
    """Fires on each prompt that the patch leaves uncited; undecided where prompts are not found."""
    if facts.after.prompts is None:
        return Undecided("it is not known where eval prompts are kept") if facts.after.citing() else ()
    if not facts.after.citing():
        return ()
    once = facts.before.citing()
    new = facts.after.uncited_prompts() - facts.before.uncited_prompts()
    return tuple(_finding_of_prompt(name, once.get(name), _heading(facts, once.get(name))) for name in sorted(new))


def run_on_current(facts: RevisionText) -> TextOutcome:
    """Fires on each prompt that no clause cites."""
    if facts.prompts is None or not facts.citing():
        return ()
    return tuple(_finding_of_prompt(name, None, None) for name in sorted(facts.uncited_prompts()))


def _heading(facts: PatchText, clause: Clause | None) -> Clause | None:
    """Where the citing clause stood, as the text is now: its section's heading, else nothing."""
    if clause is None or not clause.section:
        return None
    return next(
        (heading for heading in facts.after.clauses if heading.section and heading.section[-1] == clause.section[-1]),
        None,
    )


def _finding_of_prompt(name: str, once: Clause | None, at: Clause | None) -> Finding:
    under = f"; it stood under {once.section[-1]}" if once is not None and once.section else ""
    return Finding(f"no clause cites the eval prompt {name}{under}", Confidence.HIGH, place=place_of(at), identity=name)


CHECK = TextCheck(
    code="SD202",
    name="eval-prompt-uncited",
    title="No clause cites an eval prompt that is there",
    severity=Severity.LOW,
    remedy="cite it where its rule went, or retire it",
    run=run,
    standing=run_on_current,
    cases=(
        TextCase(
            "the citation goes, the prompt stays",
            "Be kind[^a1].\n\nBe brief[^b2].",
            "Be kind[^a1].\n\nBe brief.",
            Finding,
            ("a1", "b2"),
            ("a1", "b2"),
        ),
        TextCase("both go", "Be kind[^a1].\n\nBe brief[^b2].", "Be kind[^a1].", Clear, ("a1", "b2"), ("a1",)),
        TextCase("uncited before and after", "Be kind[^a1].", "Be kind[^a1] now.", Clear, ("a1", "c"), ("a1", "c")),
        TextCase("prompts are kept elsewhere", "Be kind[^a1].", "Be kind always[^a1].", Undecided),
    ),
)
