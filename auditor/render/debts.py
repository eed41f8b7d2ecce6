"""Evidence debts as every report lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict
from rich.text import Text

from auditor.assess.ledger import Debt
from auditor.render.escape import terminal


class OwedPart(BaseModel):
    """What was measured before a patch and has no held-out comparison across it yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: str
    model: str


class DebtPart(BaseModel):
    """What a patch owes, when it landed at the latest, and by when it is due; compare that with the day of reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spec: str
    patch: str
    owed: list[OwedPart]
    landed: date
    due: date


def debt_part(debt: Debt) -> DebtPart:
    """A debt as its part of a document."""
    owed = [OwedPart(behaviour=behaviour, model=model) for behaviour, model in debt.owed]
    return DebtPart(spec=debt.spec, patch=debt.patch, owed=owed, landed=debt.landed, due=debt.due)


def debt_lines(debts: Sequence[Debt], day: date) -> Iterator[Text]:
    """Every debt on a line, those that are overdue first."""
    for debt in sorted(debts, key=lambda debt: (not debt.overdue(day), debt.due)):
        over = debt.overdue(day)
        named = terminal(", ".join(sorted({behaviour for behaviour, _ in debt.owed})))
        text = f"patch {debt.patch[:8]} landed on {debt.landed}: {named} to be measured by {debt.due}"
        yield Text.assemble(("overdue  " if over else "debt     ", "bold red" if over else "yellow"), text)
