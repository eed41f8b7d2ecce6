"""What changed since the last report: each spec as it was judged on an earlier seal, beside how it is judged now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, PatchFacts
from auditor.evidence import Step
from auditor.model.policy import Policy
from auditor.model.spec import Patch
from auditor.model.suite import Registry
from auditor.model.verdict import Verdict, worst_verdict
from auditor.report import SpecReport


@dataclass(frozen=True, slots=True)
class Earlier:
    """The state that a report is compared with.

    Attributes:
        batch, root: of the last checkpoint of that state, and its tree hash (64 hex digits).
        records: how many records were sealed by then; `gone` of them are not here any longer.
        commit: whose history, suites and policy are that state's; None outside of git.
        landed: the day the seal landed, at the latest; None for a report that was given.
        name: the period of the report that was given; "" where the seal was chosen by its day.
        rewritten: whether the checkpoint had another root when it landed.
    """

    batch: int
    root: str
    records: int
    gone: int
    commit: str | None
    landed: date | None
    name: str = ""
    rewritten: bool = False


@dataclass(frozen=True, slots=True)
class Previous:
    """A report that somebody gives to compare with: its period's name, its commit (None outside of git), its batch."""

    name: str
    head: str | None
    batch: int


class Became(StrEnum):
    """What became of a standing gap."""

    OPENED = "opened"
    CLOSED = "closed"
    CARRIED = "carried over"


@dataclass(frozen=True, slots=True)
class GapChange:
    """A held-out suite that stood apart from the test then, or does now; None where it did not stand to it at all."""

    became: Became
    before: GapFacts | None
    after: GapFacts | None

    @property
    def known(self) -> GapFacts:
        """The later of the two."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A verdict that is not what it was, of a patch that was there then, or of a step of training.

    Attributes:
        patch: None for a step from one checkpoint to another under one revision.
        step: the step judged now.
        before: None where nobody had measured it.
        after: None where nothing measures it any longer.
        suspected: whether hiding was suspected then, and is now.
    """

    patch: Patch | None
    step: Step
    before: Verdict | None
    after: Verdict | None
    suspected: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Since:
    """One spec since the last report.

    Attributes:
        new: ids of the patches that were not there then.
        lost: patches that were there then, and are in history no longer: it was rewritten.
        rules: (what, then, now) of the policy and of what suites are, where they differ.
    """

    earlier: Earlier
    new: tuple[str, ...]
    lost: tuple[Patch, ...]
    verdicts: tuple[VerdictChange, ...]
    gaps: tuple[GapChange, ...]
    rules: tuple[tuple[str, str, str], ...]

    def count(self, became: Became) -> int:
        """How many gaps became so."""
        return sum(gap.became is became for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Then:
    """A spec as it was: what was assessed of it, by which policy and suites."""

    assessment: Assessment
    policy: Policy
    registry: Registry


def since(earlier: Earlier, then: Then, spec: SpecReport, policy: Policy, registry: Registry) -> Since:
    """What changed between a spec as it was and as it is."""
    known = {one.patch.id: one for one in then.assessment.patches}
    now = {entry.facts.patch.id: entry.facts for entry in spec.patches}
    return Since(
        earlier=earlier,
        new=tuple(name for name in now if name not in known),
        lost=tuple(one.patch for name, one in known.items() if name not in now),
        verdicts=(*_of_patches(known, now), *_of_training(then.assessment, spec)),
        gaps=tuple(_gaps(then.assessment.standings, spec.standings)),
        rules=(*_policy(then.policy, policy), *_suites(then.registry, registry)),
    )


def _of_patches(known: Mapping[str, PatchFacts], now: Mapping[str, PatchFacts]) -> Iterator[VerdictChange]:
    for name, facts in now.items():
        if name in known:
            before, after = _by_pair(known[name].behaviours), _by_pair(facts.behaviours)
            for pair in sorted(before.keys() | after.keys()):
                yield from _change(facts.patch, before.get(pair, ()), after.get(pair, ()))


def _of_training(then: Assessment, spec: SpecReport) -> Iterator[VerdictChange]:
    before = {one.step: one for one in then.checkpoint_steps}
    for entry in spec.checkpoint_steps:
        yield from _change(None, [before[entry.facts.step]] if entry.facts.step in before else [], [entry.facts])


def _by_pair(some: Iterable[BehaviourFacts]) -> dict[tuple[str, str], list[BehaviourFacts]]:
    found: dict[tuple[str, str], list[BehaviourFacts]] = {}
    for one in some:
        found.setdefault((one.behaviour, one.model), []).append(one)
    return found


def _change(
    patch: Patch | None, before: Iterable[BehaviourFacts], after: Iterable[BehaviourFacts]
) -> Iterator[VerdictChange]:
    """The change of one behaviour of one model; of several steps of a patch the worst verdict counts.

    Nothing changed between a step that was unmeasured and none at all.
    """
    was, is_ = list(before), list(after)
    verdicts = [worst_verdict([one.verdict for one in some]) if some else None for some in (was, is_)]
    suspected = (any(one.hiding_suspected for one in was), any(one.hiding_suspected for one in is_))
    measured = [None if one is Verdict.UNMEASURED else one for one in verdicts]
    if measured[0] is not measured[1] or suspected[0] is not suspected[1]:
        yield VerdictChange(patch, (is_ or was)[0].step, verdicts[0], verdicts[1], suspected)


def _gaps(then: Iterable[GapFacts], now: Iterable[GapFacts]) -> Iterator[GapChange]:
    """Opened first, then closed, then carried over."""
    before, after = ({(one.behaviour, one.model, one.suite): one for one in some} for some in (then, now))
    found = []
    for key in sorted(before.keys() | after.keys()):
        was, is_ = before.get(key), after.get(key)
        opens = (was is not None and was.open, is_ is not None and is_.open)
        became = {(False, True): Became.OPENED, (True, False): Became.CLOSED, (True, True): Became.CARRIED}.get(opens)
        if became is not None:
            found.append(GapChange(became, was, is_))
    yield from sorted(found, key=lambda gap: list(Became).index(gap.became))


def _policy(then: Policy, now: Policy) -> Iterator[tuple[str, str, str]]:
    for field in fields(Policy):
        was, is_ = getattr(then, field.name), getattr(now, field.name)
        if was != is_:
            yield f"policy {field.name}", _said(was), _said(is_)


def _suites(then: Registry, now: Registry) -> Iterator[tuple[str, str, str]]:
    for name in sorted(then.suites.keys() | now.suites.keys()):
        was, is_ = (str(one.suites[name].role) if name in one.suites else "not registered" for one in (then, now))
        if was != is_:
            yield f"suite {name}", was, is_


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "unset" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
