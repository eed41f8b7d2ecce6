"""What landed past the gate is found afterwards, with the commit: rules, records and waivers, from history alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run
from tests.landings import FIRST, SECOND, SETTINGS, SUITES, THIRD, Evaluated, content, evaluated

Capture = pytest.CaptureFixture[str]
LOOSE = f"{SETTINGS}[policy]\nblock_on = []\n"
WAIVER = """check = "test-only"
fingerprint = "00000000000000000000000000000000"
reason = "x"
who = "Ada"
granted = 2026-01-01
until = 2026-02-01
"""
STORE = "eval_history"


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    found = evaluated(tmp_path)
    found.repo.checkout("main")
    return found


def audited(made: Evaluated, capsys: Capture, *options: str) -> tuple[int, Mapping[str, Any]]:
    """(exit code, document) of an audit of the repository."""
    code = run(["audit", "--repo", str(made.repo.path), "--format", "json", "--as-of", "2026-01-20", *options])
    out, err = capsys.readouterr()
    assert out, err
    document: Mapping[str, Any] = json.loads(out)
    return code, document


def told(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """(code, severity) of what was found, by commit."""
    return {
        landing["commit"]: [(one["check"], one["severity"]) for one in landing["findings"]]
        for landing in document["landings"]
    }


def records(made: Evaluated) -> Sequence[str]:
    folder = made.repo.path / STORE / "records"
    return sorted(str(file.relative_to(made.repo.path)) for file in folder.rglob("*.json"))


def test_honest_landings_are_not_told(made: Evaluated, capsys: Capture) -> None:
    made.repo.checkout("branch")
    made.patch(visible="0/400", unseen="2/400")
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.commit({"auditor.toml": f'{SETTINGS}[policy]\nblock_on = ["test-only", "worse", "artefact", "SD103"]\n'})
    made.repo.commit({"eval_history/waivers/one.toml": WAIVER})
    _, document = audited(made, capsys)
    assert document["landings"] == []


def test_rules_that_were_loosened(made: Evaluated, capsys: Capture) -> None:
    alone = made.repo.commit({"auditor.toml": LOOSE}, message="less")
    moved = made.repo.commit({"eval_history/suites.toml": SUITES.replace("held_out", "test"), "spec.md": SECOND})
    code, document = audited(made, capsys)
    assert (code, told(document)) == (0, {alone: [("SD301", "medium")], moved: [("SD302", "high")]})
    [first, second] = document["landings"]
    assert (first["landed"], first["patched"], second["patched"]) == ("2026-01-01", [], ["conduct"])
    message = "the rules ask for less: block_on without test-only, mostly-test, worse, artefact"
    assert first["findings"][0]["message"] == message
    assert first["findings"][0]["place"] == {"path": "auditor.toml", "line": 1}


def test_what_the_gate_found_before_is_found_afterwards_under_the_same_fingerprint(
    made: Evaluated, capsys: Capture
) -> None:
    gone, other = records(made)[:2]
    made.repo.checkout("branch")
    text = (made.repo.path / other).read_text()
    made.repo.write({other: f"{text} "})
    made.repo.commit({"auditor.toml": LOOSE, "spec.md": SECOND, "eval_history/waivers/one.toml": WAIVER, gone: None})
    before = made.decide(capsys)
    blocked = {one["check"]: one["fingerprint"] for one in before["blocked"] if one["check"].startswith("SD3")}
    assert sorted(blocked) == ["SD301", "SD303", "SD304", "SD305"]
    made.repo.checkout("main")
    merge = made.repo.merge("branch")
    made.repo.commit({other: text}, message="put back, as the audit itself refuses a damaged record")
    _, document = audited(made, capsys)
    [landed] = document["landings"]
    assert landed["commit"] == merge, "what puts a damaged record back changes none"
    assert {one["check"]: one["fingerprint"] for one in landed["findings"]} == blocked


def test_each_removal_is_told_and_no_merge_of_what_is_older(made: Evaluated, capsys: Capture) -> None:
    gone = records(made)[0]
    made.repo.checkout("branch")
    made.repo.commit({"notes.txt": "x"})
    made.repo.checkout("main")
    text = (made.repo.path / gone).read_bytes()
    removed = made.repo.commit({gone: None})
    made.repo.merge("branch", message="it still has what was removed, and removes nothing")
    made.repo.commit({gone: text})
    again = made.repo.commit({gone: None})
    _, document = audited(made, capsys)
    assert told(document) == {removed: [("SD303", "high")], again: [("SD303", "high")]}
    assert document["landings"][0]["findings"][0]["evidence"] == [Path(gone).stem]


def test_a_merge_that_turns_the_history_round_hides_nothing(made: Evaluated, capsys: Capture) -> None:
    """The branch becomes the first parent; what only main had is dropped in the merge, against which nothing moved."""
    made.record(content(FIRST), {"visible": "90/400"})
    made.repo.commit(message="a run that says too much")
    made.repo.checkout("branch")
    made.repo.commit({"notes.txt": "x"})
    turned = made.repo.merge("main", files={})
    made.repo.git("branch", "-f", "main", "branch")
    made.repo.checkout("main")
    _, document = audited(made, capsys)
    assert told(document) == {turned: [("SD303", "high")]}


def test_an_own_waiver(made: Evaluated, capsys: Capture) -> None:
    own = made.repo.commit({"spec.md": SECOND, "eval_history/waivers/one.toml": WAIVER})
    _, document = audited(made, capsys)
    assert told(document) == {own: [("SD305", "high")]}


@pytest.mark.parametrize(
    ("wanted", "options", "code"),
    [
        ("SD303", (), 1),
        ("high", (), 1),
        ("SD302", (), 0),
        ("SD303", ("--new-since", "HEAD~1"), 0),
        ("SD303", ("--new-since", "HEAD~2"), 1),
        ("SD303", ("HEAD~2..HEAD~1",), 1),
        ("SD303", ("HEAD~2",), 0),
    ],
)
def test_fail_on(made: Evaluated, capsys: Capture, wanted: str, options: tuple[str, ...], code: int) -> None:
    made.repo.commit({records(made)[0]: None})
    made.repo.commit({"notes.txt": "x"})
    assert audited(made, capsys, "--fail-on", wanted, *options)[0] == code


def test_what_a_waiver_excuses_does_not_fail(made: Evaluated, capsys: Capture) -> None:
    made.repo.commit({records(made)[0]: None})
    _, document = audited(made, capsys)
    [finding] = document["landings"][0]["findings"]
    made.repo.commit(
        {
            "eval_history/waivers/one.toml": WAIVER.replace("test-only", "SD303").replace(
                "0" * 32, finding["fingerprint"]
            )
        },
        author="Bea <bea@example.org>",
    )
    code, document = audited(made, capsys, "--fail-on", "high", "--fail-on", "medium")
    assert (code, [one["check"] for one in document["excused"]]) == (0, ["SD303"])
    assert run(["audit", "--repo", str(made.repo.path), "--as-of", "2026-01-20"]) == 0
    assert f"of before: removed; waived by one  [{finding['fingerprint']}]" in capsys.readouterr().out


def test_rules_that_could_not_be_read_are_no_hiding_place(made: Evaluated, capsys: Capture) -> None:
    broken = made.repo.commit({"auditor.toml": "[["})
    loose = made.repo.commit({"auditor.toml": LOOSE})
    _, document = audited(made, capsys)
    assert told(document) == {loose: [("SD301", "medium")]}
    [note] = [one for one in document["not_assessed"] if one["what"] == f"the rules of landing {broken[:12]}"]
    assert note["why"].startswith("auditor.toml")


def test_rules_that_were_taken_away_in_between(made: Evaluated, capsys: Capture) -> None:
    away = made.repo.commit({"auditor.toml": None})
    back = made.repo.commit({"auditor.toml": LOOSE})
    _, document = audited(made, capsys)
    rules_and_suites = [("SD301", "medium"), ("SD302", "medium")]
    assert told(document) == {away: rules_and_suites, back: [("SD301", "medium")]}
    said = [landing["findings"][0]["message"] for landing in document["landings"]]
    assert said == [
        "the rules ask for less: spec conduct no longer configured",
        "the rules ask for less: block_on without test-only, mostly-test, worse, artefact",
    ]


def test_a_store_that_only_the_past_knows(made: Evaluated, capsys: Capture) -> None:
    gone = records(made)[0]
    made.repo.git("mv", STORE, "kept")
    first = made.repo.commit({"auditor.toml": f'{SETTINGS}[store]\npath = "kept"\n'})
    second = made.repo.commit({gone.replace(STORE, "kept"): None})
    made.repo.git("mv", "kept", STORE)
    third = made.repo.commit({"auditor.toml": SETTINGS})
    _, document = audited(made, capsys)
    names = {commit: [code for code, _ in some] for commit, some in told(document).items()}
    assert (names[first][0], names[second], names[third][0]) == ("SD301", ["SD303"], "SD301")


def test_a_bare_repository_says_the_same(made: Evaluated, capsys: Capture, tmp_path: Path) -> None:
    made.repo.commit({records(made)[0]: None, "spec.md": THIRD})
    made.repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    _, document = audited(made, capsys)
    assert run(["audit", "--repo", str(tmp_path / "bare.git"), "--format", "json", "--as-of", "2026-01-20"]) == 0
    assert json.loads(capsys.readouterr().out)["landings"] == document["landings"] != []


@pytest.mark.parametrize("style", ["text", "sarif", "junit", "github", "gitlab", "markdown"])
def test_every_format_names_the_commit(made: Evaluated, capsys: Capture, style: str) -> None:
    commit = made.repo.commit({records(made)[0]: None})
    assert run(["audit", "--repo", str(made.repo.path), "--format", style]) == 0
    out = capsys.readouterr().out
    assert f"landing {commit[:12]} of 2026-01-01" in out
    assert "1 file of the evaluation history of before: removed" in out
