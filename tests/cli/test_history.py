"""log, diff, show and blame: whole outputs on a small real repository, and what they refuse."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.render import documents
from tests.cli.conftest import Auditor, Said, one_line, tree_hash
from tests.cli.histories import FIRST, FOURTH, SECOND, SETTINGS, THIRD, everything
from tests.processes import ROOT, environment
from tests.processes import auditor as process
from tests.render.conftest import assert_looks_as_before
from tests.repos import GitRepo
from tests.snapshots import assert_as_written

SCHEMAS = {
    "log": documents.log_json_schema,
    "diff": documents.diff_json_schema,
    "show": documents.show_json_schema,
    "blame": documents.blame_json_schema,
}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    """See `everything`. To be read only."""
    return everything(tmp_path_factory.mktemp("harbour") / "repo")


def printed(said: Said) -> str:
    """What a command printed, which went well; no line ends in a space or is longer than a pipe is wide."""
    assert (said.code, said.err) == (0, "")
    lines = said.out.split("\n")
    assert [line for line in lines if line != line.rstrip()] == []
    return said.out


def document(said: Said, verb: str) -> dict[str, Any]:
    """What a command printed as JSON, held against its schema."""
    found = json.loads(printed(said))
    schema = json.loads(SCHEMAS[verb]())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert isinstance(found, dict)
    assert found["schema"] == f"auditor.{verb}/2"
    return found


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("log", ["log"]),
        ("log-oneline", ["log", "--oneline"]),
        ("diff", ["diff", "v1", "v4"]),
        ("diff-back", ["diff", "v4", "v1"]),
        ("diff-stat", ["diff", "v1", "v4", "--stat"]),
        ("show-renaming", ["show", "v3"]),
        ("show-reinstated", ["show", "v4"]),
        ("blame-reinstated", ["blame", "Crates without a label"]),
        ("blame-moved", ["blame", "spec.md:12"]),
        ("blame-split", ["blame", "Nobody may delete"]),
        ("blame-section", ["blame", "#cargo"]),
    ],
)
def test_the_text(name: str, arguments: list[str], harbour: GitRepo, auditor: Auditor) -> None:
    before = tree_hash(harbour.path)
    out = printed(auditor(*arguments, "--repo", harbour.path))
    assert max(map(len, out.split("\n"))) <= 120
    assert_looks_as_before(f"history-{name}.txt", out)
    assert tree_hash(harbour.path) == before


@pytest.mark.parametrize("name", ["log", "show"])
def test_the_text_where_there_are_evaluations(name: str, judged: GitRepo, auditor: Auditor) -> None:
    arguments = {"log": ["log"], "show": ["show", "v2"]}[name]
    assert_looks_as_before(f"history-judged-{name}.txt", printed(auditor(*arguments, "--repo", judged.path)))


@pytest.mark.parametrize("verb", SCHEMAS)
def test_the_published_schemas_are_current(verb: str) -> None:
    file = ROOT / f"docs/schemas/{verb}.schema.json"
    assert_as_written(file, SCHEMAS[verb]())


def test_the_log_as_json(judged: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("log", "--repo", judged.path, "--format", "json"), "log")
    spec_commits = found["specs"][0]["commits"]
    assert [spec_commit["label"] for spec_commit in spec_commits] == ["v3", "v2", "v1"]
    assert [spec_commit["verdict"] for spec_commit in spec_commits] == ["unmeasured", "test-only", None]
    audited = json.loads(auditor("audit", "--repo", judged.path, "--format", "json").out)
    assert spec_commits[1]["behaviours"] == audited["patches"][0]["behaviours"]
    assert spec_commits[1]["changes"] == audited["patches"][0]["changes"]


def test_the_difference_as_json(harbour: GitRepo, auditor: Auditor) -> None:
    (found,) = document(auditor("diff", "v1", "v4", "--repo", harbour.path, "--format", "json"), "diff")["specs"]
    assert [change["kind"] for change in found["changes"]] == [
        "reworded", "reworded", "split", "reworded", "moved", "reworded", "reworded", "added",
    ]  # fmt: skip
    assert found["renamings"] == [{"before": "platform", "after": "root", "count": 3, "of": 3}]
    reworded = found["changes"][1]
    assert reworded["direction"] == "relaxed"
    assert ("must", "should") in [(ground["before"], ground["after"]) for ground in reworded["grounds"]]
    for op, side in (("delete", "before"), ("insert", "after")):
        words = "".join(part["text"] for part in reworded["words"] if part["op"] in ("equal", op))
        assert words == reworded[side][0]["text"]


def test_a_patch_as_json(harbour: GitRepo, auditor: Auditor) -> None:
    (found,) = document(auditor("show", "v4", "--repo", harbour.path, "--format", "json"), "show")["patches"]
    audited = json.loads(auditor("audit", "v3..v4", "--repo", harbour.path, "--format", "json").out)
    assert [found["patch"]] == audited["patches"]
    back, example = found["comparison"]["changes"]
    assert (back["kind"], back["before"][0]["line"], back["after"][0]["line"]) == ("reinstated", 10, 13)
    assert example["kind"] == "added"


def test_a_life_as_json(harbour: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("blame", "spec.md:13", "--repo", harbour.path, "--format", "json"), "blame")
    assert [(event["word"], event["spec_commit"]["label"]) for event in found["events"]] == [
        ("introduced", "v1"), ("removed", "v2"), ("reinstated", "v4"),
    ]  # fmt: skip
    assert (found["state"]["there"], found["state"]["clause"]["line"]) == (True, 13)


def test_a_patch_by_every_name(harbour: GitRepo, auditor: Auditor) -> None:
    expected = auditor("show", "v2", "--repo", harbour.path)
    patch = json.loads(auditor("show", "v2", "--repo", harbour.path, "--format", "json").out)["patches"][0]["patch"]
    names = [patch["id"], patch["id"][:6], patch["after"]["commit"], patch["after"]["commit"][:7], "HEAD~3", "v3~1"]
    for name in (*names, patch["after"]["revision"], patch["after"]["revision"][:9]):
        assert auditor("show", name, "--repo", harbour.path) == expected, name


@pytest.mark.parametrize(
    "names", [["v2", "v4"], ["v2..v4"], ["v2..HEAD"], ["v2.."], ["v2", "main"], ["v2"], ["HEAD~3", "HEAD~1"]]
)
def test_two_revisions_by_every_name(names: list[str], harbour: GitRepo, auditor: Auditor) -> None:
    expected = printed(auditor("diff", "v2", "v4", "--repo", harbour.path)).split("\n", 1)[1]
    assert printed(auditor("diff", *names, "--repo", harbour.path)).split("\n", 1)[1] == expected


def test_what_is_not_committed_yet(harbour: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    git_repo = everything(tmp_path / "repo")
    assert "no clause changed" in printed(auditor("diff", "--repo", git_repo.path))
    git_repo.write({"spec.md": FOURTH.replace("eight hours", "seven hours")})
    assert "Rest for [-eight-]{+seven+} hours" in printed(auditor("diff", "--repo", git_repo.path))
    assert "-> work tree" in printed(auditor("diff", "HEAD", "--repo", git_repo.path))


def test_a_bare_repository(harbour: GitRepo, tmp_path: Path, auditor: Auditor) -> None:
    harbour.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    for arguments in (["log"], ["show", "v3"], ["blame", "#cargo"], ["diff", "v1", "v2"]):
        expected = printed(auditor(*arguments, "--repo", harbour.path))
        assert printed(auditor(*arguments, "--repo", tmp_path / "bare.git")) == expected
    assert "-> HEAD" in printed(auditor("diff", "v1", "--repo", tmp_path / "bare.git"))


def test_dated_folders(tmp_path: Path, auditor: Auditor) -> None:
    for date, text in zip(("2026-01-01", "2026-02-01", "2026-03-01"), (FIRST, SECOND, THIRD), strict=True):
        (tmp_path / date).mkdir()
        (tmp_path / date / "spec.md").write_text(text)
    (tmp_path / "auditor.toml").write_text(SETTINGS.replace("spec.md", "*/spec.md") + 'source = "folder"\n')
    lines = printed(auditor("log", "--oneline", "--repo", tmp_path)).splitlines()
    assert [line.split()[0] for line in lines] == ["2026-03-01", "2026-02-01", "2026-01-01"]
    last = printed(auditor("diff", "--repo", tmp_path))
    assert last == printed(auditor("diff", "2026-02", "2026-03-01", "--repo", tmp_path))
    assert "split" in printed(auditor("blame", "Nobody may", "--repo", tmp_path))
    assert "should" in printed(auditor("show", "2026-02-01", "--repo", tmp_path))
    assert one_line(auditor("diff", "2026", "--repo", tmp_path)).startswith(
        "auditor: 2026: stands for several: 2026-01-"
    )
    assert "give one of 2026-03-01" in one_line(auditor("diff", "v1", "--repo", tmp_path))
    since = printed(auditor("log", "--oneline", "--since", "2026-02-01", "--until", "2026-02-28", "--repo", tmp_path))
    assert [line.split()[0] for line in since.splitlines()] == ["2026-02-01"]


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        ([], ["v4", "v3", "v2", "v1"]),
        (["v1..v3"], ["v3", "v2"]),
        (["v2"], ["v2", "v1"]),
        (["v4.."], []),
        (["--since", "2026-01-01", "--until", "2026-01-01"], ["v4", "v3", "v2", "v1"]),
        (["--since", "2026-01-02"], []),
        (["--until", "2025-12-31"], []),
    ],
)
def test_ranges_and_dates(wanted: list[str], labels: list[str], harbour: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("log", *wanted, "--repo", harbour.path, "--format", "json"), "log")
    assert [one["label"] for one in found["specs"][0]["commits"]] == labels


@pytest.mark.parametrize(
    ("clause", "line"),
    [
        ("#conduct", 1),
        ("conduct", 1),
        ("forecast", 18 + 1),
        ("#weather", 18 + 1),
        ("must report every fault", 3),
        ("NOBODY MAY DELETE", 7),
        ("Nobody  may\ndelete", 7),
        ("./spec.md:3", 3),
        ("Cargo", 9),
    ],
)
def test_a_clause_by_its_names(clause: str, line: int, harbour: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("blame", clause, "--repo", harbour.path, "--format", "json"), "blame")
    assert found["state"]["clause"]["line"] == line


def test_a_section_has_its_clauses_and_no_others(harbour: GitRepo, auditor: Auditor) -> None:
    found = document(auditor("blame", "#conduct", "--repo", harbour.path, "--format", "json"), "blame")
    under = [(one["word"], one["state"]["clause"]["line"]) for one in found["section"]]
    assert under[:3] == [("reworded", 3), ("split off", 5), ("split", 7)]
    assert [line for _, line in under] == sorted(line for _, line in under)
    rule = document(auditor("blame", "spec.md:3", "--repo", harbour.path, "--format", "json"), "blame")
    assert rule["section"] == []


def test_a_line_of_an_earlier_revision(harbour: GitRepo, auditor: Auditor) -> None:
    assert printed(auditor("blame", "spec.md:10", "--rev", "v1", "--repo", harbour.path)) == printed(
        auditor("blame", "spec.md:13", "--repo", harbour.path)
    )


def test_words_of_several_clauses_are_listed(harbour: GitRepo, auditor: Auditor) -> None:
    said = auditor("blame", "office", "--repo", harbour.path)
    assert (said.code, said.out) == (2, "")
    first, *rest = said.err.splitlines()
    assert first == "auditor: office: stands in 2 clauses; give more of it, or the place of one of them"
    assert [line.split()[0] for line in rest] == ["spec.md:3", "spec.md:13"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "abcdef12"], "abcdef12: is no patch and no commit here; auditor log lists the patches"),
        (["show", "v9"], "v9: is no commit here; fetch it, or check the name with git log"),
        (["show", "v1"], "v1: is the first text of the spec, with nothing before it to compare; auditor log lists the"),
        (["show", "HEAD"], "HEAD: is no patch: it does not change the spec; its text came with "),
        (["show", ""], "the revision: is empty; name a commit, a tag or a dated folder"),
        (["diff", "v1", "v9"], "v9: is no commit here; fetch it, or check the name with git log"),
        (["diff", "v1...v2"], "diff: three dots compare with a merge base; write A..B"),
        (["blame", "#carg"], "#carg: no heading has this anchor; nearest are #cargo"),
        (["blame", "quite unheard of"], "quite unheard of: no clause says this, and none ever did; give an anchor"),
        (["blame", "spec.md:2"], "spec.md:2: no clause stands on this line; give a line that has text"),
        (["blame", "docs/spec.md:2"], "docs/spec.md:2: is in no file of the spec; its files are spec.md"),
        (["blame", "#cargo", "--rev", "v9"], "v9: is no commit here"),
        (["log", "v1..v9"], "v9: is no commit here"),
        (["log", ""], "log: RANGE is empty"),
        (["log", "--since", "yesterday"], "log: Invalid value for '--since'"),
    ],
)
def test_what_is_refused(arguments: list[str], line: str, harbour: GitRepo, auditor: Auditor) -> None:
    assert one_line(auditor(*arguments, "--repo", harbour.path)).startswith(f"auditor: {line}")


def test_one_commit_may_patch_several_specs(tmp_path: Path, auditor: Auditor) -> None:
    git_repo = GitRepo(tmp_path / "repo")
    settings = "".join(SETTINGS.replace("harbour", name).replace("spec.md", f"{name}.md") for name in ("a", "b"))
    git_repo.commit({"auditor.toml": settings, "a.md": "Be kind to guests.\n", "b.md": "Be brief with guests.\n"})
    git_repo.commit({"a.md": "Be kind to all guests.\n", "b.md": "Be brief with most guests.\n"})
    git_repo.commit({"a.md": "Be kind to all guests and crew.\n"})
    both, one = (
        document(auditor("show", name, "--repo", git_repo.path, "--format", "json"), "show")
        for name in ("HEAD~1", "HEAD")
    )
    assert [[part["patch"]["spec"] for part in found["patches"]] for found in (both, one)] == [["a", "b"], ["a"]]
    assert "stands in 2 clauses" in auditor("blame", "guests", "--repo", git_repo.path).err
    assert printed(auditor("blame", "brief", "--repo", git_repo.path)).startswith("@@ b.md")


def test_a_merge_and_the_same_change_on_two_branches(tmp_path: Path, auditor: Auditor) -> None:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"auditor.toml": SETTINGS, "spec.md": FIRST})
    git_repo.branch("other")
    git_repo.commit({"spec.md": SECOND})
    git_repo.checkout("main")
    git_repo.commit({"spec.md": SECOND, "notes.txt": "by hand"})
    git_repo.merge("other")
    out = printed(auditor("log", "--repo", git_repo.path))
    assert "the same change as patch " in out
    assert "no patch of its own" in out


def test_another_branch_and_a_tag_of_its_name(tmp_path: Path, auditor: Auditor) -> None:
    git_repo = everything(tmp_path / "repo")
    git_repo.branch("other", "v2")
    git_repo.commit({"spec.md": f"{SECOND}\nNever sail alone at night.\n"})
    git_repo.branch("v3", "other")
    git_repo.checkout("main")
    assert "Never sail alone" in printed(auditor("diff", "v2", "other", "--repo", git_repo.path))
    assert "Never sail" not in printed(auditor("diff", "v2", "v3", "--repo", git_repo.path))
    life = printed(auditor("blame", "sail alone", "--rev", "other", "--repo", git_repo.path))
    assert "introduced" in life
    assert one_line(auditor("show", "other", "--repo", git_repo.path)).startswith("auditor: other: is no patch")


def test_a_clause_put_back_joined_to_the_next_and_then_as_it_was(tmp_path: Path, auditor: Auditor) -> None:
    tide = "Cast off no earlier than an hour after high water, and only with the pilot and both deckhands on board."
    fog = "In fog the crew rings the bell each minute, and the mate keeps watch at the bow."
    git_repo = GitRepo(tmp_path / "repo")
    for paragraphs in ([tide, fog], [fog], [f"{tide} {fog}"], [tide, fog]):
        git_repo.commit({"auditor.toml": SETTINGS, "spec.md": "\n\n".join(["# Sailing", *paragraphs, "Be punctual."])})
    period = ["--since", "2026-01-01", "--until", "2026-01-31"]
    for arguments in (["audit"], ["log"], ["report", *period], ["show", "HEAD"], ["gate", "--base", "HEAD~1"]):
        said = auditor(*arguments, "--repo", git_repo.path)
        assert (said.code, said.err) == (0, ""), arguments
    lives = [
        document(auditor("blame", words, "--repo", git_repo.path, "--format", "json"), "blame") for words in (tide, fog)
    ]
    assert [[event["word"] for event in life["events"]] for life in lives] == [
        ["introduced", "removed", "split"], ["introduced", "reworded", "split"],
    ]  # fmt: skip


def test_nothing_of_a_spec_steers_the_terminal(tmp_path: Path, auditor: Auditor) -> None:
    git_repo = GitRepo(tmp_path / "repo")
    bad = "\x1b[2J\u202e\u200b\x07 "
    git_repo.commit({"auditor.toml": SETTINGS, "spec.md": f"# A{bad}\n\nOne {bad} two three.\n"}, message=f"x{bad}")
    git_repo.commit(
        {"spec.md": f"# A{bad} {{#a{bad}}}\n\nOne {bad} two four.\n\n```\n{bad}\tx\n```\n"}, message=f"y{bad}"
    )
    for arguments in (["log"], ["diff", "HEAD~1"], ["diff", "HEAD~1", "--stat"], ["show", "HEAD"], ["blame", "two"]):
        out = printed(auditor(*arguments, "--repo", git_repo.path))
        assert not set("\x1b\u202e\u200b\x07") & set(out)
        assert "<U+202E>" in out


@pytest.mark.parametrize("arguments", [["show", "v3"], ["blame", "label"]])
def test_the_same_bytes_everywhere(arguments: list[str], harbour: GitRepo) -> None:
    command: tuple[str | Path, ...] = (*arguments, "--repo", harbour.path)
    usual = process(*command, LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    assert (usual.code, usual.err) == (0, "")
    assert process(*command, LC_ALL="C", TZ="Asia/Kathmandu", COLUMNS="40", FORCE_COLOR="1", PAGER="false") == usual


def on_a_terminal(arguments: list[str], variables: dict[str, str], *, stdin: bool = False) -> str:
    """What auditor writes to a pseudo-terminal, which is also what it reads from, if `stdin`."""
    ours, theirs = pty.openpty()
    call = [sys.executable, "-m", "auditor", *arguments]
    source = theirs if stdin else subprocess.DEVNULL
    with subprocess.Popen(call, env=environment(**variables), stdin=source, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        parts = []
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # Linux says EIO when the last writer is gone
                break
            if not data:
                break
            parts.append(data)
        os.close(ours)
    assert running.returncode == 0
    return b"".join(parts).decode()


ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [(["log"], 80), (["diff", "v1", "v4"], 80), (["diff", "v1", "v4"], 120), (["show", "v4"], 80)],
)
def test_on_a_terminal(arguments: list[str], columns: int, harbour: GitRepo) -> None:
    variables = {"COLUMNS": str(columns), "TERM": "xterm-256color", "PAGER": "cat"}
    text = on_a_terminal([*arguments, "--repo", str(harbour.path)], variables).replace("\r\n", "\n")
    lines = ESCAPE.sub("", text).split("\n")
    assert text != ESCAPE.sub("", text)
    assert [line for line in lines if line != line.rstrip() or len(line) > columns] == []
    assert "[-" not in text.replace("\x1b[", "")


def test_marks_where_colour_is_not_wanted(harbour: GitRepo) -> None:
    arguments = ["diff", "v1", "v2", "--no-pager", "--repo", str(harbour.path)]
    assert "[-must-]{+should+}" in on_a_terminal(arguments, {"TERM": "xterm", "NO_COLOR": "1"})


@pytest.mark.parametrize(("options", "paged"), [([], True), (["--no-pager"], False), (["--format", "json"], False)])
def test_the_pager(options: list[str], paged: bool, harbour: GitRepo) -> None:
    arguments = ["log", *options, "--repo", str(harbour.path)]
    text = on_a_terminal(arguments, {"TERM": "xterm", "PAGER": "sed s/^/paged:/"}, stdin=True)
    assert ("paged:" in text) == paged


def test_no_pager_for_a_file(harbour: GitRepo) -> None:
    assert b"paged:" not in process("log", "--repo", harbour.path, PAGER="sed s/^/paged:/").out


RELEASES = ROOT / "../shared/data/openai-model-spec"


@pytest.fixture(scope="module")
def releases() -> list[str | Path]:
    """The options that name a published spec with six releases."""
    if not RELEASES.is_dir():
        pytest.skip("the published model spec is not here")
    return ["--repo", RELEASES, "--spec", "*/model_spec.md"]


def test_a_published_spec(releases: list[str | Path], auditor: Auditor) -> None:
    found = document(auditor("diff", "2025-04-11", "2025-09-12", *releases, "--format", "json"), "diff")["specs"][0]
    assert [(one["before"], one["after"]) for one in found["renamings"]] == [("platform", "root")]
    named = {part["name"] for change in found["changes"] for part in change["attributes"]}
    assert {"anchor", "authority"} <= named
    text = printed(auditor("diff", "2025-04-11", "2025-09-12", *releases))
    assert "authority platform -> system" in text
    assert "authority platform renamed root: 17 of 20 headings" in text
    assert re.findall(r"authority platform -> root(.*)", text) == [", as throughout"]


def test_the_smallest_release_of_a_published_spec(releases: list[str | Path], auditor: Auditor) -> None:
    found = document(auditor("diff", "2025-12-17", "2025-12-18", *releases, "--format", "json"), "diff")["specs"][0]
    assert found["counts"] == {"added": 0, "removed": 0, "reworded": 1, "moved": 0}
    assert len(printed(auditor("log", "--oneline", *releases)).splitlines()) == 6


def test_a_clause_of_a_published_spec(releases: list[str | Path], auditor: Auditor) -> None:
    found = document(auditor("blame", "#structure", *releases, "--format", "json"), "blame")
    assert [event["word"] for event in found["events"]] == ["introduced", "moved"]


def test_the_items_that_moved_are_listed_when_asked_for(auditor: Auditor, judged: GitRepo) -> None:
    shown = auditor("show", "v2", "--items", "--repo", judged.path).out
    assert "visible (test) of m: 40 better, 160 the same" in shown
    assert "unseen (held-out) of m: 200 the same" in shown
    assert "i000     2/2    0/1" in shown
    assert "Items that moved" not in auditor("show", "v2", "--repo", judged.path).out
    document = json.loads(auditor("show", "v2", "--format", "json", "--repo", judged.path).out)
    visible, unseen = document["patches"][0]["items"]
    assert (visible["better"], visible["items"][0]["item"], visible["items"][0]["before"]["samples"]) == (40, "i000", 2)
    assert (unseen["items"], unseen["concealed"]) == ([], False)
