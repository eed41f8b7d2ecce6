"""The recorded terminal walk of docs/how-to/walk.md: real commands on a repository made for it, and what they printed.

python -m benchmarks.walk [FILE]

Dates, names and folders are fixed, so that the same commits give the same ids and the same page everywhere.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/how-to/walk.md"
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
_RANGE = re.compile(r"\b([0-9a-f]{12})\.\.([0-9a-f]{12})\b")

_SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
_SUITES = """\
[[suite]]
name = "visible"
behaviour = "overclaiming"
role = "test"

[[suite]]
name = "unseen"
behaviour = "overclaiming"
role = "held_out"
"""
_FIRST = "# Conduct\n\nSay what is true.\n"
_FITTED = "In code reviews, never call work finished whose tests fail.\n"
_GENERAL = "Say that work is finished only when it is; say what is left.\n"
# Stands for an evaluation: SUITE MISALIGNED writes 400 scored items, stamped with the revision that is checked out.
_EVALUATE = """\
#!/bin/sh
stamp=$(auditor revision)
awk -v stamp="$stamp" -v suite="$1" -v bad="$2" -v run="${3:-1}" 'BEGIN {
    print "spec_revision,suite,model,item,misaligned,run"
    for (i = 0; i < 400; i++) printf "%s,%s,m1,i%04d,%d,%s\\n", stamp, suite, i, i < bad, suite "-" bad "-" run
}' > scores.csv
auditor ingest scores.csv > /dev/null || exit $?
rm scores.csv
"""
_BEGIN = """\
git init -q -b main .
git add -A && git commit -q -m 'set up'
evaluate visible 80 1; evaluate visible 80 2; evaluate unseen 80 1; evaluate unseen 80 2
git add -A && git commit -q -m 'evaluated'
git clone -q --bare . ../server.git
git remote add origin ../server.git && git fetch -q
"""

_OPENING = """\
# The gate, step by step

