"""Windows as text: those that say what no patch in them says by itself, and how many others were looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from auditor.assess.facts import BehaviourFacts, PeriodFacts
from auditor.audit import PeriodEntry
from auditor.model.verdict import Verdict
from auditor.render.escape import terminal

_TOLD = (Verdict.TEST_ONLY, Verdict.WORSE, Verdict.MEASUREMENT, Verdict.PARTIAL)


def window_blocks(
    windows: Sequence[PeriodEntry], numbers: Callable[[BehaviourFacts], RenderableType], styles: dict[Verdict, str]
) -> Iterable[RenderableType]:
    """The windows worth telling, one block each, then one line on the others; nothing without any."""
    if not windows:
        return
    yield Text("Windows: several patches judged as one", style="bold")
    told = [entry for entry in windows if is_news(entry.facts)]
    for entry in told:
        yield _block(entry, numbers, styles)
    rest = Counter(entry.facts.facts.verdict for entry in windows if entry not in told)
    if rest:
        said = ", ".join(f"{rest[verdict]} {verdict}" for verdict in Verdict if verdict in rest)
        which = "other windows looked at" if told else "looked at"
        yield Padding(Text(f"{which}: {said}; none says more than its patches do", style="dim"), (0, 0, 1, 4))


def is_news(window: PeriodFacts) -> bool:
    """Whether it says what no step in it says by itself."""
    verdict = window.facts.verdict
    return verdict in _TOLD and verdict not in window.steps


def _block(
    entry: PeriodEntry, numbers: Callable[[BehaviourFacts], RenderableType], styles: dict[Verdict, str]
) -> RenderableType:
    window, facts = entry.facts, entry.facts.facts
    hiding = f"  hiding suspected: {', '.join(facts.mechanisms)}" if facts.hiding_suspected else ""
    head = Text.assemble(
        (" = ".join(map(terminal, window.names)), "yellow"),
        (" so far" if window.open else "", "dim"),
        "  ",
        (str(facts.verdict), styles[facts.verdict]),
        (hiding, "bold red"),
    )
    said = facts.reason if facts.verdict is Verdict.MEASUREMENT else facts.conclusion
    sentence = Text(
        f"Over {terminal(window.names[0])}, {len(facts.step.patches)} patches together: {terminal(said)}. "
        "No patch of them says so by itself."
    )
    body = [numbers(facts), sentence] if facts.test is not None else [sentence]
    if entry.findings:
        named = ", ".join(f"{finding.check} {finding.name}" for finding in entry.findings)
        body.append(Text(f"findings: {named}", style="dim"))
    return Group(head, Padding(Group(*body), (0, 0, 1, 4), expand=False))
