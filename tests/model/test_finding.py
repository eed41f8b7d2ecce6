"""A fingerprint outlives the word of its rule."""

from __future__ import annotations

import pytest

from auditor.model.finding import FIRST_WORDS, fingerprint_of, present_word
from auditor.model.verdict import Verdict


@pytest.mark.parametrize(("present", "first"), FIRST_WORDS.items())
def test_a_renamed_rule_keeps_its_fingerprints(present: str, first: str) -> None:
    assert fingerprint_of(present, "conduct", "p1") == fingerprint_of(first, "conduct", "p1")
    assert present_word(first) == present_word(present) == present


def test_other_rules_are_their_own_words() -> None:
    assert {present_word(rule) for rule in (*Verdict, "SD101")} == {*Verdict, "SD101"}
    assert len({fingerprint_of(rule, "conduct") for rule in Verdict}) == len(Verdict)
