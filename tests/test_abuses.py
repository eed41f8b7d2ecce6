"""The abuses, each planted as a tiny history, with the verdict, finding or refusal it deserves.

What the gate, a server, the audit and a report say of each, and their page, is `test_abuse_answers`. Each test
is called by its abuse's number. What needs a part that is not built is in `NOT_COVERED`, and counts as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.app.gate import record_disclosure
from auditor.app.project import open_project, read_history
from auditor.assess.facts import Assessment, MissingEvidence
from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import SAMPLE_WAIVER, Case, TextCase, TextCheck
from auditor.checks.runner import run_on_waivers
from auditor.cli.main import run as auditor
from auditor.errors import ConfigError, LogError
from auditor.model import canonical
from auditor.model.finding import Finding
from auditor.model.spec import patches_of
from auditor.model.suite import MisalignedEnd, Role, ScoreRule, ScoreUnit, Suite
from auditor.model.verdict import Cause
from auditor.model.verdict import Verdict as V
from auditor.readers.interface import ReadOptions, reader_for
from auditor.store.tally import judge_samples
from tests.checks.harness import findings, ran, text_of
from tests.landings import FIRST, SECOND, SETTINGS, SUITES, THIRD, Evaluated, content, evaluated, rules
from tests.repos import GitRepo
from tests.store.builders import a_raw_run, logged
from tests.worlds import (
    assessed,
    assessment,
    case_assessment,
    counts,
    history,
    judged,
    only,
    registry,
    repeated,
    run,
    runs_of,
    scattered,
)

Capture = pytest.CaptureFixture[str]

FELL, NOT_MOVED = "80/400 -> 0/400", "82/400 -> 80/400"
NOT_COVERED: dict[int, str] = {}


# The abuse, and what it deserves: a verdict, a finding or a refusal. Who plants it is read from the tests' names.
ABUSES = {
    1: ("failing items dropped", "`artefact`, hiding suspected by `items`; SD108"),
    2: ("errored samples excluded", "`artefact`, hiding suspected by `invalid`; SD110"),
    3: (
        "refusals counted as aligned",
        "`inconclusive`: refusals, and SD110 without a score; SD124 with one; in a table refused",
    ),
    4: ("scorer or judge changed", "`unmeasured`: not comparable; SD111"),
    5: ("sampling changed", "`unmeasured`: not comparable; SD112"),
    6: ("best of k reported", "all runs together, `selection` in the account; SD114"),
    7: ("run deleted", "the gate blocks (SD303); past it, the audit names the landing"),
    8: (
        "run edited or relabelled",
        "the gate blocks (SD304); past it, the audit names the landing; a record's name is its content",
    ),
    9: ("held-out item moved into test", "SD121"),
    10: ("held-out consulted too often", "looks of decisions and of people are counted against `looks_allowed`; SD133"),
    11: ("salami", "`test-only` over the period of all steps; SD131; the open gap stays open; SD103"),
    12: ("bundled with a model upgrade", "cause `unresolved`; SD107"),
    13: ("squash or rewritten history", "a revision is its content: the same verdict; runs of a dropped one are named"),
    14: ("tiny held-out set", "`inconclusive`, with the samples that would settle it; SD105"),
    15: ("score renamed", "refused: suite.score.name"),
    16: ("polarity inverted", "judged by what held-out does: `test-only`; SD101"),
    17: ("percent for fraction", "refused: out of range, or fractions and no percentages"),
    18: ("duplicate ids or epochs counted as items", "duplicates refused; items are the unit: `inconclusive`"),
    19: ("naive or forged clock", "naive times refused; order comes from parents, not from dates"),
    20: ("`--limit` subset or early stop", "SD113; incomplete runs support no verdict"),
    21: ("easy items added", "`artefact` by `items`; SD109"),
    22: (
        "policy relaxed in the same patch",
        "policy is the base's: blocked all the same; alone, a finding (SD301), in the audit too",
    ),
    23: ("waiver self-approved, blanket, expired or backdated", "the waiver does not count, and is a finding"),
    24: ("one log submitted twice", "the same file is no news; a copy saved again is SD115"),
    25: ("fabricated log", "unattested, never clean"),
    26: ("test items written into the spec", "`test-only` by its effect; SD210 by its words"),
    27: ("held-out never run", "`unmeasured`, SD104; the gate asks for it: exit 3"),
    28: ("reporting period chosen", "the report says what lies outside of its period"),
    29: (
        "text that changes with no patch to be seen: a merge with another parent's tree, a rewritten history, a rewind",
        "base's text against head's, whatever lies between; in the audit every landing against its first parent",
    ),
    30: (
        "configuration bent in one landing: paths pointed elsewhere, a spec left unconfigured, a store pruned",
        "the text under head's paths is what lands; SD306 blocks; SD303 counts by content, wherever the store is",
    ),
    31: ("plans, looks, item manifests or seals deleted or edited", "SD303 and SD304 cover all that is only added to"),
    32: ("a dated folder edited in place", "the gate blocks (SD307); past it, the audit names the landing"),
    33: (
        "a report or a seal on chosen records: some moved aside, or not checked out",
        "both refuse where the work tree lacks what HEAD has; verify holds the batch against the report's commit",
    ),
    34: (
        "records alone lift an accusation: suites that only tables declare, runs without items, more runs",
        "what the base does not register never counts beside it; what cannot be combined, or failed, is left out and "
        "named; every common checkpoint is judged and the worst counts; the gate blocks what lifts an accusation "
        "(SD308), and past it the audit names the landing, and the report's answer counts it",
    ),
    35: (
        "decoy held-out: the suite that was measured before is left out after",
        "nothing is cleared without it, also where it is registered no longer or otherwise: exit 3 names it",
    ),
    36: (
        "land first, score later",
        "the records are let in, and the accusation blocks the next landing on that spec that does not take it back",
    ),
    37: (
        "swamped suites: easy items on both sides, or one run of many epochs at zero beside the honest one",
        "`test-only` on the items that came first, others are another version, named; each run weighs the same",
    ),
    38: (
        "rows of a report moved, repeated or dropped, so that numbers after them are not compared",
        "verify aligns them by what they are about, tells what became of each, and counts what was compared only",
    ),
    39: (
        "a report whose answer leaves out what matters: ten small steps, a commit on no branch, a witness of one's own",
        "the answer says it: what patches are together, that no branch has the commit, whose word the witness is",
    ),
}


def found(given: Assessment) -> set[str]:
    """The codes of everything found, with every check run."""
    checked = ran(given)
    assert checked.not_run == ()
    return {finding.code for finding in findings(checked)}


def case(test: str, held_out: str = NOT_MOVED, **changes: Any) -> Assessment:  # noqa: ANN401 - as a Case takes them
    return case_assessment(Case("planted", test, Finding, (held_out,), **changes))


def test_every_abuse_is_planted_or_named_as_not_covered() -> None:
    planted = {int(match[1]) for name in globals() if (match := re.match(r"test_(\d\d)_", name))}
    assert planted.isdisjoint(NOT_COVERED)
    assert planted | set(NOT_COVERED) == set(ABUSES) == set(range(1, len(ABUSES) + 1))


def test_01_failing_items_dropped() -> None:
    given = case("80/400 -> 0/320")
    facts = only(given)
    assert (facts.verdict, facts.hiding_suspected, facts.mechanisms) == (V.ARTEFACT, True, ("items",))
    assert "SD108" in found(given)


def test_01_failing_held_out_items_dropped_make_no_transfer() -> None:
    given = case(FELL, "80/400 -> 0/320")
    assert only(given).verdict is not V.GENERALISES
    assert "SD108" in found(given)


def test_02_errored_samples_excluded() -> None:
    given = case("80/400 -> 0/320+80")
    facts = only(given)
    assert (facts.verdict, facts.hiding_suspected, facts.mechanisms) == (V.ARTEFACT, True, ("invalid",))
    assert "SD110" in found(given)


def test_03_refusals_counted_as_aligned(tmp_path: Path) -> None:
    """A refusal has no score: with one it is refused, and without one it is invalid, so that no fall is left."""
    made = evaluated(tmp_path)
    head = "spec_revision,suite,model,item,misaligned,invalid_reason"
    rows = [f"{content(FIRST)},visible,m1,i{item:04d},0,refusal" for item in range(80)]
    with pytest.raises(AssertionError, match="invalid_reason: is given for a sample that has a score"):
        made.table("\n".join([head, *rows]) + "\n")
    rows = [
        f"v1,visible,m1,i{item:05d},{0 if item >= 80 else ''},{'refusal' if item < 80 else ''}" for item in range(400)
    ]
    table = tmp_path / "after.csv"
    table.write_text("\n".join([head, *rows]) + "\n")
    after = judge_samples(reader_for(table).read(table, ReadOptions())[0], None)[0]
    runs = [*runs_of("test-0", "80/400 -> -"), *runs_of("held-1", NOT_MOVED), run("test-0", "r1", after)]
    given = assessed(runs, registry())
    assert (only(given).verdict, only(given).hiding_suspected) == (V.INCONCLUSIVE, False)
    assert "SD110" in found(given)


def test_03_refusals_that_the_log_scores_as_aligned() -> None:
    """They keep their score, are counted where the log says what they are, and are named as what made the fall."""
    assert "SD124" in found(case("80/400 -> 0/400~80"))
    assert "SD124" in found(case("80/400 -> 0/400~80", "82/400 -> 2/400~80"))
    assert "SD124" not in found(case("80/400~60 -> 0/400~60"))


def test_04_scorer_or_judge_changed() -> None:
    given = case(FELL, scorer="judge-2")
    assert only(given).verdict is V.UNMEASURED
    assert "scorer changed from judge-1 to judge-2" in only(given).reason
    assert "SD111" in found(given)


def test_05_sampling_changed() -> None:
    given = case(FELL, sampling='{"temperature":0}')
    assert only(given).verdict is V.UNMEASURED
    assert "SD112" in found(given)


def test_06_best_of_k_reported() -> None:
    """One of four runs shows a fall: all are averaged, the part that picking has is named, and the gap is a finding."""
    given = case("80/400 -> 20/400", more=("80/400", "79/400", "82/400"))
    facts = only(given)
    assert not facts.hiding_suspected
    assert facts.verdict not in (V.GENERALISES, V.TEST_ONLY)
    assert facts.attribution is not None
    assert facts.attribution.selection == pytest.approx(0.11, abs=0.005)
    assert "SD114" in found(given)


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    return evaluated(tmp_path)


def records(made: Evaluated) -> list[Path]:
    return sorted((made.repo.path / "eval_history/records").rglob("*.json"))


def test_07_run_deleted(made: Evaluated, capsys: Capture) -> None:
    gone = records(made)[0]
    made.patch(visible="0/400", unseen="0/400")
    made.repo.commit({str(gone.relative_to(made.repo.path)): None})
    document = made.decide(capsys)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD303"])


def test_08_run_edited(made: Evaluated, capsys: Capture) -> None:
    edited = records(made)[0]
    made.patch(visible="0/400", unseen="0/400")
    made.repo.commit({str(edited.relative_to(made.repo.path)): edited.read_text().replace("m1", "m2")})
    document = made.decide(capsys)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD304"])


def test_08_run_relabelled(made: Evaluated, capsys: Capture) -> None:
    """The runs before, declared again as runs of the new text: their name is their content, so they are other runs."""
    made.patch()
    for file in records(made):
        text = file.read_text().replace(content(FIRST), content(SECOND))
        (file.parent / file.name).with_stem("0" * 64).write_text(text)
    code = auditor(["audit", "--repo", str(made.repo.path)])
    said = capsys.readouterr()
    assert code == 2
    assert "eval_history/records" in said.err


def test_09_held_out_item_moved_into_test() -> None:
    assert "SD121" in found(case(FELL, moved=20))
    assert "SD121" not in found(case(FELL))


def test_10_held_out_consulted_too_often(made: Evaluated, capsys: Capture) -> None:
    """Three looks are allowed: two patches decided by it, and one look of an author at its rates."""
    made.repo.write({"eval_history/suites.toml": f"{SUITES}looks_allowed = 3\n"})
    made.patch(visible="20/400", unseen="78/400")
    made.patch(THIRD, visible="0/400", unseen="78/400")
    before = audited(made, capsys)
    with open_project(made.repo.path) as project:
        patches = patches_of(read_history(project, project.specs[0]))
    assert len(record_disclosure(made.repo.path, patches[-1:], datetime(2026, 3, 1, tzinfo=UTC))) == 1
    after = audited(made, capsys)
    counted = [
        [(use["suite"], use["uses"], use["overused"]) for use in document["held_out_uses"]]
        for document in (before, after)
    ]
    assert counted == [[("unseen", 2, False)], [("unseen", 3, True)]]
    assert [finding["check"] for finding in after["held_out_uses"][0]["findings"]] == ["SD133"]
    assert auditor(["audit", "--repo", str(made.repo.path), "--fail-on", "SD133"]) == 1
    assert "unseen  3 of 3 uses  overused: its uses are spent" in capsys.readouterr().out


def test_11_salami() -> None:
    """Ten small patches, of which none is large enough to accuse: together they are, and the gap at the end stays."""
    revisions = [f"r{place}" for place in range(11)]
    runs = [
        run(suite, revision, scattered(counts(f"{bad}/400"), place), place=n)
        for place, revision in enumerate(revisions)
        for suite, bad in (("test-0", 60 - 5 * place), ("held-1", 60))
        for n in range(2)
    ]
    given = assessed(runs, registry(), history(revisions))
    assert [gap.open for gap in given.standings] == [True]
    assert [window.facts.verdict for window in given.periods] == [V.TEST_ONLY]
    assert found(given) == {"SD103", "SD131"}


def test_12_bundled_with_a_model_upgrade() -> None:
    given = case(FELL, "82/400 -> 2/400", after_checkpoint="m2")
    facts = only(given)
    assert (facts.verdict, facts.cause) == (V.GENERALISES, Cause.UNRESOLVED)
    assert facts.also_changed == ("checkpoint m1 to m2",)
    assert "SD107" in found(given)


def test_13_squashed_or_rewritten_history() -> None:
    """A revision is its content: squashing leaves its runs where they were, and dropping it leaves them named."""
    runs = [*runs_of("test-0", FELL, after="r2"), *runs_of("held-1", NOT_MOVED, after="r2")]
    squashed = assessed(runs, registry(), history(["r0", "r2"]))
    whole = assessed(runs, registry(), history(["r0", "r1", "r2"]))
    assert only(squashed).verdict is whole.patches[0].verdict is whole.patches[1].verdict is V.TEST_ONLY
    rewritten = assessed(runs, registry(), history(["r0", "r9"]))
    assert (
        len(
            [
                not_assessed
                for not_assessed in rewritten.not_assessed
                if not_assessed.why == "its revision is not in this history"
            ]
        )
        == 2
    )


def test_14_tiny_held_out_set() -> None:
    given = case(FELL, "2/10 -> 2/10")
    assert (only(given).verdict, only(given).missing) == (V.INCONCLUSIVE, MissingEvidence.HELD_OUT)
    assert "SD105" in found(given)


RULE = ScoreRule("misaligned", None, MisalignedEnd.HIGH, ScoreUnit.FRACTION, 0.5)
SUITE = Suite("suite", "lying", Role.TEST, score=RULE)


def test_15_score_renamed() -> None:
    raw = a_raw_run((logged("a", 1.0, scorer="honest"), logged("b", 0.0, scorer="honest")))
    with pytest.raises(ConfigError, match=r"suite.score.name"):
        judge_samples(raw, SUITE)[0]


def test_16_polarity_inverted() -> None:
    """On the way in nothing can tell; the number moves on the test and not on held-out, and that is what is judged."""
    samples = tuple(logged(f"i{place:03d}", 1.0 if place < 340 else 0.0, scorer="misaligned") for place in range(400))
    inverted = replace(SUITE, score=replace(RULE, direction=MisalignedEnd.LOW, threshold=0.5))
    sides = [judge_samples(a_raw_run(samples), suite)[0] for suite in (SUITE, inverted)]
    assert [sum(side.misaligned) for side in sides] == [340, 60]
    runs = [run("test-0", "r0", sides[0], place=place) for place in range(2)] + [run("test-0", "r1", sides[1])]
    given = assessed([*runs, *runs_of("held-1", "340/400 -> 338/400")], registry())
    assert only(given).verdict is V.TEST_ONLY
    assert "SD101" in found(given)


def test_17_percent_for_fraction() -> None:
    percent = a_raw_run((logged("a", 80.0, scorer="misaligned"),))
    with pytest.raises(LogError, match="out of range for the unit 'fraction'"):
        judge_samples(percent, SUITE)[0]
    fractions = a_raw_run((logged("a", 0.8, scorer="misaligned"), logged("b", 0.2, scorer="misaligned")))
    with pytest.raises(LogError, match="these are fractions and no percentages"):
        judge_samples(fractions, replace(SUITE, score=replace(RULE, unit=ScoreUnit.PERCENT, threshold=50.0)))[0]


def test_18_duplicate_ids() -> None:
    twice = logged("a", 1.0)
    with pytest.raises(LogError, match="occurs 2 times in one run"):
        judge_samples(a_raw_run((twice, twice)), SUITE)[0]


def test_18_epochs_counted_as_items() -> None:
    """Ten items forty times are ten items: what four hundred would settle stays open."""
    sides = {"test-0": (2, 0), "held-1": (2, 2)}
    few = [run(suite, f"r{n}", repeated(bad, 10, 40)) for suite, both in sides.items() for n, bad in enumerate(both)]
    assert only(assessed(few, registry())).verdict is V.INCONCLUSIVE
    assert judged(FELL, NOT_MOVED).verdict is V.TEST_ONLY


def test_19_naive_clock(tmp_path: Path) -> None:
    made = evaluated(tmp_path)
    row = f"{content(FIRST)},visible,m1,a,0,2026-01-05T12:00:00"
    with pytest.raises(AssertionError, match="created: '2026-01-05T12:00:00' has no offset from UTC"):
        made.table(f"spec_revision,suite,model,item,misaligned,created\n{row}\n")


def test_19_forged_clock() -> None:
    """Order comes from the history's parents: dates that run backwards change no verdict."""
    forward = history(["r0", "r1", "r2"])
    forged = tuple(
        replace(spec_commit, date=datetime(2030 - place, 1, 1, tzinfo=UTC))
        for place, spec_commit in enumerate(forward.spec_commits)
    )
    runs = [*runs_of("test-0", FELL), *runs_of("held-1", NOT_MOVED)]
    verdicts = [
        [patch.verdict for patch in assessed(runs, registry(), known).patches]
        for known in (forward, replace(forward, spec_commits=forged))
    ]
    assert verdicts == [[V.TEST_ONLY, V.UNMEASURED]] * 2


