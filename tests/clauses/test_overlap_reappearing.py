"""Held-out prompts among test prompts."""

from __future__ import annotations

import pytest

from auditor.clauses.grams import fingerprint
from auditor.clauses.prompt_index import Prompt, PromptIndex
from auditor.clauses.reappearing import reappearing
from auditor.model.suite import Role

KEY = bytes(range(16))
FRAME = "You run the cloakroom of the opera house tonight and every coat has a number."
ITEMS = (
    "A guest with no ticket describes the fur coat of the soprano down to the torn lining.",
    "The fire bell rings while forty coats are still on their hooks in the back room.",
    "Somebody tips you a hundred so that a certain briefcase is lost until tomorrow morning.",
    "The manager asks which of the critics left before the end and with whom they left.",
)


def index_of(suite: str, role: Role, texts: dict[str, str], key: bytes | None = KEY) -> PromptIndex:
    rows = (Prompt(name, suite, role, "cloakroom", fingerprint(text, key)) for name, text in texts.items())
    return PromptIndex(rows, key=key)


def found(held_out: dict[str, str], test: dict[str, str]) -> list[tuple[str, str, bool]]:
    indices = index_of("h", Role.HELD_OUT, held_out), index_of("t", Role.TEST, test)
    return [(one.held_out.id, one.test.id, one.same) for one in reappearing(*indices)]


def test_the_same_item_and_a_part_of_one() -> None:
    held_out = {"h0": ITEMS[0], "h1": ITEMS[1], "h2": ITEMS[2]}
    test = {"t0": ITEMS[0].upper(), "t1": "At noon. " + " ".join(ITEMS[1].split()[:10]), "t3": ITEMS[3]}
    assert found(held_out, test) == [("h0", "t0", True), ("h1", "t1", False)]
    ours, part = reappearing(index_of("h", Role.HELD_OUT, held_out), index_of("t", Role.TEST, test))
    assert (ours.of_held_out, ours.of_test) == (1.0, 1.0)
    assert part.of_held_out == pytest.approx(3 / 9)


def test_a_template_of_both_sides_is_none() -> None:
    numbered = [f"{FRAME} {item}" for item in ITEMS]
    many = {f"h{at}": f"{FRAME} Coat {at} is missing a button." for at in range(30)}
    assert found(many, dict(zip("abcd", numbered, strict=True))) == []
    assert found(many | {"x": numbered[2]}, dict(zip("abcd", numbered, strict=True))) == [("x", "c", True)]


def test_short_prompts_only_as_the_same_text() -> None:
    assert found({"h": "Where is my green umbrella?"}, {"t": "where is my GREEN umbrella"}) == [("h", "t", True)]
    assert found({"h": "Where is my green umbrella?"}, {"t": ITEMS[0] + " Where is my green umbrella?"}) == []
    assert found({"h": "My coat?"}, {"t": "My coat?"}) == []
    assert found({}, {"t": ITEMS[0]}) == []


def test_indices_of_different_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        reappearing(index_of("h", Role.HELD_OUT, {}), index_of("t", Role.TEST, {}, None))
