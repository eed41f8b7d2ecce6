"""What a patch adds."""

from __future__ import annotations

import pytest

from auditor.clauses.diff import diff
from auditor.clauses.passages import Passage, added_by_clause, passage
from auditor.model.spec import Revision, SpecFile

RULE = "Wait for a clear yes before money is moved or a booking is cancelled"
OTHER = "Dates are written with the name of the month and weights with their unit"
THIRD = "Credentials are used where they were issued for and are repeated nowhere"


def added(before: str, after: str) -> list[str]:
    """The passages of the patch, with what is not new in brackets."""
    revisions = (Revision(text, (SpecFile("spec.md", text),)) for text in (before, after))
    return [
        " ".join(word if new else f"({word})" for word, new in zip(one.words, one.added, strict=True))
        for _, one in added_by_clause(diff(*revisions))
    ]


def test_an_added_clause_is_new_as_a_whole() -> None:
    assert added(f"# A\n\n- {RULE}.\n", f"# A\n\n- {RULE}.\n- {OTHER}.\n") == [OTHER.lower()]


def test_of_a_reworded_clause_its_new_words_are() -> None:
    (found,) = added(f"# A\n\n- {RULE}.\n", f"# A\n\n- {RULE}, however wet the crate of order 2208 was.\n")
    assert found == " ".join(f"({word})" for word in RULE.lower().split()) + " however wet the crate of order 2208 was"


@pytest.mark.parametrize(
    "after",
    [
        f"# A\n\n- {RULE}.\n- {OTHER}.\n- {THIRD}.\n",
        f"# A\n\n- {THIRD}.\n- {RULE}.\n- {OTHER}.\n",
        f"# A\n\n- {RULE}.\n",
        f"# A\n\n- {RULE} - {OTHER}.\n- {THIRD}.\n",
    ],
    ids=["nothing", "a move", "a removal", "a merge"],
)
def test_what_stood_there_before_is_not_new(after: str) -> None:
    assert added(f"# A\n\n- {RULE}.\n- {OTHER}.\n- {THIRD}.\n", after) == []


def test_words_and_marks_go_together() -> None:
    assert passage("One, two.") == Passage(("one", "two"), (True, True))
    with pytest.raises(ValueError, match="2 words, 1 marks"):
        Passage(("one", "two"), (True,))