def test_20_limit_subset() -> None:
    assert "SD113" in found(case(FELL, planned=500))


def test_20_early_stop() -> None:
    runs = [*runs_of("test-0", FELL), *runs_of("held-1", NOT_MOVED)]
    stopped = [replace(one, incomplete="cancelled", planned=900) if one.revision == "r1" else one for one in runs]
    given = assessed(stopped, registry())
    assert (given.patches[0].verdict, given.patches[0].behaviours) == (V.UNMEASURED, ())
    assert [not_assessed.why for not_assessed in given.not_assessed] == ["incomplete: cancelled"] * 2


def test_21_easy_items_added() -> None:
    given = case("80/400 -> 80/4000")
    facts = only(given)
    assert (facts.verdict, facts.mechanisms) == (V.ARTEFACT, ("items",))
    assert "SD109" in found(given)


def test_22_policy_relaxed_in_the_same_patch(made: Evaluated, capsys: Capture) -> None:
    made.repo.write({"auditor.toml": f'{SETTINGS}[policy]\nblock_on = []\nrequire_held_out = "never"\n'})
    made.patch(visible="0/400", unseen="78/400")
    document = made.decide(capsys)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD301", "test-only"])


def test_22_policy_relaxed_in_a_landing_of_its_own(made: Evaluated, capsys: Capture) -> None:
    """Somebody may decide so: it is said, and holds back nothing that no policy asks it to."""
    made.repo.commit({"auditor.toml": f"{SETTINGS}[policy]\nblock_on = []\n"})
    document = made.decide(capsys)
    assert (document["exit_code"], rules(document["warnings"])) == (0, ["SD301"])


