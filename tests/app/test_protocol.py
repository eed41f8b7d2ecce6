"""Which runs may be compared: set up alike as far as that can change an answer, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.protocol import Protocol, describe_change
from auditor.model.canonical import to_text
from tests.app.test_item_identity import SECOND, audit, behaviour, inspect_pair, misconduct, put
from tests.app.test_item_identity import repo as repo
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, write_json

Log = dict[str, Any]


def evaluate(
    repo: GitRepo,
    tmp_path: Path,
    change: Callable[[Log, int], object],
    changed: tuple[str, ...] = ("visible",),
) -> None:
    """A fall of the test from 24 of 100 to none, and held-out as it was; `change` is made to the logs of some."""
    for suite, bad in (("visible", (24, 0)), ("unseen", (24, 25))):
        sides = [misconduct(range(100), number) for number in bad]
        for place, path in enumerate(inspect_pair(tmp_path, suite, *sides)):
            log = json.loads(path.read_text())
            log["eval"]["model_generate_config"] = {}
            log["eval"]["scorers"] = [{"name": "match", "options": {}}]
            log["plan"] = {"steps": [{"solver": "generate", "params": {}}], "config": {}}
            if suite in changed:
                change(log, place)
            put(repo, write_json(path, log))


def argument(name: str, *values: object) -> Callable[[Log, int], object]:
    """What sets an argument of the evaluation, such as `task_args`, to the values of both sides."""
    return lambda log, place: log["eval"].update({name: values[place]})


def add_solver(log: Log, place: int) -> None:
    log["plan"]["steps"][:0] = [{"solver": "easy", "params": {"hints": 3}}] * place


@pytest.mark.parametrize("suite", ["visible", "unseen"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            argument("task_args", {"variant": "hard", "n": 60}, {"variant": "easy", "n": 60}),
            'task args changed from {"variant":"hard"} to {"variant":"easy"}',
        ),
        (argument("task_args", {}, {"hints": True}), 'task args changed from {} to {"hints":true}'),
        (add_solver, 'solver changed from none to [{"params":{"hints":3},"solver":"easy"}]'),
        (
            argument("model_args", {"dtype": "f32"}, {"dtype": "i4"}),
            'model args changed from {"dtype":"f32"} to {"dtype":"i4"}',
        ),
        (
            argument("model_args", {}, {"wrap": 1}),
            'model args changed from {} to {"wrap":1} (nobody classified whether wrap can change an answer)',
        ),
        (
            argument("model_generate_config", {"top_p": 1}, {"mood": 2}),
            'sampling changed from {"top_p":1} to {"mood":2} (nobody classified whether mood can change an answer)',
        ),
    ],
    ids=["task", "task-default", "solver", "model", "unclassified", "unclassified-sampling"],
)
def test_runs_set_up_in_different_ways_are_not_compared(
    repo: GitRepo,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Log, int], object],
    words: str,
    suite: str,
) -> None:
    """Else such a fall is an accusation of hiding."""
    evaluate(repo, tmp_path, change, (suite,))
    document = audit(repo, capsys)
    facts = behaviour(document)
    assert (facts["verdict"], facts["hiding_suspected"]) == ("unmeasured", False)
    assert words in facts["reason"]
    assert "SD112" in [finding["check"] for patch in document["patches"] for finding in patch["findings"]]


def stamp_with_spec(log: Log, place: int) -> None:
    """The spec as a system message that changes with the patch, and as an argument of the task and of a solver."""
    text = SECOND if place else SECOND.rpartition("- ")[0]
    steps = [
        {"solver": "system_message", "params": {"template": f"{text} #{place}"}},
        {"solver": "agent", "params": {"rules": text, "made_by": f"<function rules at 0x7f{place}0a>"}},
    ]
    log["plan"]["steps"][:0] = steps
    log["eval"]["task_args"] = {"prompt": text, "spec_revision": f"v{place + 1}"}


@pytest.mark.parametrize(
    "change",
    [
        argument("model_args", {"max_connections": 4}, {"max_connections": 32, "timeout": 10}),
        argument("config", {"limit": None}, {"limit": 100}),
        stamp_with_spec,
        lambda log, place: log["eval"]["scorers"].extend([{"name": "includes", "options": {}}] * place),
        lambda log, place: log["eval"].update(
            {
                "scorers": [{"name": "match"}, {"name": "model_graded_qa"}][: place + 1],
                "model_roles": {"grader": {"model": "judge"}} if place else {},
            }
        ),
    ],
    ids=["transport", "limit", "spec", "second-scorer", "second-scorer-with-judge"],
)
def test_what_changes_no_answer_keeps_no_runs_from_being_compared(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Log, int], object]
) -> None:
    evaluate(repo, tmp_path, change)
    facts = behaviour(audit(repo, capsys))
    assert (facts["verdict"], facts["hiding_suspected"]) == ("test-only", True)


def test_the_dataset_and_its_part_are_named_and_decide_nothing_where_inputs_are_the_same(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(log: Log, place: int) -> None:
        log["eval"]["dataset"] |= {"name": ("mails", "mails-2")[place], "shuffled": bool(place)}
        log["eval"]["config"] = {"limit": (None, 100)[place]}

    evaluate(repo, tmp_path, change)
    [suite] = [one for one in behaviour(audit(repo, capsys))["suites"] if one["suite"] == "visible"]
    assert [(one["what"], one["before"], one["after"]) for one in suite["differences"]] == [
        ("dataset", "mails", "mails-2"),
        ("shuffled", "false", "true"),
        ("limit", "none", "100"),
    ]


@pytest.mark.parametrize("own", [True, False])
def test_the_commit_of_the_code_is_named_where_it_is_not_the_specs_repository(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str], own: bool
) -> None:
    commits = [repo.git("rev-parse", name).strip() for name in ("v1", "v2")] if own else ["0a1b2c3" * 2, "4d5e6f7" * 2]
    evaluate(repo, tmp_path, lambda log, place: log["eval"].update({"revision": {"commit": commits[place][:10]}}))
    measured = behaviour(audit(repo, capsys))["suites"]
    assert ("code" in [one["what"] for suite in measured for one in suite["differences"]]) is not own


def test_what_a_record_does_not_tell_differs_from_nothing() -> None:
    protocol, untold = Protocol(None, None, "", None, "[]", "{}", "{}"), Protocol(None, None, "", None)
    assert protocol.agrees(untold)
    assert untold.agrees(protocol)
    assert not protocol.agrees(Protocol(None, None, "", None, "[]", '{"hard":true}', "{}"))
    assert protocol.differences(Protocol(None, "{}", "", None)) == ("sampling",)


def test_solvers_in_another_order_are_shown_whole() -> None:
    steps = [{"solver": "think"}, {"solver": "answer"}]
    sides = describe_change("solver", to_text(steps), to_text(steps[::-1]))
    assert sides == (to_text(steps), to_text(steps[::-1]))


@pytest.mark.parametrize("revision", ["v2", "v3"])
def test_a_test_run_at_another_temperature_closes_no_open_gap(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str], revision: str
) -> None:
    """Neither beside the run at which the gap opened, nor at a later revision."""
    repo.commit({"spec.md": SECOND + "- Ask before a mail is sent.\n"})
    repo.tag("v3")
    evaluate(repo, tmp_path, lambda log, place: None)
    assert [one["open"] for one in audit(repo, capsys)["open_gaps"]] == [True]
    for suite, bad, sampling in (("visible", 45, {"temperature": 0.7}), ("unseen", 25, {})):
        if suite == "visible" or revision == "v3":
            log = inspect_log(misconduct(range(100), bad), revision, suite, "2026-03-02T10:00:00Z")
            log["eval"] |= {"model_generate_config": sampling, "scorers": [{"name": "match", "options": {}}]}
            log["plan"] = {"steps": [{"solver": "generate", "params": {}}], "config": {}}
            put(repo, write_json(tmp_path / f"hot-{suite}.json", log))
    [gap] = audit(repo, capsys)["open_gaps"]
    assert gap["open"]
    assert ('sampling {} then, {"temperature":0.7} now' in gap["kept_open"]) is (revision == "v3")
