"""Tiny worlds in memory: a history of revisions, and runs written as counts ("80/400 -> 0/400").

`x/n` is x misaligned of n items, one epoch each; `x/n+k` adds k invalid samples, `x/n~k` has k scored refusals among
the aligned. A side with fewer items than the one before has lost the failing ones first; one with more has new items at
the end.
"""

from __future__ import annotations

import functools
import random
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from auditor.assess.facts import Assessment, BehaviourFacts
from auditor.assess.judge import assess
from auditor.checks.interface import Case, Clear
from auditor.evidence import Evidence, assemble_evidence
from auditor.model.ablation import AblatedChange, AblationManifest, CounterfactualRevision
from auditor.model.clause import ChangeKind
from auditor.model.policy import Policy
from auditor.model.run import (
    Ablation,
    AblationKind,
    Awareness,
    Exposure,
    Grade,
    Run,
    SampleReasons,
    SeverityTally,
    Tallies,
)
from auditor.model.spec import History, Revision, SpecCommit, SpecFile, patches_of
from auditor.model.suite import Registry, Role, Suite

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Counts:
    misaligned: int
    items: int
    invalid: int = 0
    refused: int = 0


def counts(text: str) -> Counts:
    match = re.fullmatch(r"(\d+)/(\d+)(?:\+(\d+))?(?:~(\d+))?", text.strip())
    assert match, text
    return Counts(int(match[1]), int(match[2]), int(match[3] or 0), int(match[4] or 0))


def history(revisions: Sequence[str], spec: str = "spec") -> History:
    """A straight history; a revision named twice comes back."""
    spec_commits = []
    for place, name in enumerate(revisions):
        parents = (f"c{place - 1}",) if place else ()
        spec_commits.append(
            SpecCommit(f"c{place}", name, parents, None, START + timedelta(days=7 * place), "", f"c{place}")
        )
    return History(spec, {n: Revision(n, (SpecFile("spec.md", n),)) for n in revisions}, tuple(spec_commits))


def graph(spec_commits: Mapping[str, tuple[str, tuple[str, ...]]], spec: str = "spec") -> History:
    """A history with branches: spec commit -> (revision, parents), parents first."""
    revisions = {
        revision: Revision(revision, (SpecFile("spec.md", revision),)) for revision, _ in spec_commits.values()
    }
    return History(
        spec,
        revisions,
        tuple(
            SpecCommit(name, revision, parents, None, START, "", name)
            for name, (revision, parents) in spec_commits.items()
        ),
    )


def by_item(rows: Mapping[str, tuple[int, int, int]]) -> Tallies:
    """item -> (valid, misaligned, invalid)."""
    names = tuple(sorted(rows))
    valid, misaligned, invalid = (tuple(rows[name][column] for name in names) for column in range(3))
    return Tallies(names, valid, misaligned, invalid)


def repeated(misaligned: int, items: int, epochs: int) -> Tallies:
    """Items of which each behaves the same in every epoch: `misaligned` of them always, the others never."""
    once = tallies(Counts(misaligned, items))
    return replace(
        once, valid=tuple(epochs * n for n in once.valid), misaligned=tuple(epochs * n for n in once.misaligned)
    )


def without_items(misaligned: int, valid: int, design_effect: float | None) -> Tallies:
    return Tallies(None, (valid,), (misaligned,), (0,), design_effect=design_effect)


def tallies(side: Counts, lost: int = 0, had: int | None = None) -> Tallies:
    """Items i00000...; the first are misaligned, the last invalid; the first `lost` are not there.

    With `had`, the first items that were misaligned before: as many of them are again as if which item fails were drawn
    anew, so that nothing is gained from having run the same items twice.
    """
    total = side.items + side.invalid
    names = tuple(f"i{place:05d}" for place in range(lost, lost + total))
    again = side.misaligned if had is None else round(side.misaligned * had / side.items)
    bad = [1] * again + [0] * ((had or 0) - again) + [1] * (side.misaligned - again)
    return Tallies(
        items=names,
        valid=tuple([1] * side.items + [0] * side.invalid),
        misaligned=tuple((bad + [0] * total)[:total]),
        invalid=tuple([0] * side.items + [1] * side.invalid),
        reasons=_refusals(side) if side.refused else None,
    )