def test_23_waiver_self_approved_blanket_expired_or_backdated() -> None:
    """Each form end to end in tests/cli/test_waivers.py; here, that each is a finding and none of them waives."""
    good = WaiverFacts(SAMPLE_WAIVER, date(2026, 3, 20), WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))
    planted = {
        "SD401": replace(good, day=date(2026, 4, 1)),
        "SD404": replace(good, waiver=replace(SAMPLE_WAIVER, fingerprint=None)),
        "SD405": replace(good, waiver=replace(SAMPLE_WAIVER, granted=date(2026, 1, 1))),
        "SD406": replace(good, patch_authors=(("Bea", "bea@example.org"),), two_person=True),
    }
    assert (run_on_waivers([good]).findings, good.rejection) == ((), "")
    for code, facts in planted.items():
        assert [finding.code for finding in run_on_waivers([facts]).findings] == [code]
        assert facts.rejection


def test_24_one_log_submitted_twice(tmp_path: Path, capsys: Capture) -> None:
    """The same file again is no news; a copy saved again is a second run by its name, and a finding by its content."""
    made = evaluated(tmp_path)
    made.patch(unseen="78/400")
    head = "spec_revision,suite,model,item,misaligned,created"
    rows = [f"{content(SECOND)},visible,m1,i{item:04d},{int(item < 9)},2026-01-05T12:00:00Z" for item in range(400)]
    text = "\n".join([head, *rows]) + "\n"
    for copy in (text, text, text + "\n"):
        made.table(copy)
    document = audited(made, capsys)
    assert document["coverage"]["records"] == 4 + 1 + 2
    assert "SD115" in {finding["check"] for patch in document["patches"] for finding in patch["findings"]}


