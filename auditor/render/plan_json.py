"""Plans as JSON: the same numbers, unrounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from auditor import __version__
from auditor.assess.power import POWER, Choice, CurvePoint, Design, DesignRow, PowerPlan, SuitePlan, TestPlan
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.render.parts import Part, Share, printed, schema_of

Samples = Annotated[int, Field(ge=1)]


class ChoicePart(Part):
    """Items, each run `epochs` times, before and after."""

    epochs: Samples
    items: Samples
    samples: Samples


class PointPart(Part):
    """Chances of being told what is true, at so many independent samples a side."""

    samples: Samples
    stayed: Share
    carried: Share


class SuitePart(Part):
    """What a held-out suite would need, in independent samples a side; null where no number does or none is known."""

    suite: str | None
    role: Role
    rate: Share
    items: int | None
    worth: Share | None
    correlation: Share | None
    stayed: Samples | None
    carried: Samples | None
    either: Samples | None
    as_measured: Samples | None
    choices: list[ChoicePart]
    epochs: Samples | None
    runs: Samples
    curve: list[PointPart]


class TestPart(Part):
    """What the test suite would need, in independent samples a side; null where no number does."""

    before: Share
    after: Share
    worth: Share | None
    correlation: Share | None
    fall: Samples | None
    no_fall: Samples | None
    choices: list[ChoicePart]


class PlanPart(Part):
    """What would settle one verdict."""

    behaviour: str
    model: str
    verdict: Verdict
    missing: str | None
    conclusion: str
    advice: str
    test: TestPart | None
    held_out: list[SuitePart]


class PlannedPatch(Part):
    """A patch and its plans."""

    patch: str
    spec: str
    date: str
    plans: list[PlanPart]


class DesignRowPart(Part):
    """So many test samples a side, and the held-out samples that go with them."""

    test: Samples
    chance: Share
    stayed: Samples | None
    carried: Samples | None


class DesignPart(Part):
    """How large to make the suites of a patch that does not exist yet."""

    behaviour: str | None
    test_rate: Share
    held_out_rate: Share
    fall: Share
    rows: list[DesignRowPart]
    fewest: DesignRowPart | None
    suite: SuitePart | None


class PlanDocument(Part):
    """The document `auditor plan --format json` prints: patches, or a design."""

    schema_: Literal["auditor.plan/1"] = Field(default="auditor.plan/1", serialization_alias="schema")
    auditor_version: str
    power: Share
    patches: list[PlannedPatch]
    design: DesignPart | None


def plans_json(found: Sequence[tuple[Patch, Sequence[PowerPlan]]]) -> str:
    """The patches with what would settle their verdicts."""
    patches = [
        PlannedPatch(
            patch=patch.id,
            spec=patch.spec,
            date=patch.after.date.isoformat(),
            plans=[_plan(plan) for plan in plans],
        )
        for patch, plans in found
    ]
    return _document(patches, None)


def design_json(found: Design) -> str:
    """A design before any run."""
    part = DesignPart(
        behaviour=found.behaviour,
        test_rate=found.test_rate,
        held_out_rate=found.held_out_rate,
        fall=found.fall,
        rows=[_row(row) for row in found.rows],
        fewest=_row(found.at) if found.at else None,
        suite=_suite(found.suite) if found.suite else None,
    )
    return _document([], part)


def json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_of(PlanDocument)


def _document(patches: list[PlannedPatch], design: DesignPart | None) -> str:
    return printed(PlanDocument(auditor_version=__version__, power=POWER, patches=patches, design=design))


def _row(row: DesignRow) -> DesignRowPart:
    return DesignRowPart(test=row.test, chance=row.chance, stayed=row.stayed, carried=row.carried)


def _plan(plan: PowerPlan) -> PlanPart:
    facts = plan.facts
    return PlanPart(
        behaviour=facts.behaviour,
        model=facts.model,
        verdict=facts.verdict,
        missing=facts.missing.value or None,
        conclusion=facts.conclusion,
        advice=plan.advice,
        test=_test(plan.test) if plan.test else None,
        held_out=[_suite(suite) for suite in plan.held_out],
    )


def _test(plan: TestPlan) -> TestPart:
    return TestPart(
        before=plan.before,
        after=plan.after,
        worth=plan.worth,
        correlation=plan.correlation,
        fall=plan.fall,
        no_fall=plan.no_fall,
        choices=_choices(plan.choices),
    )


def _suite(plan: SuitePlan) -> SuitePart:
    return SuitePart(
        suite=plan.suite,
        role=plan.role,
        rate=plan.rate,
        items=plan.items,
        worth=plan.worth,
        correlation=plan.correlation,
        stayed=plan.stayed,
        carried=plan.carried,
        either=plan.either,
        as_measured=plan.as_measured,
        choices=_choices(plan.choices),
        epochs=plan.epochs,
        runs=plan.runs,
        curve=[_point(point) for point in plan.curve],
    )


def _choices(choices: Sequence[Choice]) -> list[ChoicePart]:
    return [ChoicePart(epochs=one.epochs, items=one.items, samples=one.samples) for one in choices]


def _point(point: CurvePoint) -> PointPart:
    return PointPart(samples=point.samples, stayed=point.stayed, carried=point.carried)
