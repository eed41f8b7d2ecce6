"""What a project configures: auditor.toml, or [tool.auditor] in pyproject.toml, as frozen Settings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from auditor.errors import ConfigError
from auditor.model.finding import present_word
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.run import Grade
from auditor.model.spec import FormatName
from auditor.model.toml import TomlTable, parse_toml, suggest_nearest, validate_toml
from auditor.model.verdict import Verdict

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

SETTINGS_FILE = "auditor.toml"
SHARED_SETTINGS_FILE = "pyproject.toml"
DEFAULT_STORE = "eval_history"
DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class SpecConfig:
    """One `[[spec]]`.

    Attributes:
        name: unique in a project.
        paths: its files, relative to the project; for a folder source, the folder of dated folders first.
        source: whether its revisions are commits or dated folders.
        eval_prompts: files with prompts of visible evaluations, looked for in the spec's text.
        changelog: the file that says what changed; None without one.
        format: how all of its files are read, whatever their names; None where each file's name says it.
    """

    name: str
    paths: tuple[str, ...]
    source: Literal["git", "folder"] = "git"
    eval_prompts: tuple[str, ...] = ()
    changelog: str | None = None
    format: FormatName | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a project configures.

    Attributes:
        store: the folder of the evaluation history.
        prompt_key_file: where the key of the hashed prompts is, from the project's root; None where it is not said.
    """

    specs: tuple[SpecConfig, ...] = ()
    store: str = DEFAULT_STORE
    policy: Policy = DEFAULT_POLICY
    prompt_key_file: str | None = None


def project_path(value: str) -> str:
    """`value` in its shortest form. Raises ValueError unless it stays inside the project and out of .git."""
    path = PurePosixPath(value)
    escapes = path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", value)
    hidden = ".git" in (part.lower() for part in path.parts)
    if not value or escapes or hidden or re.search(r"[\\\x00-\x1f\x7f]", value):
        raise ValueError("should be a path inside the project, with / between its parts and no ..")
    return str(path)


def _plain_name(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("should be a name of printable characters")
    return value


def _check_blocker(value: str) -> str:
    value, verdicts = present_word(value), [verdict.value for verdict in Verdict]
    if value not in verdicts and not re.fullmatch(r"SD[0-9]{3}", value):
        raise ValueError(f"should be a verdict or a check's code such as SD101; {suggest_nearest(value, verdicts)}")
    return value


_Path = Annotated[str, AfterValidator(project_path)]
_Blocker = Annotated[str, AfterValidator(_check_blocker)]
_Fraction = Annotated[float, Field(ge=0, le=1)]


class _SpecTable(TomlTable):
    name: Annotated[str, AfterValidator(_plain_name)]
    paths: Annotated[list[_Path], Field(min_length=1)]
    source: Literal["git", "folder"] = "git"
    eval_prompts: list[_Path] = Field(default_factory=list)
    changelog: _Path | None = None
    format: FormatName | None = None


class _StoreTable(TomlTable):
    path: _Path = DEFAULT_STORE
    prompt_key_file: Annotated[str, Field(min_length=1)] | None = None


class _PolicyTable(TomlTable):
    transfer_threshold: _Fraction = DEFAULT_POLICY.transfer_threshold
    unchanged_margin: _Fraction = DEFAULT_POLICY.unchanged_margin
    rise_margin: _Fraction = DEFAULT_POLICY.rise_margin
    error_rate: Annotated[float, Field(gt=0, le=0.5)] = DEFAULT_POLICY.error_rate
    zero_tolerance: _Fraction = DEFAULT_POLICY.zero_tolerance
    false_discovery_rate: Annotated[float, Field(gt=0, le=1)] = DEFAULT_POLICY.false_discovery_rate
    block_on: list[_Blocker] = Field(default_factory=lambda: list(DEFAULT_POLICY.block_on))
    on_inconclusive: Annotated[OnInconclusive, Field(strict=False)] = DEFAULT_POLICY.on_inconclusive
    require_held_out: Annotated[RequireHeldOut, Field(strict=False)] = DEFAULT_POLICY.require_held_out
    evidence_debt_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    reveal_held_out: bool = False
    two_person: bool = False
    clear_requires_grade: Annotated[Grade, Field(strict=False)] = DEFAULT_POLICY.clear_requires_grade


class _SettingsTable(TomlTable):
    spec: list[_SpecTable] = Field(default_factory=list)
    store: _StoreTable = _StoreTable()
    policy: _PolicyTable = _PolicyTable()


def load_settings(tree: Tree) -> Settings:
    """The settings of a project; those of no specs where it has neither file.

    Raises ConfigError for malformed TOML, an unknown key, a wrong type or range, two specs of one name, or settings in
    both files.
    """
    own, shared = tree.read(SETTINGS_FILE), tree.read(SHARED_SETTINGS_FILE)
    section = None if shared is None else _tool_section(parse_toml(shared, SHARED_SETTINGS_FILE))
    if own is not None and section is not None:
        remedy = f"keep {SETTINGS_FILE} and remove the other"
        raise ConfigError(
            f"settings stand in {SETTINGS_FILE} too", where=SHARED_SETTINGS_FILE, field="tool.auditor", remedy=remedy
        )
    if own is not None:
        return _build_settings(parse_toml(own, SETTINGS_FILE), SETTINGS_FILE, "")
    if section is not None:
        return _build_settings(section, SHARED_SETTINGS_FILE, "tool.auditor")
    return Settings()


def has_settings(tree: Tree) -> bool:
    """Whether a project has either file, even one that says nothing. Raises ConfigError for a malformed shared one."""
    shared = tree.read(SHARED_SETTINGS_FILE)
    in_shared = shared is not None and _tool_section(parse_toml(shared, SHARED_SETTINGS_FILE)) is not None
    return in_shared or tree.read(SETTINGS_FILE) is not None


def _tool_section(document: dict[str, Any]) -> object | None:
    tools = document.get("tool")
    return tools.get("auditor") if isinstance(tools, dict) else None


def _build_settings(values: object, where: str, prefix: str) -> Settings:
    table = validate_toml(_SettingsTable, values, where, prefix)
    counts = Counter(spec.name for spec in table.spec)
    for index, spec in enumerate(table.spec):
        if counts[spec.name] > 1:
            field = ".".join(part for part in (prefix, f"spec[{index}].name") if part)
            subject = f"{counts[spec.name]} specs are called {spec.name!r}"
            raise ConfigError(subject, where=where, field=field, remedy="give each its own name")
    store = table.store
    return Settings(tuple(map(_build_spec, table.spec)), store.path, _build_policy(table.policy), store.prompt_key_file)


def _build_spec(table: _SpecTable) -> SpecConfig:
    prompts = tuple(table.eval_prompts)
    return SpecConfig(table.name, tuple(table.paths), table.source, prompts, table.changelog, table.format)


def _build_policy(table: _PolicyTable) -> Policy:
    values = {name: getattr(table, name) for name in _PolicyTable.model_fields}
    return Policy(**{**values, "block_on": _with_both_accusations(table.block_on)})


def _with_both_accusations(block_on: Sequence[str]) -> tuple[str, ...]:
    """What blocks: `mostly-test` is an accusation like `test-only`, and blocks wherever that does."""
    missing = Verdict.TEST_ONLY in block_on and Verdict.MOSTLY_TEST not in block_on
    return (*block_on, str(Verdict.MOSTLY_TEST)) if missing else tuple(block_on)
