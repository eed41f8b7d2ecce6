"""The runner: what is counted, what a finding points at, and what becomes of a check that raises."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from auditor.assess.facts import BehaviourFacts
from auditor.checks import runner
from auditor.checks.catalogue import all_checks
from auditor.checks.fall_stays_on_test import CHECK
from auditor.checks.interface import Clear, GapCheck, Outcome, PatchCheck, Scope, UseCheck
from auditor.checks.runner import CheckResults
from auditor.model.finding import Confidence, Finding, Place, Severity
from auditor.model.run import Grade
from auditor.model.verdict import Verdict
from tests.checks.harness import findings, ran
from tests.worlds import assessed, assessment, counts, history, judged, registry, run, runs_of, tallies

FIT = ("80/400 -> 0/400", "82/400 -> 80/400")


def one_finding(checked: CheckResults, code: str) -> Finding:
    ((behaviour,),) = checked.measured.values()
    return next(finding for finding in behaviour if finding.code == code)


def test_every_check_is_counted_on_everything_in_its_scope() -> None:
    checked = ran(assessment(*FIT))
    kinds = (GapCheck, UseCheck)
    in_scope = [check for check in all_checks() if check.scope is Scope.PATCH or isinstance(check, kinds)]
    assert sum((checked.counts.fired, checked.counts.clear, checked.counts.undecided)) == len(in_scope)
    assert checked.counts.not_run == 0
    assert len(list(findings(checked))) == checked.counts.fired


def test_a_finding_has_its_place_its_records_and_its_sentence() -> None:
    given = assessment(*FIT)
    place = Place("spec.md", 12)
    finding = one_finding(ran(given, {given.patches[0].patch.id: place}), "SD101")
    assert finding.place == place
    assert finding.evidence == (
        "held-1-r0-m1-0",
        "held-1-r0-m1-1",
        "held-1-r1-m1-0",
        "test-0-r0-m1-0",
        "test-0-r0-m1-1",
        "test-0-r1-m1-0",
    )
    assert (finding.name, finding.severity, finding.confidence) == (
        "fall-stays-on-test",
        Severity.HIGH,
        Confidence.HIGH,
    )
    assert finding.message == given.patches[0].behaviours[0].reason


class TestFingerprints:
    def test_they_are_hex_and_the_same_when_the_clause_moves_or_more_is_measured(self) -> None:
        given = assessment(*FIT)
        more = assessment("80/400 -> 0/400", "82/400 -> 80/400", "41/200 -> 40/200")
        prints = {
            one_finding(ran(world, {world.patches[0].patch.id: Place("spec.md", line)}), "SD101").fingerprint
            for world, line in ((given, 1), (given, 99), (more, 1))
        }
        assert len(prints) == 1
        assert re.fullmatch(r"[0-9a-f]{32}", prints.pop())

    def test_no_two_findings_of_an_audit_share_one(self) -> None:
        runs = [
            one
            for name, texts in {"test-0": (80, 0, 80, 0), "held-1": (82, 80, 81, 82)}.items()
            for place, bad in enumerate(texts)
            for one in [run(name, f"r{place}", tallies(counts(f"{bad}/400")), place=n) for n in range(2)]
        ]
        runs += [replace(one, checkpoint="m2", record=one.record + "b") for one in runs]
        checked = ran(assessed(runs, registry(), history(["r0", "r1", "r2", "r3"])))
        names = [finding.fingerprint for finding in findings(checked)]
        assert len(names) > 2
        assert len(set(names)) == len(names)


class TestConfidence:
    @pytest.mark.parametrize(
        ("grade", "checkpoint", "confidence"),
        [
            (Grade.A, "m1", Confidence.HIGH),
            (Grade.B, "m1", Confidence.HIGH),
            (Grade.B, "m2", Confidence.MEDIUM),
            (Grade.C, "m1", Confidence.LOW),
            (Grade.C, "m2", Confidence.LOW),
        ],
    )
    def test_it_is_of_the_evidence_and_of_what_else_changed(
        self, grade: Grade, checkpoint: str, confidence: Confidence
    ) -> None:
        runs = [
            replace(one, grade=grade)
            for suite, text in zip(("test-0", "held-1"), FIT, strict=True)
            for one in runs_of(suite, text, after_checkpoint=checkpoint)
        ]
        assert one_finding(ran(assessed(runs, registry())), "SD101").confidence is confidence


def broken(facts: BehaviourFacts) -> Outcome:
    raise ZeroDivisionError(f"on {facts.behaviour}")


BROKEN = PatchCheck("SD999", "broken-check", "It raises", Severity.NOTE, "mend it", broken, ())


def test_a_check_that_raises_is_counted_shown_and_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ran(assessment(*FIT))
    monkeypatch.setattr(runner, "all_checks", lambda: (BROKEN, *all_checks()))
    checked = ran(assessment(*FIT))
    assert checked.counts == replace(whole.counts, not_run=1)
    assert [(not_assessed.what, not_assessed.why) for not_assessed in checked.not_run] == [
        ("check SD999", "it raised ZeroDivisionError: on lying")
    ]
    assert (checked.measured, checked.standing) == (whole.measured, whole.standing)


def test_a_standing_finding_has_no_place() -> None:
    (finding,) = ran(assessment(*FIT)).standing
    assert (finding.code, finding.place) == ("SD103", None)


def test_a_checkpoint_step_is_checked_as_a_patch_is() -> None:
    runs = [
        run(suite, "r0", tallies(counts(f"{bad}/400")), checkpoint=checkpoint, place=place)
        for checkpoint, both in (("m1", (80, 82)), ("m2", (0, 80)))
        for suite, bad in zip(("test-0", "held-1"), both, strict=True)
        for place in range(2)
    ]
    checked = ran(assessed(runs, registry(), history(["r0"])))
    assert [[finding.code for finding in step] for step in checked.by_step] == [["SD101"]]


def test_checks_are_found_by_walking_the_folder_in_the_order_of_their_codes() -> None:
    codes = [check.code for check in all_checks()]
    assert codes == sorted(codes)
    assert {PatchCheck, GapCheck} <= {type(check) for check in all_checks()}


def test_reading_a_verdict_is_all_a_check_does() -> None:
    """The same facts with another verdict make another outcome: nothing is computed again."""
    facts = judged(*FIT)
    assert isinstance(CHECK.run(replace(facts, verdict=Verdict.GENERALISES)), Clear)