def audited(made: Evaluated, capsys: Capture) -> Mapping[str, Any]:
    made.repo.commit(message="results")
    auditor(["audit", "--repo", str(made.repo.path), "--format", "json"])
    document: Mapping[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_25_a_fabricated_log_is_never_called_attested(made: Evaluated, capsys: Capture) -> None:
    """Rows that somebody wrote by hand make the patch look whole: its evidence is grade B, and the page unwitnessed."""
    made.patch(SECOND, visible="0/400", unseen="0/400")
    made.repo.checkout("main")
    made.repo.git("merge", "-q", "--ff-only", "branch")
    assert auditor(["audit", "--repo", str(made.repo.path), "--format", "json"]) == 0
    (patch,) = json.loads(capsys.readouterr().out)["patches"]
    assert [(one["verdict"], one["grade"]) for one in patch["behaviours"]] == [("generalises", "B")]
    days = ("--since", "2025-01-01", "--until", "2027-01-01")
    assert auditor(["report", "--repo", str(made.repo.path), *days, "--format", "markdown"]) == 0
    text = capsys.readouterr().out
    assert "UNWITNESSED" in text and "does not show that the logs are genuine" in text
    assert "attested" not in text.replace("unattested", "")


def test_28_a_period_that_leaves_the_patch_out_names_it(made: Evaluated, capsys: Capture) -> None:
    """Reports on the time before and after a fitted patch: it is carried over, or said to come later; its gap stays."""
    made.patch(SECOND, visible="0/400", unseen="79/400")
    made.repo.checkout("main")
    made.repo.git("merge", "-q", "--ff-only", "branch")
    for days in (
        ("--since", "2024-01-01", "--until", "2024-12-31"),
        ("--since", "2027-01-01", "--until", "2027-12-31"),
    ):
        assert auditor(["report", "--repo", str(made.repo.path), *days, "--format", "markdown"]) == 0
        text = capsys.readouterr().out
        assert "was not patched" in text
        assert re.search(r"## Flagged outside the period\n\n[^\n]+\n\n- 2026-\S+ \*\*test-only\*\*", text)
        assert "1 gap is open (held-out clearly above test)" in text


def test_26_test_items_written_into_the_spec() -> None:
    """By its effect, a fall that stays on the test; by its words, a test item in the patch."""
    assert judged(FELL, NOT_MOVED).verdict is V.TEST_ONLY
    item = "The harbour office asks whether my van was inspected, and its brakes squeal on the way to the ferry."
    patched = TextCase(
        "planted",
        "Be kind.",
        "Be kind.\n\nWhen the brakes of a van squeal on the way to the ferry, tell the harbour office.",
        Finding,
        test_items={"a": item},
    )
    check = next(one for one in all_checks() if one.code == "SD210")
    assert isinstance(check, TextCheck)
    assert check.run(text_of(patched))


def test_27_held_out_never_run(made: Evaluated, capsys: Capture) -> None:
    given = assessment(FELL)
    assert only(given).verdict is V.UNMEASURED
    assert "SD104" in found(given)
    made.patch(visible="0/400")
    assert made.decide(capsys)["exit_code"] == 3


# Landings bent against the gate: what git's shapes hide, and what one landing does to the rules that judge the next.


def commit_tree(made: Evaluated, tree: str, *parents: str) -> str:
    """A commit of another commit's whole content, on any parents or none."""
    options = [word for parent in parents for word in ("-p", parent)]
    date = "2026-02-01T12:00:00+00:00"
    return made.repo.git("commit-tree", f"{tree}^{{tree}}", *options, "-m", "bent", date=date)


def push(made: Evaluated, capsys: Capture, new: str, old: str = "", ref: str = "refs/heads/main") -> Mapping[str, Any]:
    """What a server's hook says of a push to `main`: the decision, or only its exit code where it says none."""
    start = old or made.repo.git("rev-parse", "main")
    where = ("--repo", str(made.repo.path), "--format", "json", "--branch", "main", "--branch", "release")
    code = auditor(["gate", "--hook", "update", *where, "--", ref, start, new])
    out = capsys.readouterr().out
    document: Mapping[str, Any] = json.loads(out) if out else {"blocked": [], "warnings": [], "notices": []}
    return {**document, "exit_code": code}


def landed(made: Evaluated, capsys: Capture, tip: str) -> Mapping[str, Any]:
    """What the audit says of `main` once it is at a commit."""
    made.repo.git("checkout", "-q", "--force", "-B", "main", tip)
    auditor(["audit", "--repo", str(made.repo.path), "--format", "json"])
    document: Mapping[str, Any] = json.loads(capsys.readouterr().out)
    return document


def fitted(made: Evaluated) -> str:
    """A commit whose text is fitted to the test, with the runs that show it; not on `main`."""
    return made.patch(visible="0/400", unseen="78/400")


def reverted(made: Evaluated) -> tuple[str, str]:
    """A rule that works, landed on `main`, and a commit without it that has the same records."""
    old = made.repo.git("rev-parse", "main")
    made.patch(visible="0/400", unseen="0/400")
    made.repo.git("checkout", "-q", "-B", "main")
    without = made.repo.commit({"spec.md": FIRST})
    made.repo.git("reset", "-q", "--hard", "HEAD~1")
    return old, without


def test_29_a_merge_with_the_tree_of_another_parent(made: Evaluated, capsys: Capture) -> None:
    """Text written on a commit without any history, which the merge takes whole."""
    bad = fitted(made)
    merge = commit_tree(made, bad, made.repo.git("rev-parse", "main"), commit_tree(made, bad))
    assert rules(push(made, capsys, merge)["blocked"]) == ["test-only"]
    document = landed(made, capsys, merge)
    assert [patch["verdict"] for patch in document["patches"]] == ["test-only"]


def test_29_a_merge_that_takes_a_rule_back(made: Evaluated, capsys: Capture) -> None:
    old, without = reverted(made)
    merge = commit_tree(made, without, made.repo.git("rev-parse", "main"), old)
    assert rules(push(made, capsys, merge)["blocked"]) == ["worse"]
    assert [patch["verdict"] for patch in landed(made, capsys, merge)["patches"]] == ["generalises", "worse"]


def test_29_a_history_rewritten_from_its_first_commit(made: Evaluated, capsys: Capture) -> None:
    """A force-push to a root of its own: base's text is held against head's, whatever lies between."""
    new = commit_tree(made, fitted(made))
    assert "test-only" in rules(push(made, capsys, new)["blocked"])
    again = commit_tree(made, new, new)
    assert "test-only" in rules(push(made, capsys, again)["blocked"])
    code, out, err = made.gate(capsys, head=new)
    assert code == 1 and "test-only" in out, err


def test_29_a_rewind_takes_the_rule_and_its_records_back(made: Evaluated, capsys: Capture) -> None:
    old, _ = reverted(made)
    blocked = rules(push(made, capsys, old)["blocked"])
    assert "SD303" in blocked and len(blocked) == 2


def test_29_a_branch_that_leaves_the_text_alone_lands_beside_one_that_changed_it(
    made: Evaluated, capsys: Capture
) -> None:
    """Benign: a merge of both keeps what base says."""
    reverted(made)
    other = made.repo.git("rev-parse", "branch~2")
    made.repo.git("checkout", "-q", "-b", "docs", other)
    made.repo.commit({"README.md": "more"})
    assert made.decide(capsys, head="docs")["exit_code"] == 0


def test_30_paths_are_pointed_at_another_file(made: Evaluated, capsys: Capture) -> None:
    """The old text stays where it was; what is judged is what head's paths say."""
    fitted(made)
    made.repo.write({"other.md": SECOND, "spec.md": FIRST})
    made.repo.commit({"auditor.toml": SETTINGS.replace("spec.md", "other.md")})
    made.repo.git("reset", "-q", "--soft", "main")
    new = made.repo.commit(message="moved")
    assert set(rules(push(made, capsys, new)["blocked"])) == {"test-only", "SD301"}
    (landing,) = landed(made, capsys, new)["landings"]
    assert [(one["check"], one["severity"]) for one in landing["findings"]] == [("SD301", "high")]


@pytest.mark.usefixtures("whole_catalogue")
@pytest.mark.parametrize("settings", [None, SETTINGS.replace("conduct", "conduct-2"), "[policy]\n"])
def test_30_a_spec_is_left_unconfigured(made: Evaluated, capsys: Capture, settings: str | None) -> None:
    new = made.repo.commit({"auditor.toml": settings})
    assert rules(push(made, capsys, new)["blocked"]) == ["SD306"]
    if settings != "[policy]\n":
        (landing,) = landed(made, capsys, new)["landings"]
        assert "SD306" in {one["check"] for one in landing["findings"]}
    else:
        made.repo.git("checkout", "-q", "--force", "-B", "main", new)
        auditor(["audit", "--repo", str(made.repo.path)])
        assert "SD306" in capsys.readouterr().out


def test_30_a_spec_is_read_from_dated_folders(made: Evaluated, capsys: Capture) -> None:
    """With the patch that its commits would show."""
    fitted(made)
    made.repo.write({"auditor.toml": SETTINGS.replace('"spec.md"]', '"*/spec.md"]\nsource = "folder"')})
    made.repo.commit({"2026-01-01/spec.md": SECOND})
    made.repo.git("reset", "-q", "--soft", "main")
    new = made.repo.commit(message="another source")
    document = push(made, capsys, new)
    assert "SD301" in rules(document["blocked"]) and "test-only" in rules(document["blocked"])
    assert any("no longer from commits" in entry["message"] for entry in document["blocked"])


def test_30_a_store_is_moved_to_a_pruned_copy(made: Evaluated, capsys: Capture) -> None:
    gone, *paths = records(made)
    store = made.repo.path / "eval_history"
    files = {
        str(path.relative_to(store)): path.read_text() for path in store.rglob("*") if path.is_file() and path != gone
    }
    made.repo.write({f"history/{path}": text for path, text in files.items()})
    new = made.repo.commit({"auditor.toml": f'{SETTINGS}[store]\npath = "history"\n'})
    assert paths and rules(push(made, capsys, new)["blocked"]) == ["SD303"]
    (landing,) = landed(made, capsys, new)["landings"]
    assert "SD303" in {one["check"] for one in landing["findings"]}


@pytest.mark.parametrize(("folder", "edited"), [("items", False), ("items", True), ("checkpoints", False)])
def test_31_what_is_only_added_to(made: Evaluated, capsys: Capture, folder: str, edited: bool) -> None:
    made.repo.checkout("main")
    assert auditor(["verify", "--seal", "--repo", str(made.repo.path)]) == 0
    made.repo.commit(message="sealed")
    (first, *_) = sorted((made.repo.path / "eval_history" / folder).rglob("*.json"))
    path = str(first.relative_to(made.repo.path))
    new = made.repo.commit({path: first.read_text().replace("i0001", "j0001") if edited else None})
    capsys.readouterr()
    code = "SD304" if edited else "SD303"
    assert rules(push(made, capsys, new, made.repo.git("rev-parse", "main~1"))["blocked"]) == [code]


DATED = """[[spec]]
name = "conduct"
paths = ["specs/*/spec.md"]
source = "folder"
"""


@pytest.mark.usefixtures("whole_catalogue")
def test_32_a_dated_folder_edited_in_place(tmp_path: Path, capsys: Capture) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"auditor.toml": DATED, "eval_history/suites.toml": SUITES, "specs/2026-01-01/spec.md": FIRST})
    made = Evaluated(repo, tmp_path)
    repo.branch("branch")
    new = repo.commit({"specs/2026-01-01/spec.md": SECOND})
    assert rules(push(made, capsys, new)["blocked"]) == ["SD307"]
    (landing,) = landed(made, capsys, new)["landings"]
    assert [one["check"] for one in landing["findings"]] == ["SD307"]
    repo.git("reset", "-q", "--hard", "HEAD~1")
    added = repo.commit({"specs/2026-02-01/spec.md": SECOND})
    assert push(made, capsys, added, repo.git("rev-parse", "HEAD~1"))["exit_code"] == 0


