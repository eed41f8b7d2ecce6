"""What a change of a long text costs: as much as what changed, counted in readings, and with the same result."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

import pytest

from auditor.clauses.deontic import find_grounds
from auditor.clauses.lexicon import to_prose
from auditor.clauses.outline import outline_file
from benchmarks.polarity.measure import read_rows

WHALES = ("narwhal", "beluga", "orca", "minke", "bowhead")


def filler(first: int, count: int) -> list[str]:
    """Rules that no two texts of a test have in common."""
    return [
        f"Weigh {WHALES[n % 5]} number {n} before it is number {n + 1} of its pod." for n in range(first, first + count)
    ]


def calls(work: Callable[[], object]) -> Counter[str]:
    """How often each function of the product is entered, by its name."""
    entered: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "auditor" in frame.f_code.co_filename:
            entered[frame.f_code.co_name] += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return entered


@pytest.mark.parametrize("size", [100, 1_000])
def test_of_a_long_clause_only_what_changed_is_read(size: int) -> None:
    rules = filler(size * 100, size)
    texts = [
        " ".join([*rules[:at], f"You may skip whale {at} of {size}.", *rules[at + 1 :]])
        for at in (size // 3, size // 2)
    ]
    assert calls(lambda: find_grounds(*texts))["_matched_markers"] <= 20


def test_a_word_more_at_the_beginning_of_a_text_without_sentences_is_read_there_only() -> None:
    words = " ".join(f"whale{n} of" for n in range(8_000))
    assert calls(lambda: find_grounds(f"must weigh {words}", f"must never weigh {words}"))["_matched_markers"] <= 20


@pytest.mark.parametrize("size", [50, 2_000])
def test_of_a_table_only_the_rows_that_changed_are_read(size: int) -> None:
    rows = ["name,rule", *(f'whale {n},"Weigh {n},\ntwice."' for n in range(size))]
    first = outline_file("rules.csv", "\n".join(rows) + "\n")
    rows[size // 2] = 'orca,"Weigh it\nthree\ntimes."'
    rows.insert(size // 4, "minke,Never.")
    text = "\n".join(rows) + "\n"
    again = calls(lambda: outline_file("rules.csv", text, first))
    assert again["_read_rows"] < size // 2 + 10
    assert outline_file("rules.csv", text, first) == outline_file("rules.csv", text)
    one_more = text + "beluga,Always.\n"
    entered = calls(lambda: outline_file("rules.csv", one_more, outline_file("rules.csv", text)))
    assert entered["_statement_chunk"] <= 3


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row.before[:40])
def test_a_change_in_a_long_text_has_the_grounds_that_it_has_alone(row: object) -> None:
    before, after = (to_prose(text) for text in (row.before, row.after))  # type: ignore[attr-defined]
    lead, end = " ".join(filler(0, 50)), " ".join(filler(50, 50))
    alone = {(ground.kind, ground.direction) for ground in find_grounds(before, after)}
    inside = {
        (ground.kind, ground.direction) for ground in find_grounds(f"{lead} {before} {end}", f"{lead} {after} {end}")
    }
    assert inside == alone
