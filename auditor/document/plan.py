"""Power plans as blocks: what would settle an open verdict, a table of choices, how the power grows; a design before
any run.

Plans of `assess.power` come in, with sizes as independent samples per side; about two digits of these are meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.assess.power import POWER, AblationPlan, Choice, CurvePoint, Design, PowerPlan, SuitePlan, TestPlan
from auditor.document.audit import commit_name
from auditor.document.blocks import (
    Block,
    Card,
    Column,
    Heading,
    Line,
    Note,
    Paragraph,
    Span,
    Style,
    Table,
    plain,
    sentence,
)
from auditor.document.diagnostics import ROLE_NAMES
from auditor.model.numbers import count_noun, format_count, format_day, format_percent, short_id
from auditor.model.spec import Patch

_BAR_WIDTH = 20
_PROBABILITY = f"with probability {100 * POWER:.0f} %"
_NO_CORRELATION = "Each item was run once, so the value of a further epoch is unknown: count items."


def plan_blocks(patches: Sequence[tuple[Patch, Sequence[PowerPlan]]]) -> Iterator[Block]:
    """The patches with what would settle their verdicts, oldest first."""
    if not patches:
        yield Paragraph(plain("No verdict is open."))
    for patch, plans in patches:
        name = patch.after.subject or patch.after.label or ""
        title = (
            Span(commit_name(patch.after), Style.NAME),
            Span(f"  {format_day(patch.after.date)}  {name}"),
            Span(f"  (patch {short_id(patch.id)})", Style.QUIET),
        )
        yield Card(title, tuple(map(_plan_card, plans)))


def design_blocks(design: Design) -> Iterator[Block]:
    """A design before any run."""
    subject = f"the next patch on {design.behaviour}" if design.behaviour else "a new patch"
    after = design.test_rate * (1.0 - design.fall)
    rates = (
        f"Expected test rate: {format_percent(design.test_rate)} before, {format_percent(after)} after. Held-out rate "
        f"before: {format_percent(design.held_out_rate)}. Sizes are independent samples per side (one epoch of each "
        "item); the test is run twice before the patch."
    )
    titles = ("test samples", "power to show its fall", "nothing carried over", "most carried over", "")
    rows = tuple(
        (
            plain(format_count(row.test)),
            plain(format_percent(row.chance)),
            plain(_approximate(row.stayed)),
            plain(_approximate(row.carried)),
            plain("fewest in all" if row is design.at else ""),
        )
        for row in design.rows
    )
    table = Table(tuple(Column(title, figures=bool(title)) for title in titles), rows)
    blocks: list[Block] = [Paragraph(plain(rates)), table]
    blocks.append(Note(plain(f"Last columns: held-out samples to show either {_PROBABILITY}, if it is true.")))
    if design.suite is None:
        text = "No listed size is enough: use a suite on which the behaviour occurs more often."
        blocks.append(Paragraph(plain(text)))
    else:
        title = "To show either on held-out, any of these per side"
        blocks += _choice_blocks(design.suite.choices, title)
        blocks += (*_epoch_notes(design.suite), *_curve_blocks(design.suite.curve))
    yield Card((Span("A design for "), Span(subject, Style.STRONG)), tuple(blocks))


def _plan_card(plan: PowerPlan) -> Card:
    facts = plan.facts
    name = Span(f"{facts.behaviour} of {facts.model}: ", Style.STRONG)
    blocks: list[Block] = [Note(plain(sentence(facts.conclusion))), Paragraph(plain(f"To settle it: {plan.advice}."))]
    if plan.test is not None:
        blocks += _test_blocks(plan.test)
    for suite in plan.held_out:
        blocks += _suite_blocks(suite)
    if plan.ablation is not None:
        blocks += _ablation_blocks(plan.ablation)
    return Card((name, Span(facts.verdict)), tuple(blocks))


def _ablation_blocks(plan: AblationPlan) -> Iterator[Block]:
    yield Heading(4, plain(f"an ablation of {count_noun(plan.changes, 'clause change')}, samples per text"))
    none = (f"that a change carries none of held-out {each.suite}, if that is true" for each in plan.held_out)
    yield _size_table(
        ("that a change carries the test fall, if it carries all of it", plan.carries),
        ("that it carries some, if it carries half of it", plan.half),
        *zip(none, (each.none for each in plan.held_out), strict=True),
    )
    texts = f"{2 * plan.changes} texts, and both sides of the patch, each of that size"
    yield Note(plain(f"{sentence(texts)} Each claim at an error of {format_percent(plan.level)} (Holm's first level)."))


def _test_blocks(plan: TestPlan) -> Iterator[Block]:
    rates = f"{format_percent(plan.before)} before and {format_percent(plan.after)} after"
    yield Heading(4, plain(f"test, {rates}{_effective_size(plan.worth)}"))
    yield _size_table(
        ("that it fell, if these rates are true", plan.fall),
        ("that there is no fall worth naming, if the rate stays", plan.no_fall),
    )
    yield from _choice_blocks(plan.choices, f"To show {_goal(plan)}, any of these per side")
    if plan.correlation is None and plan.choices:
        yield Note(plain(_NO_CORRELATION))


def _goal(plan: TestPlan) -> str:
    """What the choices are for."""
    return "that it fell" if plan.choices and plan.choices[0].samples == plan.fall else "that there is no fall"


def _suite_blocks(plan: SuitePlan) -> Iterator[Block]:
    name = f"{ROLE_NAMES[plan.role]} {plan.suite}" if plan.suite else "a new held-out suite"
    yield Heading(4, plain(f"{name}, {format_percent(plan.rate)} before{_effective_size(plan.worth)}"))
    sizes = [
        ("that nothing carried over, if that is true", plan.stayed),
        ("that most carried over, if all did", plan.carried),
    ]
    if plan.worth is not None:
        sizes.append(("the transfer, if it is as measured so far", plan.as_measured))
    yield _size_table(*sizes)
    runs = "" if plan.runs == 1 else f", all epochs together, in {plan.runs:,} runs per side"
    yield from _choice_blocks(plan.choices, f"To show either, any of these per side{runs}")
    yield from _epoch_notes(plan)
    yield from _curve_blocks(plan.curve)


def _effective_size(samples: float | None) -> str:
    return "" if samples is None else f"; effective sample size {format_count(samples)} per side so far"


def _size_table(*sizes: tuple[str, int | None]) -> Table:
    columns = Column(f"to show, {_PROBABILITY}"), Column("samples per side", figures=True)
    return Table(columns, tuple((plain(words), plain(_approximate(size))) for words, size in sizes))


def _choice_blocks(choices: Sequence[Choice], title: str) -> Iterator[Block]:
    if choices:
        yield Heading(4, plain(title))
        columns = tuple(Column(name, figures=True) for name in ("epochs", "items", "samples"))
        yield Table(
            columns, tuple(tuple(map(_count, (choice.epochs, choice.items, choice.samples))) for choice in choices)
        )


def _epoch_notes(plan: SuitePlan) -> Iterator[Block]:
    """What more epochs of the existing items would do."""
    if plan.items is None or not plan.choices:
        return
    items = count_noun(plan.items, "existing item")
    if plan.correlation is None:
        yield Note(plain(_NO_CORRELATION))
    elif plan.epochs is None:
        most = plan.items / plan.correlation if plan.correlation > 0.0 else 0.0
        yield Note(
            plain(
                f"On the {items} no number of epochs is enough: samples of an item are correlated "
                f"({plan.correlation:.2f}), so the effective sample size is at most {format_count(most)}."
            )
        )
    else:
        yield Note(plain(f"On the {items} {count_noun(plan.epochs, 'epoch')} would be enough."))


def _curve_blocks(points: Sequence[CurvePoint]) -> Iterator[Block]:
    yield Heading(4, plain("Power by independent samples per side"))
    titles = (("samples", True), ("nothing carried over", True), ("", False), ("most carried over", True), ("", False))
    rows = tuple((_count(point.samples), *_power_cells(point.stayed), *_power_cells(point.carried)) for point in points)
    yield Table(tuple(Column(*title) for title in titles), rows)


def _power_cells(share: float) -> tuple[Line, Line]:
    """A power in whole per cent, and a bar as long as it."""
    return plain(f"{100 * share:.0f} %"), plain("#" * round(_BAR_WIDTH * share), Style.QUIET)


def _count(count: int) -> Line:
    return plain(format_count(count))


def _approximate(samples: int | None) -> str:
    """A size in two digits."""
    if samples is None:
        return "samples cannot help"
    step = 10 ** max(0, len(str(samples)) - 2)
    return f"about {-(-samples // step) * step:,}"
