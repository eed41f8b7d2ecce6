"""auditor ablate: the texts of a patch with a clause change left out, or alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli.main import run
from auditor.model import canonical
from auditor.model.spec import revision_id
from tests.landings import FIRST, SECOND, THIRD, Evaluated, content, evaluated
from tests.repos import GitRepo

BOTH = FIRST.replace("true.", "true, always.") + THIRD.removeprefix(FIRST)


@pytest.fixture
def patched(tmp_path: Path) -> Evaluated:
    """`branch` has a patch of three clause changes, without results."""
    made = evaluated(tmp_path)
    made.patch(BOTH)
    return made


def ablate(made: Evaluated, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of `auditor ablate`."""
    code = run(["ablate", *words, "--repo", str(made.repo.path)])
    return (code, *capsys.readouterr())


def test_each_text_is_written_with_the_id_to_stamp(
    patched: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ablate(patched, capsys, "HEAD", "-o", str(tmp_path / "texts"))
    assert (code, err) == (0, "")
    manifest = json.loads((tmp_path / "texts/manifest.json").read_text())
    assert [change["kind"] for change in manifest["changes"]] == ["reworded", "added", "added"]
    assert (manifest["before"], manifest["after"]) == (content(FIRST), content(BOTH))
    script = (tmp_path / "texts/evaluate.sh").read_text()
    for number, each in enumerate(manifest["revisions"]):
        text = (tmp_path / "texts" / f"{each['kind']}-{number // 2 + 1}" / "spec.md").read_bytes()
        assert revision_id({"spec.md": text}) == each["revision"]
        assert f"inspect eval unseen lying_visible --metadata spec_revision={each['revision'][:16]}" in script
        assert each["revision"][:16] in out
    assert (tmp_path / "texts/without-2/spec.md").read_text() == BOTH.replace(SECOND.removeprefix(FIRST), "")
    assert (tmp_path / "texts/alone-2/spec.md").read_text() == SECOND


def test_the_same_patch_gives_the_same_files(
    patched: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()  # an empty folder will do
        assert ablate(patched, capsys, "HEAD", "-o", str(tmp_path / name))[0] == 0
    sides = [sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("one", "two")]
    assert [path.read_bytes() for path in sides[0]] == [path.read_bytes() for path in sides[1]]
    (recorded,) = (patched.repo.path / "eval_history/ablations").iterdir()
    assert json.loads(recorded.read_bytes()) == json.loads((tmp_path / "one/manifest.json").read_bytes())
    assert run(["verify", "--repo", str(patched.repo.path)]) == 0
    recorded.write_bytes(recorded.read_bytes().replace(b'"kind":"alone"', b'"kind":"along"'))
    assert run(["verify", "--repo", str(patched.repo.path)]) == 1


def test_a_manifest_that_contradicts_itself_is_refused_in_one_line(
    patched: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ablate(patched, capsys, "HEAD", "-o", str(tmp_path / "texts"))[0] == 0
    (recorded,) = (patched.repo.path / "eval_history/ablations").iterdir()
    members = json.loads(recorded.read_bytes())
    members["revisions"][1]["change"] = "0" * 12
    data = canonical.dumps(members)
    recorded.unlink()
    recorded.with_name(f"{canonical.sha256(data)}.json").write_bytes(data)
    assert run(["audit", "--repo", str(patched.repo.path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "revisions.1.change: is none of the changes" in err
    assert run(["verify", "--repo", str(patched.repo.path)]) == 1


def test_of_two_changes_the_first_left_out_is_the_second_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = evaluated(tmp_path)
    made.patch(THIRD)
    code, out, _ = ablate(made, capsys, "HEAD", "-o", str(tmp_path / "texts"))
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "texts").iterdir() if path.is_dir()) == ["alone-1", "without-1"]
    assert "without change 2" in " ".join(out.split())


def test_a_text_that_landed_once_is_said_to_be_a_revision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = evaluated(tmp_path)
    made.patch(SECOND)
    made.patch(FIRST)
    made.patch(THIRD)
    code, out, _ = ablate(made, capsys, "HEAD", "-o", str(tmp_path / "texts"))
    assert code == 0
    assert "a revision of the history" in " ".join(out.split())
    assert "runs on it count as runs on that" in (tmp_path / "texts/evaluate.sh").read_text()


def test_what_cannot_be_taken_apart_is_refused_in_one_line(
    patched: Evaluated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refusal(*words: str) -> str:
        code, out, err = ablate(patched, capsys, *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert not (tmp_path / "texts").exists()
        return err

    texts = ("-o", str(tmp_path / "texts"))
    assert "is no patch and no commit here" in refusal("beef1234", *texts)
    patched.patch(BOTH.replace("\n\n", "\n\n\n"))
    assert "HEAD: changes no clause" in refusal("HEAD", *texts)
    patched.patch(BOTH.replace("always", "often"))
    before = content(BOTH.replace("\n\n", "\n\n\n"))[:12]
    assert f"has one clause change: without it there is the text before, {before}" in refusal("HEAD", *texts)
    patched.patch(BOTH + "".join(f"\nRule {number} is a new one.\n" for number in range(101)))
    assert "has 102 clause changes" in refusal("HEAD", *texts)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes").write_text("mine")
    assert "-o: is not empty" in refusal("HEAD~3", "-o", str(tmp_path / "full"))
    assert "-o: is no folder" in refusal("HEAD~3", "-o", str(tmp_path / "full/notes"))


def test_texts_are_not_written_where_the_spec_is_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = GitRepo(tmp_path / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["**/*.md"]\n'
    repo.commit({"spec.md": FIRST, "auditor.toml": settings})
    repo.commit({"spec.md": THIRD, "more.md": "One more rule.\n"})
    code = run(["ablate", "HEAD", "-o", str(repo.path / "texts"), "--repo", str(repo.path)])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "lies where spec conduct is looked for" in err
    assert run(["ablate", "HEAD", "-o", str(tmp_path / "texts"), "--repo", str(repo.path)]) == 0
    assert "evaluate it with spec_revision" in (tmp_path / "texts/evaluate.sh").read_text()
    assert (tmp_path / "texts/alone-1/more.md").exists()
    assert not (tmp_path / "texts/without-1/more.md").exists()


def test_a_file_whose_changes_cannot_be_told_apart_is_named_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = GitRepo(tmp_path / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["spec.json"]\n'
    repo.commit({"spec.json": '["Be kind.", "Say it."]\n', "auditor.toml": settings})
    repo.commit({"spec.json": '["Be kind.", "Never lie to people.", "Ask before a refund."]\n'})
    assert run(["ablate", "HEAD", "-o", str(tmp_path / "texts"), "--repo", str(repo.path)]) == 2
    assert "clause changes that cannot be told apart: without it there is" in capsys.readouterr().err
