"""One battery over the whole catalogue.

`codes.txt` has every code that was ever given, with its name and the names it had before; `snapshot.txt` which check
fires on which cases of all the others, a pair a line, so that a new check adds lines and changes none.
`AUDITOR_REFRESH=1 pytest tests/checks` writes both anew: new codes are added to `codes.txt`, and none is ever taken out
there. A name that changed is in `FIRST_NAMES` of the catalogue.
"""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.assess.facts import Assessment
from auditor.assess.landing import LandingFacts
from auditor.checks.catalogue import FIRST_NAMES, all_checks, find_page, load_pages, split_sections
from auditor.checks.interface import (
    HEADINGS,
    Case,
    Check,
    Clear,
    CurrentTextCheck,
    GapCheck,
    LandingCheck,
    Outcome,
    PatchCheck,
    PeriodCheck,
    PlanCheck,
    TextCase,
    TextCheck,
    Undecided,
    UseCheck,
    ValueCase,
    WaiverCheck,
)
from auditor.checks.runner import OutcomeCounts, ScopeResults, run_on_landing
from auditor.model.finding import Finding
from tests.checks.harness import findings, ran, text_of, untouched
from tests.snapshots import assert_as_written
from tests.worlds import assessed, assessment, case_assessment, registry, run, runs_of, without_items

pytestmark = pytest.mark.usefixtures("whole_catalogue")
HERE = Path(__file__).parent
CHECKS = all_checks()
# Rules about what was measured; those about the text alone have cases of their own kind.
MEASURED = [check for check in CHECKS if isinstance(check, PatchCheck | PeriodCheck | GapCheck)]
CASES = [(check, case) for check in MEASURED for case in check.cases]
by_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
by_measured = pytest.mark.parametrize("check", MEASURED, ids=lambda check: check.code)
by_case = pytest.mark.parametrize(("check", "case"), CASES, ids=[f"{check.code} {case.title}" for check, case in CASES])

# A small sample is this check's subject, whether or not anything changed.
ABOUT_SIZE = {"SD106"}


def outcome(check: PatchCheck | PeriodCheck | GapCheck, found: Assessment) -> type[Outcome]:
    """How a check ends on a world: on its one behaviour, its windows or its standings; undecided without any."""
    if isinstance(check, PatchCheck):
        ends = [check.run(facts) for patch in found.patches for facts in patch.behaviours]
    elif isinstance(check, PeriodCheck):
        ends = [check.run(window) for window in found.periods]
    else:
        ends = [check.run(facts) for facts in found.standings]
    kinds = {type(end) for end in ends}
    return next((kind for kind in (Finding, Undecided, Clear) if kind in kinds), Undecided)


def fired(found: Assessment) -> set[str]:
    checked = ran(found)
    assert checked.not_run == ()
    return {finding.code for finding in findings(checked)}


@by_case
def test_a_case_ends_as_it_says(check: PatchCheck | PeriodCheck | GapCheck, case: Case) -> None:
    assert outcome(check, case_assessment(case)) is case.expect


TEXT_CASES = [
    (check, case) for check in CHECKS if isinstance(check, TextCheck | CurrentTextCheck) for case in check.cases
]


@pytest.mark.parametrize(
    ("check", "case"), TEXT_CASES, ids=[f"{check.code} {case.title}" for check, case in TEXT_CASES]
)
def test_a_case_about_text_ends_as_it_says(check: TextCheck | CurrentTextCheck, case: TextCase) -> None:
    facts = text_of(case)
    found = check.run(facts) if isinstance(check, TextCheck) else check.run(facts.after)
    assert (Undecided if isinstance(found, Undecided) else Finding if found else Clear) is case.expect


VALUED_KINDS = (LandingCheck, WaiverCheck, PlanCheck, UseCheck)
VALUED = [(check, case) for check in CHECKS if isinstance(check, VALUED_KINDS) for case in check.cases]