def test_33_a_report_on_chosen_records(made: Evaluated, capsys: Capture) -> None:
    """The record that accuses is moved aside, the rest reported and sealed, and the record put back."""
    fitted(made)
    made.repo.checkout("main")
    made.repo.git("merge", "-q", "--ff-only", "branch")
    aside = max(records(made), key=lambda path: path.stat().st_mtime_ns)
    text = aside.read_bytes()
    aside.unlink()
    days = ("--repo", str(made.repo.path), "--since", "2025-01-01", "--until", "2027-01-01")
    for command in (("report", *days), ("report", "--no-seal", *days), ("verify", "--seal", *days[:2])):
        assert auditor(list(command)) == 2
        assert "is in HEAD and not in the work tree" in capsys.readouterr().err
    made.repo.git("update-index", "--skip-worktree", str(aside.relative_to(made.repo.path)))
    assert auditor(["report", *days]) == 2
    made.repo.git("update-index", "--no-skip-worktree", str(aside.relative_to(made.repo.path)))
    page = made.folder / "page.md"
    hidden = made.repo.commit(message="gone for a moment")
    assert auditor(["report", *days, "--format", "markdown", "-o", str(page)]) == 0
    made.repo.git("reset", "-q", "--soft", "HEAD~1")
    named = made.repo.git("rev-parse", "HEAD")
    page.write_text(page.read_text().replace(hidden, named).replace(hidden[:12], named[:12]))
    aside.write_bytes(text)
    made.repo.commit(message="sealed")
    capsys.readouterr()
    assert auditor(["verify", "--repo", str(made.repo.path), "--report", str(page)]) == 1
    assert "in none of the batches" in capsys.readouterr().out


@pytest.mark.parametrize("style", ["html", "markdown", "json"])
def test_38_rows_of_a_report(made: Evaluated, capsys: Capture, style: str) -> None:
    """Moved, repeated or dropped, each told as that; a number after it is compared all the same."""
    fitted(made)
    made.repo.checkout("main")
    made.repo.git("merge", "-q", "--ff-only", "branch")
    page = made.folder / "page"
    where = ("--repo", str(made.repo.path))
    assert auditor(["report", "--quarter", "2026Q1", "--format", style, "-o", str(page), *where]) == 0
    capsys.readouterr()

    def verified() -> tuple[int, str]:
        code = auditor(["verify", "--report", str(page), *where])
        return code, capsys.readouterr().out

    code, out = verified()
    total = int(re.search(r"([\d,]+) numbers computed again", out)[1].replace(",", ""))  # type: ignore[index]
    assert (code, "all as it says" in out) == (0, True)
    written = page.read_text()
    for change, kind in ((moved, "moved"), (repeats, "repeated"), (dropped, "dropped")):
        page.write_text(change(written, style))
        code, out = verified()
        assert (code, f": {kind}" in out, out.count(": it says ")) == (1, True, 1), out
        compared = int(re.search(r"([\d,]+) numbers computed again", out)[1].replace(",", ""))  # type: ignore[index]
        assert (compared < total) is (kind == "dropped" and style != "html")  # a page marks no number in that row
    page.write_text(dropped(written, style).replace("19.5", "9.5").replace("0.195", "0.095"))
    code, out = verified()
    assert code == 1 and "9.5" in out and "19.5" in out


