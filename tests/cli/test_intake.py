"""What nobody could read is refused on the way in; what is there already holds no landing back that takes it away."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli.main import run
from auditor.model import canonical
from tests.landings import SETTINGS, Evaluated, evaluated

Capture = pytest.CaptureFixture[str]
STORE = "eval_history"
NAME = "0" * 64


def write(path: str, text: str = "x") -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        clear(root / path)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return plant


def link(path: str) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        clear(root / path)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to("README.md")

    return plant


def folder(path: str) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        clear(root / path)
        (root / path).mkdir(parents=True)
        (root / path / "x").write_text("x")

    return plant


def schema_only(kind: str, schema: str) -> Callable[[Path], None]:
    """A file under the name of its content, of which its schema says too little."""
    data = canonical.dumps({"schema": schema})
    name = canonical.sha256(data)
    return write(f"{STORE}/{kind}/{f'{name[:2]}/' if kind == 'records' else ''}{name}.json", data.decode())


def clear(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


PLANTS: dict[str, Callable[[Path], object]] = {
    "waiver malformed": write(f"{STORE}/waivers/a.toml", "check ="),
    "waiver linked": link(f"{STORE}/waivers/a.toml"),
    "waiver stray": write(f"{STORE}/waivers/README.md"),
    "waiver a folder": folder(f"{STORE}/waivers/a.toml"),
    "waivers linked": link(f"{STORE}/waivers"),
    "waivers a file": write(f"{STORE}/waivers"),
    "samples stray": write(f"{STORE}/samples/x.txt"),
    "samples linked": link(f"{STORE}/samples/{NAME}.json"),
    "samples bad": schema_only("samples", "auditor.samples/1"),
    "samples a file": write(f"{STORE}/samples"),
    "record stray": write(f"{STORE}/records/x.txt"),
    "record bad": schema_only("records", "auditor.record/2"),
    "record of a later version": schema_only("records", "auditor.record/3"),
    "items stray": write(f"{STORE}/items/x.txt"),
    "plan bad": schema_only("plans", "auditor.plan/1"),
    "look bad": schema_only("looks", "auditor.look/1"),
    "labels bad": schema_only("labels", "auditor.labels/1"),
    "prompts bad": schema_only("prompts", "auditor.prompts/2"),
    "seal stray": write(f"{STORE}/checkpoints/x.txt"),
    "seal bad": write(f"{STORE}/checkpoints/0001.json", "{}"),
    "suites malformed": write(f"{STORE}/suites.toml", "x ="),
    "suites linked": link(f"{STORE}/suites.toml"),
    "suites a folder": folder(f"{STORE}/suites.toml"),
    "bindings malformed": write(f"{STORE}/bindings.toml", "x ="),
    "bindings linked": link(f"{STORE}/bindings.toml"),
    "bindings a folder": folder(f"{STORE}/bindings.toml"),
    "settings malformed": write("auditor.toml", "x ="),
    "settings linked": link("auditor.toml"),
    "settings a folder": folder("auditor.toml"),
    "pyproject malformed": write("pyproject.toml", "x ="),
    "pyproject linked": link("pyproject.toml"),
    "store linked": link(STORE),
    "store a file": write(STORE),
    "spec linked": link("spec.md"),
    "spec no text": lambda root: (root / "spec.md").write_bytes(b"\xff\xfe"),
}


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    made = evaluated(tmp_path)
    made.repo.checkout("main")
    return made


def push(made: Evaluated, capsys: Capture, old: str, new: str, ref: str = "refs/heads/main") -> tuple[int, str]:
    """(exit code, both streams) of a server's hook for a push."""
    code = run(["gate", "--hook", "update", "--repo", str(made.repo.path), "--branch", "main", "--", ref, old, new])
    return code, "".join(capsys.readouterr())


@pytest.mark.parametrize("name", PLANTS)
def test_refused_on_the_way_in_and_no_bar_to_its_repair(made: Evaluated, capsys: Capture, name: str) -> None:
    good = made.repo.head()
    PLANTS[name](made.repo.path)
    bad = made.repo.commit(message="bad")
    code, said = push(made, capsys, good, bad)
    assert (code, said.count("\n")) == (2, 1), said
    assert "; " in said, "a remedy"
    made.repo.git("revert", "--no-edit", "HEAD")
    code, said = push(made, capsys, bad, made.repo.head())
    assert code == 0, said
    made.repo.git("reset", "-q", "--hard", bad)
    code, said = push(made, capsys, bad, made.repo.commit({"OTHER.md": "x"}, message="another"))
    if "waiver" in name:  # it excuses nothing, and is named
        assert code == 0 and "excuses nothing" in said
    else:
        assert code == 0 or (code, said.count("\n")) == (2, 1), said
    made.repo.git("revert", "--no-edit", bad)
    run(["audit", "--repo", str(made.repo.path)])
    out = capsys.readouterr().out
    assert name.startswith("store") or not {"SD303", "SD304"} & set(out.split()), "a repair is no accusation"


