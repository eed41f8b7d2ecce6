"""tests.specs.test_git"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import ConfigError, RepositoryError, RevisionError
from auditor.git import Commit, Folder, Index, open_repository
from auditor.model.spec import History, patches_of, revision_id
from auditor.specs.files import read_revision
from auditor.specs.git import read_history, revision_at_commit
from tests.repos import GitRepo

TEXT = "".join(f"- clause {number}\n" for number in range(20))
NOTHING = revision_id({})


@pytest.fixture
def built(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


def history_of(built: GitRepo, *patterns: str, tip: str = "HEAD") -> History:
    with open_repository(built.path) as repo:
        return read_history(repo, "spec", patterns or ("spec.md",), tip)


def content(**files: str) -> str:
    return revision_id({name.replace("_md", ".md"): text.encode() for name, text in files.items()})


def shape(history: History) -> dict[str, tuple[str, ...]]:
    return {spec_commit.name: spec_commit.parents for spec_commit in history.spec_commits}


def contents(history: History) -> list[dict[str, str]]:
    return [{f.path: f.text for f in history.revisions[s.revision].files} for s in history.spec_commits]


def test_a_tag_on_a_commit_that_does_not_touch_the_spec_names_what_was_in_force(built: GitRepo) -> None:
    """Releases are cut from such commits; after a revert the text alone does not say which state it was."""
    built.commit({"readme": "r"})
    built.tag("before-there-was-one")
    first = built.commit({"spec.md": "one\n"})
    built.tag("v1")
    built.commit({"readme": "s"})
    built.tag("v1.1", annotated=True)
    built.branch("side")
    built.commit({"spec.md": "elsewhere\n"})
    built.tag("not-merged")
    built.checkout("master" if "master" in built.git("branch", "--list", "master") else "main")
    second = built.commit({"spec.md": "two\n"})
    third = built.commit({"spec.md": "one\n"})
    built.commit({"readme": "t"})
    built.tag("v3")
    built.tag("v3-again")
    history = history_of(built)
    assert {spec_commit.name: spec_commit.later_tags for spec_commit in history.spec_commits} == {
        first: ("v1.1",),
        second: (),
        third: ("v3", "v3-again"),
    }
    assert [spec_commit.release for spec_commit in history.spec_commits] == ["v1.1", None, "v3-again"]
    assert [spec_commit.label for spec_commit in history.spec_commits] == ["v1", None, None]


def test_every_commit_that_touches_the_spec_is_a_sighting(built: GitRepo) -> None:
    built.commit({"readme": "r"})
    first = built.commit({"spec.md": "one\r\n"}, message="Say one\n\nbody", date="2026-03-01T10:00:00+02:00")
    built.tag("b")
    built.tag("a", annotated=True)
    built.commit({"readme": "s"})
    second = built.commit({"spec.md": "two\n"})
    built.commit({"readme": "t"})
    history = history_of(built)
    assert shape(history) == {first: (), second: (first,)}
    spec_commit = history.spec_commit(first)
    assert (spec_commit.label, spec_commit.subject, spec_commit.commit) == ("a", "Say one", first)
    assert spec_commit.date == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert spec_commit.date.isoformat() == "2026-03-01T10:00:00+02:00"
    assert spec_commit.revision == content(spec_md="one\n")
    assert contents(history) == [{"spec.md": "one\n"}, {"spec.md": "two\n"}]
    assert [(patch.before.name, patch.after.name) for patch in patches_of(history)] == [(first, second)]


def test_the_tip_bounds_the_history(built: GitRepo) -> None:
    first = built.commit({"spec.md": "one"})
    built.commit({"spec.md": "two"})
    assert list(shape(history_of(built, tip="HEAD~1"))) == [first]


def test_a_revert_brings_the_revision_back_and_is_a_patch_again(built: GitRepo) -> None:
    for text in ("one", "two", "one", "two"):
        built.commit({"spec.md": text})
    history = history_of(built)
    assert len(history.revisions) == 2
    assert [patch.occurrence for patch in patches_of(history)] == [1, 1, 2]
    assert len({patch.id for patch in patches_of(history)}) == 3


def test_a_deleted_spec_is_a_revision_without_files(built: GitRepo) -> None:
    built.commit({"spec.md": "one", "x": "x"})
    gone = built.commit({"spec.md": None})
    built.commit({"spec.md": "two"})
    history = history_of(built)
    assert history.spec_commits[1].name == gone
    assert [s.revision for s in history.spec_commits] == [content(spec_md="one"), NOTHING, content(spec_md="two")]
    assert history.revisions[NOTHING].files == ()


def test_a_mode_is_no_content(built: GitRepo) -> None:
    first = built.commit({"spec.md": "one"})
    (built.path / "spec.md").chmod(0o755)
    built.commit()
    assert list(shape(history_of(built))) == [first]


# Merges


def test_a_clean_merge_of_an_untouched_side_is_no_sighting(built: GitRepo) -> None:
    first = built.commit({"spec.md": "one"})
    built.branch("side")
    second = built.commit({"spec.md": "two"})
    built.checkout("main")
    built.commit({"x": "x"})
    built.merge("side")
    assert shape(history_of(built)) == {first: (), second: (first,)}


def test_a_merge_of_two_changes_is_read_against_its_first_parent(built: GitRepo) -> None:
    first = built.commit({"spec.md": TEXT})
    built.branch("side")
    theirs = built.commit({"spec.md": TEXT + "- theirs\n"})
    built.checkout("main")
    ours = built.commit({"spec.md": "- ours\n" + TEXT})
    merge = built.merge("side")
    history = history_of(built)
    assert shape(history) == {first: (), ours: (first,), theirs: (first,), merge: (ours, theirs)}
    assert {(p.before.name, p.after.name) for p in patches_of(history)} == {
        (first, ours),
        (first, theirs),
        (ours, merge),
    }


def test_a_merge_that_takes_one_side_is_no_patch(built: GitRepo) -> None:
    built.commit({"spec.md": "one"})
    built.branch("side")
    built.commit({"spec.md": "theirs"})
    built.checkout("main")
    ours = built.commit({"spec.md": "ours"})
    merge = built.merge("side", files={})
    history = history_of(built)
    assert history.spec_commit(merge).revision == history.spec_commit(ours).revision
    assert merge not in {patch.after.name for patch in patches_of(history)}


def test_text_that_is_in_no_parent_of_a_merge_is_its_own_patch(built: GitRepo) -> None:
    first = built.commit({"spec.md": TEXT})
    built.branch("side")
    theirs = built.commit({"spec.md": TEXT + "- theirs\n"})
    built.checkout("main")
    built.commit({"x": "x"})
    evil = built.merge("side", files={"spec.md": TEXT + "- theirs\n- slipped in\n"})
    history = history_of(built)
    assert shape(history) == {first: (), theirs: (first,), evil: (first, theirs)}
    assert [p.after.name for p in patches_of(history)] == [theirs, evil]


def test_order_is_the_graphs_not_the_clocks(built: GitRepo) -> None:
    first = built.commit({"spec.md": "one"}, date="2030-01-01T00:00:00+00:00")
    second = built.commit({"spec.md": "two"}, date="2001-01-01T00:00:00+00:00")
    third = built.commit({"spec.md": "three"}, date="2015-01-01T00:00:00+00:00")
    assert list(shape(history_of(built))) == [first, second, third]


def test_a_forged_date_outside_the_calendar_is_the_epoch(built: GitRepo) -> None:
    built.commit({"spec.md": "one"})
    forged = built.git("cat-file", "commit", "HEAD").replace(" +0000", "00000000 +9999")
    commit = built.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=forged + "\n")
    (spec_commit,) = history_of(built, tip=commit).spec_commits
    assert spec_commit.date.tzinfo is not None


# Several files, globs, renames


def test_globs(built: GitRepo) -> None:
    built.commit({"prompts/a.md": "a", "prompts/deep/er/b.md": "b", "prompts/c.txt": "c", "other/d.md": "d"})
    built.commit({"prompts/deep/er/b.md": "B"})
    built.commit({"other/d.md": "D"})
    built.commit({"prompts/a.md": None, "prompts/e.md": "e"})
    assert contents(history_of(built, "prompts/**/*.md")) == [
        {"prompts/a.md": "a", "prompts/deep/er/b.md": "b"},
        {"prompts/a.md": "a", "prompts/deep/er/b.md": "B"},
        {"prompts/deep/er/b.md": "B", "prompts/e.md": "e"},
    ]
    assert [sorted(c) for c in contents(history_of(built, "prompts/*.md"))] == [["prompts/a.md"], ["prompts/e.md"]]
    assert len(history_of(built, "*/?.md", "prompts/c.txt").spec_commits) == 3


@pytest.mark.parametrize("name", ["[a].md", "a\\b.md", ":(top)x.md", "é x.md", "-x.md", "!x.md", 'q"uote.md'])
@pytest.mark.parametrize("pattern", ["{}", "d/**/{}", "*/{}"])
def test_names_that_are_magic_to_git(built: GitRepo, name: str, pattern: str) -> None:
    path = name if pattern == "{}" else f"d/{name}"
    built.commit({path: "one"})
    built.commit({"a.md": "decoy", "d/a.md": "decoy"})
    built.commit({path: "two"})
    assert contents(history_of(built, pattern.format(name))) == [{path: "one"}, {path: "two"}]


def test_a_rename_is_followed_and_is_no_patch(built: GitRepo) -> None:
    built.commit({"old.md": TEXT})
    built.commit({"old.md": TEXT + "- more\n"})
    built.commit({"old.md": None, "mid.md": TEXT + "- more\n"})
    renamed = built.commit({"mid.md": None, "new/spec.md": TEXT + "- more\n- reworded\n"})
    again = built.commit({"old.md": "something else"})
    history = history_of(built, "new/spec.md")
    # One revision, seen under two names, is shown under the later one.
    assert [list(c) for c in contents(history)] == [["old.md"], ["mid.md"], ["mid.md"], ["new/spec.md"]]
    assert len(history.spec_commits) == 4
    assert len(patches_of(history)) == 2
    assert history.spec_commits[-1].name == renamed
    assert again not in shape(history)


def test_a_rename_on_a_branch_beside_changes_under_the_old_name(built: GitRepo) -> None:
    first = built.commit({"old.md": TEXT})
    built.branch("side")
    renamed = built.commit({"old.md": None, "spec.md": TEXT})
    built.checkout("main")
    changed = built.commit({"old.md": "- first\n" + TEXT})
    merge = built.merge("side")
    history = history_of(built)
    assert shape(history) == {first: (), changed: (first,), renamed: (first,), merge: (changed, renamed)}
    assert {p.after.name for p in patches_of(history)} == {changed}
    assert history.spec_commit(merge).revision == history.spec_commit(changed).revision


def test_a_file_that_joins_a_glob_does_not_change_what_the_spec_was_before(built: GitRepo) -> None:
    first = built.commit({"prompts/a.md": "a", "drafts/b.md": TEXT})
    before = history_of(built, "prompts/*.md").spec_commits[0].revision
    built.commit({"drafts/b.md": None, "prompts/b.md": TEXT})
    history = history_of(built, "prompts/*.md")
    assert history.spec_commit(first).revision == before == content(**{"prompts/a_md": "a"})


def test_a_whole_folder_that_moved_is_followed(built: GitRepo) -> None:
    files = {f"prompts/{name}.md": name + TEXT for name in "ab"}
    first = built.commit(dict(files))
    built.commit({**dict.fromkeys(files), **{f"spec/{path}": text for path, text in files.items()}})
    history = history_of(built, "spec/prompts/*.md")
    assert history.spec_commit(first).revision == revision_id({path: text.encode() for path, text in files.items()})
    assert len(history.spec_commits) == 2


# The spec at other commits, and in other trees


def test_the_revision_in_force_at_any_commit(built: GitRepo) -> None:
    before = built.commit({"readme": "r"})
    built.commit({"old.md": TEXT})
    between = built.commit({"readme": "s"})
    built.commit({"old.md": None, "spec.md": TEXT + "- more\n"})
    after = built.commit({"readme": "t"})
    built.branch("side", between)
    side = built.commit({"spec.md": "side"})
    with open_repository(built.path) as repo:
        at = {commit: revision_at_commit(repo, ["spec.md"], commit, "main") for commit in (between, after, side)}
        assert at == {
            between: content(spec_md=TEXT),
            after: content(spec_md=TEXT + "- more\n"),
            side: content(spec_md="side"),
        }
        with pytest.raises(RevisionError, match="the spec is not there"):
            revision_at_commit(repo, ["spec.md"], before, "main")


def test_every_tree_gives_the_same_revision(built: GitRepo) -> None:
    built.commit({"p/a.md": "a\r\n", "p/q/b.md": "b", "spec.md": "s"})
    patterns = ["p/**/*.md", "spec.md", "absent.md"]
    name = history_of(built, *patterns).spec_commits[-1].revision
    with open_repository(built.path) as repo:
        trees = (Folder(built.path), Commit(repo, built.head()), Index(repo))
        assert {read_revision(tree, patterns).id for tree in trees} == {name}


# Refusals


def refusal(built: GitRepo, *patterns: str) -> str:
    with pytest.raises(RepositoryError) as caught:
        history_of(built, *patterns)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_path_no_commit_has(built: GitRepo) -> None:
    built.commit({"folder/spec.md": "x"})
    assert refusal(built, "absent.md").startswith("absent.md: no commit has it; check paths")
    assert refusal(built, "folder").startswith("folder: no commit has it")


def test_an_empty_repository(built: GitRepo) -> None:
    assert "has no commits" in refusal(built, "spec.md")


def test_text_that_is_not_utf8(built: GitRepo) -> None:
    built.commit({"spec.md": b"caf\xe9"})
    assert refusal(built, "spec.md").startswith("spec.md: is not UTF-8 at byte 3; ")


def test_a_name_that_is_not_utf8(built: GitRepo) -> None:
    blob = built.git("hash-object", "-w", "--stdin", stdin="x")
    call = ["git", "update-index", "--index-info"]
    line = b"100644 " + blob.encode() + b"\tcaf\xe9.md\n"
    subprocess.run(call, cwd=built.path, input=line, check=True)
    built.git("commit", "-q", "-m", "x", date="2026-01-01T00:00:00+00:00")
    assert "its name is not UTF-8" in refusal(built, "*.md")


def test_a_file_that_is_too_large(built: GitRepo) -> None:
    built.commit({"spec.md": "x" * (10 * 2**20 + 1)})
    assert refusal(built, "spec.md").startswith("spec.md: a spec file has more than 10 MB")


@pytest.mark.parametrize("pattern", ["spec.md", "*.md"])
def test_a_symbolic_link(built: GitRepo, pattern: str) -> None:
    (built.path / "spec.md").symlink_to("/etc/passwd")
    built.commit({"x": "x"})
    assert "spec.md: is a symbolic link" in refusal(built, pattern)


@pytest.mark.parametrize("pattern", ["sub/spec.md", "sub/*.md", "sub", "s*"])
def test_a_submodule(built: GitRepo, tmp_path: Path, pattern: str) -> None:
    inner = GitRepo(tmp_path / "inner")
    inner.commit({"spec.md": "inside"})
    built.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    built.commit({"x": "x"})
    assert "is a submodule" in refusal(built, pattern)


@pytest.mark.parametrize("patterns", [[], ["/etc/x"], ["../x"], ["a/"], [""], ["a**/b.md"], ["a\0b"]])
def test_patterns_that_are_none(built: GitRepo, patterns: list[str]) -> None:
    built.commit({"spec.md": "x"})
    with open_repository(built.path) as repo, pytest.raises(ConfigError):
        read_history(repo, "spec", patterns)


def test_the_published_model_spec(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "../shared/data/openai-model-spec/build_repo.sh"
    if not script.exists():
        pytest.skip("the published Model Spec is not here")
    subprocess.run(["bash", script.resolve(), tmp_path / "repo"], check=True, capture_output=True)
    with open_repository(tmp_path / "repo") as repo:
        history = read_history(repo, "model-spec", ["model_spec.md"])
    assert (len(history.spec_commits), len(history.revisions), len(patches_of(history))) == (6, 6, 5)


def unreadable(built: GitRepo, kind: str) -> str:
    """Commits a spec that cannot be read; returns the commit."""
    if kind == "not UTF-8":
        return built.commit({"spec.md": b"caf\xe9"})
    if kind == "too large":
        return built.commit({"spec.md": "x" * (10 * 2**20 + 1)})
    (built.path / "spec.md").unlink()
    (built.path / "spec.md").symlink_to("/etc/passwd")
    return built.commit({f"{kind}.txt": "x"})


@pytest.mark.parametrize("kind", ["not UTF-8", "too large", "a symbolic link"])
@pytest.mark.parametrize("pattern", ["spec.md", "*.md"])
def test_a_commit_of_the_past_that_cannot_be_read_is_passed_over(built: GitRepo, kind: str, pattern: str) -> None:
    first = built.commit({"spec.md": "one\n"})
    bad = unreadable(built, kind)
    (built.path / "spec.md").unlink()
    last = built.commit({"spec.md": "two\n"})
    history = history_of(built, pattern)
    assert [(each.name, each.parents) for each in history.spec_commits] == [(first, ()), (last, (first,))]
    [passed_over] = history.unreadable
    assert (passed_over.commit, passed_over.why.startswith("spec.md: ")) == (bad, True)
    assert len(patches_of(history)) == 1


def test_a_commit_that_only_takes_the_unreadable_one_back_is_no_state(built: GitRepo) -> None:
    first = built.commit({"spec.md": "one\n"})
    bad = unreadable(built, "not UTF-8")
    built.commit({"spec.md": "one\n"})
    history = history_of(built, "spec.md")
    assert [each.name for each in history.spec_commits] == [first]
    assert [each.commit for each in history.unreadable] == [bad]


def test_the_first_commits_cannot_be_read(built: GitRepo) -> None:
    bad = [unreadable(built, "not UTF-8"), built.commit({"spec.md": b"\xff"})]
    last = built.commit({"spec.md": "one\n"})
    history = history_of(built, "spec.md")
    assert [(each.name, each.parents) for each in history.spec_commits] == [(last, ())]
    assert [each.commit for each in history.unreadable] == bad


def test_a_side_branch_that_cannot_be_read(built: GitRepo) -> None:
    first = built.commit({"spec.md": "one\n"})
    built.branch("side")
    bad = unreadable(built, "not UTF-8")
    built.checkout("main")
    second = built.commit({"spec.md": "one\n\ntwo\n"})
    built.git("merge", "-q", "-s", "ours", "--no-ff", "-m", "join", "side")
    history = history_of(built, "spec.md")
    assert [each.name for each in history.spec_commits][:2] == [first, second]
    assert all(bad not in each.parents for each in history.spec_commits)
    assert [each.commit for each in history.unreadable] == [bad]


def test_a_name_that_is_not_utf8_beside_a_good_one_of_the_same_text(built: GitRepo) -> None:
    blob = built.git("hash-object", "-w", "--stdin", stdin="x")
    line = b"100644 " + blob.encode() + b"\ta.md\n100644 " + blob.encode() + b"\tcaf\xe9.md\n"
    subprocess.run(["git", "update-index", "--index-info"], cwd=built.path, input=line, check=True)
    built.git("commit", "-q", "-m", "x", date="2026-01-01T00:00:00+00:00")
    assert "its name is not UTF-8" in refusal(built, "*.md")
