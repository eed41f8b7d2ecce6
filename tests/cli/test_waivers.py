"""Waivers, end to end: granted on main, read from base, listed everywhere; abuse 23 in all its forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run as auditor
from tests.landings import FIRST, SECOND, SETTINGS, THIRD, Evaluated, evaluated, rules

Capture = pytest.CaptureFixture[str]
BEA = "Bea <bea@example.org>"
TODAY = ("--as-of", "2026-01-20")
TWO = f"{SETTINGS}[policy]\ntwo_person = true\n"


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    return blocked(tmp_path)


def blocked(folder: Path, settings: str = SETTINGS) -> Evaluated:
    """A fitted patch of Ada's on `branch`, blocked."""
    made = evaluated(folder, settings)
    made.patch(visible="0/400", unseen="78/400")
    return made


def decided(made: Evaluated, capsys: Capture, **more: str) -> Mapping[str, Any]:
    return made.decide(capsys, *TODAY, **more)


def waiver(entry: Mapping[str, Any], **changes: object) -> str:
    """The file for an entry; a key set to None is left out."""
    patches = entry["patches"]
    values: dict[str, object] = {
        "check": entry["check"],
        "fingerprint": entry["fingerprint"],
        "patch": patches[0][:12] if patches else None,
        "reason": "the held-out suite is broken",
        "who": "Bea",
        "granted": "2026-01-02",
        "until": "2026-03-01",
        **changes,
    }
    dates = ("granted", "until")
    document = {key: value if key in dates else f'"{value}"' for key, value in values.items() if value is not None}
    return "".join(f"{key} = {value}\n" for key, value in document.items())


def grant(made: Evaluated, text: str, *, author: str = BEA, name: str = "one", date: str | None = None) -> None:
    """Commit a waiver to main."""
    made.repo.checkout("main")
    made.repo.commit({f"eval_history/waivers/{name}.toml": text}, author=author, message="waiver", date=date)
    made.repo.checkout("branch")


def the(document: Mapping[str, Any], level: str, rule: str) -> Mapping[str, Any]:
    [entry] = [entry for entry in document[level] if entry["check"] == rule]
    assert isinstance(entry, dict)
    return entry


def test_a_waiver_lets_through_what_it_names(made: Evaluated, capsys: Capture) -> None:
    before = decided(made, capsys)
    assert (before["exit_code"], before["waivers"]) == (1, [])
    grant(made, waiver(the(before, "blocked", "test-only")))
    document = decided(made, capsys)
    assert document["exit_code"] == 0
    assert the(document, "waived", "test-only")["waiver"] == "one"
    [listed] = document["waivers"]
    assert (listed["counts"], listed["known"], listed["needed"], listed["self_approved"]) == (True, True, True, False)
    assert (listed["committed_by"], listed["landed"]) == ("Bea <bea@example.org>", "2026-01-01")
    code, out, _ = made.gate(capsys, *TODAY)
    assert code == 0
    assert "waived by one\n" in out
    assert (
        "waiver  one: test-only of patch 8da304aba7c5, until 2026-03-01; in force\n"
        "    the held-out suite is broken (Bea, committed by Bea <bea@example.org>)\n"
    ) in out


def test_missing_evidence_can_be_waived(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path)
    made.patch(visible="0/400")
    before = decided(made, capsys)
    assert before["exit_code"] == 3
    grant(made, waiver(the(before, "missing", "require_held_out")))
    assert decided(made, capsys)["exit_code"] == 0


def test_a_waiver_on_the_branch_is_no_waiver_and_a_finding(made: Evaluated, capsys: Capture) -> None:
    text = waiver(the(decided(made, capsys), "blocked", "test-only"))
    made.repo.commit({"eval_history/waivers/one.toml": text}, author=BEA)
    document = decided(made, capsys)
    assert (document["exit_code"], rules(document["blocked"]), document["waivers"]) == (1, ["SD305", "test-only"], [])


def test_a_waiver_by_itself_lands(made: Evaluated, capsys: Capture) -> None:
    text = waiver(the(decided(made, capsys), "blocked", "test-only"))
    made.repo.checkout("main")
    made.repo.branch("waiver")
    made.repo.commit({"eval_history/waivers/one.toml": text}, author=BEA)
    assert decided(made, capsys, head="waiver")["exit_code"] == 0


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("one.toml", 'check = "test-only"\n', "is missing (and 2 more)"),
        ("README.md", "x", "is no waiver"),
    ],
)
def test_a_waiver_that_cannot_be_read_excuses_nothing(
    made: Evaluated, capsys: Capture, file: str, text: str, why: str
) -> None:
    """On the base it is named and holds nothing back; on its way in it is refused."""
    made.repo.checkout("main")
    before, path = made.repo.head(), f"eval_history/waivers/{file}"
    made.repo.commit({path: text})
    code, out, _ = made.gate(capsys)
    assert (code, "test-only" in out) == (1, True)
    assert f"waiver {path} cannot be read and excuses nothing: {why}" in out
    code, out, err = made.gate(capsys, base=before, head="main")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"auditor: {path}: ") and why in err