@pytest.mark.parametrize(("check", "case"), VALUED, ids=[f"{check.code} {case.title}" for check, case in VALUED])
def test_a_case_of_a_landing_a_waiver_or_a_plan_ends_as_it_says(
    check: LandingCheck | WaiverCheck | PlanCheck | UseCheck, case: ValueCase
) -> None:
    assert type(check.run(case.facts)) is case.expect  # type: ignore[arg-type]


def test_a_landing_that_changes_nothing_is_clear() -> None:
    landing_checks = sum(isinstance(check, LandingCheck) for check in CHECKS)
    for facts in (LandingFacts(), LandingFacts(patched=("conduct",))):
        assert run_on_landing(facts) == ScopeResults((), OutcomeCounts(0, landing_checks, 0, 0), ())


@by_check
def test_nothing_about_text_fires_where_no_clause_changed(check: Check) -> None:
    (facts,) = assessment("80/400 -> 0/400", "82/400 -> 80/400").patches
    if isinstance(check, TextCheck):
        found = check.run(untouched(facts.patch))
        assert isinstance(found, Undecided) or not found


@by_check
def test_some_case_fires_and_some_does_not(check: Check) -> None:
    kinds = {case.expect for case in check.cases}
    assert Finding in kinds
    assert Clear in kinds


@by_measured
def test_there_is_a_case_that_fires_one_that_is_clear_and_a_near_miss(
    check: PatchCheck | PeriodCheck | GapCheck,
) -> None:
    assert {Finding, Clear} <= {case.expect for case in check.cases}
    firing = [case for case in check.cases if case.expect is Finding]
    others = [case for case in check.cases if case.expect is not Finding]
    assert any(differences(one, other) == 1 for one in firing for other in others)


def differences(one: Case, other: Case) -> int:
    """In how many things that make a world two cases differ."""
    names = [field.name for field in fields(Case) if field.name not in ("title", "expect")]
    return sum(getattr(one, name) != getattr(other, name) for name in names)


@by_check
def test_titles_of_cases_are_unique(check: Check) -> None:
    titles = [case.title for case in check.cases]
    assert len(set(titles)) == len(titles)


def test_codes_and_names_are_unique_and_well_formed() -> None:
    assert all(re.fullmatch(r"SD\d{3}", check.code) for check in CHECKS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", check.name) for check in CHECKS)
    assert len({check.code for check in CHECKS}) == len({check.name for check in CHECKS}) == len(CHECKS)


def test_codes_are_never_reused() -> None:
    path = HERE / "codes.txt"
    given = {line.split()[0]: line.split()[1:] for line in path.read_text().splitlines()}
    present = {check.code: check.name for check in CHECKS}
    every = {**{code: [name, *_first_names(name)] for code, name in present.items()}, **given}
    assert_as_written(path, "".join(f"{code} {' '.join(names)}\n" for code, names in sorted(every.items())))
    for code, name in present.items():
        assert every[code] == [name, *_first_names(name)], "this code was given to another check"
    names = [name for names in every.values() for name in names]
    assert len(names) == len(set(names)), "a name was given to two checks"


def _first_names(name: str) -> list[str]:
    return [first for first, present in FIRST_NAMES.items() if present == name]


@by_check
def test_its_page_is_there_by_code_and_by_every_name(check: Check) -> None:
    pages = [find_page(name) for name in (check.code, check.name, *_first_names(check.name))]
    assert [page and page.check for page in pages] == [check] * len(pages)


@by_check
def test_its_page_has_four_headings_and_starts_with_a_sentence(check: Check) -> None:
    page = next(page for page in load_pages() if page.check is check)
    assert tuple(page.sections) == HEADINGS
    assert all(text.endswith(".") for text in page.sections.values())
    text = sys.modules[check.run.__module__].__doc__ or ""
    first = " ".join(text.split("\n\n")[0].split())
    assert re.fullmatch(r"[A-Z][^.]*\.", first), first
    assert not set(HEADINGS) & set(first.splitlines())


@by_check
def test_its_words_have_their_form(check: Check) -> None:
    assert check.title[0].isupper()
    assert check.remedy[0].islower()
    assert not check.title.endswith(".")
    assert not check.remedy.endswith(".")


def test_a_page_is_cut_at_its_headings_only() -> None:
    text = "Intro.\n\nWhy it matters\nOne\nWhy it matters little.\n\nWhat to do\nTwo."
    assert split_sections(text) == {"Why it matters": "One Why it matters little.", "What to do": "Two."}


def test_which_checks_fire_on_which_cases_is_as_it_was() -> None:
    pairs = sorted(
        f"{code} fires on {check.code} {case.title}\n" for check, case in CASES for code in fired(case_assessment(case))
    )
    assert_as_written(HERE / "snapshot.txt", "".join(pairs))


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 2000), st.floats(0.0, 1.0), st.integers(1, 4), st.integers(1, 2))
@example(1, 1.0, 1, 2)
@example(1, 0.0, 1, 1)
@example(2000, 0.5, 4, 2)
def test_nothing_fires_when_nothing_changed(items: int, rate: float, larger: int, runs_before: int) -> None:
    bad = round(rate * items)
    test, held_out = f"{bad}/{items} -> {bad}/{items}", f"{bad * larger}/{items * larger}"
    same = assessment(test, f"{held_out} -> {held_out}", runs_before=runs_before)
    assert fired(same) <= ABOUT_SIZE


