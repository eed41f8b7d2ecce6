"""Runs that were planned and have no result, as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.preregistration import PlanFacts, PlanState
from auditor.render.escape import terminal

PLANS_SAY = {
    PlanState.MISSING: "no result",
    PlanState.DIFFERS: "what names it is something else, or older",
    PlanState.UNCLEAR: "several results could be it, and none names it",
}


def open_plans(plans: Sequence[PlanFacts]) -> Iterable[RenderableType]:
    """The plans that nothing fulfils, oldest first; nothing where there is none."""
    waiting = [one for one in plans if one.state is not PlanState.FULFILLED]
    if not waiting:
        return
    yield Text("Planned, and no result that is it", style="bold")
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "left", "left", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for one in waiting:
        plan = one.plan
        age = "" if one.age is None else f", {one.age} days"
        cells = (terminal(plan.suite), terminal(plan.checkpoint), plan.revision[:8])
        says = f"{PLANS_SAY[one.state]}{age}"
        table.add_row(f"{plan.created:%Y-%m-%d}", *cells, f"{plan.planned:,} samples", says)
    yield Padding(table, (0, 0, 1, 4), expand=False)
