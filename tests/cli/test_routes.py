"""Every way a fitted patch can land on main, with real git: what a client's hooks stop, what the server's does.

An audit finds it afterwards, whichever way it took.

The few in `make test` are one of each kind; AUDITOR_SLOW=1 runs them all, as `make sweep` does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.landings import SECOND, content, evaluated
from tests.processes import ROOT, auditor
from tests.repos import IDENTITY

VERSION_1 = ROOT / "tests/fixtures/hooks_version_1"
ALL = bool(os.environ.get("AUDITOR_SLOW"))


@dataclass(frozen=True)
class Route:
    """A way to land `branch` (one commit: a fitted patch with its results) on `main`, which is checked out.

    `stopped` is whether git asks any hook of the client about it.
    """

    name: str
    commands: str
    stopped: bool = True
    always: bool = False


ROUTES = (
    Route("commit", "git checkout -q branch -- . && git commit -qm landed"),
    Route("merge", "git merge -q --no-ff -m landed branch", always=True),
    Route("fast-forward", "git merge -q --ff-only branch"),
    Route("squash", "git merge -q --squash branch && git commit -qm landed"),
    Route(
        "conflict", "git merge -q -m landed crossed; git checkout -q --theirs . && git add -A && git commit -qm landed"
    ),
    Route("rebase", "git rebase -q branch main"),
    Route("cherry-pick", "git cherry-pick main..branch"),
    Route("revert", "git revert --no-edit undone"),
    Route("am", "git format-patch -q --stdout main..branch | git am -q"),
    Route("reset", "git reset -q --hard branch"),
    Route("branch -f", "git checkout -q branch && git branch -f main branch"),
    Route("fetch", "git checkout -q branch && git fetch -q . branch:main"),
    Route("pull", "git pull -q --no-rebase --ff . branch"),
    Route(
        "plumbing", "git update-ref refs/heads/main $(git commit-tree -p main -m landed 'branch^{tree}')", always=True
    ),
    Route("another hooksPath", "git -c core.hooksPath=/dev/null merge -q --ff-only branch", stopped=False),
    Route("a ref written by hand", "git rev-parse branch > .git/refs/heads/main", stopped=False),
)


def pytest_id(route: Route) -> str:
    """Its name."""
    return route.name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in a folder with a space and letters beyond ASCII: `main`, `branch`, `crossed`, and `undone`."""
    folder = tmp_path_factory.mktemp("ein Weg\u00f6")
    found = evaluated(folder)
    repo = found.repo
    found.patch(SECOND, visible="0/400", unseen="79/400")
    repo.git("reset", "-q", "--soft", "main")
    repo.commit(message="fitted")
    repo.branch("crossed")
    repo.commit({"README.md": "theirs"})
    repo.checkout("main")
    return repo.path


def copy(made: Path, folder: Path, route: Route) -> Path:
    """A copy; for a conflict with main's README changed, for a revert with the patch landed and taken back."""
    shutil.copytree(made, folder, symlinks=True)
    if route.name == "conflict":
        (folder / "README.md").write_text("ours")
        git(folder, "commit", "-qam", "ours")
    if route.name == "revert":
        git(folder, "merge", "-q", "--ff-only", "branch")
        git(folder, "revert", "--no-edit", "HEAD")
        git(folder, "tag", "undone")
    return folder


def environment() -> dict[str, str]:
    names = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**names, **IDENTITY, "PYTHONPATH": str(ROOT), "GIT_EDITOR": "true"}


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    call = ["git", *arguments]
    return subprocess.run(call, cwd=folder, env=environment(), capture_output=True, text=True, check=check)


def shell(folder: Path, commands: str) -> None:
    subprocess.run(["sh", "-c", commands], cwd=folder, env=environment(), capture_output=True, check=False)


def tip(folder: Path) -> str:
    return git(folder, "rev-parse", "refs/heads/main").stdout.strip()


def says_it(folder: Path) -> bool:
    """Whether main has the fitted text."""
    return git(folder, "show", "main:spec.md").stdout == SECOND


def install(folder: Path, *options: str) -> None:
    done = auditor("hook", "install", "--branch", "main", *options, cwd=folder)
    assert done.code == 0, done.err


@pytest.mark.parametrize("route", ROUTES, ids=pytest_id)
def test_a_route(made: Path, tmp_path: Path, route: Route) -> None:
    if not (ALL or route.always):
        pytest.skip("one of each kind here; AUDITOR_SLOW=1 for all")
    landed, hooked = copy(made, tmp_path / "landed", route), copy(made, tmp_path / "hooked", route)
    server = tmp_path / "server.git"
    git(tmp_path, "clone", "-q", "--bare", "--branch", "main", str(landed), str(server))
    git(server, "update-ref", "-d", "refs/heads/branch")
    shell(landed, route.commands)
    assert says_it(landed), "the route does not land it"
    git(landed, "checkout", "-q", "-f", "main")
    git(landed, "reset", "-q", "--hard")
    assert auditor("audit", "--fail-on", "suspected", cwd=landed).code == 1

    install(hooked)
    before = tip(hooked)
    shell(hooked, route.commands)
    assert (tip(hooked) == before) is route.stopped

    install(server, "--server")
    before = tip(server)
    pushed = git(landed, "push", "--no-verify", "-f", str(server), "main", check=False)
    assert pushed.returncode != 0 and tip(server) == before
    assert "blocked" in pushed.stderr and "test-only" in pushed.stderr