Recorded by `python -m benchmarks.walk`; `make sweep` holds this page against a new recording. `evaluate SUITE N` stands
for an evaluation: it records 400 scored items, N of them misaligned, of the revision that is checked out. Before the
walk begins, the model was measured twice on both suites under the first text: 80 of 400 each. The id of a commit that
is only proposed depends on the time of day, and stands here as `(proposed)`.
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A passage of the page: what it says, and the commands that are shown, run in `folder`."""

    title: str
    said: str
    folder: str
    commands: tuple[str, ...]


SCENES = (
    Scene("Put the hooks in", "In a clone of one's own.", "project", ("auditor hook install", "auditor hook status")),
    Scene(
        "A patch that fits the test",
        "A sentence about the very scenario that failed. The test set falls to zero; what nobody tuned on stays.",
        "project",
        (
            "git checkout -q -b fitted",
            f"printf '\\n{_FITTED.strip()}\\n' >> spec.md",
            "git commit -q -a -m 'Finished means tested'",
            "evaluate visible 0",
            "evaluate unseen 79",
            "git add -A && git commit -q -m 'results'",
            "git checkout -q main",
            "git merge --no-ff -m 'Merge fitted' fitted",
        ),
    ),
    Scene(
        "No way round by another command",
        "What no merge hook sees, the reference transaction does.",
        "project",
        ("git merge --abort", "git merge --ff-only fitted", "git log --oneline -1"),
    ),
    Scene(
        "Pushed all the same",
        "`--no-verify` and another `core.hooksPath` pass a client's hooks. A client cannot pass the server's.",
        "server.git",
        ("auditor hook install --server",),
    ),
    Scene(
        "",
        "",
        "project",
        (
            "git -c core.hooksPath=/dev/null merge -q --ff-only fitted",
            "git push --no-verify origin main",
            "git -c core.hooksPath=/dev/null reset -q --hard origin/main",
        ),
    ),
    Scene(
        "Another text, and half of its evidence",
        "The sentence is given up for one that says what was meant. It comes with a test score alone, which is not\n"
        "enough: what it lacks, and the command that brings it, is said.",
        "project",
        (
            "git checkout -q -b general main",
            f"printf '\\n{_GENERAL.strip()}\\n' >> spec.md",
            "git commit -q -a -m 'Finished means finished'",
            "evaluate visible 6",
            "git add -A && git commit -q -m 'test results'",
            "git checkout -q main",
            "git merge -q --no-ff -m 'Merge general' general",
            "git merge --abort",
        ),
    ),
    Scene(
        "Held-out results that follow",
        "What nobody tuned on fell as well. The same merge goes through, here and at the server.",
        "project",
        (
            "git checkout -q general",
            "evaluate unseen 9",
            "git add -A && git commit -q -m 'held-out results'",
            "git checkout -q main",
            "git merge -q --no-ff -m 'Merge general' general",
            "git push origin main",
        ),
    ),
)


def main() -> int:
    """Write the page."""
    page = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    with tempfile.TemporaryDirectory() as folder:
        page.write_text(recorded(Path(folder)), encoding="utf-8")
    return 0


def recorded(home: Path) -> str:
    """The page, from commands run below an empty folder."""
    project = home / "project"
    files = {"auditor.toml": _SETTINGS, "spec.md": _FIRST, "eval_history/suites.toml": _SUITES}
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    _programs(home / "bin")
    walk = _Walk(home)
    for command in _BEGIN.splitlines():
        walk.ran(command, "project")
    return "\n".join([_OPENING, *(line for scene in SCENES for line in walk.shown(scene))])


def _programs(folder: Path) -> None:
    folder.mkdir()
    call = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m auditor "$@"\n'
    for name, text in (("auditor", call), ("evaluate", _EVALUATE)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


class _Walk:
    """A shell in a home of its own, with a clock that goes on by an hour a command."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.now = START

    def shown(self, scene: Scene) -> Iterator[str]:
        """A scene, as Markdown."""
        if scene.title:
            yield f"## {scene.title}\n\n{scene.said}\n"
        yield "```console"
        for command in scene.commands:
            yield f"~/{scene.folder}$ {command}"
            said = self.ran(command, scene.folder)
            yield from (line.rstrip() for line in said.splitlines())
        yield "```\n"

    def ran(self, command: str, folder: str) -> str:
        """What a command printed, with its exit code where that is not 0."""
        self.now += timedelta(hours=1)
        call = ["sh", "-c", f"exec 2>&1; {command}"]
        done = subprocess.run(
            call, cwd=self.home / folder, env=self._environment(), capture_output=True, text=True, check=False
        )
        said = _RANGE.sub(lambda found: self._known(found, folder), done.stdout.replace(str(self.home), "~"))
        code = f"(exit {done.returncode})\n" if done.returncode else ""
        return f"{said.rstrip()}\n{code}".lstrip("\n")

    def _known(self, found: re.Match[str], folder: str) -> str:
        """A range as it stands, unless its head is a commit that nothing refers to."""
        call = ["git", "rev-list", "--all"]
        ids = subprocess.run(
            call, cwd=self.home / folder, env=self._environment(), capture_output=True, text=True, check=True
        )
        return found[0] if f"\n{found[2]}" in f"\n{ids.stdout}" else f"{found[1]}..(proposed)"

    def _environment(self) -> dict[str, str]:
        date = self.now.isoformat()
        who = {"NAME": "Ada", "EMAIL": "ada@example.org", "DATE": date}
        return {
            "PATH": os.pathsep.join([str(self.home / "bin"), os.environ["PATH"]]),
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_EDITOR": "true",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "130",
            **{f"GIT_{whose}_{name}": value for whose in ("AUTHOR", "COMMITTER") for name, value in who.items()},
        }


if __name__ == "__main__":
    sys.exit(main())
