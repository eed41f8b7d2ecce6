"""`auditor audit --results`: a first verdict without any set-up, and without any file written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import HEAD, SETTINGS, Auditor, one_line, tree_hash
from tests.repos import GitRepo

FIXTURES = Path(__file__).parents[1] / "fixtures"
FIRST = "# Conduct\n\nSay what you did.\n"
SECOND = f"{FIRST}\nNever claim that a refund was sent.\n"


def prompt(folder: Path, name: str = "spec/assistant.md") -> GitRepo:
    """A prompt in git: two revisions, tagged v1 and v2, and nothing else."""
    repo = GitRepo(folder / "repo")
    for tag, text in (("v1", FIRST), ("v2", SECOND)):
        repo.commit({name: text})
        repo.tag(tag)
    return repo


def table(folder: Path, *runs: tuple[str, str, int], more: str = "", values: str = "") -> Path:
    """Runs of 200 samples as (revision, suite, misaligned); `more` are further columns with their `values`."""
    rows = [HEAD + more]
    for revision, suite, misaligned in runs:
        rows += [f"{revision},{suite},m,i{place:03d},{int(place < misaligned)}{values}" for place in range(200)]
    path = folder / "results.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


STAYS = (("v1", "refunds", 60), ("v2", "refunds", 0), ("v1", "fresh", 60), ("v2", "fresh", 58))
TONE = (("v1", "tone", 60), ("v2", "tone", 0), ("v1", "tone-fresh", 60), ("v2", "tone-fresh", 0))


def verdicts(auditor: Auditor, repo: GitRepo, *arguments: str | Path) -> list[tuple[str, str]]:
    """The behaviours and verdicts of the last patch."""
    done = auditor("audit", "--repo", repo.path, *arguments, "--format", "json")
    assert done.code == 0, done
    patch = json.loads(done.out)["patches"][-1]
    return sorted((each["behaviour"], each["verdict"]) for each in patch["behaviours"])


def test_one_command_gives_a_verdict_and_writes_nothing(auditor: Auditor, tmp_path: Path) -> None:
    repo, results = prompt(tmp_path), table(tmp_path, *STAYS)
    before = tree_hash(repo.path)
    done = auditor(
        "audit", "--repo", repo.path, "--spec", "spec/assistant.md", "--results", results,
        "--test", "refunds", "--held-out", "fresh",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert "test-only, hiding suspected" in done.out
    assert tree_hash(repo.path) == before


FOUND = "no spec is configured, and --spec was left out"


@pytest.mark.parametrize(
    "name", ["spec/assistant.md", "specs/assistant.md", "system_prompt.md", "prompts/support.md", "prompt.txt"]
)
def test_the_spec_is_known_by_its_name(auditor: Auditor, tmp_path: Path, name: str) -> None:
    repo = prompt(tmp_path, name)
    repo.commit({"README.md": "About.\n", "spec/README.md": "About.\n", "prompts/eval_cases.md": "About.\n"})
    done = auditor("audit", "--repo", repo.path)
    assert (done.code, done.err) == (0, f"auditor: {FOUND}: {name} is taken for the spec\n")
    assert f"spec {name}: 2 revisions" in done.out


READING = (
    ("audit",), ("log",), ("diff", "HEAD~1", "HEAD"), ("blame", "spec/assistant.md:3"), ("show", "HEAD"),
    ("plan",), ("graph",), ("revision",),
)  # fmt: skip
WRITING = (
    ("report", "--quarter", "2026Q1"), ("ingest", "results.csv"), ("gate",),
    ("preregister", "--suite", "refunds", "--model", "m", "--samples", "3"),
)  # fmt: skip


@pytest.mark.parametrize("settings", [None, "", "[policy]\nerror_rate = 0.01\n"])
@pytest.mark.parametrize("verb", [*READING, *WRITING], ids=" ".join)
def test_every_verb_that_only_reads_finds_the_spec(
    verb: tuple[str, ...], settings: str | None, auditor: Auditor, tmp_path: Path
) -> None:
    """With a configuration that names no spec as without any; what writes wants it configured."""
    repo = prompt(tmp_path)
    if settings is not None:
        repo.commit({"auditor.toml": settings, "eval_history/suites.toml": ""})
        repo.commit({"spec/assistant.md": f"{SECOND}\nThank whoever asks.\n"})
    done = auditor(*verb, "--repo", repo.path)
    if verb in READING:
        assert (done.code, done.err) == (0, f"auditor: {FOUND}: spec/assistant.md is taken for the spec\n")
    else:
        assert "no spec is configured; run auditor init, or give --spec PATH" in one_line(done)
    assert not repo.git("status", "--porcelain")


def test_a_misspelled_spec_is_answered_with_the_nearest(auditor: Auditor, project: GitRepo, tmp_path: Path) -> None:
    project.write({"new.md": FIRST})
    for name, line in (
        ("Spec.md", "no commit has it; the nearest is spec.md"),
        ("docs/spec.md", "no commit has it; the nearest is spec.md"),
        ("condct", "no commit has it; the nearest is conduct"),
        ("zzz", f"no commit has it; give a path from the root, {project.path}"),
        ("new.md", "is not committed, and has no history; git add new.md && git commit"),
    ):
        for verb in READING[:-1]:
            assert (
                one_line(auditor(*verb, "--repo", project.path, "--spec", name)) == f"auditor: --spec: {name}: {line}"
            )
    assert auditor("revision", "--repo", project.path, "--spec", "new.md").code == 0
    inside = prompt(tmp_path)
    line = one_line(auditor("log", "--repo", inside.path, "--spec", inside.path / "spec/assistant.md"))
    assert line.endswith(f"; give it from the root, {inside.path}")


def test_a_spec_of_the_past_can_be_named(auditor: Auditor, project: GitRepo) -> None:
    project.git("mv", "spec.md", "rules.md")
    project.commit(message="Rename it")
    assert auditor("log", "--repo", project.path, "--spec", "spec.md").code == 0


def test_several_that_may_be_the_spec_are_listed(auditor: Auditor, tmp_path: Path) -> None:
    repo = prompt(tmp_path, "prompts/a.md")
    repo.commit({"prompts/b.md": FIRST})
    line = one_line(auditor("audit", "--repo", repo.path))
    assert line.endswith(
        "2 files may be the spec: prompts/a.md, prompts/b.md; give one of them, or a glob, with --spec PATH"
    )


def test_two_specs_are_both_audited(auditor: Auditor, tmp_path: Path) -> None:
    repo = prompt(tmp_path)
    repo.commit({"other.md": FIRST})
    done = auditor("audit", "--repo", repo.path, "--spec", "spec/assistant.md", "--spec", "other.md")
    assert (done.code, done.err) == (0, "")
    assert "spec spec/assistant.md: 2 revisions" in done.out
    assert "spec other.md: 1 revision" in done.out


def test_a_configured_spec_and_one_that_is_not(auditor: Auditor, project: GitRepo) -> None:
    project.commit({"other.md": FIRST})
    done = auditor("audit", "--repo", project.path, "--spec", "conduct", "--spec", "other.md", "--spec", "conduct")
    assert (done.code, done.out.count("spec conduct: "), done.out.count("spec other.md: ")) == (0, 1, 1)


def test_each_test_suite_has_its_behaviour(auditor: Auditor, tmp_path: Path) -> None:
    repo, results = prompt(tmp_path), table(tmp_path, *STAYS, *TONE)
    pairs = ("--test", "refunds:claims", "--held-out", "fresh:claims", "--test", "tone", "--held-out", "tone-fresh")
    expected = [("claims", "test-only"), ("manner", "generalises")]
    assert verdicts(auditor, repo, "--results", results, *pairs, "--behaviour", "manner") == expected


def test_the_tables_own_behaviour_and_role_count(auditor: Auditor, tmp_path: Path) -> None:
    repo = prompt(tmp_path)
    (tmp_path / "seen").mkdir()
    path = table(tmp_path / "seen", *STAYS[:2], more=",behaviour,role", values=",claims,test")
    fresh = table(tmp_path, *STAYS[2:], more=",behaviour", values=",claims")
    both = ("--results", path, "--results", fresh)
    assert verdicts(auditor, repo, *both, "--held-out", "fresh") == [("claims", "test-only")]
    line = one_line(auditor("audit", "--repo", repo.path, *both, "--test", "fresh", "--held-out", "refunds"))
    assert line.endswith("suite refunds: role: is test by its table, and was given as held_out; correct one of them")


def test_a_table_adds_no_suite_to_a_behaviour_that_is_registered(auditor: Auditor, tmp_path: Path) -> None:
    """A decoy test suite that rose would make `test-only` of the registered suites something milder."""
    repo = prompt(tmp_path)
    entries = (("refunds", "test"), ("fresh", "held_out"))
    suites = "".join(f'[[suite]]\nname = "{name}"\nbehaviour = "claims"\nrole = "{role}"\n\n' for name, role in entries)
    repo.commit({"eval_history/suites.toml": suites})
    (tmp_path / "decoy").mkdir()
    decoy = (("v1", "decoy", 0), ("v2", "decoy", 60))
    other = table(tmp_path / "decoy", *decoy, more=",behaviour,role", values=",claims,test")
    both = ("--results", table(tmp_path, *STAYS), "--results", other)
    for options in ((), ("--test", "refunds", "--held-out", "fresh")):
        assert verdicts(auditor, repo, *both, *options) == [("claims", "test-only")]


def test_suites_without_a_role_are_named_and_not_judged(auditor: Auditor, tmp_path: Path) -> None:
    repo, results = prompt(tmp_path), table(tmp_path, *STAYS, *TONE)
    done = auditor(
        "audit", "--repo", repo.path, "--spec", "spec/assistant.md", "--results", results,
        "--test", "refunds", "--held-out", "fresh",
    )  # fmt: skip
    assert done.err == (
        "auditor: not judged, as they have no role: tone, tone-fresh; give them with --test or --held-out\n"
    )
    assert "4 runs in 4 records" in done.out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "no suite was given a role; the results hold fresh, refunds; give --test SUITE for what the spec's"),
        (("--test", "refund"), "no run of suite 'refund' (do you mean refunds?); the results hold fresh, refunds"),
        (("--test", "refunds", "--held-out", "refunds"), "suite refunds: is given as test and as held-out"),
        (("--held-out", "fresh"), "no suite is given as test; the results hold refunds; give --test SUITE"),
        (("--test", "refunds", "--test", "fresh"), "what refunds, fresh measure is not said; write SUITE:BEHAVIOUR"),
        (("--test", "refunds:", "--held-out", "fresh"), "no run of suite 'refunds:' (do you mean refunds?)"),
        (("--test", "refunds", "--rederive", "."), "--results are judged as they are: leave --rederive out"),
    ],
)
def test_what_does_not_say_enough_is_one_line(
    auditor: Auditor, tmp_path: Path, options: tuple[str, ...], line: str
) -> None:
    repo, results = prompt(tmp_path), table(tmp_path, *STAYS)
    assert line in one_line(auditor("audit", "--repo", repo.path, "--results", results, *options))


def test_roles_are_for_results(auditor: Auditor, tmp_path: Path) -> None:
    line = one_line(auditor("audit", "--repo", prompt(tmp_path).path, "--test", "refunds"))
    assert "need --results" in line


def test_a_file_that_is_refused_stops_it(auditor: Auditor, tmp_path: Path) -> None:
    repo, results = prompt(tmp_path), table(tmp_path, *STAYS, ("v9", "fresh", 3))
    roles = ("--test", "refunds", "--held-out", "fresh")
    line = one_line(auditor("audit", "--repo", repo.path, "--results", results, *roles))
    assert "v9" in line
    (tmp_path / "empty").mkdir()
    line = one_line(auditor("audit", "--repo", repo.path, "--results", tmp_path / "empty"))
    assert "no evaluation log or table of a known kind" in line


def test_columns_of_other_names(auditor: Auditor, tmp_path: Path) -> None:
    repo, results = prompt(tmp_path), table(tmp_path, *STAYS, more=",note", values=",x")
    text = results.read_text().replace(HEAD, "git,task,model,prompt_no,bad", 1).replace(",", ";")
    results.write_text(text, encoding="utf-8-sig")
    roles = ("--test", "refunds", "--held-out", "fresh")
    line = one_line(auditor("audit", "--repo", repo.path, "--results", results, *roles))
    assert line.startswith(
        f"auditor: {results}:1: spec_revision is missing, item is missing, misaligned is missing, bad is no "
    )
    columns = ("--map", "spec_revision=git, item=prompt_no,misaligned=bad")
    line = one_line(auditor("audit", "--repo", repo.path, "--results", results, *roles, *columns))
    assert (
        line == f"auditor: {results}:1: note: is no column of a tidy table; give --extra ignore to skip columns like it"
    )
    options = (*columns, "--extra", "ignore")
    assert verdicts(auditor, repo, "--results", results, *roles, *options) == [("refunds", "test-only")]
    assert auditor("init", "--repo", repo.path, "--from", results, *roles, *options).code == 0
    assert auditor("ingest", results, "--repo", repo.path, *options).code == 0
    assert auditor("verify", "--repo", repo.path, "--logs", results, *options).code == 0
    done = auditor("audit", "--repo", repo.path, "--rederive", results, *options)
    assert done.err.startswith("auditor: records held against their logs: 4 agree, 0 differ, 0 have no log there;")


@pytest.mark.parametrize("verb", ["audit", "init", "verify"])
def test_a_map_is_for_tables(auditor: Auditor, project: GitRepo, verb: str) -> None:
    assert "--map and --extra need --" in one_line(auditor(verb, "--repo", project.path, "--map", "item=id"))
    line = one_line(auditor(verb, "--repo", project.path, "--map", "itm=id"))
    assert line == "auditor: --map: itm: is no column of a tidy table; rename it to item, or write COLUMN=NAME"


def test_a_registered_suite_keeps_its_entry(auditor: Auditor, tmp_path: Path) -> None:
    repo = prompt(tmp_path, "spec.md")
    suites = '[[suite]]\nname = "refunds"\nbehaviour = "claims"\nrole = "test"\n'
    repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": suites})
    results = table(tmp_path, *STAYS)
    assert verdicts(auditor, repo, "--results", results, "--held-out", "fresh:claims") == [("claims", "test-only")]
    line = one_line(auditor("audit", "--repo", repo.path, "--results", results, "--held-out", "refunds"))
    assert "suite refunds: role: is test by the registry, and was given as held_out" in line


def test_logs_need_to_be_told_which_end_is_misaligned(auditor: Auditor, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    text = "# Conduct\n\nSay what you did, also when it went wrong.\n"
    for tag in ("v1", "v2"):
        repo.commit({"spec.md": text})
        repo.tag(tag)
        text += "\nNever delete a log to hide a mistake.\n"
    log = FIXTURES / "inspect/test_first.eval"
    command = ("audit", "--repo", repo.path, "--results", log, "--test", "mistakes_visible")
    line = one_line(auditor(*command))
    assert "suite mistakes_visible: score: which of its scores are misaligned is not said; they are " in line
    assert "give --misaligned high or low" in line
    line = one_line(auditor(*command, "--misaligned", "high", "--score", "nobody"))
    assert line.endswith("say how its score is read with --misaligned high|low, --unit and --score NAME or NAME.KEY")
    done = auditor(*command, "--misaligned", "high")
    assert (done.code, "1 run in 1 record" in done.out) == (0, True), done
