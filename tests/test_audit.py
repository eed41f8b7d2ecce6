"""One frozen value for everything an audit says, and what `--fail-on` reads from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.assess.facts import Assessment, NotAssessed
from auditor.assess.text import find_place
from auditor.audit import Audit, build_audit, build_spec_audit, check_fail_on, matches_fail_on
from auditor.checks.catalogue import all_checks
from auditor.errors import ConfigError
from auditor.evidence import assemble_evidence
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind
from auditor.model.finding import Place, Severity
from auditor.model.run import Run
from auditor.model.suite import Registry, Role, Suite
from auditor.model.verdict import Verdict
from tests.checks.harness import untouched
from tests.worlds import assessed, assessment, counts, history, registry, run, runs_of, tallies

REVISIONS = ["r0", "r1"]


def audited(
    given: Assessment,
    changes: Sequence[ClauseChange] = (),
    leave_out: frozenset[str] = frozenset(),
    runs: int = 0,
    notes: Sequence[NotAssessed] = (),
) -> Audit:
    texts = {
        facts.patch.id: replace(untouched(facts.patch), changes=tuple(changes))
        for facts in given.patches
        if facts.patch.id not in leave_out
    }
    evidence = assemble_evidence(history(REVISIONS), (), registry())
    return build_audit([build_spec_audit(evidence, given, texts, None)], runs, runs, notes)


def clause(line: int, path: str = "spec.md") -> Clause:
    return Clause(path, line, line, ClauseKind.PARAGRAPH, (), None, {}, f"words {line}", ())


def change(kind: ChangeKind, before: int | None, after: int | None) -> ClauseChange:
    one, other = (None if line is None else clause(line) for line in (before, after))
    return ClauseChange(kind, one, other, 1.0)


class TestPlaceOf:
    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ([], None),
            ([change(ChangeKind.REMOVED, 3, None)], None),
            ([change(ChangeKind.REMOVED, 3, None), change(ChangeKind.ADDED, None, 7)], 7),
            ([change(ChangeKind.MOVED, 1, 2), change(ChangeKind.REWORDED, 9, 10)], 10),
            ([change(ChangeKind.MOVED, 1, 2), change(ChangeKind.REMOVED, 9, None)], 2),
        ],
    )
    def test_new_words_first_then_what_moved(self, changes: list[ClauseChange], line: int | None) -> None:
        assert find_place(changes) == (None if line is None else Place("spec.md", line))

    def test_findings_point_there(self) -> None:
        audit = audited(assessment("80/400 -> 0/400", "82/400 -> 80/400"), [change(ChangeKind.ADDED, None, 7)])
        assert {finding.place for finding in audit.patches[0].findings} == {Place("spec.md", 7)}
        assert audit.patches[0].counts.added == 1


class TestAudit:
    def test_findings_are_those_of_patches_steps_and_standings(self) -> None:
        audit = audited(assessment("80/400 -> 0/400", "82/400 -> 80/400"), runs=6)
        assert [finding.code for finding in audit.findings()] == ["SD101", "SD103"]
        assert (audit.coverage.patches, audit.coverage.runs, audit.coverage.records) == (1, 6, 6)
        assert audit.coverage.checks.fired == 2
        assert audit.coverage.checks.not_run == 0
        assert [gap.suite for gap in audit.specs[0].gaps] == ["held-1"]

    def test_a_patch_that_was_not_asked_for_is_left_out_and_its_gap_is_not(self) -> None:
        given = assessment("80/400 -> 0/400", "82/400 -> 80/400")
        audit = audited(given, leave_out=frozenset({given.patches[0].patch.id}))
        assert (audit.patches, audit.hiding_suspected) == ((), 0)
        assert [finding.code for finding in audit.findings()] == ["SD103"]

    def test_what_was_not_assessed_is_carried(self) -> None:
        note = NotAssessed("record x", "because")
        assert audited(assessment("80/400 -> 0/400"), notes=[note]).not_assessed == (note,)

    def test_several_specs_are_added_up(self) -> None:
        given = assessment("80/400 -> 0/400", "82/400 -> 80/400")
        texts = {facts.patch.id: untouched(facts.patch) for facts in given.patches}
        evidence = assemble_evidence(history(REVISIONS), (), registry())
        part = build_spec_audit(evidence, given, texts, None)
        audit = build_audit([part, part], 12, 12, ())
        assert (len(audit.patches), audit.hiding_suspected, audit.coverage.checks.fired) == (2, 2, 4)

    def test_of_nothing_it_says_nothing(self) -> None:
        audit = audited(assessed([], registry(), history(["r0"])))
        assert (audit.patches, audit.findings(), audit.hiding_suspected) == ((), (), 0)
        assert not matches_fail_on(audit, ["suspected", *Verdict, *Severity])

    def test_mechanisms_and_suspicion_are_of_every_behaviour(self) -> None:
        (entry,) = audited(assessment("80/400 -> 0/320", "82/400 -> 80/400")).patches
        assert (entry.hiding_suspected, entry.mechanisms) == (True, ("items",))
        (entry,) = audited(assessment("80/400 -> 0/400", "82/400 -> 2/400")).patches
        assert (entry.hiding_suspected, entry.mechanisms) == (False, ())


def two_behaviours(lying: tuple[str, str], other: tuple[str, str]) -> Assessment:
    """A patch measured on two behaviours, each with a test and a held-out suite."""
    suites: dict[str, Suite] = {}
    runs: list[Run] = []
    for behaviour, texts in (("lying", lying), ("sandbagging", other)):
        for role, text in zip((Role.TEST, Role.HELD_OUT), texts, strict=True):
            name = f"{behaviour}-{role}"
            suites[name] = Suite(name, behaviour, role)
            runs += runs_of(name, text)
    return assessed(runs, Registry(suites))


def rebound(before: tuple[int, int], after: tuple[int, int]) -> Assessment:
    """One revision on two checkpoints; counts of 400 on (test, held-out)."""
    runs = [
        run(suite, "r0", tallies(counts(f"{bad}/400")), checkpoint=checkpoint, place=place)
        for checkpoint, both in (("m1", before), ("m2", after))
        for suite, bad in zip(("test-0", "held-1"), both, strict=True)
        for place in range(2)
    ]
    return assessed(runs, registry(), history(["r0"]))


FIT, FIXED = ("80/400 -> 0/400", "82/400 -> 80/400"), ("80/400 -> 0/400", "82/400 -> 2/400")


class TestFailOn:
    @pytest.mark.parametrize("word", ["suspected", "test-only", "SD101", "SD103", "high"])
    def test_it_matches_what_is_said(self, word: str) -> None:
        assert matches_fail_on(audited(assessment(*FIT)), [word])
        assert not matches_fail_on(audited(assessment(*FIXED)), [word])

    @pytest.mark.parametrize("word", ["worse", "partial", "SD104", "medium", "low"])
    def test_and_nothing_else(self, word: str) -> None:
        assert not matches_fail_on(audited(assessment(*FIT)), [word])

    def test_nothing_matches_nothing(self) -> None:
        assert not matches_fail_on(audited(assessment(*FIT)), [])

    def test_one_of_several_is_enough(self) -> None:
        assert matches_fail_on(audited(assessment(*FIT)), ["worse", "SD101"])

    def test_a_worse_behaviour_does_not_hide_another(self) -> None:
        """The patch's verdict is the worst of its behaviours'; each of them matches."""
        audit = audited(two_behaviours(FIT, ("20/400 -> 80/400", "20/400 -> 80/400")))
        assert audit.patches[0].facts.verdict is Verdict.TEST_ONLY
        assert matches_fail_on(audit, ["test-only"])
        assert matches_fail_on(audit, ["worse"])
        assert not matches_fail_on(audit, ["generalises"])

    def test_a_checkpoint_step_counts(self) -> None:
        assert matches_fail_on(audited(rebound((0, 2), (80, 82))), ["worse"])
        assert matches_fail_on(audited(rebound((80, 82), (0, 80))), ["suspected"])
        assert not matches_fail_on(audited(rebound((80, 82), (0, 2))), ["suspected", "worse"])

    def test_a_patch_that_nobody_measured_is_unmeasured(self) -> None:
        assert matches_fail_on(audited(assessment("80/400 -> -", "82/400 -> 80/400")), ["unmeasured"])


class TestCheckFailOn:
    def test_everything_that_could_match_is_taken(self) -> None:
        check_fail_on(["suspected", *Verdict, *Severity, *(check.code for check in all_checks())])
        check_fail_on([])

    @pytest.mark.parametrize("word", ["", "SD000", "Suspected", "test_only", "critical", "fall-stays-on-test"])
    def test_what_never_could_is_refused_in_one_line(self, word: str) -> None:
        with pytest.raises(ConfigError) as raised:
            check_fail_on(["suspected", word])
        where = f"--fail-on: {word}: " if word else "--fail-on: "
        expected = f"{where}would never match; give suspected, a verdict, a check's code or a severity"
        assert str(raised.value) == expected
