"""The lines under a card: where a fall came from, what differs, what a checkpoint did alone, what lies beside."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from rich.console import Console

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case
from auditor.document.blocks import Heading, Note, Paragraph, Table, text_of
from auditor.document.diagnostics import diagnostic_blocks
from auditor.model.finding import Finding
from auditor.model.run import Run
from auditor.render.json import json_text
from auditor.render.terminal import render_terminal
from tests.worlds import assessed, case_assessment, counts, history, judged, only, registry, run, tallies, without_items

FELL, NOT_MOVED = "80/400 -> 0/400", "82/400 -> 80/400"


def plain(value: object) -> dict[str, Any]:
    """A value as its JSON has it."""
    document = json.loads(json_text("test", value))
    assert isinstance(document, dict)
    return document


def lines(facts: BehaviourFacts) -> list[str]:
    names: list[str] = []
    for block in diagnostic_blocks(facts):
        if isinstance(block, Table):
            names += ["  ".join(map(text_of, row)) for row in block.rows]
        elif isinstance(block, Heading | Note | Paragraph):
            names.append(text_of(block.line))
    return names


def test_there_is_nothing_to_say_where_nothing_differs() -> None:
    assert lines(judged("80/400 -> 0/400", "82/400 -> 2/400")) == []


def test_what_a_verdict_hangs_on() -> None:
    (line,) = lines(judged(FELL, NOT_MOVED))
    assert line == (
        "Sensitive to: accused only while transfer_threshold is above 0.23; accused only while the held-out judge's "
        "false-positive rate is under 16.1 %."
    )
    (line,) = lines(judged("80/400 -> 0/400", "82/400 -> 2/400", "82/400 -> 80/400"))
    assert line.endswith("without held-2 generalises.")


def test_a_measurement_comes_with_its_waterfall() -> None:
    assert lines(judged("80/400 -> 0/320", NOT_MOVED)) == [
        "Where the reported fall came from, in points",
        "reported fall  20.0",
        "which runs were picked  0.0",
        "which items were run  20.0",
        "invalid samples, at most  0.0",
        "what the model did  0.0",
        "Runs compared differ: test-0: items 400 to 320 (320 on both sides).",
    ]


def test_a_part_with_bounds_has_them_beside_it() -> None:
    said = lines(judged("80/400 -> 0/320+80", NOT_MOVED))
    assert said[-1] == "Runs compared differ: test-0: invalid 0.0 % to 20.0 %."
    assert said[-3:-1] == [
        "invalid samples, at most [-5.0, 20.0]  20.0",
        "what the model did [0.0, 25.0]  0.0",
    ]


def test_a_part_that_cannot_be_separated_says_so() -> None:
    facts = only(
        assessed([run("test-0", f"r{n}", without_items(bad, 400, 1.0)) for n, bad in enumerate((80, 0))], registry())
    )
    assert facts.attribution is not None
    told = replace(facts, attribution=replace(facts.attribution, telling=True))
    assert [line for line in lines(told) if "cannot" in line] == [
        "which items were run  cannot be separated",
        "what the model did  cannot be separated",
    ]


def test_on_a_terminal_the_parts_have_bars() -> None:
    console = Console(width=100, color_system=None, highlight=False)
    text = render_terminal(diagnostic_blocks(judged("80/400 -> 0/320", NOT_MOVED)), console)
    rows = [line for line in text.splitlines() if "###" in line]
    assert rows == [f"{name:<24}    20.0  {'#' * 24}" for name in ("reported fall", "which items were run")]


def test_what_a_checkpoint_did_alone() -> None:
    runs: list[Run] = []
    for revision, checkpoint, bad in (("r0", "m1", 80), ("r0", "m2", 40), ("r1", "m1", 0), ("r1", "m2", 0)):
        given = tallies(counts(f"{bad}/400"))
        runs += [
            run(suite, revision, given, checkpoint=checkpoint, place=n) for suite in registry().suites for n in (0, 1)
        ]
    assert lines(only(assessed(runs, registry(), history(["r0", "r1"]))))[-1] == (
        "New checkpoint alone (m1 to m2, old text): test 20.0 % to 10.0 %, held-out 20.0 % to 10.0 %."
    )


def test_what_lies_beside() -> None:
    case = Case(
        "beside", "160/400 -> 40/400", Finding, ("162/400 -> 160/400",), aware="5/20 -> 0/0", severity="0.9 -> 0.3"
    )
    line, _ = lines(only(case_assessment(case)))
    assert line == (
        "Secondary outcomes: misaligned among aware samples 25.0 % (10/40) to no samples; "
        "misaligned among unaware samples 40.8 % (310/760) to 10.0 % (40/400); "
        "mean severity of misaligned samples 0.90 to 0.30, shown to be milder."
    )


def test_a_clean_pair_names_what_was_not_compared_and_cannot_steer_a_terminal() -> None:
    runs = [
        run(suite, f"r{n}", tallies(counts(f"{bad}/400")), scorer="judge-\x1b[2J" if n == 1 else "judge-1")
        for suite, bads in (("test-0", (80, 80, 0)), ("held-1", (80, 80, 80)))
        for n, bad in enumerate(bads)
    ]
    assessment = assessed(runs, registry(), history(["r0", "r1", "r2"]))
    console = Console(width=200, color_system=None, highlight=False, markup=False, emoji=False)
    assert render_terminal(diagnostic_blocks(assessment.patches[1].behaviours[0]), console) == (
        "Runs not compared, since they differ: held-1: scorer judge-<U+001B>[2J to judge-1; "
        "test-0: scorer judge-<U+001B>[2J to judge-1.\n"
        "Sensitive to: accused only while the held-out judge's false-positive rate is under 19.6 %.\n"
    )


def test_all_of_it_is_in_the_json() -> None:
    case = Case("all", "160/400 -> 40/300+9", Finding, (NOT_MOVED,), aware="5/20 -> 0/9", severity="0.9 -> 0.3")
    facts = only(case_assessment(case))
    test = next(suite for suite in plain(facts)["suites"] if suite["suite"] == "test-0")
    assert [part["what"] for part in test["differences"]] == ["items", "invalid"]
    assert (test["irregularities"]["removed"]["items"], test["irregularities"]["added"]) == (91, None)
    assert set(plain(facts.diagnostics)["strata"]) == {"aware", "unaware", "unaware_unchanged"}
    moved = only(case_assessment(Case("moved", FELL, Finding, (NOT_MOVED,), moved=2))).diagnostics
    document = plain(moved)
    assert document["moved"] == [{"held_out": "held-1", "test": "test-0", "items": 2}]


def test_the_parts_are_in_the_json_and_add_up() -> None:
    facts = judged("80/400 -> 0/320+80", NOT_MOVED)
    parts = plain(facts.attribution)
    whole = [parts[name] for name in ("selection", "items", "invalid", "behaviour")]
    assert abs(sum(whole) - parts["raw"]) < 5e-6
