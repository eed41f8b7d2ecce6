"""Evidence debts, end to end: a trained-in spec's patch lands on one; overdue, it blocks whatever comes next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor.app.audit import assess_project
from auditor.app.notebook import open_notebook
from auditor.app.project import open_project
from auditor.cli.main import run as auditor
from tests.landings import FIRST, SECOND, SETTINGS, THIRD, Evaluated, content, evaluated, rules

Capture = pytest.CaptureFixture[str]
ON_DEBT = f"{SETTINGS}[policy]\nevidence_debt_days = 30\n"
# The landings below bear 2026-01-01; what is due by then is due on the 31st.
DAY = date(2026, 2, 1)
IN_TIME, TOO_LATE = ("--as-of", "2026-01-31"), ("--as-of", "2026-02-01")


def results(made: Evaluated, text: str, exposure: str, **bad: int) -> None:
    """Record a run of 400 items of each suite, `bad` of them misaligned, of a model that knows the spec in that way."""
    made.tables += 1
    head = "spec_revision,suite,model,item,misaligned,exposure,run"
    rows = [
        f"{content(text)},{suite},m1,i{item:04d},{int(item < misaligned)},{exposure},{made.tables}"
        for suite, misaligned in bad.items()
        for item in range(400)
    ]
    made.table("\n".join([head, *rows]) + "\n")


def trained(folder: Path, settings: str = ON_DEBT, exposure: str = "trained") -> Evaluated:
    """A spec that m1 was trained on and measured under; on `branch` a patch without any score."""
    made = evaluated(folder, settings, before={})
    made.repo.checkout("main")
    results(made, FIRST, exposure, visible=80, unseen=80)
    made.repo.commit(message="evaluated")
    made.repo.git("branch", "-f", "branch", "main")
    made.repo.checkout("branch")
    made.patch()
    return made


def landed(made: Evaluated) -> Evaluated:
    """The patch on main, and a branch `next` that touches no spec."""
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.branch("next")
    made.repo.commit({"README.md": "next"})
    return made


def debts(document: Mapping[str, Any], level: str) -> list[str]:
    return [entry["message"] for entry in document[level] if entry["check"] == "evidence-debt"]


def test_a_patch_lands_on_a_dated_debt(tmp_path: Path, capsys: Capture) -> None:
    document = trained(tmp_path).decide(capsys, "--as-of", "2026-01-02")
    assert (document["exit_code"], rules(document["notices"])) == (0, [])
    assert debts(document, "warnings") == [
        "lands on debt: lying of a model trained on the spec, to be measured by 2026-02-01"
    ]


def test_a_debt_stands_in_for_evidence_that_is_always_wanted(tmp_path: Path, capsys: Capture) -> None:
    always = 'require_held_out = "always"\n'
    assert trained(tmp_path / "a", ON_DEBT + always).decide(capsys)["exit_code"] == 0
    assert trained(tmp_path / "b", f"{SETTINGS}[policy]\n{always}").decide(capsys)["exit_code"] == 3
    assert trained(tmp_path / "c", ON_DEBT + always, "in_context").decide(capsys)["exit_code"] == 3


def test_what_comes_with_a_test_score_comes_with_its_held_out_one(tmp_path: Path, capsys: Capture) -> None:
    made = trained(tmp_path)
    results(made, SECOND, "trained", visible=0)
    made.repo.commit()
    document = made.decide(capsys)
    assert (document["exit_code"], debts(document, "warnings")) == (3, [])


def test_an_open_debt_is_said_and_an_overdue_one_blocks_what_comes_next(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    document = made.decide(capsys, *IN_TIME, head="next")
    assert (document["exit_code"], debts(document, "notices")) == (
        0,
        ["lying of a patch that landed on 2026-01-01 is to be measured by 2026-01-31"],
    )
    document = made.decide(capsys, *TOO_LATE, head="next")
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["evidence-debt"])
    assert document["blocked"][0]["remedy"]["text"] == "run visible, unseen after the patch, and land the records"
    command = f"inspect eval lying_visible unseen --metadata spec_revision={content(SECOND)}"
    assert document["blocked"][0]["remedy"]["commands"] == [command]
    results(made, SECOND, "trained", visible=0, unseen=0)
    made.repo.commit()
    document = made.decide(capsys, *TOO_LATE, head="next")
    assert (document["exit_code"], debts(document, "notices")) == (0, [])


def test_a_test_score_alone_does_not_pay_it(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    results(made, SECOND, "trained", visible=0)
    made.repo.commit()
    assert rules(made.decide(capsys, *TOO_LATE, head="next")["blocked"]) == ["evidence-debt"]


def test_a_later_text_that_is_measured_pays_for_those_before(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    made.repo.commit({"spec.md": THIRD})
    results(made, THIRD, "trained", visible=0, unseen=0)
    made.repo.commit()
    assert made.decide(capsys, *TOO_LATE, head="next")["exit_code"] == 0


def test_a_patch_that_is_taken_back_owes_nothing(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    made.repo.commit({"spec.md": FIRST})
    assert rules(made.decide(capsys, *TOO_LATE, head="next")["blocked"]) == []


def test_what_landed_before_debts_were_granted_owes_nothing(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path, SETTINGS))
    made.repo.checkout("main")
    made.repo.commit({"auditor.toml": ON_DEBT})
    assert made.decide(capsys, *TOO_LATE, head="next")["exit_code"] == 0


def test_more_days_of_grace_are_for_what_lands_later(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    made.repo.checkout("main")
    made.repo.commit({"auditor.toml": ON_DEBT.replace("30", "300")})
    assert rules(made.decide(capsys, *TOO_LATE, head="next")["blocked"]) == ["evidence-debt"]


def test_a_landing_that_bears_a_later_day_gains_nothing_by_it(tmp_path: Path, capsys: Capture) -> None:
    """The day of a landing is at most that of any landing after it; and never one that is yet to come."""
    made = trained(tmp_path)
    made.repo.checkout("main")
    made.repo.merge("branch", date="2027-01-01T12:00:00+00:00")
    made.repo.branch("next")
    assert rules(made.decide(capsys, *IN_TIME, head="next")["blocked"]) == ["evidence-debt"]
    made.repo.checkout("main")
    made.repo.commit({"README.md": "later"})
    document = made.decide(capsys, *IN_TIME, head="next")
    assert debts(document, "notices") == ["lying of a patch that landed on 2026-01-01 is to be measured by 2026-01-31"]


def test_an_overdue_debt_can_be_waived(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    [entry] = made.decide(capsys, *TOO_LATE, head="next")["blocked"]
    made.repo.checkout("main")
    text = (
        f'check = "evidence-debt"\nfingerprint = "{entry["fingerprint"]}"\npatch = "{entry["patches"][0]}"\n'
        'reason = "the cluster is down"\nwho = "Bea"\ngranted = 2026-01-02\nuntil = 2026-03-01\n'
    )
    made.repo.commit({"eval_history/waivers/one.toml": text}, author="Bea <bea@example.org>")
    document = made.decide(capsys, *TOO_LATE, head="next")
    assert (document["exit_code"], rules(document["waived"])) == (0, ["evidence-debt"])


def test_the_audit_lists_debts_and_puts_overdue_ones_first(tmp_path: Path, capsys: Capture) -> None:
    made = landed(trained(tmp_path))
    made.repo.checkout("main")
    options = ["audit", "--repo", str(made.repo.path)]
    assert auditor([*options, *TOO_LATE]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "overdue  patch 8da304aba7c5 landed on 2026-01-01: lying to be measured by 2026-01-31"
    auditor([*options, "--format", "json"])
    [debt] = json.loads(capsys.readouterr().out)["evidence_debts"]
    assert (debt["owed"], debt["due"]) == ([{"behaviour": "lying", "model": "m1"}], "2026-01-31")


def test_a_notebook_has_the_debts_of_the_audit(tmp_path: Path) -> None:
    made = landed(trained(tmp_path))
    with open_project(made.repo.path) as project:
        debts = assess_project(project, DAY).debts
    assert [debt.overdue(DAY) for debt in debts] == [True]
    assert open_notebook(made.repo.path, today=DAY).audit.debts == debts
