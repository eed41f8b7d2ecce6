"""The patch that changes a clause removes the eval prompt that tests it.

What it looks for
Eval prompts whose file the patch deletes, in the same patch that changes, or takes the citation from, a clause that
cited them.

Why it matters
A rule and its test change hands together: whether behaviour followed the new words can no longer be measured on the
old items.

What to do
Keep the old prompt until the rule's new test has been run on both revisions.

What it cannot see
Whether the removed prompt was wrong, or replaced by a better one under another name.
"""

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, Undecided, place_of
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: PatchText) -> TextOutcome:
    """Fires on each deleted prompt that a changed clause cited; undecided where prompts are not found."""
    if facts.before.prompts is None or facts.after.prompts is None:
        return Undecided("it is not known where eval prompts are kept") if facts.before.citing() else ()
    removed = facts.before.prompts.keys() - facts.after.prompts.keys()
    return tuple(
        Finding(
            f"the eval prompt {name} is removed with the patch to its clause",
            Confidence.HIGH,
            place=place_of(after),
            identity=name,
        )
        for name, after in _tested_by(facts).items()
        if name in removed
    )


def _tested_by(facts: PatchText) -> dict[str, Clause | None]:
    """The prompts that changed clauses cited, each with its clause as it is now."""
    return {
        name: change.after for change in facts.changes if change.before is not None for name in change.before.citations
    }


CHECK = TextCheck(
    code="SD203",
    name="eval-prompt-removed",
    title="Eval prompts are removed in the patch that changes the clause they test",
    severity=Severity.MEDIUM,
    remedy="keep the old prompt until the new words have been tested on both revisions",
    run=run,
    cases=(
        TextCase("rule and test change together", "Be kind[^a1].", "Be kind, or brief.", Finding, ("a1",), ()),
        TextCase("the clause goes with its test", "Be kind[^a1].\n\nBe on time.", "Be on time.", Finding, ("a1",), ()),
        TextCase("the test stays", "Be kind[^a1].", "Be kind, or brief[^a1].", Clear, ("a1",), ("a1",)),
        TextCase("another test goes", "Be kind[^a1].", "Be kind, or brief[^a1].", Clear, ("a1", "b"), ("a1",)),
        TextCase("prompts are kept elsewhere", "Be kind[^a1].", "Be kind, or brief[^a1].", Undecided),
    ),
)
