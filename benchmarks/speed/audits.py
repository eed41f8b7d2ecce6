"""A whole audit of a history with its records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from auditor.app.audit import assess_project
from auditor.app.project import open_project
from auditor.model.run import Exposure, Grade, Run, Tallies
from auditor.model.spec import revision_id
from auditor.render.documents import audit_json
from auditor.store.records import RecordStore, record_id
from benchmarks.speed.timing import Row, against, fastest, growth

PATCHES = (20, 200, 2000)
RUNS_A_REVISION = 10
ITEMS = 100
EPOCHS = 4
FIRST = date(2025, 1, 1)


def suites(behaviours: int) -> list[tuple[str, str, str]]:
    """Of each behaviour one test suite and one held out: name, behaviour and role."""
    return [(f"{role}-{at}", f"behaviour-{at}", role) for at in range(behaviours) for role in ("test", "held_out")]


@dataclass(frozen=True, slots=True)
class Built:
    """A folder of dated revisions with its records. It must lie outside of git, or that repository would be audited."""

    folder: Path
    patches: int
    records: int


def build(folder: Path, patches: int, behaviours: int = 5, days: int = 7, steady: int = 1) -> Built:
    """Writes so many patches, so many days apart, each revision with a run of a hundred items on every suite.

    Rates stay as they are for `steady` patches at a time.
    """
    folder.mkdir(parents=True)
    (folder / "auditor.toml").write_text('[[spec]]\nname = "spec"\npaths = ["*/spec.md"]\nsource = "folder"\n')
    (folder / "eval_history").mkdir()
    tables = [
        f'[[suite]]\nname = "{name}"\nbehaviour = "{behaviour}"\nrole = "{role}"\n'
        for name, behaviour, role in suites(behaviours)
    ]
    (folder / "eval_history/suites.toml").write_text("\n".join(tables))
    runs: list[Run] = []
    for number in range(patches + 1):
        day = FIRST + timedelta(days=days * number)
        text = (
            "# Spec\n\n"
            + "\n\n".join(f"Rule {rule} in its wording {number // (rule + 1)}." for rule in range(40))
            + "\n"
        )
        (folder / day.isoformat()).mkdir()
        (folder / day.isoformat() / "spec.md").write_text(text)
        runs += runs_of(revision_id({"spec.md": text.encode()}), number // steady, behaviours)
    RecordStore(folder, "eval_history").add(runs)
    return Built(folder, patches, len(runs))


def runs_of(revision: str, number: int, behaviours: int) -> Sequence[Run]:
    """One run a suite; test rates go up and down, held-out rates at half the pace, so that verdicts differ."""
    made = []
    for place, (suite, _, role) in enumerate(suites(behaviours)):
        often = (5, 40, 20, 2)[(number // (1 if role == "test" else 2) + place // 2) % 4]
        hits = [[(item * 37 + epoch * 61) % 100 < often for epoch in range(EPOCHS)] for item in range(ITEMS)]
        run = Run(
            record="",
            identity=f"{revision[:12]}-{suite}",
            spec="spec",
            revision=revision,
            suite=suite,
            behaviour=None,
            role=None,
            model="m",
            checkpoint="m",
            parent_checkpoint=None,
            condition="",
            exposure=Exposure.IN_CONTEXT,
            scorer="judge",
            sampling=None,
            created=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=7 * number),
            planned=None,
            incomplete=None,
            source="table",
            source_sha256=revision,
            grade=Grade.B,
            tallies=Tallies(
                tuple(f"item-{n:04d}" for n in range(ITEMS)), (EPOCHS,) * ITEMS, tuple(map(sum, hits)), (0,) * ITEMS
            ),
        )
        made.append(replace(run, record=record_id(run)))
    return made


def read(built: Built) -> None:
    """The limit: the records' bytes, as JSON."""
    files = list((built.folder / "eval_history/records").rglob("*.json"))
    assert len([json.loads(file.read_bytes()) for file in files]) == built.records


def whole(built: Built) -> None:
    """What `auditor audit --format json` does."""
    with open_project(built.folder) as project:
        audit = assess_project(project, datetime.now(UTC).date())
        assert audit_json(audit)
    assert (audit.coverage.patches, audit.coverage.runs) == (built.patches, built.records), (
        "another project was audited"
    )


def rows(folder: Path) -> list[Row]:
    """The largest beside its limit, and all three sizes."""
    built = [build(folder / f"audit-{patches}", patches) for patches in PATCHES]
    largest = against(
        f"audit of {PATCHES[-1]:,} patches with {built[-1].records:,} runs of {ITEMS} items, to JSON",
        lambda: whole(built[-1]),
        "read the records and parse their JSON",
        lambda: read(built[-1]),
        "5 s",
        times=1,
    )
    smaller = [fastest(partial(whole, one), 1) for one in built[:-1]]
    return [largest, growth("the same by patches", PATCHES, [*smaller, largest.seconds])]