@pytest.mark.parametrize("kind", ["records", "items"])
@pytest.mark.parametrize("edit", ["edited", "linked", "emptied"])
def test_a_record_that_was_damaged_is_restored_or_removed(
    made: Evaluated, capsys: Capture, kind: str, edit: str
) -> None:
    """The damage itself blocks (SD304) and the audit names its landing; putting back what was there never does."""
    good = made.repo.head()
    file = min((made.repo.path / STORE / kind).rglob("*.json"))
    text = file.read_text()
    file.unlink()
    if edit == "linked":
        file.symlink_to("README.md")
    else:
        file.write_text(text.replace("i0001", "j0001").replace("m1", "m2") if edit == "edited" else "")
    bad = made.repo.commit(message="bad")
    code, said = push(made, capsys, good, bad)
    assert (code, "SD304" in said) == (1, True), said
    made.repo.git("revert", "--no-edit", "HEAD")
    code, said = push(made, capsys, bad, made.repo.head())
    assert code == 0 and "1 damaged file of the evaluation history on base" in said, said
    run(["audit", "--repo", str(made.repo.path)])
    assert "SD304 records-changed" in capsys.readouterr().out
    made.repo.git("reset", "-q", "--hard", bad)
    code, said = push(made, capsys, bad, made.repo.commit({"OTHER.md": "x"}))
    assert (code, said.count("\n")) == (2, 1), said


@pytest.mark.parametrize("kind", ["records", "items"])
def test_a_folder_that_a_link_replaced_is_restored(made: Evaluated, capsys: Capture, kind: str) -> None:
    """Past the gate, the link holds back everything but what puts the folder back; the audit names its landing."""
    good = made.repo.head()
    link(f"{STORE}/{kind}")(made.repo.path)
    bad = made.repo.commit(message="bad")
    code, said = push(made, capsys, good, bad)
    assert (code, said.count("\n")) == (2, 1), said
    made.repo.git("revert", "--no-edit", "HEAD")
    code, said = push(made, capsys, bad, made.repo.head())
    assert code == 0, said
    run(["audit", "--repo", str(made.repo.path)])
    assert "SD303 records-removed (1)" in capsys.readouterr().out


def test_broken_rules_are_repaired_under_the_last_that_could_be_read(made: Evaluated, capsys: Capture) -> None:
    """Who breaks the configuration does not choose the one that comes after."""
    bad = made.repo.commit({"auditor.toml": "x ="})
    looser = f'{SETTINGS}[policy]\nblock_on = []\nrequire_held_out = "never"\n'
    made.repo.write({"auditor.toml": looser})
    new = made.patch(visible="0/400", unseen="78/400")
    code, said = push(made, capsys, bad, new)
    assert code == 1 and "test-only" in said and "base's configuration cannot be read" in said


def test_objects_are_not_replaced_on_a_server(made: Evaluated, capsys: Capture) -> None:
    old, zero = made.repo.head(), "0" * 40
    ref = f"refs/replace/{old}"
    code, said = push(made, capsys, zero, old, ref)
    assert (code, said.count("\n")) == (2, 1) and "push without it" in said
    new = made.repo.commit({"OTHER.md": "x"})
    made.repo.git("update-ref", ref, old)
    code, said = push(made, capsys, old, new)
    assert code == 2 and f"git push REMOTE :{ref}" in said
    assert push(made, capsys, old, zero, ref) == (0, "")


def test_a_push_that_takes_replacements_away_is_judged(
    made: Evaluated, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, zero = made.repo.head(), "0" * 40
    new = made.repo.commit({"OTHER.md": "x"})
    made.repo.git("update-ref", f"refs/replace/{old}", old)
    lines = f"{old} {new} refs/heads/main\n{old} {zero} refs/replace/{old}\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    code = run(["gate", "--hook", "pre-receive", "--repo", str(made.repo.path), "--branch", "main"])
    assert code == 0, capsys.readouterr().err