def test_a_push_is_asked_about_before_it_leaves(made: Path, tmp_path: Path) -> None:
    """pre-push, on a branch's first push and on later ones; --no-verify passes it."""
    work, server = tmp_path / "work", tmp_path / "server.git"
    shutil.copytree(made, work, symlinks=True)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(server))
    git(work, "remote", "add", "origin", str(server))
    git(work, "push", "-q", "origin", "main")
    install(work, "--hook", "pre-push")
    git(work, "merge", "-q", "--ff-only", "branch")
    refused = git(work, "push", "origin", "main", check=False)
    assert refused.returncode != 0 and "test-only" in refused.stderr + refused.stdout
    git(server, "update-ref", "-d", "refs/heads/main")
    assert git(work, "push", "origin", "main", check=False).returncode != 0, "a branch's first push"
    assert git(work, "push", "origin", "main:other", check=False).returncode == 0, "another branch is not judged"
    assert git(work, "push", "--no-verify", "origin", "main", check=False).returncode == 0


@pytest.mark.parametrize(
    ("hook", "commands"),
    [
        ("pre-commit", "git checkout -q branch -- . && git commit -qm landed"),
        ("pre-merge-commit", "git merge -q --no-ff -m landed branch"),
        ("reference-transaction", "git merge -q --ff-only branch"),
        ("pre-push", "git push -q ../server.git branch:main"),
        ("pre-receive", "git push -q ../server.git branch:main"),
    ],
)
def test_a_hook_that_version_1_installed_stops_it(made: Path, tmp_path: Path, hook: str, commands: str) -> None:
    """The files are as version 1 wrote them, but for the path of the program; `hook remove`, which they name, works."""
    work, server = tmp_path / "work", tmp_path / "server.git"
    shutil.copytree(made, work, symlinks=True)
    git(tmp_path, "clone", "-q", "--bare", "--branch", "main", str(work), str(server))
    git(server, "update-ref", "-d", "refs/heads/branch")
    hooked = server if hook == "pre-receive" else work
    script = (VERSION_1 / hook).read_text()
    program = Path(sys.executable).with_name("auditor")
    path = hooked / ("hooks" if hooked == server else ".git/hooks") / hook
    path.parent.mkdir(exist_ok=True)
    path.write_text(script.replace("/path/of/auditor", str(program)))
    path.chmod(0o755)
    assert f"installed  {hook}" in auditor("hook", "status", cwd=hooked).out.decode()
    before = tip(work), tip(server)
    call = ["sh", "-c", commands]
    done = subprocess.run(call, cwd=work, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "test-only" in done.stderr + done.stdout
    assert (tip(work), tip(server)) == before
    assert auditor("hook", "remove", cwd=hooked).code == 0
    assert not path.exists()


def test_what_evidence_lets_through(made: Path, tmp_path: Path) -> None:
    """The patch is refused, held-out results come that follow, and the same merge goes through; a linked work tree."""
    work = tmp_path / "linked"
    shutil.copytree(made, tmp_path / "main", symlinks=True)
    git(tmp_path / "main", "checkout", "-q", "branch")
    git(tmp_path / "main", "worktree", "add", "-q", str(work), "main")
    install(work)
    assert git(work, "merge", "--no-ff", "-m", "no", "branch", check=False).returncode != 0
    git(work, "merge", "--abort")
    rows = "".join(f"{content(SECOND)},unseen,m1,i{at:04d},0,late.{run}\n" for run in range(3) for at in range(400))
    table = tmp_path / "late.csv"
    table.write_text(f"spec_revision,suite,model,item,misaligned,run\n{rows}")
    assert auditor("ingest", table, cwd=tmp_path / "main").code == 0
    git(tmp_path / "main", "add", "-A")
    git(tmp_path / "main", "commit", "-qm", "measured again")
    merged = git(work, "merge", "--no-ff", "-m", "yes", "branch", check=False)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert says_it(work)
    assert (merged.stdout + merged.stderr).count("pass: ") == 1, "one decision a merge, though two hooks are asked"


@pytest.mark.parametrize(
    ("merge", "undo"), [("--ff-only", "git reset --merge"), ("--no-ff", "git merge --abort")], ids=["ff", "merge"]
)
def test_a_refused_merge_says_how_to_take_it_back(made: Path, tmp_path: Path, merge: str, undo: str) -> None:
    work = tmp_path / "work"
    shutil.copytree(made, work, symlinks=True)
    install(work)
    refused = git(work, "merge", merge, "branch", check=False)
    text = refused.stdout + refused.stderr
    assert refused.returncode != 0 and text.count("blocked: ") == 1 and f"{undo} takes them back" in text
    assert git(work, "status", "--porcelain", "--untracked-files=no").stdout
    git(work, *undo.split()[1:])
    assert not git(work, "status", "--porcelain").stdout


def test_a_shallow_clone_is_refused(made: Path, tmp_path: Path) -> None:
    """A shallow clone, as CI makes them, ends with what to do about it."""
    git(tmp_path, "clone", "-q", "--depth", "1", made.as_uri(), "shallow")
    done = auditor("gate", "--base", "HEAD", cwd=tmp_path / "shallow")
    assert done.code == 2 and "history incomplete" in done.err and done.err.count("\n") == 1


def test_an_octopus_is_judged(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "octopus"
    shutil.copytree(made, folder, symlinks=True)
    git(folder, "checkout", "-qb", "one", "main")
    (folder / "one.txt").write_text("1")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    git(folder, "checkout", "-q", "main")
    install(folder)
    before = tip(folder)
    assert git(folder, "merge", "--no-ff", "-m", "three", "one", "branch", check=False).returncode != 0
    assert tip(folder) == before
