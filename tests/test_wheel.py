"""The wheel carries all it needs: the demonstration runs from it, away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, python

IN_A_WHEEL = ("auditor/", "specs/", "eval_history/", "pyproject.toml", "README.md")


def copy_of_the_checkout(to: Path) -> Path:
    """The files that git tracks, as they are now: nothing that lies about may end up in the wheel by chance."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if name.startswith(IN_A_WHEEL) and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    return to


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content. The backend is run by itself, without pip: nothing is fetched."""
    if not (ROOT / ".git").exists():
        pytest.skip("not in a checkout: which files belong in the wheel is git's to say")
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_of_the_checkout(folder / "source")
    built = python("-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", cwd=source)
    assert built.code == 0, built.err
    [wheel] = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_demonstration_is_the_same_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    said = {}
    for name, home in (("checkout", ROOT), ("wheel", unpacked)):
        (tmp_path / name).mkdir()
        ended = python("-m", "auditor", "demo", "demo", cwd=tmp_path / name, PYTHONPATH=str(home))
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=tmp_path / name / "demo",
            env=environment(),
            capture_output=True,
            check=True,
        )
        said[name] = (ended, head.stdout)
    assert said["wheel"][0].code == 0
    assert said["wheel"][0].err == ""
    assert said["wheel"] == said["checkout"]


def test_it_is_the_wheel_that_was_asked(unpacked: Path, tmp_path: Path) -> None:
    code = "import auditor, auditor.app.demo as demo; print(auditor.__file__); print(demo.data_folder())"
    ended = python("-c", code, cwd=tmp_path, PYTHONPATH=str(unpacked))
    assert ended.out.decode().split(os.linesep)[:2] == [
        str(unpacked / "auditor/__init__.py"),
        str(unpacked / "auditor/demonstration"),
    ]


def test_the_wheel_holds_the_package_and_its_data_only(unpacked: Path) -> None:
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    first = {name.split("/")[0] for name in files}
    assert {name for name in first if not name.endswith(".dist-info")} == {"auditor"}
    assert "auditor/py.typed" in files
    assert "auditor/demonstration/eval_history/suites.toml" in files
    assert sum(name.startswith("auditor/demonstration/specs/") for name in files) >= 16
