"""The layers hold, and each contract bites; nothing below `git` touches the world."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "auditor"
CONTRACTS = ROOT / ".importlinter"
LAYERS, GITPYTHON, NETWORKX = (
    "Imports run downwards only, and every module has its place",
    "Only auditor.git imports GitPython",
    "Only auditor.evidence imports networkx",
)


def lint(folder: Path) -> tuple[int, str]:
    """(exit code, output) of import-linter on the package in `folder`."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "auditor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONTRACTS, tmp_path)
    return tmp_path


def test_every_contract_is_kept(copied: Path) -> None:
    code, output = lint(copied)
    assert code == 0, output
    assert [f"{name} KEPT" in output for name in (LAYERS, GITPYTHON, NETWORKX)] == [True] * 3


def test_the_contracts_are_the_ones_broken_below() -> None:
    parsed = ConfigParser()
    parsed.read(CONTRACTS)
    names = {parsed[section]["name"] for section in parsed.sections() if ":contract:" in section}
    assert names == {LAYERS, GITPYTHON, NETWORKX}


BREACHES = {
    "stats imports app": (
        "stats/intervals.py",
        "from auditor.app import audit",
        LAYERS,
        "stats.intervals -> auditor.app",
    ),
    "the verb imports the entry point": ("cli/main.py", "import auditor.__main__", LAYERS, "not allowed to import"),
    "model imports clauses": ("model/run.py", "import auditor.clauses.formats", LAYERS, "model.run -> auditor.clauses"),
    "errors imports model": ("errors.py", "import auditor.model.run", LAYERS, "auditor.errors -> auditor.model"),
    "evidence imports its sibling stats": (
        "evidence/__init__.py",
        "import auditor.stats.intervals",
        LAYERS,
        "evidence -> auditor",
    ),
    "stats imports its sibling evidence": ("stats/power.py", "import auditor.evidence", LAYERS, "power -> auditor"),
    "store imports its sibling render": ("store/codec.py", "import auditor.render.json", LAYERS, "codec -> auditor"),
    "checks import the audit": (
        "checks/interface.py",
        "import auditor.audit",
        LAYERS,
        "checks.interface -> auditor.audit",
    ),
    "assess imports checks": (
        "assess/contrast.py",
        "import auditor.checks.interface",
        LAYERS,
        "assess.contrast -> auditor",
    ),
    "store imports GitPython": ("store/codec.py", "import git", GITPYTHON, "auditor.store.codec -> git"),
    "app imports GitPython": ("app/audit.py", "from git import Repo", GITPYTHON, "auditor.app.audit -> git"),
    "another module of git imports GitPython": ("git/trees.py", "import git", GITPYTHON, "auditor.git.trees -> git"),
    "assess imports networkx": (
        "assess/contrast.py",
        "import networkx",
        NETWORKX,
        "auditor.assess.contrast -> networkx",
    ),
    "stats import networkx, hidden in a function": (
        "stats/intervals.py",
        "def _hidden() -> None:\n    import networkx",
        NETWORKX,
        "auditor.stats.intervals -> networkx",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_found(breach: str, copied: Path) -> None:
    path, line, contract, text = BREACHES[breach]
    with (copied / "auditor" / path).open("a") as module:
        module.write(f"\n{line}\n")
    code, output = lint(copied)
    assert code == 1, output
    assert f"{contract} BROKEN" in output
    assert text in output


@pytest.mark.parametrize("name", ["unplaced.py", "unplaced/__init__.py"])
def test_a_module_without_a_place_is_found(name: str, copied: Path) -> None:
    module = copied / "auditor" / name
    module.parent.mkdir(exist_ok=True)
    module.write_text('"""Nobody said where this stands."""\n')
    code, output = lint(copied)
    assert code == 1, output
    assert "not listed as layers" in output
    assert "- auditor.unplaced" in output


# --- nothing below `git` touches files, processes or clocks ---------------------------------------------------------

PURE = ("document", "gate", "audit", "checks", "assess", "evidence", "stats", "clauses", "model", "errors")
WORLDLY_MODULES = frozenset(
    """asyncio ctypes fcntl fileinput getpass glob http io locale logging mmap multiprocessing os pathlib platform
    random requests secrets select shutil signal socket sqlite3 ssl subprocess sys tempfile threading time urllib uuid
    zoneinfo""".split()  # noqa: SIM905
)
WORLDLY_NAMES = frozenset(("open", "input", "print", "exec", "eval", "breakpoint", "__import__"))
WORLDLY_ATTRIBUTES = frozenset(
    """now utcnow today fromtimestamp random default_rng environ getenv cwd home read_text read_bytes write_text
    write_bytes iterdir loadtxt savetxt fromfile tofile memmap""".split()  # noqa: SIM905
)
# Reading its own folder is how the catalogue finds checks; it imports them, and reads no file itself.


def pure_modules() -> list[Path]:
    found = []
    for name in PURE:
        module, package = PACKAGE / f"{name}.py", PACKAGE / name
        found += [module] if module.exists() else []
        found += sorted(package.rglob("*.py")) if package.is_dir() else []
    return found


def worldly(source: str) -> list[str]:
    """What a module's source uses of the world outside its arguments."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                found += [name.name for name in names if name.name.split(".")[0] in WORLDLY_MODULES]
            case ast.ImportFrom(module=str(module), level=0) if module.split(".")[0] in WORLDLY_MODULES:
                found.append(module)
            case ast.Name(id=id, ctx=ast.Load()) if id in WORLDLY_NAMES:
                found.append(id)
            case ast.Attribute(attr=attr) if attr in WORLDLY_ATTRIBUTES:
                found.append(f".{attr}")
    return found


@pytest.mark.parametrize("module", pure_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_below_git_nothing_touches_files_processes_or_clocks(module: Path) -> None:
    assert worldly(module.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "from pathlib import Path",
        "import os",
        "import os.path as p",
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import date\nx = date.today()",
        "import time",
        "import random",
        "import numpy as np\nx = np.random.default_rng(1)",
        "def f(p):\n    return p.read_text()",
        "def f():\n    from subprocess import run",
    ],
)
def test_that_test_bites(line: str) -> None:
    assert worldly(line) != []


def test_the_pure_layers_are_the_ones_below_git() -> None:
    parsed = ConfigParser()
    parsed.read(CONTRACTS)
    rows = parsed["importlinter:contract:layers"]["layers"].split("\n")
    layers = [[name.strip(" ()") for name in row.split("|")] for row in rows if row.strip()]
    below = layers[layers.index(["git"]) + 1 :]
    assert {name for row in below for name in row} == set(PURE)