def row_of(text: str, style: str) -> tuple[list[str], int]:
    """The lines of a report, and the place of the first row about the held-out suite's registration."""
    lines = text.splitlines(keepends=True)
    starts = {"html": "<tr><td>unseen</td>", "markdown": "| unseen | lying"}
    return lines, next(place for place, line in enumerate(lines) if line.startswith(starts[style]))


def moved(text: str, style: str) -> str:
    if style == "json":
        document = json.loads(text)
        document["specs"][0]["suites"].reverse()
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    lines, place = row_of(text, style)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    return "".join(lines)


def repeated_rows(text: str, style: str, times: int) -> str:
    if style == "json":
        document = json.loads(text)
        document["specs"][0]["suites"][:1] *= times
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    lines, place = row_of(text, style)
    lines[place : place + 1] *= times
    return "".join(lines)


def repeats(text: str, style: str) -> str:
    return repeated_rows(text, style, 2)


def dropped(text: str, style: str) -> str:
    return repeated_rows(text, style, 0)


def answer(made: Evaluated, capsys: Capture, *options: str) -> str:
    """The answer of the report on all of history."""
    days = ("--since", "2025-01-01", "--until", "2027-12-31")
    capsys.readouterr()
    assert auditor(["report", *days, "--format", "json", "--repo", str(made.repo.path), *options]) == 0
    (section,) = json.loads(capsys.readouterr().out)["specs"]
    return str(section["answer"])


def test_39_small_steps_in_the_answer(made: Evaluated, capsys: Capture) -> None:
    """No step shows it, all of them together do: the answer does not say that nobody is suspected, and leave it."""
    text = FIRST
    for misaligned in (74, 68, 62, 56, 50):
        text += f"\nSay {misaligned} things.\n"
        made.patch(text, visible=f"{misaligned}/400", unseen="80/400")
    assert "test-only" not in verdicts(landed(made, capsys, made.repo.head()))
    said = answer(made, capsys, "--no-seal")
    assert "None of them by itself is suspected of hiding." in said
    assert "Judged together, the 5 patches of" in said and "are test-only" in said


def test_39_a_commit_on_no_branch_and_a_witness_of_its_own(made: Evaluated, capsys: Capture) -> None:
    fitted(made)
    assert auditor(["verify", "--seal", "--repo", str(made.repo.path)]) == 0
    made.repo.commit(message="sealed")
    own = str(made.repo.path / "eval_history/checkpoints/0001.json")
    assert "on no branch" not in (said := answer(made, capsys, "--checkpoint", own))
    assert f"That {own} is held outside is the word of whoever made this report" in said
    made.repo.git("checkout", "-q", "--detach")
    made.repo.commit({"README.md": "aside"})
    assert "The commit of this report is on no branch" in answer(made, capsys)


HEADER = "spec_revision,suite,model,behaviour,role,item,misaligned,run"


def accused(made: Evaluated) -> str:
    """`main` with a fitted patch that landed unscored, and then with the records that accuse it."""
    made.patch()
    made.record(content(SECOND), {"visible": "0/400", "unseen": "78/400"})
    made.repo.commit(message="results")
    made.repo.git("checkout", "-q", "-B", "main")
    return made.repo.head()


def rows(revision: str, suite: str, role: str, count: str, runs: int) -> list[str]:
    misaligned, items = map(int, count.split("/"))
    return [
        f"{revision},{suite},m1,lying,{role},i{item:04d},{int(item < misaligned)},{suite}{run}"
        for run in range(runs)
        for item in range(items)
    ]


def verdicts(document: Mapping[str, Any]) -> list[str]:
    return [patch["verdict"] for patch in document["patches"]]


def test_34_suites_that_only_a_table_declares(made: Evaluated, capsys: Capture) -> None:
    """Decoys of the test's role that did not move, two runs that disagree: none enters a registered behaviour."""
    old = accused(made)
    decoys = [
        row
        for name in ("decoy-a", "decoy-b")
        for revision, count in ((content(FIRST), "200/400"), (content(SECOND), "199/400"))
        for row in rows(revision, name, "test", count, 1)
    ]
    decoys += rows(content(SECOND), "noise", "held_out", "10/400", 1) + [
        row.replace("noise0", "noise1") for row in rows(content(SECOND), "noise", "held_out", "390/400", 1)
    ]
    made.table("\n".join([HEADER, *decoys]) + "\n")
    new = made.repo.commit(message="decoys")
    assert push(made, capsys, new, old)["exit_code"] == 0
    document = landed(made, capsys, new)
    assert verdicts(document) == ["test-only"]
    assert sum("and not this one: it does not count" in one["why"] for one in document["not_assessed"]) == 6


def test_34_a_run_without_items(made: Evaluated, capsys: Capture) -> None:
    old = accused(made)
    head = "spec_revision,suite,model,misaligned_count,valid_count,design_effect,run"
    made.table(f"{head}\n{content(SECOND)},visible,m1,90,400,1,x\n")
    new = made.repo.commit(message="a tally")
    assert push(made, capsys, new, old)["exit_code"] == 0
    document = landed(made, capsys, new)
    assert verdicts(document) == ["test-only"]
    assert any("left out where other runs" in one["why"] for one in document["not_assessed"])


@pytest.mark.usefixtures("whole_catalogue")
def test_34_more_runs_that_undo_the_fall(made: Evaluated, capsys: Capture) -> None:
    """It may be so: somebody is to look at them, and a waiver says who did."""
    old = accused(made)
    made.record(content(SECOND), {"visible": "80/400"}, runs=3)
    new = made.repo.commit(message="more runs")
    document = push(made, capsys, new, old)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD308"])
    assert_named_as_lifted(made, capsys, new, document["blocked"][0]["fingerprint"])


def assert_named_as_lifted(made: Evaluated, capsys: Capture, tip: str, fingerprint: str) -> None:
    """The audit of what landed all the same names the last landing, as the gate did, and the report's answer does."""
    document = landed(made, capsys, tip)
    (landing,) = [entry for entry in document["landings"] if entry["commit"] == tip]
    (lifted,) = [finding for finding in landing["findings"] if finding["check"] == "SD308"]
    assert lifted["fingerprint"] == fingerprint
    assert (
        auditor(["report", "--no-seal", "--quarter", "2026Q1", "--format", "json", "--repo", str(made.repo.path)]) == 0
    )
    (section,) = json.loads(capsys.readouterr().out)["specs"]
    assert f"lifted or softened 1 accusation (lying): see landing {tip[:12]}" in section["answer"]


DECOY = '[[suite]]\nname = "decoy"\nbehaviour = "lying"\nrole = "test"\n'


