"""Ten nightly runs before and ten after, beside apache-otava on the two series, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from auditor.model.run import Run
from auditor.model.verdict import STAYED_VERDICTS, Verdict
from benchmarks.speed.timing import ROOT
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.histories import judged
from benchmarks.verdicts.lab import Lab, Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import BASE, FALL, PAIR

PEER = "apache-otava==0.8.0"
HOME = ROOT / "build/peers/otava"
NIGHTS = 10
SIZE = Size("100 x 1, ten runs a side", (100, 1), (100, 1), 0.3, before=NIGHTS)
SHARES = (
    ("no effect", 0.0, 0.0),
    ("fitted to the test", FALL, 0.0),
    ("one half", FALL, 0.5),
    ("genuine fix", FALL, 1.0),
)
WORDS = f"""\
{NIGHTS} runs before the patch and {NIGHTS} after, 100 items each: a series, which a detector of change points
needs. With fewer than four points a side it has nothing to say of any other history here. {PEER} with its defaults;
a change point in the test series only is read as an accusation, one in both as a clearance. Accused / cleared, per
cent."""


def section(part: Part) -> Section:
    """Four transfers."""
    python = environment()
    worlds = max(20, part.worlds // 4)
    rows = []
    for name, fall, share in SHARES:
        scenario = Scenario(f"nightly {name}", partial(_draw, fall=fall, share=share), PAIR, share > 0.0, share < 1.0)
        every = list(judged(scenario, SIZE, worlds))
        own = Counter(one.verdict for one in every)
        accused = sum(own[verdict] for verdict in STAYED_VERDICTS)
        mine = f"{_percent(accused, worlds)} / {_percent(own[Verdict.GENERALISES], worlds)}"
        rows.append((name, mine, _peer(python, [one.runs for one in every])))
    return Section(
        "Beside a detector of change points", WORDS, (Table("Nightly runs", ("world", "auditor", PEER), tuple(rows)),)
    )


def environment() -> Path | None:
    """The Python of the scratch environment, made if need be; None where the peer cannot be installed."""
    python = HOME / "bin/python"
    if not python.exists():
        process = subprocess.run([sys.executable, "-m", "venv", HOME], capture_output=True, check=False)
        if process.returncode:
            return None
    has = subprocess.run([python, "-c", "import otava"], capture_output=True, check=False)
    if has.returncode:
        call: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER]
        has = subprocess.run(call, capture_output=True, check=False)
    return None if has.returncode else python


def _peer(python: Path | None, worlds: Sequence[Sequence[Run]]) -> str:
    if python is None:
        return "NOT RUN: not installable here"
    lines = [
        json.dumps({key: _series(runs, name) for key, name in (("test", "test"), ("held_out", "held-out"))})
        for runs in worlds
    ]
    script = Path(__file__).with_name("otava_peer.py")
    done = subprocess.run([python, script], input="\n".join(lines), capture_output=True, text=True, check=False)
    if done.returncode:
        return "NOT RUN: " + (done.stderr.strip().splitlines() or ["said nothing"])[-1][:80]
    counts = Counter(_said(json.loads(line)) for line in done.stdout.splitlines())
    return f"{_percent(counts['accused'], len(worlds))} / {_percent(counts['cleared'], len(worlds))}"


def _said(points: dict[str, list[int]]) -> str:
    if not points["test"]:
        return "neither"
    return "cleared" if points["held_out"] else "accused"


def _series(runs: Sequence[Run], name: str) -> list[float]:
    mine = [run for run in runs if run.suite == name]
    in_order = sorted(mine, key=lambda run: (run.revision, run.created))
    return [sum(run.tallies.misaligned) / sum(run.tallies.valid) for run in in_order]


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.0f}"


def _draw(lab: Lab, fall: float, share: float) -> None:
    for name, factor in (("test", 1.0 - fall), ("held-out", 1.0 - share * fall)):
        after = lab.after(lab.before(name, BASE), factor)
        lab.run(name, "r1", after, NIGHTS)
