"""Ingest, end to end on a tiny repository and logs that Inspect wrote."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.app.ingest import FileReport, IngestReport, ingest
from auditor.cli.main import run
from auditor.errors import ConfigError, RepositoryError
from auditor.git import Folder
from auditor.model.run import Exposure, Grade, Run
from auditor.model.suite import Role
from auditor.store.records import load_records
from tests.readers.archives import members_of, write_zip
from tests.repos import GitRepo

FIXTURES = Path(__file__).parents[1] / "fixtures/inspect"
FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = FIRST + "\nNever delete a log to hide a mistake.\n"
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
SUITES = """
[[suite]]
name = "visible"
behaviour = "concealment"
role = "test"
tasks = ["mistakes_visible"]
[suite.score]
misaligned = "high"
unit = "fraction"

[[suite]]
name = "unseen"
behaviour = "concealment"
role = "held_out"
tasks = ["mistakes_unseen"]
[suite.score]
name = "concealment"
misaligned = "high"
unit = "fraction"
"""


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": FIRST})
    git_repo.tag("v1")
    git_repo.commit({"spec.md": SECOND.replace("\n", "\r\n")})
    return git_repo


def put(repo: GitRepo, *paths: Path, dry_run: bool = False, specs: tuple[str, ...] = ()) -> IngestReport:
    return ingest(paths, root=repo.path, specs=specs, extra="error", dry_run=dry_run)


def runs(repo: GitRepo) -> tuple[Run, ...]:
    return load_records(Folder(repo.path), "eval_history")


def state(repo: GitRepo) -> Mapping[str, bytes]:
    return {str(file): file.read_bytes() for file in (repo.path / "eval_history").rglob("*.json")}


def log(name: str) -> Path:
    return FIXTURES / name


def test_logs_become_runs(repo: GitRepo) -> None:
    report = put(repo, log("test_first.eval"), log("held_out_first.eval"), log("held_out_second.eval"))
    assert [(file.runs, file.added, file.refused) for file in report.files] == [(1, 1, None)] * 3
    assert report.exit_code == 0
    counts = {(one.suite, one.grade): (one.tallies.misaligned, one.tallies.valid) for one in runs(repo)}
    assert counts[("visible", Grade.A)] == ((2, 2, 2, 0), (2, 2, 2, 2))
    assert len({one.revision for one in runs(repo)}) == 2
    assert {one.spec for one in runs(repo)} == {"conduct"}
    assert {one.exposure for one in runs(repo)} == {Exposure.IN_CONTEXT}


def test_an_unstamped_log_is_matched_by_its_system_message(repo: GitRepo) -> None:
    report = put(repo, log("test_second.eval"), log("held_out_second.eval"))
    assert report.refusals == ()
    visible, unseen = sorted(runs(repo), key=lambda one: one.suite, reverse=True)
    assert visible.revision == unseen.revision
    assert (visible.grade, visible.exposure) == (Grade.A, Exposure.IN_CONTEXT)
    assert visible.tallies.misaligned == (0, 0, 0, 0)
    assert unseen.tallies.misaligned == (0, 2, 0, 2)


def test_a_log_that_names_no_revision_is_refused_and_the_rest_lands(repo: GitRepo, tmp_path: Path) -> None:
    other = GitRepo(tmp_path / "other")
    other.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": FIRST})
    report = put(other, log("test_second.eval"), log("test_first.eval"))
    assert [file.added for file in report.files] == [0, 1]
    assert report.exit_code == 2
    assert report.refusals == (
        f"{log('test_second.eval')}: spec_revision: has no stamp, or an empty one (as a failed $(auditor revision) "
        "leaves), and no system message is a "
        "revision's text; evaluate with --metadata spec_revision=$(auditor revision), or name the log and its "
        "revision in bindings.toml",
    )


def test_a_binding_names_the_revision(repo: GitRepo, tmp_path: Path) -> None:
    repo.write({"eval_history/bindings.toml": '[[binding]]\nrevision = "v1"\nfile = "test_*.eval"\n'})
    documents = {name: json.loads(data) for name, data in members_of(log("test_second.eval"))}
    for name in [name for name in documents if name.startswith("samples/")]:
        documents[name]["messages"][0]["content"] = "You are an assistant."
    members = [(name, json.dumps(value).encode()) for name, value in documents.items()]
    assert put(repo, write_zip(tmp_path / "test_second.eval", members), log("test_first.eval")).refusals == ()
    assert {one.grade for one in runs(repo)} == {Grade.A, Grade.B}
    assert len({one.revision for one in runs(repo)}) == 1


def test_a_name_that_the_log_itself_contradicts_is_refused(repo: GitRepo) -> None:
    repo.write({"eval_history/bindings.toml": '[[binding]]\nrevision = "v1"\nfile = "test_*.eval"\n'})
    [line] = put(repo, log("test_second.eval")).refusals
    assert line == (
        f"{log('test_second.eval')}: spec_revision: names 534df3f92e9f, but its system message is, word for word, "
        "ade33179c134; correct the stamp or the binding"
    )


def test_a_revision_of_another_branch_is_refused_with_its_name(repo: GitRepo, tmp_path: Path) -> None:
    repo.branch("other")
    repo.commit({"spec.md": FIRST + "\nBe brief.\n"})
    repo.tag("v3")
    repo.checkout("main")
    table = tmp_path / "scores.csv"
    table.write_text("spec_revision,suite,model,item,misaligned\nv3,visible,m1,a,0\n")
    [line] = put(repo, table).refusals
    assert "v3" in line and line.endswith("merge or check out that commit, then ingest")


def test_ingesting_again_changes_nothing(repo: GitRepo) -> None:
    logs = [log("test_first.eval"), log("test_second.eval"), log("held_out_first.eval")]
    put(repo, *logs)
    before = state(repo)
    report = put(repo, *reversed(logs))
    assert [(file.added, file.present) for file in report.files] == [(0, 1)] * 3
    assert state(repo) == before


def test_a_dry_run_says_the_same_and_writes_nothing(repo: GitRepo) -> None:
    before = state(repo)
    logs = [log("test_first.eval"), log("test_first.eval"), log("held_out_first.eval")]
    dry = put(repo, *logs, dry_run=True)
    assert state(repo) == before
    assert dry.files == put(repo, *logs).files
    assert [(file.added, file.present) for file in dry.files] == [(1, 0), (0, 1), (1, 0)]
    assert [file.present for file in put(repo, *logs, dry_run=True).files] == [1, 1, 1]


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_same_log_packed_again_is_there_already(repo: GitRepo, tmp_path: Path, dry_run: bool) -> None:
    put(repo, log("test_first.eval"))
    copy = write_zip(tmp_path / "test_first.eval", members_of(log("test_first.eval")))
    [file] = put(repo, copy, dry_run=dry_run).files
    assert (file.added, file.present, file.refused) == (0, 1, None)
    assert len(runs(repo)) == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_same_log_with_other_content_is_refused(repo: GitRepo, tmp_path: Path, dry_run: bool) -> None:
    put(repo, log("test_first.eval"))
    members = [
        (name, data.replace(b'"mockllm/model"', b'"mockllm/other"') if name == "header.json" else data)
        for name, data in members_of(log("test_first.eval"))
    ]
    copy = write_zip(tmp_path / "test_first.eval", members)
    [line] = put(repo, copy, dry_run=dry_run).refusals
    assert line.startswith(f"{copy}: run 2xB424VaCkfqsMotouEFUH: ")
    assert len(runs(repo)) == 1


@pytest.mark.parametrize(("name", "incomplete"), [("failed.eval", 1), ("errored.eval", 0), ("limited.json", 0)])
def test_partial_logs_are_recorded_as_what_they_are(repo: GitRepo, name: str, incomplete: int) -> None:
    [file] = put(repo, log(name)).files
    assert (file.added, file.incomplete, file.refused) == (1, incomplete, None)


def test_a_log_without_samples_is_an_incomplete_run(repo: GitRepo, tmp_path: Path) -> None:
    document = json.loads(log("limited.json").read_text()) | {"samples": [], "status": "cancelled"}
    path = tmp_path / "cancelled.json"
    path.write_text(json.dumps(document))
    assert put(repo, path).files == (FileReport(str(path), runs=1, added=1, incomplete=1),)


def test_an_unknown_suite_says_where_to_register_it(repo: GitRepo) -> None:
    repo.write({"eval_history/suites.toml": ""})
    [line] = put(repo, log("test_first.eval")).refusals
    assert line == (
        f"{log('test_first.eval')}: suite: 'mistakes_visible' is no suite and no task of one (known: none yet); "
        f"auditor init --from {log('test_first.eval')} --test mistakes_visible registers it (--held-out for what the "
        "spec's writers do not see)"
    )


HEAD = "spec_revision,suite,model,item,misaligned,behaviour,role"


def test_tables_may_declare_their_suites(repo: GitRepo, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{HEAD}\nv1,new,m,a,1,sandbagging,held_out\nv1,new,m,b,,sandbagging,held_out\n")
    assert put(repo, path).files == (FileReport(str(path), runs=1, added=1),)
    [found] = runs(repo)
    assert (found.suite, found.behaviour, found.role, found.grade) == ("new", "sandbagging", Role.HELD_OUT, Grade.B)
    assert (found.tallies.misaligned, found.tallies.valid, found.tallies.invalid) == ((1, 0), (1, 0), (0, 1))
    assert (found.checkpoint, found.exposure) == ("m", None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "v1,visible,n,b,1,concealment,held_out",
            "role: held_out contradicts eval_history/suites.toml, which says test of suite visible; "
            "correct one of them",
        ),
        (
            "v1,visible,n,b,1,lying,test",
            "behaviour: lying contradicts eval_history/suites.toml, which says concealment of suite visible; "
            "correct one of them",
        ),
        ("v9,visible,m,b,1,,", "spec_revision v9: is no revision of the spec, and no name that git resolves; "),
        (
            "v1,new,m,b,1,,test",
            "suite: 'new' is no suite and no task of one (known: unseen, visible); auditor init --from",
        ),
    ],
)
def test_a_table_lands_whole_or_not_at_all(repo: GitRepo, tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{HEAD}\nv1,visible,m,a,1,,\n{row}\n")
    [line] = put(repo, path).refusals
    assert line.startswith(f"{path}:3: {message}")
    assert runs(repo) == ()


def test_tallies_are_grade_c(repo: GitRepo, tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    row = {"spec_revision": "v1", "suite": "visible", "model": "m", "misaligned_count": 3, "valid_count": 9}
    path.write_text(json.dumps(row))
    put(repo, path)
    assert [(one.grade, one.tallies.items, one.tallies.valid) for one in runs(repo)] == [(Grade.C, None, (9,))]


def test_a_contradicted_exposure_is_refused(repo: GitRepo, tmp_path: Path) -> None:
    document = json.loads(log("limited.json").read_text())
    document["metadata"]["exposure"] = "absent"
    path = tmp_path / "log.json"
    path.write_text(json.dumps(document))
    [line] = put(repo, path).refusals
    assert line == (
        f"{path}: exposure: absent, but the spec's text is in the log's system messages; correct the log's metadata"
    )


def test_folders_are_walked_in_order_and_other_files_are_named(repo: GitRepo, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "b").mkdir(parents=True)
    shutil.copy(log("test_first.eval"), folder / "b/one.eval")
    shutil.copy(log("held_out_first.eval"), folder / "two.eval")
    (folder / "broken.eval").write_bytes(b"PK")
    (folder / "README.md").write_text("x")
    (folder / ".hidden.eval").write_text("x")
    report = put(repo, folder)
    assert [Path(file.path).name for file in report.files] == ["broken.eval", "two.eval", "one.eval"]
    assert [file.refused is None for file in report.files] == [False, True, True]
    assert [Path(path).name for path in report.passed_over] == ["README.md"]


def test_a_file_that_cannot_be_opened_is_refused(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    secret = tmp_path / "logs/secret.eval"
    shutil.copy(log("test_first.eval"), secret)
    opened = Path.open

    def deny(self: Path, *arguments: object, **named: object) -> object:
        if self == secret:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", deny)  # tests may run as root, whom no mode stops
    assert put(repo, tmp_path / "logs").refusals == (
        f"{secret}: cannot be read: Permission denied; check the path and its mode",
    )


def test_several_specs(repo: GitRepo) -> None:
    repo.write({"auditor.toml": SETTINGS + '[[spec]]\nname = "again"\npaths = ["spec.md"]\n'})
    [line] = put(repo, log("test_first.eval")).refusals
    assert "fits 2 revisions, of again, conduct; give --spec" in line
    assert put(repo, log("test_first.eval"), specs=("again",)).refusals == ()
    assert [one.spec for one in runs(repo)] == ["again"]


def test_a_spec_may_be_a_path(repo: GitRepo) -> None:
    repo.write({"auditor.toml": ""})
    with pytest.raises(ConfigError, match="no spec is configured"):
        put(repo, log("test_first.eval"))
    assert put(repo, log("test_first.eval"), specs=("spec.md",)).refusals == ()


def test_a_folder_of_dated_revisions_needs_no_git(tmp_path: Path) -> None:
    for name, text in (("2026-01-01", FIRST), ("2026-02-01", SECOND)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.md").write_text(text)
    (tmp_path / "eval_history").mkdir()
    (tmp_path / "eval_history/suites.toml").write_text(SUITES)
    (tmp_path / "auditor.toml").write_text('[[spec]]\nname = "s"\npaths = ["*/spec.md"]\nsource = "folder"\n')
    table = tmp_path / "table.csv"
    table.write_text("spec_revision,suite,model,item,misaligned\n2026-02-01,visible,m,a,0\n")
    report = ingest([log("test_first.eval"), table], root=tmp_path, extra="error", dry_run=False)
    assert [file.added for file in report.files] == [1, 1]
    assert len({record.revision for record in load_records(Folder(tmp_path), "eval_history")}) == 2


def test_the_command(repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken\u202e.eval"
    broken.write_bytes(b"PK")
    assert run(["ingest", str(log("test_first.eval")), str(broken), "--repo", str(repo.path)]) == 2
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines() if ".eval" in line] == [
        ["1", str(log("test_first.eval"))],
        ["1", str(tmp_path / "broken<U+202E>.eval")],
    ]
    refused, unhashed = err.splitlines()
    assert "broken<U+202E>.eval: not a complete zip archive" in refused
    assert unhashed.startswith("prompts not hashed, so patches are not searched for them: 4; no key is given (")


def test_the_command_in_json(repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(log("test_first.eval"))
    assert run(["ingest", path, "--repo", str(repo.path), "--format", "json", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    file = {"path": path, "runs": 1, "added": 1, "present": 0, "incomplete": 0, "refused": None}
    said = json.loads(out)
    no_key = said.pop("no_key")
    assert said.pop("auditor_version")
    whole = [
        {**file, "hashed": 0, "unhashed": 4, "edited": 0, "retried": 0, "corrected": 0, "labelled": 0, "moving": []}
    ]
    assert said == {"schema": "auditor.ingest/2", "files": whole, "passed_over": [], "dry_run": True}
    assert err == f"prompts not hashed, so patches are not searched for them: 4; {no_key}\n"


def test_edited_scores_are_told(repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = [
        (name, data.replace(b'"history": []', b'"history": [{}]')) for name, data in log_members("test_first.eval")
    ]
    path = write_zip(tmp_path / "edited.eval", members)
    assert run(["ingest", str(path), "--repo", str(repo.path)]) == 0
    assert capsys.readouterr().err.startswith(f"{path}: 8 samples have a score that was edited after it was given\n")


def log_members(name: str) -> list[tuple[str, bytes]]:
    """The members of a fixture, their JSON written one way."""
    return [(member, json.dumps(json.loads(data)).encode()) for member, data in members_of(log(name))]


def test_a_bare_repository_takes_no_records(repo: GitRepo, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    with pytest.raises(RepositoryError, match="is bare"):
        ingest([log("test_first.eval")], root=tmp_path / "bare", extra="error", dry_run=False)
