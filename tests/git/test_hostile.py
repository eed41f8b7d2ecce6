"""tests.git.test_hostile"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from auditor.git import Commit, Folder, Index, open_repository
from tests.repos import GitRepo, two_commits


@pytest.fixture
def built(tmp_path: Path) -> GitRepo:
    return two_commits(tmp_path / "repo")


def spec_at_head(path: Path) -> bytes | None:
    with open_repository(path) as repo:
        return Commit(repo, repo.resolve("HEAD")).read("spec.md")


# What the environment says


def test_git_variables_of_a_hook_are_not_obeyed(
    built: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = GitRepo(tmp_path / "other")
    other.commit({"spec.md": "other"})
    for name, value in {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git" / "objects"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
    }.items():
        monkeypatch.setenv(name, value)
    assert spec_at_head(built.path) == b"two\n"
    with open_repository(built.path) as repo:
        assert Index(repo).read("spec.md") == b"two\n"
    assert os.environ["GIT_DIR"] == str(other.path / ".git")


@pytest.mark.parametrize("absolute", [True, False])
def test_the_index_a_commit_prepares_is_the_one_read(built: GitRepo, absolute: bool) -> None:
    prepared = built.path / ".git" / "next-index-1.lock"
    built.write({"spec.md": "staged\n"})
    built.git("add", "spec.md")
    (built.path / ".git" / "index").rename(prepared)
    built.git("read-tree", "HEAD")
    named = str(prepared) if absolute else ".git/next-index-1.lock"
    with open_repository(built.path, {"GIT_INDEX_FILE": named}) as repo:
        assert Index(repo).read("spec.md") == b"staged\n"
    with open_repository(built.path, {}) as repo:
        assert Index(repo).read("spec.md") == b"two\n"


def test_a_push_in_quarantine_is_read(built: GitRepo, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    built.git("clone", "-q", "--bare", ".", str(bare))
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir()
    script = (
        "import sys; from pathlib import Path; from auditor.git import *\n"
        "new = sys.stdin.read().split()[1]\n"
        "repo = open_repository(Path('.')); print(Commit(repo, repo.resolve(new)).read('spec.md'))"
    )
    hook.write_text(f'#!/bin/sh\nPYTHONPATH="{Path(__file__).parents[1]}" "{sys.executable}" -c "{script}"\n')
    hook.chmod(0o755)
    built.commit({"spec.md": "pushed"})
    call = ["git", "push", "-q", str(bare), "main"]
    done = subprocess.run(call, cwd=built.path, capture_output=True, text=True, check=True)
    assert "b'pushed'" in done.stderr


# Configuration that would run something

EXECUTABLE = """
core.fsmonitor core.pager core.editor core.sshCommand core.gitProxy core.askPass core.alternateRefsCommand
diff.external diff.spec.textconv diff.spec.command filter.spec.clean filter.spec.smudge filter.spec.process
merge.spec.driver gpg.program gpg.ssh.program gpg.x509.program gpg.ssh.defaultKeyCommand credential.helper
sequence.editor pager.log pager.diff pager.cat-file pager.rev-list pager.for-each-ref interactive.diffFilter
uploadpack.packObjectsHook sendemail.sendmailCmd alias.log alias.rev-list alias.cat-file alias.rev-parse
difftool.spec.cmd mergetool.spec.cmd man.spec.cmd browser.spec.cmd trailer.spec.command
submodule.prompts.update receive.procReceiveRefs web.browser init.templateDir tar.spec.command
gpg.openpgp.program trailer.spec.cmd guitool.spec.cmd difftool.spec.path mergetool.spec.path man.spec.path
browser.spec.path sendemail.smtpServer sendemail.toCmd sendemail.ccCmd imap.tunnel instaweb.httpd
remote.origin.uploadpack remote.origin.receivepack remote.origin.vcs pager.diff-tree pager.ls-files pager.merge-base
alias.diff-tree alias.merge-base alias.for-each-ref alias.ls-files alias.write-tree
"""
HOOKS = ("post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc", "post-checkout")


def plant(path: Path, folder: Path) -> Path:
    """Plants configuration and hooks that leave a mark where anything runs them; the mark's file, not there yet."""
    mark, planted = folder / "mark", folder / "planted"
    planted.write_text(f'#!/bin/sh\necho "$0 $@" >> "{mark}"\ncat\n')
    planted.chmod(0o755)
    with (path / ".git" / "config").open("a") as config:
        for key in EXECUTABLE.split():
            section, _, name = key.rpartition(".")
            head, _, sub = section.partition(".")
            header = f'[{head} "{sub}"]' if sub else f"[{head}]"
            config.write(f"{header}\n\t{name} = {'!' if head == 'alias' else ''}{planted}\n")
        config.write("[log]\n\tshowSignature = true\n\tfollow = true\n[diff]\n\torderFile = /dev/stdin\n")
        config.write(f"[core]\n\thooksPath = {folder / 'hooks'}\n\tattributesFile = {folder / 'attributes'}\n")
        config.write('[protocol]\n\tallow = always\n[protocol "ext"]\n\tallow = always\n')
        config.write(f'[remote "origin"]\n\turl = ext::{planted}\n[include]\n\tpath = {folder / "included"}\n')
    (folder / "attributes").write_text("* diff=elsewhere filter=elsewhere merge=elsewhere\n")
    drivers = (("diff", "textconv"), ("filter", "clean"), ("filter", "process"), ("merge", "driver"))
    included = (f'[{head} "elsewhere"]\n\t{name} = {planted}\n' for head, name in drivers)
    (folder / "included").write_text("".join(included) + f"[core]\n\tfsmonitor = {planted}\n")
    for hooks in (folder / "hooks", path / ".git" / "hooks"):
        hooks.mkdir(exist_ok=True)
        for name in HOOKS:
            (hooks / name).unlink(missing_ok=True)
            (hooks / name).symlink_to(planted)
    return mark


def test_planted_configuration_is_never_run(built: GitRepo, tmp_path: Path) -> None:
    built.commit({".gitattributes": "*.md diff=spec filter=spec merge=spec\n"})
    mark = plant(built.path, tmp_path)
    built.write({"spec.md": "changed in the work tree"})
    use_everything(built.path)
    assert not mark.exists(), mark.read_text()
    with suppress(subprocess.CalledProcessError):
        built.git("add", "-A")  # the trap works: ordinary git steps into it
    assert mark.exists()


def use_everything(path: Path) -> None:
    with open_repository(path) as repo:
        head = repo.resolve("HEAD")
        repo.tags()
        repo.range_commits("HEAD~1..HEAD")
        repo.commits_by_prefix(head[:6])
        repo.is_ancestor(head, head)
        lines = repo.commits_touching(head, [":(top,glob)**/*.md"])
        list(repo.renames(line.id for line in lines))
        for tree in (Commit(repo, head), Index(repo), Folder(path)):
            assert [tree.read(name) for name in tree.list("prompts")] == [b"a", b"b"]


def test_somebody_elses_repository_can_be_read(built: GitRepo) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    for folder, _, _ in os.walk(built.path):
        os.chown(folder, 12345, 12345)
    assert spec_at_head(built.path) == b"two\n"
