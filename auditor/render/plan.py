"""Power plans as text and as JSON: what would settle a verdict, a table of choices, and how the chances grow; a
design before any run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.power import POWER, Choice, CurvePoint, Design, PowerPlan, SuitePlan, TestPlan
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.render.escape import escape_terminal

# Plans as text: what would settle a verdict, a table of choices, and how the chances grow.


_Lines = Iterator[RenderableType]
_BAR_WIDTH = 20
_ROLE_NAMES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}
_CHANCE = f"{100 * POWER:.0f} %"
_NO_CORRELATION = "How much another epoch of an item tells is not known: each item was run once. Count items."
_DECIDE_EITHER = "to be told either, any of these on both sides:"


def render_plans(found: Sequence[tuple[Patch, Sequence[PowerPlan]]]) -> Iterable[RenderableType]:
    """The patches with what would settle their verdicts, oldest first."""
    if not found:
        yield Text("No verdict is open.")
    for patch, plans in found:
        yield Text.assemble(f"{patch.after.date:%Y-%m-%d}  ", (patch.id[:8], "yellow"))
        for plan in plans:
            yield Padding(_stack(_plan_blocks(plan)), (0, 0, 0, 4), expand=False)


def render_design(found: Design) -> Iterable[RenderableType]:
    """A design before any run."""
    what = f"the next patch on {escape_terminal(found.behaviour)}" if found.behaviour else "a new patch"
    yield Text.assemble("A design for ", (what, "bold"))
    hoped = f"{_percent(found.test_rate)} to {_percent(found.test_rate * (1.0 - found.fall))}"
    yield Text(f"    test hoped to fall from {hoped}; held-out at {_percent(found.held_out_rate)} before")
    yield Text("    independent samples a side (one epoch of each item), the test run twice before the patch\n")
    table = _table("test samples", "chance to see its fall", "nothing carried over", "most carried over")
    for row in found.rows:
        marked = "  <-" if row is found.at else ""
        table.add_row(
            f"{row.test:,}", _percent(row.chance), _approximate(row.stayed), _approximate(row.carried) + marked
        )
    yield Padding(table, (0, 0, 0, 4), expand=False)
    yield Text(f"    held-out samples to be told either, with a chance of {_CHANCE}, if it is so\n", style="dim")
    if found.suite is None:
        yield Text("    No size listed is enough: a suite on which the behaviour shows more often would be.")
        return
    yield Text("    <- the fewest in all; on held-out that is\n")
    yield Padding(
        _stack(
            [
                *_choice_table(found.suite.choices, _DECIDE_EITHER),
                *_epoch_note(found.suite),
                *_curve_table(found.suite.curve),
            ]
        ),
        (0, 0, 0, 4),
    )


def _stack(parts: Iterable[RenderableType]) -> Table:
    grid = Table.grid()
    for part in parts:
        grid.add_row(part)
    return grid


def _plan_blocks(plan: PowerPlan) -> _Lines:
    facts = plan.facts
    yield Text.assemble(
        (f"{escape_terminal(facts.behaviour)} of {escape_terminal(facts.model)}: ", "bold"), str(facts.verdict)
    )
    yield Text(f"{_sentence(facts.conclusion)}", style="dim")
    yield Text(f"What would settle it: {plan.advice}.")
    if plan.test is not None:
        yield from _test_blocks(plan.test)
    for suite in plan.held_out:
        yield from _suite_blocks(suite)
    yield Text("")


def _sentence(text: str) -> str:
    shown = escape_terminal(text)
    return shown[:1].upper() + shown[1:] + "."


def _test_blocks(plan: TestPlan) -> _Lines:
    yield Text(f"\ntest, {_percent(plan.before)} before and {_percent(plan.after)} after{_effective_size(plan.worth)}")
    table = _table(f"to be told, with a chance of {_CHANCE}", "samples a side")
    table.add_row("that it fell, if these rates are the truth", _approximate(plan.fall))
    table.add_row("that there is no fall worth naming, if it stays where it was", _approximate(plan.no_fall))
    yield Padding(table, (0, 0, 0, 2))
    yield from _choice_table(plan.choices, f"to be told {_goal(plan)}, any of these on both sides:")
    if plan.correlation is None and plan.choices:
        yield Text(_NO_CORRELATION, style="dim")


def _goal(plan: TestPlan) -> str:
    """What the choices are for."""
    return "that it fell" if plan.choices and plan.choices[0].samples == plan.fall else "that there is no fall"


def _suite_blocks(plan: SuitePlan) -> _Lines:
    name = f"{_ROLE_NAMES[plan.role]} {escape_terminal(plan.suite)}" if plan.suite else "a new held-out suite"
    yield Text(f"\n{name}, {_percent(plan.rate)} before{_effective_size(plan.worth)}")
    table = _table(f"to be told, with a chance of {_CHANCE}", "samples a side")
    table.add_row("that nothing carried over, if nothing did", _approximate(plan.stayed))
    table.add_row("that most carried over, if all did", _approximate(plan.carried))
    if plan.worth is not None:
        table.add_row("where it lies, if it is as measured so far", _approximate(plan.as_measured))
    yield Padding(table, (0, 0, 0, 2))
    yield from _choice_table(plan.choices, f"{_DECIDE_EITHER[:-1]}{_runs_note(plan.runs)}:")
    yield from _epoch_note(plan)
    yield from _curve_table(plan.curve)


def _effective_size(samples: float | None) -> str:
    return "" if samples is None else f"; worth {samples:,.0f} independent samples a side so far, which count"


def _runs_note(runs: int) -> str:
    """Epochs in one run share its day; spread over several, they do not."""
    return "" if runs == 1 else f", all epochs together, spread over {runs:,} runs a side"


def _choice_table(choices: Sequence[Choice], what: str) -> _Lines:
    if not choices:
        return
    yield Text(f"\n{what}")
    table = _table("epochs", "items", "samples a side")
    for one in choices:
        table.add_row(f"{one.epochs}", f"{one.items:,}", f"{one.samples:,}")
    yield Padding(table, (0, 0, 0, 2))


def _epoch_note(plan: SuitePlan) -> _Lines:
    """What more epochs of the items that are there would do."""
    if plan.items is None or not plan.choices:
        return
    if plan.correlation is None:
        yield Text(_NO_CORRELATION, style="dim")
    elif plan.epochs is None:
        most = plan.items / plan.correlation if plan.correlation > 0.0 else 0.0
        yield Text(
            f"On the {plan.items:,} items there are, no number of epochs does: samples of one item resemble each other "
            f"(correlation {plan.correlation:.2f}), so that they are worth {most:,.0f} at most.",
            style="dim",
        )
    else:
        yield Text(f"On the {plan.items:,} items there are, {plan.epochs:,} epochs do.", style="dim")


def _curve_table(points: Sequence[CurvePoint]) -> _Lines:
    yield Text("\nchance of being told, by independent samples a side:")
    table = _table("samples", "nothing carried over", "", "most carried over", "")
    table.columns[2].justify = table.columns[4].justify = "left"
    for one in points:
        table.add_row(
            f"{one.samples:,}",
            f"{100 * one.stayed:.0f} %",
            _bar(one.stayed),
            f"{100 * one.carried:.0f} %",
            _bar(one.carried),
        )
    yield Padding(table, (0, 0, 0, 2))


def _bar(share: float) -> str:
    """A bar of so many places, filled up to the share."""
    full = round(_BAR_WIDTH * share)
    return "#" * full + "." * (_BAR_WIDTH - full)


def _table(*heads: str) -> Table:
    """Columns of figures; the first is words where its head is longer than a figure."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 0 and len(head) > 14 else "right", no_wrap=True)
    return table


def _approximate(samples: int | None) -> str:
    """About so many: two figures of it are meant."""
    if samples is None:
        return "no number does"
    step = 10 ** max(0, len(str(samples)) - 2)
    return f"about {-(-samples // step) * step:,}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


# Plans as JSON: the same numbers, unrounded.
