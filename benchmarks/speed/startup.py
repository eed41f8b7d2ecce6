"""How long a command takes before it does anything."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.speed.history import build
from benchmarks.speed.timing import ROOT, Row, against, git

TIMES = 7
NOTHING = "python -c pass"
HOOK = ("gate", "--hook", "pre-commit", "--branch", "main", "--")
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
# What pip and uv write today; what older ones write imports `re` first, half of the limit again.
SCRIPT = "#!{python}\nimport sys\nfrom auditor.__main__ import main\nif __name__ == '__main__':\n    sys.exit(main())\n"


def call(*arguments: str | Path, cwd: Path, codes: tuple[int, ...] = (0,)) -> None:
    """One process, from start to end, with compiled modules as an installed package has them."""
    names = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}
    environment = {**names, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(cwd.parent / "compiled")}
    done = subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, check=False)
    if done.returncode not in codes:
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr.decode()[:300]}")


def rows(folder: Path) -> list[Row]:
    """The gate in a client's hook, help, the catalogue, and an audit of a tiny repository."""
    repo = build(folder / "startup", 2)
    (repo / "auditor.toml").write_text("")
    script = folder / "auditor"
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(0o755)
    verbs = (
        ("auditor --help", ["--help"], None),
        ("auditor checks", ["checks"], None),
        ("auditor audit of 2 revisions", ["audit", "--repo", str(repo), "--spec", "spec.md"], None),
    )
    work = hooked(folder / "hooked")
    least = partial(call, sys.executable, "-c", "pass", cwd=work)
    gate = partial(call, script, *HOOK, cwd=work)
    stage(work, {"notes.txt": "nothing that the gate reads"})
    gate()
    found = [against("gate in a client's hook, nothing relevant changed", gate, NOTHING, least, 3.0, times=3 * TIMES)]
    found += [peer(name, words, work, least) for name, words in PEERS]
    return [
        *found,
        *(
            against(name, partial(call, script, *arguments, cwd=work), NOTHING, least, goal, times=TIMES)
            for name, arguments, goal in verbs
        ),
    ]


PEERS = (
    ("beside it: git status", ("git", "status")),
    ("beside it: git commit --dry-run", ("git", "commit", "--dry-run", "-m", "x")),
    ("beside it: import click", (sys.executable, "-c", "import click")),
)


def peer(name: str, words: tuple[str, ...], work: Path, least: partial[None]) -> Row:
    """What others do in that time."""
    return against(name, partial(call, *words, cwd=work), NOTHING, least, None, times=TIMES)


def hooked(repo: Path) -> Path:
    """A repository whose spec is configured, with one commit."""
    repo.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=repo)
    stage(repo, {"auditor.toml": SETTINGS, "spec.md": "# Conduct\n\nSay what is true.\n"})
    stage(repo, {"eval_history/suites.toml": ""})
    git("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "set up", cwd=repo)
    return repo


def stage(repo: Path, files: dict[str, str]) -> None:
    """Write files and add them."""
    for name, text in files.items():
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_text(text)
    git("add", "-A", cwd=repo)