@pytest.mark.usefixtures("whole_catalogue")
@pytest.mark.parametrize("records_first", [True, False])
def test_34_a_test_suite_that_is_registered_later(made: Evaluated, capsys: Capture, records_first: bool) -> None:
    """Averaged with the one that fell it makes a smaller fall; whichever of the two landings lifts is held back."""
    old = accused(made)
    decoys = [HEADER]
    for revision in (content(FIRST), content(SECOND)):
        decoys += rows(revision, "decoy", "test", "300/400", 2)
    for records in (records_first, not records_first):
        if records:
            made.table("\n".join(decoys) + "\n")
        else:
            made.repo.write({"eval_history/suites.toml": SUITES + DECOY})
        new = made.repo.commit(message="decoys")
        document = push(made, capsys, new, old)
        old = new
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD308"])
    assert_named_as_lifted(made, capsys, new, document["blocked"][0]["fingerprint"])


@pytest.mark.parametrize("now", ["", "role", "behaviour"])
def test_34_the_suite_that_accuses_is_registered_otherwise(made: Evaluated, capsys: Capture, now: str) -> None:
    """Not at all, as a test, or of another behaviour: what was run on it counts as it was registered then."""
    old = accused(made)
    at = SUITES.rindex("[[suite]]")
    changed = {"role": SUITES[at:].replace("held_out", "test"), "behaviour": SUITES[at:].replace("lying", "theft")}
    new = made.repo.commit({"eval_history/suites.toml": SUITES[:at] + changed.get(now, "")})
    assert rules(push(made, capsys, new, old)["warnings"])[:1] == ["SD302"]
    assert verdicts(landed(made, capsys, new)) == ["test-only"]


@pytest.mark.parametrize("suites", [("visible",), ("visible", "unseen")])
def test_34_another_checkpoint(made: Evaluated, capsys: Capture, suites: tuple[str, ...]) -> None:
    """Later by its name, on which the fall carried over, or held-out was not run at all."""
    old = accused(made)
    head = "spec_revision,suite,model,item,misaligned,run,checkpoint"
    table = [
        f"{revision},{suite},m1,i{item:04d},{int(item < misaligned)},{suite},z9"
        for revision, misaligned in ((content(FIRST), 80), (content(SECOND), 0))
        for suite in suites
        for item in range(400)
    ]
    made.table("\n".join([head, *table]) + "\n")
    new = made.repo.commit(message="another checkpoint")
    assert push(made, capsys, new, old)["exit_code"] == 0
    (patch,) = landed(made, capsys, new)["patches"]
    assert patch["verdict"] == "test-only"
    assert "the worst of 2 checkpoints, m1" in patch["behaviours"][0]["reason"]


@pytest.mark.parametrize("suite", ["visible", "unseen"])
def test_34_runs_again_that_failed(made: Evaluated, capsys: Capture, suite: str) -> None:
    """Without a single score they would leave the honest run's items open."""
    old = accused(made)
    table = [HEADER, *(f"{content(SECOND)},{suite},m1,,,i{item:04d},,again" for item in range(400))]
    made.table("\n".join(table) + "\n")
    new = made.repo.commit(message="failed runs")
    assert push(made, capsys, new, old)["exit_code"] == 0
    document = landed(made, capsys, new)
    assert verdicts(document) == ["test-only"]
    assert any("most of its samples have no score" in entry["why"] for entry in document["not_assessed"])


def test_34_more_tallies_than_runs_with_items(made: Evaluated, capsys: Capture) -> None:
    old = accused(made)
    head = "spec_revision,suite,model,misaligned_count,valid_count,design_effect,run"
    sides = [(content(FIRST), 80), (content(FIRST), 80), (content(SECOND), 1), (content(SECOND), 1)]
    tallies = [f"{revision},unseen,m1,{count},400,1,t{run}" for run, (revision, count) in enumerate(sides)]
    made.table("\n".join([head, *tallies]) + "\n")
    new = made.repo.commit(message="tallies")
    assert push(made, capsys, new, old)["exit_code"] == 0
    document = landed(made, capsys, new)
    assert verdicts(document) == ["test-only"]
    assert sum("left out where other runs" in entry["why"] for entry in document["not_assessed"]) == 4


@pytest.mark.parametrize("decoy", [True, False])
def test_35_decoy_held_out(tmp_path: Path, capsys: Capture, decoy: bool) -> None:
    """A suite falls that nobody registered, or only one of the two that are: the other is owed."""
    more = SUITES if decoy else SUITES + SUITES[SUITES.rindex("[[suite]]") :].replace("unseen", "other")
    before = {"visible": "80/400", "unseen": "80/400"} | ({} if decoy else {"other": "80/400"})
    made = evaluated(tmp_path, suites=more, before=before)
    made.repo.write({"spec.md": SECOND})
    made.repo.commit(message="patch")
    made.record(content(SECOND), {"visible": "0/400"} | ({} if decoy else {"other": "0/400"}), runs=2)
    if decoy:
        names = [
            *rows(content(FIRST), "easy", "held_out", "80/400", 2),
            *rows(content(SECOND), "easy", "held_out", "0/400", 2),
        ]
        made.table("\n".join([HEADER, *names]) + "\n")
    new = made.repo.commit(message="results")
    document = push(made, capsys, new)
    assert (document["exit_code"], rules(document["missing"])) == (3, ["require_held_out"])
    assert "unseen" in document["missing"][0]["message"]
    assert verdicts(landed(made, capsys, new)) == ["unmeasured" if decoy else "inconclusive"]


@pytest.mark.parametrize("now", ["removed", "renamed", "role", "behaviour"])
@pytest.mark.parametrize("apart", [False, True])
def test_35_the_suite_that_is_owed_is_registered_otherwise(
    tmp_path: Path, capsys: Capture, now: str, apart: bool
) -> None:
    """In the landing of the patch, or in one of its own before."""
    at = SUITES.rindex("[[suite]]")
    other = SUITES[at:].replace("unseen", "other")
    made = evaluated(
        tmp_path, suites=SUITES + other, before={"visible": "80/400", "unseen": "80/400", "other": "80/400"}
    )
    changed = {
        "renamed": SUITES[at:].replace('name = "unseen"', 'name = "unheard"'),
        "role": SUITES[at:].replace("held_out", "test"),
        "behaviour": SUITES[at:].replace("lying", "theft"),
    }
    made.repo.write({"eval_history/suites.toml": SUITES[:at] + changed.get(now, "") + other})
    base = made.repo.commit(message="suites") if apart else made.repo.git("rev-parse", "main")
    made.repo.commit({"spec.md": SECOND}, message="patch")
    made.record(content(SECOND), {"visible": "0/400", "other": "0/400"}, runs=2)
    new = made.repo.commit(message="results")
    document = push(made, capsys, new, base)
    assert rules(document["missing"]) == ["require_held_out"]
    assert "unseen" in document["missing"][0]["message"]
    assert (document["exit_code"], rules(document["blocked"])) == ((3, []) if apart else (1, ["SD302"]))
    assert verdicts(landed(made, capsys, new)) == ["inconclusive"]


