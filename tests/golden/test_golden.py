"""What `auditor` does from the command line, held in facts without words, over every rewrite of what it says.

The facts of each history stand in the JSON file of its name: ids, codes, counts, rates, limits, verdicts, exit codes,
fingerprints. They are never refreshed, and nothing here writes them: where a fact differs, behaviour has changed. A
key, a word or an option that was renamed is followed in `extract.py`, and nowhere else. A change of behaviour that is
meant takes a file's lines out by hand, in a commit that says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.extract import VERDICTS, Facts
from tests.golden.histories import clauses, demonstration, landings, published, verdicts

HERE = Path(__file__).parent
HISTORIES: dict[str, Callable[[Path], Facts]] = {
    "clauses": clauses,
    "demonstration": demonstration,
    "landings": landings,
    "published": published,
    "verdicts": verdicts,
}


def golden(name: str) -> Facts:
    """The facts of a history as they were; a file that is missing raises FileNotFoundError."""
    facts: Facts = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return facts


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_is_judged_as_it_was(name: str, tmp_path: Path) -> None:
    expected, facts = golden(name), HISTORIES[name](tmp_path)
    changed = [
        f"{key}: {expected.get(key, 'no such fact')!r} -> {facts.get(key, 'no such fact')!r}"
        for key in sorted(expected.keys() | facts.keys())
        if key not in expected or key not in facts or expected[key] != facts[key]
    ]
    assert not changed, "\n".join(changed)


def test_every_history_has_its_file_and_every_file_its_history() -> None:
    assert {path.stem for path in HERE.glob("*.json")} == set(HISTORIES)


def test_every_verdict_and_every_outcome_of_the_gate_is_held() -> None:
    together = {f"{name}/{key}": value for name in HISTORIES for key, value in golden(name).items()}
    held = {str(value) for key, value in together.items() if key.endswith("/verdict")}
    assert set(VERDICTS.values()) - {VERDICTS["mostly-test"]} <= held  # that one: tests/assess/test_verdicts.py
    outcomes = {value for key, value in together.items() if "gate" in key and key.endswith("exit")}
    assert outcomes == {0, 1, 2, 3}
    for kind in ("gap", "window", "training", "waiver", "debt", "plan", "landing", "checkpoint"):
        assert any(f"/{kind}/" in key for key in together), kind
