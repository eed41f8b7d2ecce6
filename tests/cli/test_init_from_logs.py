"""`auditor init --from`: from a folder of mixed logs to a working configuration, with nothing guessed."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run
from tests.cli.conftest import tree_hash
from tests.repos import GitRepo

Capture = pytest.CaptureFixture[str]
FIXTURES = Path(__file__).parents[1] / "fixtures"
REAL = Path(__file__).parents[2] / "../shared/data"
FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = FIRST + "\nNever delete a log to hide a mistake.\n"
# What a person knows of each suite: its role, its behaviour, and the score's name, misaligned end and unit.
KNOWN = {
    "claims": ("test", "claims"),
    "covert-claims": ("test", "covert", "score", "low", "fraction"),
    "finished-claims.test.v1": ("test", "finished", "match", "low", "fraction"),
    "finished_choice": ("held_out", "finished", "acc,none", "low", "fraction"),
    "finished_claims": ("held_out", "finished", "exact_match,flexible", "low", "fraction"),
    "graded-claims.test.v1": ("test", "graded", "metrics", "low", "fraction", "score"),
    "mistakes_unseen": ("held_out", "concealment", "concealment", "high", "fraction"),
    "mistakes_visible": ("test", "concealment", "concealment", "high", "fraction"),
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"spec.md": FIRST})
    git_repo.tag("v1")
    git_repo.commit({"spec.md": SECOND})
    git_repo.tag("v2")
    return git_repo.path


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Every kind of log and table there is a fixture of, as the tools wrote them; and a file of no kind."""
    folder = tmp_path / "logs"
    for name in ("inspect", "lm_eval/full", "openai_evals", "promptfoo", "table"):
        ignored = shutil.ignore_patterns(
            "*.py", "*.js", "*.yaml", "oracle.json", "several_scorers.eval", "chunked.eval"
        )
        shutil.copytree(FIXTURES / name, folder / name, ignore=ignored)
    (folder / "notes.txt").write_text("what these are")
    return folder


def said(capsys: Capture, repo: Path, *arguments: str) -> tuple[int, str, str]:
    code = run([*arguments, "--repo", str(repo)])
    out, err = capsys.readouterr()
    return code, out, err


