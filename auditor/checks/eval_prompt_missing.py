"""A clause cites an eval prompt that is not there.

What it looks for
Footnotes (`[^id]`) that name an eval prompt with no file of that name where prompts are kept, brought in by the patch,
or there at the current revision.

Why it matters
The clause reads as if an evaluation stood behind it. Nobody can run it.

What to do
Restore the prompt, or take the citation out and say what tests the clause now.

What it cannot see
Prompts kept outside the repository. Where most cited prompts are not found, it is taken that they are kept elsewhere.
"""

from datetime import datetime

from auditor.assess.text import PatchText, RevisionText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, Undecided, place_of
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: PatchText) -> TextOutcome:
    """Fires on each citation that the patch leaves without its prompt; undecided where prompts are not found."""
    if facts.after.prompts is None:
        return _unknown(facts.after)
    before = facts.before.missing_prompts()
    missing = facts.after.missing_prompts()
    new = {name: clause for name, clause in missing.items() if name not in before}
    return tuple(_findings(name, clause, facts.last_cited(name)) for name, clause in new.items())


def run_on_current(facts: RevisionText) -> TextOutcome:
    """Fires on each citation without its prompt."""
    if facts.prompts is None:
        return _unknown(facts)
    return tuple(_findings(name, clause, None) for name, clause in facts.missing_prompts().items())


def _unknown(facts: RevisionText) -> TextOutcome:
    return Undecided("it is not known where eval prompts are kept") if facts.citing() else ()


def _findings(name: str, clause: Clause, earlier: datetime | None) -> Finding:
    again = f" again (last in {earlier:%Y-%m-%d})" if earlier else ""
    message = f"the eval prompt {name} is cited{again} and there is no such file"
    return Finding(message, Confidence.HIGH, place=place_of(clause), identity=name)


CHECK = TextCheck(
    code="SD201",
    name="eval-prompt-missing",
    title="A clause cites an eval prompt that is not there",
    severity=Severity.MEDIUM,
    remedy="restore the prompt, or say what tests the clause now",
    run=run,
    standing=run_on_current,
    cases=(
        TextCase(
            "a new citation of nothing",
            "Be kind[^a1].",
            "Be kind[^a1].\n\nBe brief[^b2].",
            Finding,
            prompts_before=("a1",),
            prompts_after=("a1",),
        ),
        TextCase("the prompt is deleted", "Be kind[^a1].", "Be kind[^a1] always.", Finding, ("a1",), ()),
        TextCase("missing before and after", "Be kind[^a1].", "Be kind[^a1] always.", Clear, (), ()),
        TextCase("every citation has its prompt", "Be kind[^a1].", "Be kind always[^a1].", Clear, ("a1",), ("a1",)),
        TextCase("prompts are kept elsewhere", "Be kind[^a1].", "Be kind always[^a1].", Undecided),
    ),
)