EXTREMES = {
    "one sample": ("1/1 -> 0/1", ("1/1 -> 1/1",)),
    "one sample of each, none misaligned": ("0/1 -> 0/1", ("0/1 -> 0/1",)),
    "all misaligned": ("400/400 -> 400/400", ("400/400 -> 400/400",)),
    "all to none": ("400/400 -> 0/400", ("400/400 -> 0/400",)),
    "none to all": ("0/400 -> 400/400", ("0/400 -> 400/400",)),
    "all invalid but one": ("1/1+399 -> 0/1+399", ("1/1+399 -> 1/1+399",)),
    "all invalid": ("0/0+400 -> 0/0+400", ("0/0+400 -> 0/0+400",)),
    "all turned invalid": ("80/400 -> 0/0+400", ("82/400 -> 80/400",)),
    "an empty held-out suite": ("80/400 -> 0/400", ("0/0 -> 0/0",)),
    "an empty test suite": ("0/0 -> 0/0", ("82/400 -> 80/400",)),
    "all but one item dropped": ("80/400 -> 0/1", ("82/400 -> 0/1",)),
    "no held-out": ("80/400 -> 0/400", ()),
    "no test": ("", ("82/400 -> 80/400",)),
    "one held-out sample": ("80/400 -> 0/400", ("1/1 -> 0/1",)),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_nothing_raises_on_an_extreme_world(name: str) -> None:
    test, held_out = EXTREMES[name]
    checked = ran(assessment(test, *held_out))
    assert checked.not_run == ()
    assert all(finding.message and "nan" not in finding.message for finding in findings(checked))


@pytest.mark.parametrize("effect", [1.0, 1e6])
def test_nothing_raises_on_tallies_without_items(effect: float) -> None:
    runs = [
        run(suite, revision, without_items(bad, 400, effect))
        for suite in ("test-0", "held-1")
        for revision, bad in (("r0", 80), ("r1", 0))
    ]
    assert ran(assessed(runs, registry())).not_run == ()


def test_a_test_side_that_cannot_be_compared_leaves_every_check_undecided_or_clear() -> None:
    runs = [*runs_of("test-0", "80/400 -> 0/400"), *runs_of("held-1", "82/400 -> 80/400")]
    swapped = [
        run("test-0", "r1", one.tallies, scorer="judge-2") if one.record == "test-0-r1-m1-0" else one for one in runs
    ]
    found = assessed(swapped, registry())
    ends = {check.code: outcome(check, found) for check in MEASURED if isinstance(check, PatchCheck)}
    assert {code for code, end in ends.items() if end is Finding} == {"SD111"}
    assert ends["SD101"] is ends["SD102"] is ends["SD104"] is ends["SD106"] is ends["SD107"] is Undecided