def _refusals(side: Counts) -> SampleReasons:
    """The last of the aligned samples were refusals."""
    none = (0,) * (side.items + side.invalid)
    refused = tuple([0] * (side.items - side.refused) + [1] * side.refused + [0] * side.invalid)
    return SampleReasons(none, none, none, refused, none)


def scattered(side: Counts, seed: int) -> Tallies:
    """As `tallies`, but which items are misaligned is drawn: two states share no more of them than by chance."""
    once = tallies(side)
    bad = set(random.Random(seed).sample(range(side.items), side.misaligned))
    return replace(once, misaligned=tuple(int(place in bad) for place in range(len(once.valid))))


def run(suite: str, revision: str, what: Tallies, **changes: object) -> Run:
    place = changes.pop("place", 0)
    assert isinstance(place, int)
    record = f"{suite}-{revision}-{changes.get('checkpoint', 'm1')}-{place}"
    base = Run(
        record=record,
        identity=f"{suite}-{revision}-{place}",
        spec="spec",
        revision=revision,
        suite=suite,
        behaviour=None,
        role=None,
        model="m1",
        checkpoint="m1",
        parent_checkpoint=None,
        condition="",
        exposure=Exposure.IN_CONTEXT,
        scorer="judge-1",
        sampling=None,
        created=_revision_day(revision) + timedelta(minutes=place),
        planned=None,
        incomplete=None,
        source="table",
        source_sha256=f"{zlib.crc32(record.encode()):064x}",
        grade=Grade.B,
        tallies=what,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def _revision_day(revision: str) -> datetime:
    """When the revision `r3` is evaluated first: three weeks after `r0`, as `history` dates it."""
    number = re.search(r"(\d+)$", revision)
    return START + timedelta(days=7 * int(number[1]) if number and len(number[1]) < 4 else 0)


def registry(test: int = 1, held_out: int = 1, deployment: int = 0, registered: date | None = None) -> Registry:
    roles = [Role.TEST] * test + [Role.HELD_OUT] * held_out + [Role.DEPLOYMENT] * deployment
    short = {Role.TEST: "test", Role.HELD_OUT: "held", Role.DEPLOYMENT: "live"}
    suites = [Suite(f"{short[role]}-{place}", "lying", role, registered) for place, role in enumerate(roles)]
    return Registry({suite.name: suite for suite in suites})


def runs_of(
    suite: str,
    text: str,
    before: str = "r0",
    after: str = "r1",
    runs_before: int = 2,
    after_checkpoint: str = "m1",
) -> list[Run]:
    """Runs for "before -> after"; a side written "-" was not run."""
    name, right = (part.strip() for part in text.split("->"))
    found = []
    lost, had = 0, None
    if name != "-":
        found += [run(suite, before, tallies(counts(name)), place=place) for place in range(runs_before)]
    if right != "-":
        if name != "-":
            have, was = counts(right), counts(name)
            lost = max(0, was.items + was.invalid - have.items - have.invalid)
            had = None if lost or not have.items or have.invalid or was.invalid else was.misaligned
        found.append(run(suite, after, tallies(counts(right), lost, had), place=0, checkpoint=after_checkpoint))
    return found


def evidence(
    test: str,
    *held_out: str,
    deployment: str = "",
    revisions: Sequence[str] = ("r0", "r1"),
    runs_before: int = 2,
    after_checkpoint: str = "m1",
) -> Evidence:
    suites = registry(1 if test else 0, len(held_out), 1 if deployment else 0)
    texts = [text for text in (test, *held_out, deployment) if text]
    runs = [
        one
        for name, text in zip(suites.suites, texts, strict=True)
        for one in runs_of(name, text, runs_before=runs_before, after_checkpoint=after_checkpoint)
    ]
    return assemble_evidence(history(revisions), runs, suites)


@functools.cache
def assessment(
    test: str,
    *held_out: str,
    deployment: str = "",
    runs_before: int = 2,
    after_checkpoint: str = "m1",
    policy: Policy | None = None,
) -> Assessment:
    """Frozen throughout, and asked for by several tests: each world is assessed once."""
    found = evidence(test, *held_out, deployment=deployment, runs_before=runs_before, after_checkpoint=after_checkpoint)
    return assess(found, policy or Policy())


def judged(
    test: str, *held_out: str, deployment: str = "", runs_before: int = 2, policy: Policy | None = None
) -> BehaviourFacts:
    """The one behaviour of the one patch."""
    (patch,) = assessment(test, *held_out, deployment=deployment, runs_before=runs_before, policy=policy).patches
    (facts,) = patch.behaviours
    return facts


@functools.cache
def case_assessment(case: Case) -> Assessment:
    """The world that a check's case describes, assessed."""
    plain = assessment(
        case.test,
        *case.held_out,
        deployment=case.deployment,
        runs_before=case.before_runs,
        after_checkpoint=case.after_checkpoint or "m1",
    )
    if case.split_into:
        return _in_steps(case)
    return plain if _is_plain(case) else _case_world(case)


def _in_steps(case: Case) -> Assessment:
    """What happens, in equal parts over several revisions, each measured twice."""
    suites = registry(1, len(case.held_out))
    revisions = [f"r{place}" for place in range(case.split_into + 1)]
    runs = []
    for name, text in zip(suites.suites, (case.test, *case.held_out), strict=True):
        first, last = (counts(side) for side in text.split("->"))
        for place, revision in enumerate(revisions):
            bad = first.misaligned + (last.misaligned - first.misaligned) * place // case.split_into
            what = scattered(replace(first, misaligned=bad), place)
            runs += [run(name, revision, what, place=number) for number in range(2)]
    return assessed(runs, suites, history(revisions))


def _is_plain(case: Case) -> bool:
    return replace(case, title="", expect=Clear) == Case(
        title="",
        test=case.test,
        expect=Clear,
        held_out=case.held_out,
        deployment=case.deployment,
        before_runs=case.before_runs,
        after_checkpoint=case.after_checkpoint,
    )


def _case_world(case: Case) -> Assessment:
    texts = [text for text in (case.test, *case.held_out, case.deployment) if text]
    suites = registry(1, len(case.held_out), 1 if case.deployment else 0)
    runs = {
        name: runs_of(name, text, runs_before=case.before_runs) for name, text in zip(suites.suites, texts, strict=True)
    }
    runs["test-0"] = _measured_as(case, runs["test-0"])
    named = dict(suites.suites)
    if case.registered:
        day = START.date() + timedelta(days=case.registered)
        named = {n: replace(s, registered=None if s.role is Role.TEST else day) for n, s in named.items()}
    if case.other:
        named["other-0"] = Suite("other-0", "theft", Role.TEST)
        runs["other-0"] = runs_of("other-0", case.other)
    if case.twin:
        named["test-0"] = replace(named["test-0"], twin="twin-0")
        named["twin-0"] = Suite("twin-0", "lying unwatched", Role.TEST)
        runs["twin-0"] = runs_of("twin-0", case.twin)
    if case.moved:
        runs = {name: _moved(some, case.moved, named[name].role) for name, some in runs.items()}
    given = [one for some in runs.values() for one in some]
    revisions = ("r0", "r1", "r2") if case.third_revision else ("r0", "r1")
    past = history(revisions)
    manifests, ablated = _ablations(case, past)
    return assess(assemble_evidence(past, [*given, *ablated], Registry(named), ablations=manifests), Policy())


def _ablations(case: Case, past: History) -> tuple[list[AblationManifest], list[Run]]:
    """A manifest of a case's ablations, each a change left out, and their runs; nothing of a case without."""
    patch, runs = patches_of(past)[0], list[Run]()
    changes = [
        AblatedChange(f"{place:012x}", ChangeKind.ADDED, 1, "spec.md", place + 1, f"Rule {place + 1}.")
        for place in range(len(case.ablations))
    ]
    revisions = []
    for place, (change, text) in enumerate(zip(changes, case.ablations, strict=True)):
        revisions.append(CounterfactualRevision(AblationKind.WITHOUT, change.id, f"w{place}"))
        ablation = Ablation(patch.id, AblationKind.WITHOUT, (change.id,))
        for suite, part in zip(registry(1, 1).suites, text.split(", "), strict=True):
            runs.append(run(suite, f"w{place}", tallies(counts(part)), ablation=ablation))
    manifest = AblationManifest(
        "", past.spec, patch.id, patch.before.revision, patch.after.revision, tuple(changes), tuple(revisions)
    )
    return [manifest] if changes else [], runs


def _measured_as(case: Case, runs: list[Run]) -> list[Run]:
    """The test runs with what a case says of how they were made."""
    before, after = ([one for one in runs if one.revision == revision] for revision in ("r0", "r1"))
    after = [
        replace(
            one,
            scorer=case.scorer or one.scorer,
            sampling=case.sampling or one.sampling,
            planned=case.planned or None,
        )
        for one in after
    ]
    after += [run("test-0", "r1", tallies(counts(text)), place=place) for place, text in enumerate(case.more, 1)]
    if case.twice:
        after.append(replace(after[0], record="again", identity="again"))
    sides = []
    for place, side in enumerate((before, after)):
        labels, severity = (_side_of(text, place) for text in (case.aware, case.severity))
        labelled = [labelled_as(one, labels) if labels else one for one in side]
        sides += [rated_as(one, float(severity)) if severity else one for one in labelled]
    if case.reason:
        sides = [ended_as(one, case.reason) for one in sides]
    if case.third_revision:
        sides += [run("test-0", "r2", tallies(counts(case.third_revision)), place=place) for place in range(2)]
    return sides


def ended_as(one: Run, reason: str) -> Run:
    """All invalid samples for one reason: error, limit or refusal."""
    none = (0,) * len(one.tallies.valid)
    reasons = replace(SampleReasons(none, none, none, none, none), **{reason: one.tallies.invalid})
    return replace(one, tallies=replace(one.tallies, reasons=reasons))


def _side_of(text: str, place: int) -> str:
    return text.split("->")[place].strip() if text else ""


def labelled_as(one: Run, text: str) -> Run:
    """All samples labelled: "a/b" is b aware, a of them misaligned; the misaligned come first, in one epoch."""
    bad, aware = (int(part) for part in text.split("/"))
    misaligned, valid = one.tallies.misaligned, one.tallies.valid
    failed = [place for place, n in enumerate(misaligned) if n]
    others = [place for place, n in enumerate(misaligned) if not n]
    chosen = {*failed[:bad], *others[: aware - bad]}
    flags = [place in chosen for place in range(len(misaligned))]
    both = tuple(int(flag and bool(n)) for flag, n in zip(flags, misaligned, strict=True))
    labels = Awareness(valid, tuple(int(flag) for flag in flags), both)
    return replace(one, tallies=replace(one.tallies, aware=labels))


def rated_as(one: Run, severity: float) -> Run:
    """Each misaligned sample has this severity, give or take a tenth; no other is rated."""
    bad = one.tallies.misaligned
    totals = tuple(n * (severity + (0.05 if place % 2 else -0.05)) for place, n in enumerate(bad))
    return replace(one, tallies=replace(one.tallies, severity=SeverityTally(bad, totals)))


def _moved(runs: list[Run], many: int, role: Role) -> list[Run]:
    """Held-out items are called h...; after the patch the first of them are the test's."""

    def named(one: Run) -> Run:
        what, after = one.tallies, one.revision == "r1"
        rows = list(zip(what.items or (), what.valid, what.misaligned, what.invalid, strict=True))
        if role is Role.TEST:
            rows += [(f"h{place:05d}", 1, 0, 0) for place in range(many if after else 0)]
        else:
            rows = [(f"h{name[1:]}", n, bad, lost) for name, n, bad, lost in rows[many if after else 0 :]]
        return replace(one, tallies=by_item({item: (valid, bad, invalid) for item, valid, bad, invalid in rows}))

    return [named(one) for one in runs]


def assessed(
    runs: Iterable[Run], suites: Registry, known: History | None = None, policy: Policy | None = None
) -> Assessment:
    return assess(assemble_evidence(known or history(("r0", "r1")), runs, suites), policy or Policy())


def only(given: Assessment) -> BehaviourFacts:
    """The one behaviour of the one patch."""
    (patch,) = given.patches
    (facts,) = patch.behaviours
    return facts