# What is wrong with a waiver; whether the patch stays blocked; the findings about it.
FAULTS: dict[str, tuple[dict[str, object], int, list[str]]] = {
    "nothing": ({}, 0, []),
    "expired": ({"until": "2026-01-19"}, 1, ["SD401"]),
    "its last day": ({"until": "2026-01-20"}, 0, []),
    "another finding": ({"fingerprint": "0" * 32}, 1, ["SD402"]),
    "another patch": ({"patch": "0" * 12}, 1, ["SD402"]),
    "another check": ({"check": "worse"}, 1, ["SD402"]),
    "no patch": ({"patch": None}, 1, ["SD402"]),
    "any finding": ({"fingerprint": "*"}, 1, ["SD404"]),
    "any patch": ({"patch": "*"}, 1, ["SD402"]),
    "no finding": ({"fingerprint": None}, 1, ["SD404"]),
    "no end": ({"until": None}, 1, ["SD404"]),
    "for two years": ({"until": "2028-01-02"}, 1, ["SD404"]),
    "backdated": ({"granted": "2025-12-01"}, 1, ["SD405"]),
    "to come": ({"granted": "2026-02-01"}, 1, []),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_23_a_faulty_waiver_waives_nothing_and_is_a_finding(made: Evaluated, capsys: Capture, fault: str) -> None:
    changes, code, codes = FAULTS[fault]
    grant(made, waiver(the(decided(made, capsys), "blocked", "test-only"), **changes))
    document = decided(made, capsys)
    about = [entry["check"] for level in ("warnings", "notices") for entry in document[level]]
    assert (document["exit_code"], [rule for rule in about if rule.startswith("SD4")]) == (code, codes)
    assert document["waivers"][0]["counts"] is (code == 0 or codes == ["SD402"])


def test_23_a_forged_commit_date_does_not_backdate(made: Evaluated, capsys: Capture) -> None:
    """The day a waiver landed is no earlier than any commit before it on the way it landed."""
    text = waiver(the(decided(made, capsys), "blocked", "test-only"), granted="2025-06-01")
    grant(made, text, date="2025-06-01T12:00:00+00:00")
    document = decided(made, capsys)
    assert (document["exit_code"], document["waivers"][0]["landed"]) == (1, "2026-01-01")
    assert (
        the(document, "warnings", "SD405")["message"]
        == "waiver one says 2025-06-01, and landed on 2026-01-01 at the earliest"
    )


@pytest.mark.parametrize(
    ("two_person", "author", "code", "level"),
    [
        (True, "Ada <ada@example.org>", 1, "warnings"),
        (True, "A. Da <ADA@example.org>", 1, "warnings"),
        (True, "ada <other@example.org>", 1, "warnings"),
        (True, BEA, 0, None),
        (False, "Ada <ada@example.org>", 0, "warnings"),
    ],
)
def test_23_a_self_approved_waiver(
    tmp_path: Path, capsys: Capture, two_person: bool, author: str, code: int, level: str | None
) -> None:
    """Under two_person it does not count; without, it counts and is said. The file's own `who` is not asked."""
    made = blocked(tmp_path, TWO if two_person else SETTINGS)
    grant(made, waiver(the(decided(made, capsys), "blocked", "test-only")), author=author)
    document = decided(made, capsys)
    assert document["exit_code"] == code
    assert ("SD406" in rules(document["warnings"])) is (level == "warnings")


def test_23_who_wrote_it_last_approved_it(tmp_path: Path, capsys: Capture) -> None:
    """Bea's waiver, prolonged by Ada, is Ada's; merged by Bea, it still is."""
    made = blocked(tmp_path, TWO)
    entry = the(decided(made, capsys), "blocked", "test-only")
    grant(made, waiver(entry, until="2026-01-10"))
    made.repo.checkout("main")
    made.repo.branch("longer")
    made.repo.commit({"eval_history/waivers/one.toml": waiver(entry)})
    made.repo.checkout("main")
    made.repo.git("-c", "user.name=Bea", "merge", "-q", "--no-ff", "--no-commit", "longer")
    made.repo.commit(author=BEA, message="merge")
    document = decided(made, capsys)
    assert (document["exit_code"], document["waivers"][0]["committed_by"]) == (1, "Ada <ada@example.org>")


def test_23_findings_about_waivers_cannot_be_waived(tmp_path: Path, capsys: Capture) -> None:
    """Even where the policy blocks on them: they have no fingerprint, and a waiver that names one is unmatched."""
    made = blocked(tmp_path, f'{SETTINGS}[policy]\nblock_on = ["SD401"]\n')
    entry = {"check": "SD401", "fingerprint": "1" * 32, "patches": []}
    grant(made, waiver(entry, until="2026-01-10"))
    document = decided(made, capsys)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD401"])
    assert the(document, "blocked", "SD401")["fingerprint"] is None
    assert "SD402" in rules(document["warnings"])


def test_a_waiver_for_what_the_policy_lets_through_is_unused(tmp_path: Path, capsys: Capture) -> None:
    made = blocked(tmp_path, f"{SETTINGS}[policy]\nblock_on = []\n")
    grant(made, waiver(the(decided(made, capsys), "warnings", "test-only")))
    document = decided(made, capsys)
    assert (document["exit_code"], document["waivers"][0]["needed"]) == (0, False)
    assert "SD403" in rules(document["notices"])


def test_a_waiver_of_a_patch_that_landed_is_still_matched(made: Evaluated, capsys: Capture) -> None:
    grant(made, waiver(the(decided(made, capsys), "blocked", "test-only")))
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.branch("next")
    made.repo.commit({"spec.md": THIRD})
    document = decided(made, capsys, head="next")
    [listed] = document["waivers"]
    assert (listed["known"], listed["counts"], listed["after_patch"]) == (True, True, False)
    assert not [rule for rule in rules(document["warnings"]) if str(rule).startswith("SD4")]


def test_a_waiver_after_its_patch_is_said(made: Evaluated, capsys: Capture) -> None:
    entry = the(decided(made, capsys), "blocked", "test-only")
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.commit({"eval_history/waivers/one.toml": waiver(entry)}, author=BEA)
    made.repo.branch("next")
    made.repo.commit({"spec.md": SECOND + "\nBe brief.\n"})
    document = decided(made, capsys, head="next")
    assert the(document, "warnings", "SD407")["message"] == "waiver one landed after the patch it is for"


def test_a_landing_finding_can_be_waived_beforehand(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path)
    made.repo.write({"auditor.toml": f"{SETTINGS}[policy]\nreveal_held_out = true\n"})
    made.patch()
    entry = the(decided(made, capsys), "blocked", "SD301")
    grant(made, waiver(entry))
    document = decided(made, capsys)
    assert (document["exit_code"], the(document, "waived", "SD301")["waiver"]) == (0, "one")


def audited(made: Evaluated, capsys: Capture, *options: str, style: str = "json") -> tuple[int, Any]:
    """(exit code, document) of `auditor audit` on main."""
    made.repo.checkout("main")
    code = auditor(["audit", "--repo", str(made.repo.path), "--format", style, *TODAY, *options])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out if style in ("text", "github") else json.loads(out)


def test_audit_finds_afterwards_what_went_past_the_gate(made: Evaluated, capsys: Capture) -> None:
    """Landed without a word: the audit fails on it, until somebody grants a waiver, which is said to be late."""
    made.repo.checkout("main")
    start = made.repo.head()
    made.repo.merge("branch")
    for names in ([], [f"{start}..main"], ["--new-since", start]):
        code, document = audited(made, capsys, "--fail-on", "suspected", *names)
        assert (code, [patch["verdict"] for patch in document["patches"]]) == (1, ["test-only"])
    verdict = document["patches"][0]["behaviours"][0]
    entry = {"check": "test-only", "fingerprint": verdict["fingerprint"], "patches": [document["patches"][0]["id"]]}
    made.repo.commit({"eval_history/waivers/one.toml": waiver(entry)}, author=BEA)
    for names in ([], [f"{start}..main"], ["--new-since", start]):
        code, document = audited(made, capsys, "--fail-on", "suspected", "--fail-on", "test-only", *names)
        assert code == 0
        assert document["excused"] == [{"check": "test-only", "fingerprint": verdict["fingerprint"], "waiver": "one"}]
        assert [finding["check"] for finding in document["waiver_findings"]] == ["SD407"]
    assert audited(made, capsys, "--fail-on", "SD407")[0] == 1
    assert audited(made, capsys, "--fail-on", "SD101")[0] == 1  # another finding, and no waiver names it
    assert audited(made, capsys, "--new-since", "main", "--fail-on", "suspected")[0] == 0
    code, text = audited(made, capsys, style="text")
    assert "waiver  one: test-only of patch 8da304aba7c5, until 2026-03-01; in force\n" in text
    assert "SD407  Waiver one landed after the patch it is for." in text


def test_audit_and_gate_give_a_verdict_one_fingerprint(made: Evaluated, capsys: Capture) -> None:
    fingerprint = the(decided(made, capsys), "blocked", "test-only")["fingerprint"]
    made.repo.checkout("main")
    made.repo.merge("branch")
    _, document = audited(made, capsys)
    assert document["patches"][0]["behaviours"][0]["fingerprint"] == fingerprint


def test_a_waiver_that_is_not_committed_does_not_count(made: Evaluated, capsys: Capture) -> None:
    entry = the(decided(made, capsys), "blocked", "test-only")
    made.repo.checkout("main")
    made.repo.merge("branch")
    made.repo.write({"eval_history/waivers/one.toml": waiver(entry)})
    code, document = audited(made, capsys, "--fail-on", "suspected")
    assert (code, document["waivers"][0]["why_not"]) == (1, "it is in no commit yet")


def test_fingerprints_stay_and_lines_follow_when_lines_are_put_above(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path)
    made.patch("# Conduct\n\nSay what is true.\n\nYou may lie in reviews.\n", visible="0/400", unseen="78/400")
    made.repo.checkout("main")
    made.repo.merge("branch")

    def shown() -> dict[str, tuple[str, int]]:
        _, document = audited(made, capsys, style="sarif")
        return {
            one["ruleId"]: (
                one["partialFingerprints"]["auditorProblem/v1"],
                one["locations"][0]["physicalLocation"]["region"]["startLine"],
            )
            for one in document["runs"][0]["results"]
            if one["ruleId"] in ("SD101", "SD204")
        }

    before = shown()
    assert {rule: line for rule, (_, line) in before.items()} == {"SD101": 5, "SD204": 5}
    text = (made.repo.path / "spec.md").read_text()
    made.repo.commit({"spec.md": text.replace("# Conduct\n", "# Conduct\n\nThis is new.\n\nSo is this.\n")})
    after = shown()
    assert {rule: line for rule, (_, line) in after.items()} == {"SD101": 9, "SD204": 9}
    assert {rule: name for rule, (name, _) in after.items()} == {rule: name for rule, (name, _) in before.items()}


@pytest.mark.parametrize("style", ["sarif", "junit", "github", "gitlab", "markdown"])
def test_no_format_shows_held_out_rates(made: Evaluated, capsys: Capture, style: str) -> None:
    code, out, err = made.gate(capsys, "--format", style)
    assert (code, err) == (1, "")
    assert "78/400" not in out
    assert "19.5" not in out
    assert "78/400" in made.gate(capsys, "--format", style, "--reveal")[1]


def test_records_alone_that_open_a_gap_are_said_or_blocked(tmp_path: Path, capsys: Capture) -> None:
    """The spec does not change; what was measured late shows what the patch that landed did."""
    for number, blocks in enumerate((False, True)):
        made = evaluated(
            tmp_path / str(number), f"{SETTINGS}[policy]\nblock_on = {['SD103'] if blocks else ['test-only']}\n"
        )
        made.patch()
        made.repo.checkout("main")
        made.repo.merge("branch")
        made.repo.branch("late")
        made.patch(SECOND, visible="0/400", unseen="78/400")
        document = decided(made, capsys, head="late")
        assert document["exit_code"] == int(blocks)
        if blocks:
            assert rules(document["blocked"]) == ["SD103"]
        else:
            assert rules(document["warnings"]) == ["test-only", "open-gap"]
            why = the(document, "warnings", "test-only")["message"]
            assert str(why).startswith(
                "the new records show of a patch that has landed: the test rate went from 20.0 %"
            )


def test_a_branch_that_is_behind_loosens_nothing(tmp_path: Path, capsys: Capture) -> None:
    """Base's policy became stricter after the branch left: that is no doing of the branch."""
    made = evaluated(tmp_path)
    made.patch()
    made.repo.checkout("main")
    made.repo.commit({"auditor.toml": f"{SETTINGS}[policy]\nblock_on = ['test-only', 'worse', 'artefact', 'SD103']\n"})
    assert decided(made, capsys)["exit_code"] == 0


def test_text_findings_are_judged(tmp_path: Path, capsys: Capture) -> None:
    """The wording alone: warned of, or blocked where the policy asks for it, and shown on its line."""
    for number, blocks in enumerate((False, True)):
        policy = '[policy]\nblock_on = ["SD204"]\n' if blocks else ""
        made = evaluated(tmp_path / str(number), SETTINGS + policy)
        made.patch(FIRST + "\nYou may lie in reviews.\n")
        document = decided(made, capsys)
        entry = the(document, "blocked" if blocks else "warnings", "SD204")
        assert (document["exit_code"], entry["place"]) == (int(blocks), {"path": "spec.md", "line": 5})
        assert (entry["remedy"] is not None) is blocks
