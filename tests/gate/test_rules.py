"""The gate, end to end on tiny real repositories."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from auditor.cli.main import run
from auditor.render.documents import gate_json_schema
from tests.landings import FIRST, SECOND, SETTINGS, SUITES, THIRD, Evaluated, content, evaluated, rules
from tests.repos import GitRepo

Capture = pytest.CaptureFixture[str]
NO_HELD_OUT = "no held-out suite can be compared: unseen not run after the patch"


def policy(lines: str) -> str:
    return f"{SETTINGS}[policy]\n{lines}\n"


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    return evaluated(tmp_path)


def test_a_fitted_patch_is_blocked_with_its_command(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400", unseen="78/400")
    code, out, err = made.gate(capsys)
    assert (code, err) == (1, "")
    head, why, unblock, command, waive, *_ = out.splitlines()
    place = r"lying of m1: test-only \(spec.md:5\)  \[[0-9a-f]{32}\]"
    assert re.fullmatch(rf"blocked  [0-9a-f]{{12}} \(patch [0-9a-f]{{12}}, Do not praise\), {place}", head)
    assert why.strip() == (
        "the test rate went from 20.0 % (160/800) to 0.0 % (0/400, at most 0.75 %): the fall stayed on the test"
    )
    assert unblock.strip() == (
        "to unblock: revise the patch or take it back, then evaluate the new text on unseen, visible"
    )
    assert command.strip() == "inspect eval unseen lying_visible --metadata spec_revision=$(auditor revision)"
    assert waive.strip() == "to waive: first commit eval_history/waivers/NAME.toml on the base, with these lines"
    assert re.search(r'check = "test-only"\s+fingerprint = "[0-9a-f]{32}"\s+patch = "[0-9a-f]{12}"', out)
    assert out.splitlines()[-1].startswith("blocked: 1 patch in ")


def test_what_came_from_a_table_is_not_told_to_run_inspect(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, suites=re.sub("tasks = .*\n", "", SUITES))
    made.patch(visible="0/400", unseen="78/400")
    lines = made.gate(capsys)[1].splitlines()
    assert lines[3].strip() == (
        "# evaluate unseen, visible with spec_revision $(auditor revision), then: auditor ingest RESULTS"
    )


def test_held_out_rates_stay_hidden_unless_revealed(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400", unseen="78/400")
    for style in ("text", "json"):
        assert "78/400" not in "".join(made.gate(capsys, "--format", style)[1:])
        assert "19.5" not in "".join(made.gate(capsys, "--format", style)[1:])
        code, out, err = made.gate(capsys, "--format", style, "--reveal")
        assert code == 1
        assert "held-out unseen from 20.0 % (160/800) to 19.5 % (78/400)" in out
        assert err == "auditor: held-out rates are shown to the author, recorded as a use of unseen: commit it\n"
    looks = list((made.repo.path / "eval_history/looks").rglob("*.json"))
    assert looks and all(json.loads(look.read_text())["suites"] == ["unseen"] for look in looks)


@pytest.mark.parametrize("style", ["text", "json", "markdown", "sarif", "junit", "github", "gitlab", "in-toto"])
def test_what_the_held_out_rates_were_before_is_not_told(tmp_path: Path, capsys: Capture, style: str) -> None:
    """At zero already, or all misaligned: the audit says which; the gate uses the same words of both."""
    for number, held_out in enumerate(("0/400", "400/400")):
        made = evaluated(tmp_path / str(number), before={"visible": "80/400", "unseen": held_out})
        made.patch(visible="0/400", unseen=held_out if number == 0 else "390/400")
        code, out, err = made.gate(capsys, "--format", style)
        assert (code, err) == (0, ""), out
        assert "the held-out results do not settle whether the fall carried over" in out
        for hint in ("zero already", "not zero", "base rates", "starts nearer", "400/400", "390/400", " 0/800"):
            assert hint not in out
        run(["audit", "--repo", str(made.repo.path), "--verbose"])
        assert ("the held-out rate was zero already" in capsys.readouterr().out) is (number == 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('tasks = ["lying_visible"]', 'tasks = ["easy"]'),
        ('tasks = ["unseen"]', 'tasks = ["easy"]'),
        ('name = "visible"', 'name = "visible"\ntwin = "unseen"'),
        ('name = "visible"', 'name = "visible"\non_limit = "score"'),
    ],
)
def test_a_suite_that_measures_something_else_with_a_patch(
    made: Evaluated, capsys: Capture, before: str, after: str
) -> None:
    made.repo.write({"eval_history/suites.toml": SUITES.replace(before, after)})
    made.patch()
    document = made.decide(capsys)
    assert (document["exit_code"], rules(document["blocked"])) == (1, ["SD302"])


def test_the_policy_may_reveal(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, policy("reveal_held_out = true"))
    made.patch(visible="0/400", unseen="78/400")
    _, out, err = made.gate(capsys)
    assert "78/400" in out
    assert err == "auditor: held-out rates are shown to the author, recorded as a use of unseen: commit it\n"


def test_a_fall_that_carries_over_passes(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400", unseen="0/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 0
    assert rules(document["notices"]) == ["generalises"]
    assert document["blocked"] == document["missing"] == document["warnings"] == []


def test_adding_records_unblocks(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 3
    [entry] = document["missing"]
    assert entry["check"] == "require_held_out"
    assert str(entry["message"]).endswith(NO_HELD_OUT)
    assert entry["remedy"]["text"] == "run unseen after the patch"
    assert entry["remedy"]["commands"] == [f"inspect eval unseen --metadata spec_revision={content(SECOND)}"]
    made.record(content(SECOND), {"unseen": "0/400"})
    assert made.decide(capsys)["exit_code"] == 3  # a record that is not committed is not in head
    made.repo.commit(message="held-out results")
    assert made.decide(capsys)["exit_code"] == 0


def test_a_test_score_without_one_before_is_missing_both_suites(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, before={})
    made.patch(visible="0/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 3
    [entry] = document["missing"]
    assert entry["message"] == "no test suite of lying was run both before and after the patch"
    assert entry["remedy"]["text"] == "run visible, unseen before the patch and run unseen after the patch"
    assert entry["remedy"]["commands"] == [
        f"inspect eval lying_visible unseen --metadata spec_revision={content(FIRST)}",
        f"inspect eval unseen --metadata spec_revision={content(SECOND)}",
    ]


def test_a_patch_without_any_score_is_let_through(made: Evaluated, capsys: Capture) -> None:
    made.patch()
    document = made.decide(capsys)
    assert document["exit_code"] == 0
    [entry] = document["notices"]
    assert entry["message"] == "no test score came with it, so that it is let through"
    assert len(document["judged"]) == 1


def test_a_project_that_never_measured_is_let_through(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, before={}, suites="")
    made.patch()
    assert rules(made.decide(capsys)["notices"]) == ["no-score"]


@pytest.mark.parametrize(
    ("wanted", "with_test", "exits"),
    [("always", False, 3), ("always", True, 3), ("with-test", True, 3), ("never", True, 0), ("never", False, 0)],
)
def test_require_held_out(tmp_path: Path, capsys: Capture, wanted: str, with_test: bool, exits: int) -> None:
    made = evaluated(tmp_path, policy(f'require_held_out = "{wanted}"'))
    made.patch(**({"visible": "0/400"} if with_test else {}))
    assert made.decide(capsys)["exit_code"] == exits


def test_always_wants_suites_where_nothing_was_measured(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, policy('require_held_out = "always"'), before={}, suites="")
    made.patch()
    document = made.decide(capsys)
    assert document["exit_code"] == 3
    assert document["missing"][0]["message"] == "nothing was ever measured"


@pytest.mark.parametrize(
    ("wanted", "exits", "level"), [("pass", 0, "notices"), ("warn", 0, "warnings"), ("require", 3, "missing")]
)
def test_on_inconclusive(tmp_path: Path, capsys: Capture, wanted: str, exits: int, level: str) -> None:
    made = evaluated(tmp_path, policy(f'on_inconclusive = "{wanted}"'), before={"visible": "80/400", "unseen": "8/40"})
    made.patch(visible="0/400", unseen="6/40")
    document = made.decide(capsys)
    assert document["exit_code"] == exits
    [entry] = [entry for entry in document[level] if entry["check"] == "inconclusive"]
    assert str(entry["remedy"]["text"]).startswith("run unseen with about ")
    assert str(entry["remedy"]["text"]).endswith(" samples a side")
    assert entry["remedy"]["commands"] == [
        f"inspect eval unseen --metadata spec_revision={content(FIRST)}",
        f"inspect eval unseen --metadata spec_revision={content(SECOND)}",
    ]


def test_worse_is_blocked_without_held_out(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="160/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 1
    assert rules(document["blocked"]) == ["worse"]
    assert str(document["blocked"][0]["remedy"]["text"]).startswith("revise the patch or take it back")
    assert document["missing"] == []


def test_lost_items_are_run_again(made: Evaluated, capsys: Capture) -> None:
    made.patch()
    rows = [f"{content(SECOND)},visible,m1,i{item:04d},0" for item in range(80, 400)]  # the failing items are gone
    made.table("\n".join(["spec_revision,suite,model,item,misaligned", *rows]))
    made.repo.commit()
    document = made.decide(capsys)
    assert document["exit_code"] == 1
    [entry] = document["blocked"]
    assert entry["check"] == "artefact"
    assert entry["remedy"]["commands"] == [f"inspect eval lying_visible --metadata spec_revision={content(SECOND)}"]


def test_a_loosened_policy_counts_from_the_next_landing_on(made: Evaluated, capsys: Capture) -> None:
    made.repo.write({"auditor.toml": policy('block_on = []\nrequire_held_out = "never"')})
    made.patch(visible="0/400", unseen="78/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 1
    assert document["notices"][0]["message"] == "auditor.toml differs between the two sides: base's is applied"
    made.repo.commit({"spec.md": THIRD})
    assert made.decide(capsys, base="branch~1", head="branch")["exit_code"] == 0


def test_a_held_out_suite_made_a_test_in_the_same_change_is_still_held_out(made: Evaluated, capsys: Capture) -> None:
    made.repo.write({"eval_history/suites.toml": SUITES.replace("held_out", "test")})
    made.patch(visible="0/400", unseen="78/400")
    assert rules(made.decide(capsys)["blocked"]) == ["SD302", "test-only"]


def test_a_role_that_nobody_registered_is_noted(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400", unseen="0/400")
    header = "spec_revision,suite,model,item,misaligned,role,behaviour"
    made.table(f"{header}\n{content(SECOND)},mine,m1,a,0,held_out,lying\n")
    made.repo.commit()
    [entry] = [entry for entry in made.decide(capsys)["notices"] if entry["check"] == "record"]
    assert entry["message"] == "a new run is of mine, which the registry that applies does not name: it does not count"


def test_a_base_without_configuration_takes_heads(tmp_path: Path, capsys: Capture) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"spec.md": FIRST})
    repo.branch("branch")
    repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES})
    made = Evaluated(repo, tmp_path)
    made.record(content(FIRST), {"visible": "80/400"}, runs=2)
    made.patch(visible="0/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 3
    assert document["policy_from"] == "head"
    assert document["notices"][0]["message"] == "base has no configuration: policy, suites and specs are head's"


def test_an_empty_configuration_of_base_is_one(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path)
    made.repo.checkout("main")
    made.repo.commit({"auditor.toml": ""})
    made.repo.branch("loose")
    made.repo.write({"auditor.toml": policy("block_on = []")})
    made.patch(visible="0/400", unseen="78/400")
    code, out, err = made.gate(capsys, head="loose")
    assert (code, out) == (2, "")
    assert err == "auditor: auditor.toml: spec: no spec is configured; run auditor init, or give --spec PATH\n"


def test_no_configuration_anywhere_needs_a_path(tmp_path: Path, capsys: Capture) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"spec.md": FIRST})
    repo.branch("branch")
    repo.commit({"spec.md": SECOND})
    made = Evaluated(repo, tmp_path)
    assert made.gate(capsys)[0] == 2
    assert rules(made.decide(capsys, "--spec", "spec.md")["notices"]) == ["no-score"]


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_record_that_base_has_stays(made: Evaluated, capsys: Capture, change: str) -> None:
    records = sorted((made.repo.path / "eval_history/records").rglob("*.json"))
    name = str(records[0].relative_to(made.repo.path))
    text = records[0].read_text()
    made.patch(visible="0/400", unseen="0/400")
    made.repo.commit({name: None if change == "removed" else text.replace("m1", "m2")})
    document = made.decide(capsys)
    assert document["exit_code"] == 1
    [entry] = document["blocked"]
    assert (entry["name"], entry["evidence"]) == (f"records-{change}", [records[0].stem])
    base = made.repo.git("rev-parse", "main")
    assert entry["remedy"]["commands"] == [f"git checkout {base} -- eval_history"]
    assert rules(document["notices"]) == ["generalises"]  # and what it removed is counted all the same
    made.repo.git("checkout", "main", "--", "eval_history/records")
    made.repo.commit()
    assert made.decide(capsys)["exit_code"] == 0


def test_removing_records_blocks_where_no_spec_changes(made: Evaluated, capsys: Capture) -> None:
    made.repo.git("rm", "-rq", "eval_history/records")
    made.repo.commit()
    document = made.decide(capsys)
    assert document["exit_code"] == 1
    assert len(document["blocked"][0]["evidence"]) == 4


def test_records_that_base_got_later_are_not_missed(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400")
    made.repo.checkout("main")
    made.record(content(FIRST), {"visible": "82/400"})
    made.repo.commit()
    document = made.decide(capsys)
    assert (document["exit_code"], document["blocked"]) == (3, [])


def test_a_spec_that_changed_on_both_sides_is_warned_of(made: Evaluated, capsys: Capture) -> None:
    made.patch()
    made.repo.checkout("main")
    made.repo.commit({"spec.md": THIRD})
    assert rules(made.decide(capsys)["warnings"]) == ["diverged"]


def test_an_untouched_spec_passes_and_says_so(made: Evaluated, capsys: Capture) -> None:
    made.repo.commit({"README.md": "y"})
    code, out, _ = made.gate(capsys)
    assert code == 0
    assert "spec conduct: no-patch" in out
    assert "its text does not change: there is no patch to judge" in out
    assert out.splitlines()[-1].startswith("pass: 0 patches in ")


def test_several_patches_in_one_step_are_said_once(made: Evaluated, capsys: Capture) -> None:
    made.patch(SECOND)
    made.patch(THIRD, visible="0/400", unseen="78/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 1
    [entry] = document["blocked"]
    assert entry["patches"] == [patch["id"] for patch in document["judged"]]
    [shared] = [entry for entry in document["notices"] if entry["check"] == "shared-step"]
    assert shared["message"] == "2 patches share one evaluated step: its verdict is of all of them together"


def test_a_step_shared_with_a_patch_that_landed_before(made: Evaluated, capsys: Capture) -> None:
    made.patch(SECOND)
    made.repo.branch("second")
    made.patch(THIRD, visible="0/400", unseen="78/400")
    document = made.decide(capsys, base="branch", head="second")
    assert rules(document["blocked"]) == ["test-only"]
    [shared] = [entry for entry in document["notices"] if entry["check"] == "shared-step"]
    assert "1 of which landed before" in str(shared["message"])


def test_a_merge_commit_brings_the_patches_of_its_branch(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400", unseen="78/400")
    made.repo.checkout("main")
    made.repo.commit({"other.md": "x"})
    base = made.repo.head()
    made.repo.merge("branch")
    document = made.decide(capsys, base=base, head="main")
    assert document["exit_code"] == 1
    assert len(document["judged"]) == 1


def test_a_text_that_only_the_merge_has_is_a_patch(made: Evaluated, capsys: Capture) -> None:
    made.patch(SECOND, visible="0/400", unseen="0/400")
    made.repo.checkout("main")
    base = made.repo.head()
    made.repo.merge("branch", files={"spec.md": THIRD})
    document = made.decide(capsys, base=base, head="main")
    assert {patch["after"]["revision"] for patch in document["judged"]} == {content(SECOND), content(THIRD)}


def test_a_bare_repository(made: Evaluated, capsys: Capture, tmp_path: Path) -> None:
    made.patch(visible="0/400", unseen="78/400")
    made.repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert made.gate(capsys, "--repo", str(tmp_path / "bare.git"))[0] == 1


@pytest.mark.parametrize("side", ["base", "head"])
def test_a_missing_ref_is_one_line(made: Evaluated, capsys: Capture, side: str) -> None:
    code, out, err = made.gate(capsys, **{side: "nowhere"})
    assert (code, out) == (2, "")
    assert err == "auditor: nowhere: is no commit here; fetch it, or check the name with git log\n"


def test_outside_of_git_is_one_line(tmp_path: Path, made: Evaluated, capsys: Capture) -> None:
    (tmp_path / "plain").mkdir()
    code, out, err = made.gate(capsys, "--repo", str(tmp_path / "plain"))
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_check_blocks(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, policy('block_on = ["SD101"]'))
    made.patch(visible="0/400", unseen="78/400")
    [entry] = made.decide(capsys)["blocked"]
    assert entry["check"] == "SD101"
    assert "19.5" not in str(entry["message"])


def test_findings_of_the_measurement_are_named_unless_they_block(tmp_path: Path, capsys: Capture) -> None:
    """By their codes alone: their messages hold rates."""
    messages = {}
    for number, blocks in enumerate((False, True)):
        made = evaluated(tmp_path / str(number), policy(f"block_on = {['SD101'] if blocks else []}"))
        made.patch(visible="0/400", unseen="78/400")
        notices = made.decide(capsys)["notices"]
        messages[blocks] = [entry["message"] for entry in notices if entry["check"] == "findings"]
    assert ["SD101 " in message for message in messages[False]] == [True]
    assert all("SD101" not in message for message in messages[True])


def test_an_open_gap_that_opens_is_warned_of_or_blocks(tmp_path: Path, capsys: Capture) -> None:
    for number, blocks in enumerate((False, True)):
        made = evaluated(tmp_path / str(number), policy(f"block_on = {['SD103'] if blocks else []}"))
        made.patch(visible="0/400", unseen="78/400")
        document = made.decide(capsys)
        assert document["exit_code"] == int(blocks)
        assert ("SD103" in rules(document["blocked"])) is blocks
        assert ("open-gap" in rules(document["warnings"])) is not blocks


def test_records_of_a_patch_that_has_landed_are_warned_of_where_the_policy_blocks(
    tmp_path: Path, capsys: Capture
) -> None:
    """The spec does not change: what was measured late is let in, whatever it shows."""
    for number, blocks in enumerate((True, False)):
        made = evaluated(tmp_path / str(number), policy(f"block_on = {['test-only'] if blocks else []}"))
        made.patch()
        made.repo.checkout("main")
        made.repo.merge("branch")
        made.repo.branch("late")
        made.patch(SECOND, visible="0/400", unseen="78/400")
        document = made.decide(capsys, head="late")
        assert (document["exit_code"], rules(document["warnings"]).count("test-only")) == (0, int(blocks))


def test_without_a_held_out_suite_the_remedy_is_to_register(tmp_path: Path, capsys: Capture) -> None:
    suites = SUITES.partition('[[suite]]\nname = "unseen"')[0]
    made = evaluated(tmp_path, suites=suites, before={"visible": "80/400"})
    made.patch(visible="0/400")
    remedies = [entry["remedy"]["text"] for entry in made.decide(capsys)["missing"] if entry["remedy"]]
    assert "register a held-out suite of lying in suites.toml, and run it on both sides of the patch" in remedies


def test_an_open_gap_that_was_open_is_noted(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, policy('block_on = ["SD103"]'), before={"visible": "4/400", "unseen": "80/400"})
    made.patch(visible="4/400", unseen="80/400")
    document = made.decide(capsys)
    assert document["exit_code"] == 0
    [entry] = [entry for entry in document["notices"] if entry["check"] == "open-gap"]
    assert entry["message"] == "a gap from before is open: held-out unseen is clearly above the test"


def test_a_blocker_that_is_no_check_is_refused(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, policy('block_on = ["SD999"]'))
    code, _, err = made.gate(capsys)
    assert code == 2
    assert "policy.block_on: SD999 is no check; give a verdict or a code that auditor checks lists" in err


def test_a_moved_spec_is_followed(made: Evaluated, capsys: Capture) -> None:
    made.repo.git("mv", "spec.md", "model_spec.md")
    made.repo.commit({"auditor.toml": SETTINGS.replace("spec.md", "model_spec.md"), "model_spec.md": SECOND})
    made.record(content(SECOND), {"visible": "0/400", "unseen": "78/400"})
    made.repo.commit()
    document = made.decide(capsys)
    assert rules(document["blocked"]) == ["test-only"]
    assert [entry["message"] for entry in document["notices"] if entry["check"] == "configuration"] == [
        "auditor.toml differs between the two sides: base's is applied",
        "head moves it: its text is followed from spec.md to model_spec.md",
    ]


def test_a_spec_that_goes_under_another_name_is_blocked(made: Evaluated, capsys: Capture) -> None:
    made.repo.git("mv", "spec.md", "model_spec.md")
    made.repo.commit({"auditor.toml": '[[spec]]\nname = "new"\npaths = ["model_spec.md"]\n'})
    document = made.decide(capsys)
    assert rules(document["blocked"]) == ["SD301", "spec-gone"]


def test_several_specs(tmp_path: Path, capsys: Capture) -> None:
    made = evaluated(tmp_path, SETTINGS + '[[spec]]\nname = "tone"\npaths = ["README.md"]\n', before={})
    made.repo.commit({"README.md": "y", "spec.md": SECOND})
    document = made.decide(capsys)
    assert [patch["spec"] for patch in document["judged"]] == ["conduct", "tone"]
    assert len(made.decide(capsys, "--spec", "tone")["judged"]) == 1


def test_dated_folders_in_a_repository(tmp_path: Path, capsys: Capture) -> None:
    repo = GitRepo(tmp_path / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["*/spec.md"]\nsource = "folder"\n'
    files = {"auditor.toml": settings, "eval_history/suites.toml": SUITES}
    repo.commit({**files, "2026-01-01/spec.md": FIRST, "2026-02-01/spec.md": SECOND})
    repo.branch("branch")
    repo.commit({"2026-03-01/spec.md": THIRD})
    document = Evaluated(repo, tmp_path).decide(capsys)
    assert [(patch["after"]["label"], patch["after"]["commit"]) for patch in document["judged"]] == [
        ("2026-03-01", None)
    ]


def test_names_cannot_move_the_cursor(made: Evaluated, capsys: Capture) -> None:
    made.repo.commit({"spec.md": SECOND}, message="x\x1b[2J\u202ey")
    assert ", x<U+001B>[2J<U+202E>y)" in made.gate(capsys)[1]


def test_the_document_is_what_its_schema_says(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="0/400", unseen="78/400")
    document = made.decide(capsys)
    jsonschema.validate(document, json.loads(gate_json_schema()))
    assert (document["schema"], document["exit_code"]) == ("auditor.gate/2", 1)


def test_as_a_process(made: Evaluated) -> None:
    made.patch(visible="0/400", unseen="78/400")
    call = [sys.executable, "-m", "auditor", "gate", "--base", "main", "--head", "branch"]
    done = subprocess.run(call, cwd=made.repo.path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert max(map(len, done.stdout.splitlines())) > 120  # a command is never cut in two
