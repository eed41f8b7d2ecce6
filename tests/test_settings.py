from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import settings as project
from auditor.errors import ConfigError
from auditor.git import Folder
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.toml import parse_toml


def load(tmp_path: Path, own: str | None = None, shared: str | None = None) -> project.Settings:
    for name, text in (("auditor.toml", own), ("pyproject.toml", shared)):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
    return project.load_settings(Folder(tmp_path))


def test_a_project_without_a_file_has_no_specs(tmp_path: Path) -> None:
    assert load(tmp_path) == project.Settings((), "eval_history", Policy())


def test_an_unrelated_pyproject_is_none(tmp_path: Path) -> None:
    assert load(tmp_path, shared='[project]\nname = "x"\n') == project.Settings()


FULL = """
[[{0}spec]]
name = "model spec"
paths = ["./spec/a.md", "spec/b.md"]
source = "folder"
eval_prompts = ["evals/prompts.jsonl"]
changelog = "CHANGELOG.md"
format = "yaml"

[{0}store]
path = "history"

[{0}policy]
transfer_threshold = 0.6
unchanged_margin = 0
error_rate = 0.01
zero_tolerance = 1
false_discovery_rate = 0.2
block_on = ["worse", "SD101"]
on_inconclusive = "require"
require_held_out = "always"
evidence_debt_days = 14
reveal_held_out = true
"""
FULL_SETTINGS = project.Settings(
    (
        project.SpecConfig(
            "model spec", ("spec/a.md", "spec/b.md"), "folder", ("evals/prompts.jsonl",), "CHANGELOG.md", "yaml"
        ),
    ),
    "history",
    Policy(
        transfer_threshold=0.6,
        unchanged_margin=0.0,
        error_rate=0.01,
        zero_tolerance=1.0,
        false_discovery_rate=0.2,
        block_on=("worse", "SD101"),
        on_inconclusive=OnInconclusive.REQUIRE,
        require_held_out=RequireHeldOut.ALWAYS,
        evidence_debt_days=14,
        reveal_held_out=True,
    ),
)


def test_every_key_is_read_from_either_file(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    shared.mkdir()
    assert load(own, own=FULL.format("")) == FULL_SETTINGS
    assert load(shared, shared=FULL.format("tool.auditor.")) == FULL_SETTINGS


def test_settings_in_both_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: tool\.auditor: .*auditor\.toml too; keep auditor\.toml"):
        load(tmp_path, own="", shared="[tool.auditor]\n")


SPEC = '[[spec]]\nname = "a"\npaths = ["a.md"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[policy]\neror_rate = 0.1", "policy.eror_rate: is no key of this table; did you mean error_rate"),
        ("[polic]\n", "polic: is no key of this table; did you mean policy"),
        (SPEC + "zzz = 1", "spec[0].zzz: is no key of this table; allowed are changelog, eval_prompts, format, name, "),
        (
            "[policy]\nerror_rate = 0.6",
            "policy.error_rate: 0.6 is not allowed here; it should be less than or equal to",
        ),
        ("[policy]\nerror_rate = 0", "policy.error_rate: 0 is not allowed here; it should be greater than 0"),
        ("[policy]\nerror_rate = true", "policy.error_rate: True is not allowed here; it should be a valid number"),
        ("[policy]\nerror_rate = nan", "policy.error_rate: nan is not allowed here; it should be a finite number"),
        ('[policy]\nerror_rate = "0.1"', "policy.error_rate: '0.1' is not allowed here; it should be a valid number"),
        (
            "[policy]\nevidence_debt_days = 1.0",
            "policy.evidence_debt_days: 1.0 is not allowed here; it should be a val",
        ),
        ("[policy]\nreveal_held_out = 1", "policy.reveal_held_out: 1 is not allowed here; it should be a valid bool"),
        (
            '[policy]\nblock_on = ["test_only"]',
            "policy.block_on[0]: 'test_only' is not allowed here; it should be a ver",
        ),
        (
            '[policy]\nblock_on = ["worse", "SD1"]',
            "policy.block_on[1]: 'SD1' is not allowed here; it should be a verdic",
        ),
        (
            '[policy]\non_inconclusive = "stop"',
            "policy.on_inconclusive: 'stop' is not allowed here; it should be 'pass'",
        ),
        ('[[spec]]\npaths = ["a"]', "spec[0].name: is missing; add it"),
        ('[[spec]]\nname = "a"\npaths = []', "spec[0].paths: [] is not allowed here; it should have at least 1 item"),
        (SPEC + SPEC, "spec[0].name: 2 specs are called 'a'; give each its own name"),
        (
            SPEC + 'format = "md"',
            "spec[0].format: 'md' is not allowed here; it should be 'markdown', 'text', 'rst', 'yaml', 'json', 'python'"
            " or 'csv'",
        ),
        (SPEC + 'source = "svn"', "spec[0].source: 'svn' is not allowed here; it should be 'git' or 'folder'"),
        (
            "[policy]\nerror_rate = 1\nx = 1",
            "policy.error_rate: 1 is not allowed here (and 1 more); it should be less ",
        ),
        ("spec = 3", "spec: 3 is not allowed here; it should be a valid list"),
    ],
)
def test_a_fault_is_one_line_with_field_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, own=text)
    assert str(caught.value).startswith(f"auditor.toml: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/spec", "../spec", "a/../../b", "a\\b", "C:/spec", "", ".git/config", "a\x1bb"])
def test_a_path_stays_inside_the_project(path: str) -> None:
    with pytest.raises(ValueError, match="inside the project"):
        project.project_path(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\nb = \n", "f.toml:2: is not TOML: Invalid value; correct the syntax"),
        (b"a = [1,\n2", "f.toml:2: is not TOML: Unclosed array; correct the syntax"),
        (b"a = 1\nb = '\xff'\n", "f.toml:2: is not UTF-8; save it as UTF-8"),
        (b"a = " + b"[" * 100_000, "f.toml: is nested too deeply; flatten it"),
    ],
)
def test_malformed_toml_names_the_line(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_toml(data, "f.toml")
    assert str(caught.value) == message


def test_pyproject_fields_are_named_from_the_top(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: tool\.auditor\.policy\.x: is no key"):
        load(tmp_path, shared="[tool.auditor.policy]\nx = 1\n")


@given(st.binary(max_size=80) | st.text(alphabet='[]{}"=.\n ax1spec', max_size=60).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_settings_or_a_config_error(data: bytes) -> None:
    class Single:
        def read(self, path: str) -> bytes | None:
            return data if path == "auditor.toml" else None

        def list(self, prefix: str) -> tuple[str, ...]:
            return ("auditor.toml",)

    try:
        project.load_settings(Single())
    except ConfigError as error:
        assert "\n" not in str(error)


def test_rules_are_read_by_the_words_of_version_1(tmp_path: Path) -> None:
    (tmp_path / "auditor.toml").write_text('[policy]\nblock_on = ["measurement", "no-fall", "SD103"]\n')
    assert project.load_settings(Folder(tmp_path)).policy.block_on == ("artefact", "unchanged", "SD103")
