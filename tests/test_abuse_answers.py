"""What the gate, a server's hook, the audit and the report's answer say of each abuse, as their page has it.

The page is read back: each abuse's test holds its own section against what the four say now, and AUDITOR_REFRESH=1
writes it anew. Where all four were silent a reader would be misled: that fails, but for what nobody can know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.cli.main import run as auditor
from tests import test_abuses as battery
from tests.bent_landings import ALL_OF_HISTORY, ATTEMPTS, SURFACES, Answer, answers_to, honest
from tests.snapshots import assert_as_written, refreshing

PAGE = Path(__file__).parents[1] / "docs/explanation/abuses.md"
NUMBERS = sorted(battery.ABUSES)
# What no tool can see, and what every report says of it.
CANNOT_KNOW = {25: "does not show that the logs are genuine"}
# From here on landings, records and reports are bent, and no longer numbers.
FIRST_LANDING = 29
HEAD = """# The abuses

Ways in which a number, a landing or a report is bent, each planted as a tiny history in `tests/test_abuses.py`
with the verdict, finding or refusal it deserves, and as a landing in a real repository in
`tests/bent_landings.py`. What each of the four who look at it say was written by running them: the gate
(`auditor gate --base --head`), a server's `pre-receive` hook in a bare repository, `auditor audit` once it has
landed all the same, and the answer of a report on it. *Silent* is who lets it pass without a word; where all
four were silent, the tests fail, but for what nobody can know. `AUDITOR_REFRESH=1 python -m pytest
tests/test_abuse_answers.py` writes this page anew.
"""


def sections() -> dict[int, str]:
    """The page's sections by the abuses' numbers."""
    parts = re.split(r"^(?=## \d+\. )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {int(re.match(r"## (\d+)", part)[1]): part.rstrip("\n") for part in parts}  # type: ignore[index]


def page(parts: Mapping[int, str]) -> str:
    """The page: who speaks of each abuse in one table, then each abuse."""
    names = [*SURFACES, "verify", "ingest"]
    rows = [f"| | abuse | {' | '.join(names)} |", f"| --- | --- |{' --- |' * len(names)}"]
    for number, (abuse, _) in battery.ABUSES.items():
        lines = re.findall(r"^\| ([a-z' ]+) \| (.*) \|$", parts.get(number, ""), flags=re.MULTILINE)
        marks = [_mark([text for name, text in lines if name == who]) for who in names]
        rows.append(f"| {number} | {abuse} | {' | '.join(marks)} |")
    ordered = [parts[number] for number in NUMBERS if number in parts]
    return "\n".join([HEAD, *rows, "", "\n\n".join(ordered), ""])


def _mark(texts: list[str]) -> str:
    silent = [text.startswith("*silent*") for text in texts]
    return (
        "" if not texts or all(text.startswith("*nothing") for text in texts) else "silent" if all(silent) else "speaks"
    )


def _cell(answer: Answer, folder: str) -> str:
    text = (
        re.sub(r"\b[0-9a-f]{8,64}\b|(?<=\bline )\d+", "…", answer.text.replace(folder, "."))
        .replace("|", r"\|")
        .replace("\n", " ")
    )
    if text == "nothing lands":
        return f"*{text}*"
    return text if answer.speaks else f"*silent*: {text}"


def section(number: int, tables: list[str]) -> str:
    abuse, deserved = battery.ABUSES[number]
    planted = sorted(name for name in vars(battery) if name.startswith(f"test_{number:02d}_"))
    names = "; ".join(f"`{name}`" for name in planted)
    head = f"## {number}. {abuse[:1].upper()}{abuse[1:]}\n\nDeserves: {deserved}."
    return "\n\n".join([head, *tables, f"Planted by {names}."])


@pytest.mark.usefixtures("whole_catalogue")
@pytest.mark.parametrize("number", NUMBERS)
def test_what_the_four_say(number: int, tmp_path: Path) -> None:
    tables = []
    for place, build in enumerate(ATTEMPTS[number]):
        folder = tmp_path / str(place)
        folder.mkdir()
        answers = answers_to(build(folder))
        _require_told(number, answers)
        rows = [f"| {who} | {_cell(answer, str(folder))} |" for who, answer in answers.items()]
        what = (
            str(build.__doc__).partition(": ")[2]
            if number != 25
            else "runs that nobody made, of a patch that carries over."
        )
        intro = [f"{what[:1].upper()}{what[1:]}"] if what else []
        tables.append("\n".join([*intro, *([""] if intro else []), "| who | says |", "| --- | --- |", *rows]))
    text = section(number, tables)
    if refreshing():
        PAGE.write_text(page({**sections(), number: text}), encoding="utf-8")
    assert sections()[number] == text, f"{PAGE.name} is stale: AUDITOR_REFRESH=1 writes it anew; then read the diff"


def _require_told(number: int, answers: Mapping[str, Answer]) -> None:
    """Fails where a reader would be misled."""
    speaks = {who for who, answer in answers.items() if answer.speaks}
    if number in CANNOT_KNOW:
        assert not speaks, "what was called unknowable is told: take it out of CANNOT_KNOW"
        return
    assert speaks, "all are silent: a reader would be misled"
    if number >= FIRST_LANDING and answers["server"].text != "nothing lands":
        refused = answers["server"].text.startswith(("exit 1", "exit 3"))
        let_in = number == 36 and answers["server"].speaks  # records are let in whatever they say
        assert refused or let_in or {"audit", "report's answer"} <= speaks, "neither refused, nor named in the answer"


def test_the_page_has_every_abuse() -> None:
    """In their order, with the table of who speaks."""
    parts = {number: text for number, text in sections().items() if number in battery.ABUSES}
    assert_as_written(PAGE, page(parts))
    assert sorted(parts) == NUMBERS == sorted(ATTEMPTS)


def test_what_nobody_can_know_is_said_in_every_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attempt = honest(tmp_path)
    assert auditor(["report", "--no-seal", *ALL_OF_HISTORY, "--repo", str(attempt.world.repo.path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(sentence in text for sentence in CANNOT_KNOW.values()) and "UNWITNESSED" in text