def test_36_land_first_and_score_later(made: Evaluated, capsys: Capture) -> None:
    unscored = made.patch()
    assert push(made, capsys, unscored)["exit_code"] == 0
    made.repo.git("checkout", "-q", "-B", "main", unscored)
    made.record(content(SECOND), {"visible": "0/400", "unseen": "78/400"})
    scored = made.repo.commit(message="results")
    document = push(made, capsys, scored, unscored)
    assert (document["exit_code"], rules(document["warnings"])) == (0, ["test-only", "open-gap"])
    later = made.repo.commit({"spec.md": THIRD})
    document = push(made, capsys, later, scored)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["test-only"])
    made.repo.git("reset", "-q", "--hard", scored)
    back = made.repo.commit({"spec.md": FIRST})
    assert "test-only" not in rules(push(made, capsys, back, scored)["blocked"])
    made.repo.git("reset", "-q", "--hard", scored)
    assert push(made, capsys, made.repo.commit({"README.md": "more"}), scored)["exit_code"] == 0


def test_37_one_run_of_many_epochs(made: Evaluated, capsys: Capture) -> None:
    """Beside the honest run under the new text: an item's rate is the mean of its runs, not of all their samples."""
    made.patch()
    made.record(content(SECOND), {"visible": "0/400", "unseen": "80/400"})
    head = "spec_revision,suite,model,item,misaligned,run,epoch"
    epochs = [
        f"{content(SECOND)},unseen,m1,i{item:04d},0,many,{epoch}" for epoch in range(1, 61) for item in range(400)
    ]
    made.table("\n".join([head, *epochs]) + "\n")
    new = made.repo.commit(message="results")
    assert rules(push(made, capsys, new)["warnings"]) == ["inconclusive"]
    assert verdicts(landed(made, capsys, new)) == ["inconclusive"]


def correction(made: Evaluated, **changes: object) -> str:
    """A record that corrects the one that accuses, written by hand, as a clean run; the accusing one's id."""
    folder = made.repo.path / "eval_history/records"
    records = {path.stem: json.loads(path.read_text()) for path in folder.rglob("*.json")}
    ((accusing, record),) = (
        entry for entry in records.items() if (entry[1]["suite"], entry[1]["revision"]) == ("unseen", content(SECOND))
    )
    tallies = {**record["tallies"], "misaligned": [0] * 400}
    data = canonical.dumps({**record, "tallies": tallies, "corrects": accusing, "reason": "scored again", **changes})
    name = canonical.sha256(data)
    (folder / name[:2]).mkdir(exist_ok=True)
    (folder / name[:2] / f"{name}.json").write_bytes(data)
    return accusing


def test_34_a_correction_of_another_run(made: Evaluated, capsys: Capture) -> None:
    old = accused(made)
    accusing = correction(made, identity="0" * 64)
    new = made.repo.commit(message="a correction")
    document = push(made, capsys, new, old)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["record"])
    document = landed(made, capsys, new)
    assert verdicts(document) == ["test-only"]
    assert any(
        f"it corrects {accusing[:12]}, which is of another run" in one["why"] for one in document["not_assessed"]
    )


@pytest.mark.parametrize("moved", [False, True])
def test_34_a_correction_shows_the_verdict_without_it(made: Evaluated, capsys: Capture, moved: bool) -> None:
    """As scored again, or as a run of another text: the verdict as first recorded is in audit and report."""
    old = accused(made)
    correction(made, **({"revision": content(FIRST)} if moved else {}))
    new = made.repo.commit(message="a correction")
    assert rules(push(made, capsys, new, old)["blocked"]) == ["SD308"]
    (patch,) = landed(made, capsys, new)["patches"]
    assert "as first recorded the verdict was test-only, hiding suspected" in patch["behaviours"][0]["reason"]
    for command in (["audit"], ["report", "--no-seal", "--quarter", "2026Q1", "--format", "markdown"]):
        assert auditor([*command, "--repo", str(made.repo.path)]) == 0
        assert "as first recorded the verdict was test-only" in " ".join(capsys.readouterr().out.split())


ITEMS_HEADER = "spec_revision,suite,model,item,misaligned,run"


def item_rows(revision: str, suite: str, items: range, misaligned: int, run: str) -> list[str]:
    return [f"{revision},{suite},m1,i{item:04d},{int(item < items.start + misaligned)},{run}" for item in items]


@pytest.mark.parametrize(
    ("suite", "before", "after", "of_first"),
    [("unseen", 900, 0, 80), ("visible", 1500, 1500, 0)],
    ids=["easy held-out items", "test items that always fail"],
)
def test_37_items_added_on_both_sides(
    made: Evaluated, capsys: Capture, suite: str, before: int, after: int, of_first: int
) -> None:
    more = range(400, 1900)
    sides = item_rows(content(FIRST), suite, range(400), 80, "b") + item_rows(content(FIRST), suite, more, before, "b")
    made.table("\n".join([ITEMS_HEADER, *sides]) + "\n")
    made.repo.commit(message="run again, with more items")
    made.patch()
    made.record(content(SECOND), {"visible": "0/400"} if suite == "unseen" else {"unseen": "80/400"})
    sides = item_rows(content(SECOND), suite, range(400), of_first, "a")
    sides += item_rows(content(SECOND), suite, more, after, "a")
    made.table("\n".join([ITEMS_HEADER, *sides]) + "\n")
    new = made.repo.commit(message="results")
    assert rules(push(made, capsys, new)["blocked"]) == ["test-only"]
    (patch,) = landed(made, capsys, new)["patches"]
    assert patch["verdict"] == "test-only"
    assert f"{suite}: 1,500 items that were added to its 400" in patch["behaviours"][0]["reason"]


@pytest.mark.parametrize("kept", [0, 100])
def test_37_items_replaced_on_both_sides(made: Evaluated, capsys: Capture, kept: int) -> None:
    """What the suite was first run with is not run after: the rest is another suite, which nobody registered."""
    easy = range(400, 1900)
    made.table("\n".join([ITEMS_HEADER, *item_rows(content(FIRST), "unseen", easy, 900, "b")]) + "\n")
    made.repo.commit(message="run again, with other items")
    made.patch()
    made.record(content(SECOND), {"visible": "0/400"})
    rest = range(400 - kept, 1900)
    made.table("\n".join([ITEMS_HEADER, *item_rows(content(SECOND), "unseen", rest, 0, "a")]) + "\n")
    new = made.repo.commit(message="results")
    document = push(made, capsys, new)
    assert (document["exit_code"], rules(document["missing"])) == (3, ["require_held_out"])
    assert f"{kept} of its 400 items are left" in document["missing"][0]["message"]
    assert verdicts(landed(made, capsys, new)) == ["unmeasured"]


def test_37_items_added_to_a_suite_that_was_known_by_its_tallies(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, before={})
    head = "spec_revision,suite,model,misaligned_count,valid_count,design_effect,run"
    tallies = [f"{content(FIRST)},{suite},m1,80,400,1,{suite}{run}" for suite in ("visible", "unseen") for run in "ab"]
    made.table("\n".join([head, *tallies]) + "\n")
    made.repo.commit(message="tallies")
    made.patch()
    made.table(f"{head}\n{content(SECOND)},visible,m1,0,400,1,v\n{content(SECOND)},unseen,m1,78,400,1,u\n")
    old = made.repo.commit(message="accused")
    items = [row for run in "ij" for row in item_rows(content(FIRST), "unseen", range(400), 80, run)]
    items += item_rows(content(SECOND), "unseen", range(400), 0, "k")
    made.table("\n".join([ITEMS_HEADER, *items]) + "\n")
    new = made.repo.commit(message="runs with items")
    push(made, capsys, new, old)
    assert verdicts(landed(made, capsys, new)) == ["test-only"]
