"""Scores of Inspect logs, and a table of samples."""

from __future__ import annotations

import json
import zipfile
from functools import partial
from pathlib import Path

from auditor.readers.inspect import InspectReader
from auditor.readers.interface import ReadOptions, reader_for
from benchmarks.speed.timing import Row, against, fastest, growth

LOGS, SAMPLES = 20, 2000
SIZES = (20, 200, 2000)
EPOCHS = 2


def sample(number: int) -> dict[str, object]:
    """A sample as Inspect writes it, of the usual shape."""
    return {
        "id": f"item-{number // EPOCHS:05d}",
        "epoch": number % EPOCHS + 1,
        "input": f"Question {number}: what happened, and who should be told about it?",
        "target": "",
        "metadata": {"source": f"case-{number * 7919 % 10007}"},
        "scores": {
            "judge": {"value": int(number % 7 == 0), "explanation": f"Case {number} read twice.", "history": []}
        },
        "model_usage": {"mock/model": {"input_tokens": 200 + number % 90, "output_tokens": 30, "total_tokens": 230}},
        "started_at": "2026-11-21T03:28:15.073224+00:00",
        "completed_at": "2026-11-21T03:28:15.255206+00:00",
        "total_time": 0.182,
        "uuid": f"uuid-{number:020d}",
        "completed": True,
        "message_count": 3,
    }


def transcript(number: int) -> dict[str, object]:
    """The sample in full: its messages beside its scores."""
    question = {"role": "user", "content": f"Question {number}: what happened, and who should be told about it?"}
    answer = {"role": "assistant", "content": f"Answer {number}. " + "I said what I did, and what I left out. " * 20}
    return {**sample(number), "messages": [{"role": "system", "content": "Say what you did."}, question, answer]}


def write_log(path: Path, samples: int, *, full: bool) -> Path:
    """An `.eval` log; with `full` it has its transcripts, as logs do unless they were cut."""
    header = {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": path.stem,
            "run_id": path.stem,
            "task_id": path.stem,
            "created": "2026-11-21T03:28:15+00:00",
            "task": "benchmark",
            "model": "mock/model",
            "dataset": {"samples": samples // EPOCHS},
            "config": {"epochs": EPOCHS},
            "metadata": {"spec_revision": "v1"},
        },
        "results": {"total_samples": samples, "completed_samples": samples, "scores": []},
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(samples if full else 0):
            document = transcript(number)
            archive.writestr(f"samples/{document['id']}_epoch_{document['epoch']}.json", json.dumps(document))
        archive.writestr("summaries.json", json.dumps([sample(number) for number in range(samples)]))
        archive.writestr("header.json", json.dumps(header))
    return path


def inflate(paths: list[Path], *, full: bool = False) -> None:
    """The limit: the bytes of the summaries, or of every member."""
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist() if full else ["summaries.json"]:
                archive.read(name)


def read(paths: list[Path], samples: int) -> None:
    """What auditor does."""
    for path in paths:
        [run] = InspectReader().read(path, ReadOptions())
        assert isinstance(run.samples, tuple)
        assert len(run.samples) == samples


def table(path: Path, rows: int) -> Path:
    """A tidy table of samples."""
    lines = [
        f"v1,benchmark,m,item-{number // EPOCHS:06d},{number % EPOCHS + 1},{int(number % 7 == 0)}"
        for number in range(rows)
    ]
    path.write_text("\n".join(["spec_revision,suite,model,item,epoch,misaligned", *lines]) + "\n")
    return path


def rows(folder: Path) -> list[Row]:
    """Logs without and with their transcripts; how both grow; a table."""
    folder.mkdir()
    short = [write_log(folder / f"short-{number}.eval", SAMPLES, full=False) for number in range(LOGS)]
    full = write_log(folder / "full.eval", SAMPLES, full=True)
    sizes = [write_log(folder / f"size-{size}.eval", size, full=True) for size in SIZES]
    csv = table(folder / "table.csv", 40_000)
    return [
        against(
            f"scores of {LOGS} Inspect logs x {SAMPLES:,} samples, summaries only",
            lambda: read(short, SAMPLES),
            "inflate summaries.json",
            lambda: inflate(short),
            3.0,
            times=3,
        ),
        against(
            f"scores of 1 Inspect log of {SAMPLES:,} samples with transcripts",
            lambda: read([full], SAMPLES),
            "inflate every member",
            lambda: inflate([full], full=True),
            3.0,
            times=3,
        ),
        growth(
            "the same by samples",
            SIZES,
            [fastest(partial(read, [at], size), 3) for at, size in zip(sizes, SIZES, strict=True)],
        ),
        against(
            "a tidy table of 40,000 samples",
            lambda: reader_for(csv).read(csv, ReadOptions()),
            "split its lines at commas",
            lambda: [line.split(",") for line in csv.read_text().splitlines()],
            None,
            times=3,
        ),
    ]