def told(capsys: Capture, repo: Path, logs: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(said(capsys, repo, "init", "--from", str(logs), "--format", "json")[1])
    return document


def fill_in(repo: Path) -> None:
    """The registry as a person fills it in."""
    path = repo / "eval_history/suites.toml"
    head, *entries = path.read_text().split("\n[[suite]]\n")
    filled = []
    for entry in entries:
        name = json.loads(re.match(r'name = ("[^"]*")', entry)[1])  # type: ignore[index]
        role, behaviour, *score = KNOWN[name]
        text = entry
        for key, value in zip(("name", "misaligned", "unit", "key"), score, strict=False):
            text = re.sub(rf'\n# {key} = ""', f'\n{key} = "{value}"', text)
        text = text.replace('# role = ""', f'role = "{role}"')
        filled.append(text.replace('# behaviour = ""', f'behaviour = "{behaviour}"'))
    path.write_text("\n[[suite]]\n".join([head, *filled]))


def test_says_what_there_is(repo: Path, logs: Path, capsys: Capture) -> None:
    document = told(capsys, repo, logs)
    assert (document["schema"], document["spec"], document["path"]) == ("auditor.init/2", "spec", "spec.md")
    kinds = {one["source"]: (one["files"], one["runs"], one["stamped"]) for one in document["survey"]["kinds"]}
    assert kinds == {
        "inspect": (7, 7, 6), "lm_eval": (1, 2, 2), "openai_evals": (2, 2, 2), "promptfoo": (2, 4, 4),
        "table": (1, 1, 1),
    }  # fmt: skip
    suites = {one["name"]: one for one in document["survey"]["suites"]}
    assert set(suites) == set(KNOWN)
    visible = suites["mistakes_visible"]
    assert (visible["stamped"], visible["matched"], visible["unbound"], visible["models"]) == (
        4,
        1,
        0,
        ["mockllm/model"],
    )
    assert visible["scores"] == [
        {
            "name": "concealment", "key": None, "numbers": 21, "truths": 0, "missing": 1, "low": 0, "high": 1,
            "words": [], "more": 0, "fits": ["fraction", "grade"],
        }
    ]  # fmt: skip
    assert document["survey"]["passed_over"] == [str(logs / "notes.txt")]
    assert document["survey"]["refused"] == []


def test_a_binding_is_proposed_only_for_the_very_text_of_a_revision(repo: Path, logs: Path, capsys: Capture) -> None:
    [(name, binding)] = told(capsys, repo, logs)["survey"]["bindings"]
    assert name == "test_second.eval"
    assert said(capsys, repo, "revision", "v2", "--full")[1].strip() == binding["revision"]
    text = (repo / "eval_history/bindings.toml").read_text()
    assert f'[[binding]] # test_second.eval\nrevision = "{binding["revision"]}"\nsha256 = "{binding["sha256"]}"' in text


def test_nothing_is_guessed_and_ingest_says_what_is_missing(repo: Path, logs: Path, capsys: Capture) -> None:
    assert said(capsys, repo, "init", "--from", str(logs))[0] == 0
    code, out, err = said(capsys, repo, "ingest", str(logs))
    assert (code, out) == (2, "")
    assert err == (
        "auditor: eval_history/suites.toml: suite[0].behaviour: is missing, as is role (suite 'claims'; 7 more suites "
        "lack something); fill in what only a person knows, or remove the entry\n"
    )


def test_what_is_filled_in_works(repo: Path, logs: Path, capsys: Capture) -> None:
    assert len(told(capsys, repo, logs)["unknown"]) == len(KNOWN)
    fill_in(repo)
    assert told(capsys, repo, logs)["unknown"] == []
    assert "Nothing is left to fill in." in said(capsys, repo, "init", "--from", str(logs))[1]
    assert said(capsys, repo, "ingest", str(logs))[0] == 0
    document = json.loads(said(capsys, repo, "audit", "--format", "json")[1])
    assert document["coverage"]["runs"] == 16
    [patch] = document["patches"]
    assert {one["behaviour"] for one in patch["behaviours"]} >= {"concealment"}


def test_again_it_changes_nothing(repo: Path, logs: Path, capsys: Capture) -> None:
    said(capsys, repo, "init", "--from", str(logs))
    before = {path: path.read_bytes() for path in repo.rglob("*.toml")}
    code, _, err = said(capsys, repo, "init", "--from", str(logs))
    assert (code, err) == (0, "left as they are: auditor.toml, eval_history/suites.toml, eval_history/bindings.toml\n")
    assert {path: path.read_bytes() for path in repo.rglob("*.toml")} == before


def test_files_that_are_there_are_kept_and_the_others_written(repo: Path, logs: Path, capsys: Capture) -> None:
    (repo / "auditor.toml").write_text('[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n[store]\npath = "evals"\n')
    code, _, err = said(capsys, repo, "init", "--from", str(logs))
    assert (code, err) == (0, "wrote evals/suites.toml, evals/bindings.toml\nleft as they are: auditor.toml\n")


def test_a_log_that_nothing_binds_is_left_for_a_person(repo: Path, tmp_path: Path, capsys: Capture) -> None:
    (repo / "spec.md").write_text("# Another\n")
    other = GitRepo(tmp_path / "other")
    other.commit({"spec.md": "# Another text\n"})
    document = told(capsys, other.path, FIXTURES / "inspect/test_second.eval")
    assert document["survey"]["bindings"] == []
    assert document["unknown"][-1].endswith(
        "test_second.eval: which revision was evaluated: it has no stamp, or an empty one (as a failed "
        "$(auditor revision) leaves), and no system message is a revision's text"
    )
    text = (other.path / "eval_history/bindings.toml").read_text()
    assert '# revision = ""  # unknown\n# sha256 = "' in text


def test_what_is_refused_is_named_and_the_rest_is_there(repo: Path, logs: Path, capsys: Capture) -> None:
    (logs / "cut.eval").write_bytes((FIXTURES / "inspect/test_first.eval").read_bytes()[:500])
    code, out, _ = said(capsys, repo, "init", "--from", str(logs))
    assert code == 2
    assert f"refused:\n  {logs}/cut.eval: not a complete zip archive" in out
    assert (repo / "eval_history/suites.toml").exists()


def test_where_nothing_can_be_read_nothing_is_written(repo: Path, logs: Path, tmp_path: Path, capsys: Capture) -> None:
    before = tree_hash(repo)
    cut = logs / "cut.eval"
    cut.write_bytes((FIXTURES / "inspect/test_first.eval").read_bytes()[:500])
    (tmp_path / "empty").mkdir()
    for path, line in (
        (tmp_path / "gone", "cannot be read: No such file or directory; check the path and its mode"),
        (tmp_path / "empty", "no evaluation log or table of a known kind; give --from a log, a table, or their folder"),
        (cut, "not a complete zip archive"),
    ):
        code, out, err = said(capsys, repo, "init", "--from", str(path))
        assert (code, out, err.count("\n"), tree_hash(repo)) == (2, "", 1, before)
        assert err.startswith(f"auditor: {path}: {line}")


def test_names_from_logs_can_do_no_harm(repo: Path, tmp_path: Path, capsys: Capture) -> None:
    """A suite's name is a TOML string, and in comments and on the terminal no more than text."""
    name = 'a"\\\n[policy]\x1b[2J\u202e\x7f\U0001f600'
    row = {"spec_revision": "v1", "suite": name, "model": "m\nblock_on = []", "item": "i", "misaligned": 1}
    (tmp_path / "t.jsonl").write_text(json.dumps(row) + "\n")
    code, out, _ = said(capsys, repo, "init", "--from", str(tmp_path / "t.jsonl"))
    assert code == 0
    assert "\x1b" not in out
    path = repo / "eval_history/suites.toml"
    assert [load["name"] for load in tomllib.loads(path.read_text())["suite"]] == [name]
    path.write_text(
        path.read_text().replace('# behaviour = ""', 'behaviour = "b"').replace('# role = ""', 'role = "test"')
    )
    assert said(capsys, repo, "ingest", str(tmp_path / "t.jsonl"))[0] == 0


def test_what_a_table_declares_is_filled_in(repo: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "t.csv").write_text("spec_revision,suite,behaviour,role,model,item,misaligned\nv1,s,b,test,m,i,1\n")
    assert told(capsys, repo, tmp_path / "t.csv")["unknown"] == []
    text = (repo / "eval_history/suites.toml").read_text()
    assert text.endswith(
        '[[suite]]\nname = "s" # table: 1 run, 1 samples\n'
        'behaviour = "b" # as its table declares\nrole = "test" # as its table declares\n'
    )


def test_real_logs_are_all_read(repo: Path, capsys: Capture) -> None:
    if not (REAL / "inspect-logs").is_dir():
        pytest.skip("the shared data is not here")
    document = told(capsys, repo, REAL)["survey"]
    suites = {one["name"]: (one["runs"], one["unbound"]) for one in document["suites"]}
    assert suites == {"browser": (1, 1), "popularity": (4, 4), "refusal": (1, 1), "testtaskname": (1, 1)}


RUNS = "spec_revision,suite,model,item,misaligned\nv1,seen,m,i,1\nv1,fresh,m,i,1\n"


def test_suites_that_are_given_a_role_are_registered_and_no_file_needs_to_be_edited(
    repo: Path, tmp_path: Path, capsys: Capture
) -> None:
    table = tmp_path / "t.csv"
    table.write_text(RUNS)
    roles = ("--test", "seen:claims", "--held-out", "fresh")
    code, out, _ = said(capsys, repo, "init", "--from", str(table), *roles)
    assert (code, "Nothing is left to fill in." in out) == (0, True)
    suites = tomllib.loads((repo / "eval_history/suites.toml").read_text())["suite"]
    assert suites == [
        {"name": "fresh", "behaviour": "claims", "role": "held_out"},
        {"name": "seen", "behaviour": "claims", "role": "test"},
    ]
    assert said(capsys, repo, "ingest", str(table))[0] == 0


def test_a_suite_that_comes_later_is_added_behind_what_a_person_wrote(
    repo: Path, tmp_path: Path, capsys: Capture
) -> None:
    table, file = tmp_path / "t.csv", repo / "eval_history/suites.toml"
    table.write_text(RUNS)
    code, out, _ = said(capsys, repo, "init", "--from", str(table), "--test", "seen")
    assert (code, "suite fresh: what behaviour it measures, its role" in out) == (0, True)
    text = file.read_text() + "# mine\n"
    file.write_text(text)
    code, out, err = said(capsys, repo, "init", "--from", str(table), "--held-out", "fresh:seen")
    assert (code, err.splitlines()[0]) == (0, "wrote eval_history/suites.toml")
    assert file.read_text().startswith(text)
    assert len(tomllib.loads(file.read_text())["suite"]) == 2


def test_what_nobody_touched_is_filled_and_what_somebody_did_is_kept(
    repo: Path, tmp_path: Path, capsys: Capture
) -> None:
    table, file = tmp_path / "t.csv", repo / "eval_history/suites.toml"
    table.write_text(RUNS)
    assert said(capsys, repo, "init")[0] == 0
    code, _, err = said(capsys, repo, "init", "--from", str(table))  # a template
    assert (code, err.splitlines()[0]) == (0, "wrote eval_history/suites.toml")
    code, _, err = said(capsys, repo, "init", "--from", str(table), "--test", "seen", "--held-out", "fresh")
    assert (code, err.splitlines()[0]) == (0, "wrote eval_history/suites.toml")  # a proposal with open entries
    file.write_text('[[suite]]\nname = "seen"\n')
    code, _, err = said(capsys, repo, "init", "--from", str(table), "--test", "seen")
    assert (code, err.count("\n")) == (2, 1)
    assert "has entries that are not filled in" in err
    assert file.read_text() == '[[suite]]\nname = "seen"\n'


@pytest.mark.parametrize(
    ("answer", "policy"),
    [
        ("pass", {"on_inconclusive": "pass", "require_held_out": "never"}),
        ("warn", {"on_inconclusive": "warn", "require_held_out": "with-test"}),
        ("block", {"on_inconclusive": "require", "require_held_out": "always"}),
    ],
)
def test_what_becomes_of_unevaluated_patches_is_said_once(
    repo: Path, capsys: Capture, answer: str, policy: dict[str, str]
) -> None:
    assert said(capsys, repo, "init", "--unevaluated", answer)[0] == 0
    assert tomllib.loads((repo / "auditor.toml").read_text())["policy"] == policy
    code, _, err = said(capsys, repo, "init", "--unevaluated", answer)
    assert (code, err.count("\n")) == (2, 1)
    assert f'require_held_out = "{policy["require_held_out"]}" in it' in err
