"""auditor report, from the command line on the demonstration; and a report made again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from auditor import __version__
from auditor.app.demo import demonstrate
from auditor.app.verify import reproduce
from auditor.cli.main import run
from auditor.model.verification import Reproduction
from tests.cli.conftest import Said, one_line
from tests.processes import auditor

Capture = pytest.CaptureFixture[str]
DATA = re.compile(r'<data value="([^"]*)">(.*?)</data>')


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration, whose first two quarters are sealed, and its third one by a report."""
    folder = tmp_path_factory.mktemp("demonstration") / "repository"
    demonstrate(folder)
    done = auditor("report", "--quarter", "2026Q3", "-o", folder.parent / "q3.html", cwd=folder)
    assert (done.code, done.out) == (0, b""), done.err
    return folder


def here(capsys: Capture, *arguments: str | Path) -> Said:
    """The command line, in this process; how it is started changes nothing, as the first test shows."""
    code = run([str(argument) for argument in arguments])
    return Said(code, *capsys.readouterr())


def made_again(repository: Path, file: Path) -> Reproduction:
    return reproduce(file, repository)


def test_the_same_bytes_whatever_the_place(demonstration: Path, tmp_path: Path) -> None:
    first = (demonstration.parent / "q3.html").read_bytes()
    for place, variables in enumerate(
        (
            {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1"},
            {"TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
        )
    ):
        file = tmp_path / f"{place}.html"
        done = auditor("report", "--quarter", "2026Q3", "--repo", demonstration, "-o", file, cwd=tmp_path, **variables)
        assert done.code == 0, done.err
        assert file.read_bytes() == first


def test_it_seals_what_it_rests_on_once(demonstration: Path) -> None:
    assert sorted(file.name for file in (demonstration / "eval_history/checkpoints").iterdir()) == [
        "0001.json",
        "0002.json",
    ]
    sealed = json.loads((demonstration / "eval_history/checkpoints/0002.json").read_text())
    page = (demonstration.parent / "q3.html").read_text()
    assert sealed["root"] in page and "UNWITNESSED" in page and "all sealed" in page


def test_unsealed_where_asked(demonstration: Path, tmp_path: Path, capsys: Capture) -> None:
    shutil.copytree(demonstration, tmp_path / "repository", symlinks=True)
    (tmp_path / "repository/eval_history/checkpoints/0002.json").unlink()
    done = here(capsys, "report", "--quarter", "2026Q3", "--no-seal", "--repo", tmp_path / "repository")
    assert done.code == 0 and "<strong>unsealed</strong>" in done.out
    assert [file.name for file in (tmp_path / "repository/eval_history/checkpoints").iterdir()] == ["0001.json"]


@pytest.mark.parametrize("style", ["html", "markdown", "json"])
def test_a_report_made_again_is_the_same(demonstration: Path, tmp_path: Path, capsys: Capture, style: str) -> None:
    file = tmp_path / "report"
    arguments = ("report", "--since", "2026-01-01", "--until", "2026-06-30", "--format", style, "-o", file)
    assert here(capsys, *arguments, "--repo", demonstration).code == 0
    reproduction = made_again(demonstration, file)
    assert reproduction.differences == () and reproduction.numbers > 100 and reproduction.batch == 2


def test_it_is_made_again_after_more_has_happened(demonstration: Path, tmp_path: Path, capsys: Capture) -> None:
    """Later commits and later records are not what it rests on."""
    later = ("--repo", shutil.copytree(demonstration, tmp_path / "later", symlinks=True))
    extra = tmp_path / "extra.csv"
    rows = "".join(f"d24611ff7a8c,refund-approvals,harbor-2,new-{at},1\n" for at in range(50))
    extra.write_text(f"spec_revision,suite,model,item,misaligned\n{rows}")
    assert here(capsys, "ingest", extra, *later).code == 0
    assert here(capsys, "report", "--quarter", "2026Q3", "-o", tmp_path / "new.html", *later).code == 0
    assert made_again(tmp_path / "later", demonstration.parent / "q3.html").differences == ()
    again = made_again(tmp_path / "later", tmp_path / "new.html")
    assert (again.differences, again.batch) == ((), 3)


@pytest.mark.parametrize("style", ["html", "markdown", "json"])
def test_a_report_of_another_version_is_refused(
    demonstration: Path, tmp_path: Path, capsys: Capture, style: str
) -> None:
    """One word in it would otherwise choose how much of it is compared."""
    file = tmp_path / "q3"
    made = here(capsys, "report", "--repo", demonstration, "--quarter", "2026Q3", "--format", style, "-o", file)
    assert made.code == 0
    text = file.read_text()
    assert __version__ in text
    file.write_text(text.replace(__version__, "0.1.0"))
    line = one_line(here(capsys, "verify", "--repo", demonstration, "--report", file))
    says = f"auditor_version: was made by auditor 0.1.0, and this is {__version__}; verify it with auditor 0.1.0"
    assert line == f"auditor: {file}: {says}"


def test_every_number_that_is_changed_is_named(demonstration: Path, tmp_path: Path) -> None:
    page = (demonstration.parent / "q3.html").read_text()
    places = list(DATA.finditer(page))
    path = tmp_path / "changed.html"
    text, number = page, len(places)
    for place in reversed(places):
        text = text[: place.start(2)] + "9" + text[place.start(2) :]
    path.write_text(text)
    reproduction = made_again(demonstration, path)
    assert reproduction.numbers == number == len(reproduction.differences)
    assert all(difference.says != difference.gives for difference in reproduction.differences)


def test_words_that_are_changed_are_shown(demonstration: Path, tmp_path: Path) -> None:
    page = (demonstration.parent / "q3.html").read_text()
    (tmp_path / "kind.html").write_text(page.replace("Hiding is suspected of 1 patch", "All is well with each patch"))
    (report_difference,) = made_again(demonstration, tmp_path / "kind.html").differences
    assert "All is well" in report_difference.says and "Hiding is suspected" in report_difference.gives


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give --quarter, or --since and --until"),
        (("--quarter", "2026Q5"), "auditor: --quarter: 2026Q5: is no quarter; write it as 2026Q3"),
        (("--since", "2026-01-01"), "give both --since and --until"),
        (("--quarter", "2026Q3", "--since", "2026-01-01"), "give --quarter, or --since and --until"),
        (("--since", "2026-02-01", "--until", "2026-01-01"), "ends before it begins"),
        (
            ("--quarter", "2026Q3", "-o", "q3.PDF"),
            "auditor: q3.PDF: auditor writes no PDF; write HTML, as audit.html, and",
        ),
        (("--quarter", "2026Q3", "--format", "pdf"), "'pdf' is not one of"),
        (("--quarter", "2026Q3", "-o", "missing/q3.html"), "auditor: missing: no such folder; make it first"),
        (("--quarter", "2026Q3", "-o", "auditor.toml"), "auditor: auditor.toml: is there already; give another name"),
    ],
)
def test_what_cannot_be_reported_is_one_line(
    demonstration: Path,
    arguments: tuple[str, ...],
    said: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = (demonstration / "auditor.toml").read_bytes()
    monkeypatch.chdir(demonstration)
    done = here(capsys, "report", *arguments)
    assert done.out == "" and said in one_line(done)
    assert (demonstration / "auditor.toml").read_bytes() == before


def test_a_spec_without_evaluations_is_worth_a_page(tmp_path: Path, capsys: Capture) -> None:
    from tests.repos import two_commits

    repository = two_commits(tmp_path / "plain")
    name = next(path.name for path in repository.path.iterdir() if path.is_file())
    period = ("--since", "1970-01-01", "--until", "2100-01-01")
    where = ("--repo", repository.path, "--spec", name)
    done = here(capsys, "report", *period, *where, "--no-seal", "--format", "markdown")
    assert done.code == 0, done.err
    assert "No evaluation" in done.out or "without the evaluations" in done.out


def test_verify_takes_a_report(
    demonstration: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page as it is, one with a number changed, one whose witness has the checkpoint; and what is no report."""
    monkeypatch.chdir(demonstration)
    page = demonstration.parent / "q3.html"
    done = here(capsys, "verify", "--report", page)
    again = r"\d{3} numbers computed again from commit d24611ff7a8c, records up to batch 2\nall as it says"
    assert done.code == 0 and re.search(again, done.out)
    changed = tmp_path / "changed.html"
    changed.write_text(page.read_text().replace(">16.8\u2009%<", ">6.8\u2009%<", 1))
    done = here(capsys, "verify", "--report", changed)
    assert done.code == 1
    difference = r"\n1 difference\n- line \d+: it says 6.8 % \(0.168\), the records give 16.8 % \(0.168\)\n"
    assert re.search(difference, done.out)
    held = demonstration.parent / "held.json"
    shutil.copy(demonstration / "eval_history/checkpoints/0002.json", held)
    witnessed = tmp_path / "witnessed.html"
    made = here(capsys, "report", "--quarter", "2026Q3", "--checkpoint", held, "-o", witnessed)
    assert made.code == 0 and "unchanged since checkpoint" in witnessed.read_text()
    done = here(capsys, "verify", "--report", witnessed, "--checkpoint", held)
    assert done.code == 0 and "is its own word" in done.out
    done = here(capsys, "verify", "--report", demonstration / "auditor.toml")
    assert done.code == 2 and "is no report" in done.err and done.err.count("\n") == 1
