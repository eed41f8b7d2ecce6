"""What no patch does by itself holds a landing back where the policy says so: salami, overused suites, plans,
waivers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run
from tests.cli.test_waivers import waiver
from tests.landings import FIRST, SETTINGS, SUITES, Evaluated, content, evaluated, rules

Capture = pytest.CaptureFixture[str]


def policy(*codes: str) -> str:
    return f"{SETTINGS}[policy]\nblock_on = {list(codes)}\n".replace("'", '"')


def by_rule(document: Mapping[str, Any], level: str, rule: str) -> list[Mapping[str, Any]]:
    return [entry for entry in document[level] if entry["check"] == rule]


def salami(folder: Path, settings: str) -> Evaluated:
    """Patches of which none is large enough to accuse, the last of them on `branch`."""
    made = evaluated(folder, settings, before={"visible": "60/400", "unseen": "60/400"})
    made.repo.checkout("main")
    text = FIRST
    for number, bad in enumerate((55, 50, 45, 41, 37, 34, 31)):
        if number == 6:
            made.repo.checkout("branch")
            made.repo.git("reset", "-q", "--hard", "main")
        text += f"\nThing {number} is said plainly.\n"
        made.patch(text, visible=f"{bad}/400", unseen="60/400")
    return made


def test_patches_that_are_small_one_by_one_are_warned_of(tmp_path: Path, capsys: Capture) -> None:
    document = salami(tmp_path, SETTINGS).decide(capsys)
    [entry] = by_rule(document, "warnings", "SD131")
    assert (document["exit_code"], entry["rates"]) == (0, None)
    assert entry["message"] == (
        "over 2026Q1, 7 patches together: the test rate went from 15.0 % (120/800) to 7.8 % (31/400): the fall stayed "
        "on the test; the cause is unresolved: 7 patches landed "
        "between the evaluations; the effects cannot be separated"
    )


def test_they_block_where_the_policy_says_so_and_can_be_waived_as_the_audit_names_them(
    tmp_path: Path, capsys: Capture
) -> None:
    made = salami(tmp_path, policy("test-only", "SD131"))
    [entry] = made.decide(capsys)["blocked"]
    assert entry["check"] == "SD131"
    made.repo.checkout("main")
    made.repo.commit({"eval_history/waivers/one.toml": waiver(entry)}, author="Bea <bea@example.org>")
    made.repo.checkout("branch")
    document = made.decide(capsys, "--as-of", "2026-01-20")
    assert (document["exit_code"], rules(document["waived"])) == (0, ["SD131"])
    made.repo.checkout("main")
    made.repo.merge("branch")
    assert run(["audit", "--repo", str(made.repo.path), "--fail-on", "SD131", "--as-of", "2026-01-20"]) == 0
    assert "waiver  one: SD131, until 2026-03-01; in force" in capsys.readouterr().out


@pytest.mark.parametrize("blocks", [False, True])
def test_a_suite_that_is_used_up(tmp_path: Path, capsys: Capture, blocks: bool) -> None:
    settings = policy("test-only", *(["SD133"] if blocks else []))
    made = evaluated(tmp_path, settings, f"{SUITES}looks_allowed = 1\n")
    made.patch(visible="78/400", unseen="78/400")
    document = made.decide(capsys)
    [entry] = by_rule(document, "blocked" if blocks else "warnings", "SD133")
    assert (document["exit_code"], entry["message"]) == (int(blocks), "unseen was looked at 1 times, of 1 allowed")
    assert ((entry["remedy"] or {}).get("text", "")).startswith("write new held-out items") is blocks
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.branch("records")
    made.record(content(FIRST), {"unseen": "79/400"})
    made.repo.commit(message="evidence is let in")
    document = made.decide(capsys, head="records")
    assert (document["exit_code"], by_rule(document, "blocked", "SD133")) == (0, [])


@pytest.mark.parametrize("blocks", [False, True])
def test_a_planned_run_that_never_came(tmp_path: Path, capsys: Capture, blocks: bool) -> None:
    made = evaluated(tmp_path, policy("test-only", *(["SD501"] if blocks else [])))
    made.patch()
    where = ["--repo", str(made.repo.path)]
    assert run(["preregister", "--suite", "unseen", "--model", "m1", "--samples", "400", *where]) == 0
    capsys.readouterr()
    made.repo.commit(message="a plan")
    later = ("--as-of", "2099-01-01")
    document = made.decide(capsys, *later)
    [entry] = by_rule(document, "blocked" if blocks else "warnings", "SD501")
    assert (document["exit_code"], entry["name"]) == (int(blocks), "planned-run-missing")
    assert by_rule(made.decide(capsys), "blocked", "SD501") == []


def test_a_waiver_of_the_verdict_is_none_of_the_check_that_says_the_same(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, policy("test-only", "SD101"))
    made.patch(visible="0/400", unseen="78/400")
    before = made.decide(capsys, "--as-of", "2026-01-20")
    assert rules(before["blocked"]) == ["test-only", "SD101"]
    made.repo.checkout("main")
    for number, entry in enumerate(before["blocked"]):
        made.repo.commit({f"eval_history/waivers/w{number}.toml": waiver(entry)}, author="Bea <bea@example.org>")
        made.repo.checkout("branch")
        document = made.decide(capsys, "--as-of", "2026-01-20")
        made.repo.checkout("main")
        if number == 0:
            [held] = document["blocked"]
            assert held["message"].endswith(
                "; waiver w0 excuses test-only of it, and not this: SD101 is a finding of its own"
            )
    assert (document["exit_code"], rules(document["waived"])) == (0, ["test-only", "SD101"])
