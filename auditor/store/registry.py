"""The files that people write for a store: `suites.toml` (what each suite measures, who can see it, how a score is
read) and `bindings.toml` (the revision that logs without a stamp were evaluated under).

A tree comes in, a `Registry` and `Binding`s go out; ConfigError names file and field.

Bindings, `<store>/bindings.toml`: which revision logs without a stamp were evaluated under.

    [[binding]]
    revision = "v1.2"           # any name of a revision
    file = "2026-01-*.eval"     # a pattern for the log's file name, as in a shell
    sha256 = "…"                # or the log itself
    model = "…"
    checkpoint = "…"

Every condition given must hold, and at least one must be given: nothing guesses.

The suite registry, `<store>/suites.toml`: what each suite measures, who can see it, how a score is read.

    [[suite]]
    name = "covert-action-test"     # unique
    behaviour = "covert-action"
    role = "test"                   # test, held_out or deployment
    registered = 2026-01-31         # the day the role counts from
    tasks = ["covert_action"]       # other names under which logs know it
    twin = "covert-action-hidden"   # the same items under another condition
    looks_allowed = 20
    on_limit = "invalid"            # what a scored sample is that a limit ended: invalid, or score
    on_refusal = "aligned"          # what a refusal is: score, aligned or invalid; left out: nobody said
    cluster_separator = "/"         # items whose ids agree up to its last occurrence are not independent

    [[suite.judge_error]]           # how often the scorer errs, counted on samples that people labelled
    scorer = "judge"                # left out: every scorer
    side = "after"                  # the side of a patch the labelled samples are of; left out: both
    false_positive_rate = 0.04      # of the aligned samples, those scored as misaligned
    aligned_labels = 200            # how many aligned samples were labelled
    false_negative_rate = 0.1       # of the misaligned samples, those scored as aligned
    misaligned_labels = 120         # how many misaligned samples were labelled

    [suite.score]
    name = "judge"                  # the scorer; may be left out where there is only one
    key = "covert"                  # the entry of a score that is a dictionary
    misaligned = "high"             # the end of the scale that is misaligned; or a list of labels that are
    unit = "fraction"               # fraction (0 to 1), percent (0 to 100), grade (C 1, P 0.5, I and N 0)
    scale = [1, 10]                 # in place of a unit: the least and the largest value there can be
    threshold = 0.5                 # a value at or beyond it is misaligned
    aligned = ["honest"]            # with labels: what is aligned; any other is invalid. Left out: every other one is

    [[suite.change]]                # what was changed knowingly, declared before the run
    what = "items"                  # items, invalid or selection
    on = 2026-02-01
    reason = "ten items were duplicates"

    [[label]]                       # what a scanner of a scan says
    scanner = "voices_awareness"    # unique
    means = "awareness"             # awareness, or nothing: its results are passed over
    aware = [true]                  # the values by which the model voiced that it was tested,
    unaware = [false]               # and those by which it did not
    threshold = 0.5                 # in place of both, for numbers: at or beyond it it did
    key = "aware"                   # the entry of a value that is an object, or the label of the results that count
    nothing = "unaware"             # what a sample without any result is; left out: it has no label

Without `threshold` it is the middle of the scale, which itself counts as misaligned: half of a misdeed is one, and
half of the credit for good conduct is not enough.
"""

from __future__ import annotations

import math
from datetime import date
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PlainValidator

from auditor.errors import ConfigError
from auditor.model.suite import (
    Binding,
    DeclaredChange,
    JudgeErrorRule,
    LabelRule,
    LimitUse,
    MisalignedEnd,
    RefusalUse,
    Registry,
    Role,
    ScoreRule,
    ScoreUnit,
    Side,
    Suite,
)
from auditor.model.toml import TomlTable, parse_toml, suggest_nearest, validate_toml

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


BINDINGS_FILE = "bindings.toml"

_BindingText = Annotated[str, Field(min_length=1)]


class _BindingTable(TomlTable):
    revision: _BindingText
    file: _BindingText | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    model: _BindingText | None = None
    checkpoint: _BindingText | None = None


class _BindingsTable(TomlTable):
    binding: list[_BindingTable] = Field(default_factory=list)


def load_bindings(tree: Tree, store_path: str) -> tuple[Binding, ...]:
    """The bindings of the store at `store_path`, in their order; none where the file is missing.

    Raises ConfigError for malformed TOML, an unknown key, a wrong type, or a binding that would match every log.
    """
    where = str(PurePosixPath(store_path, BINDINGS_FILE))
    data = tree.read(where)
    if data is None:
        return ()
    tables = validate_toml(_BindingsTable, parse_toml(data, where), where).binding
    for index, table in enumerate(tables):
        if not table.model_fields_set - {"revision"}:
            remedy = "add file, sha256, model or checkpoint"
            raise ConfigError("matches every log", where=where, field=f"binding[{index}]", remedy=remedy)
    return tuple(Binding(table.revision, table.file, table.sha256, table.model, table.checkpoint) for table in tables)


def resolve_binding(
    bindings: tuple[Binding, ...], *, file_name: str, sha256: str, model: str, checkpoint: str | None
) -> str | None:
    """The revision's name that the bindings give a log; None where none matches.

    Raises ConfigError when matching bindings name different revisions.
    """
    facts = (file_name, sha256, model, checkpoint)
    revisions = sorted({binding.revision for binding in bindings if _matches(binding, *facts)})
    if len(revisions) > 1:
        subject = f"{BINDINGS_FILE} binds it to different revisions: {', '.join(revisions)}"
        raise ConfigError(subject, where=file_name, field="binding", remedy="narrow the bindings so that one matches")
    return revisions[0] if revisions else None


def _matches(binding: Binding, file_name: str, sha256: str, model: str, checkpoint: str | None) -> bool:
    exact = ((binding.sha256, sha256), (binding.model, model), (binding.checkpoint, checkpoint))
    return (binding.file is None or fnmatchcase(file_name, binding.file)) and all(
        name is None or name == is_ for name, is_ in exact
    )


SUITES_FILE = "suites.toml"
FULL_SCALE = {ScoreUnit.FRACTION: 1.0, ScoreUnit.PERCENT: 100.0, ScoreUnit.GRADE: 1.0}

_SuiteText = Annotated[str, Field(min_length=1, max_length=500)]
_Value = bool | int | float | _SuiteText


def _read_misaligned(value: object) -> list[str] | MisalignedEnd:
    """An end of the scale, or labels. Raises ValueError for anything else."""
    if isinstance(value, list):
        if not value or not all(isinstance(label, str) and label.strip() for label in value):
            raise ValueError("should be a list of labels, each a text")
        return [label.strip() for label in value]
    if value not in list(MisalignedEnd):
        raise ValueError("should be 'high' or 'low', or a list of labels")
    return MisalignedEnd(str(value))


class _ScoreTable(TomlTable):
    name: _SuiteText | None = None
    key: _SuiteText | None = None
    misaligned: Annotated[list[str] | MisalignedEnd, PlainValidator(_read_misaligned)]
    unit: Annotated[ScoreUnit, Field(strict=False)] | None = None
    scale: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    threshold: float | None = None
    aligned: Annotated[list[_SuiteText], Field(min_length=1)] | None = None


class _ChangeTable(TomlTable):
    what: Literal["items", "invalid", "selection"]
    on: date
    reason: Annotated[str, Field(min_length=1)]


class _JudgeErrorTable(TomlTable):
    false_positive_rate: Annotated[float, Field(ge=0, lt=1)]
    aligned_labels: Annotated[int, Field(ge=1)]
    false_negative_rate: Annotated[float, Field(ge=0, lt=1)]
    misaligned_labels: Annotated[int, Field(ge=1)]
    scorer: _SuiteText | None = None
    side: Annotated[Side, Field(strict=False)] | None = None


class _SuiteTable(TomlTable):
    name: _SuiteText
    behaviour: _SuiteText
    role: Annotated[Role, Field(strict=False)]
    registered: date | None = None
    tasks: list[_SuiteText] = Field(default_factory=list)
    twin: _SuiteText | None = None
    looks_allowed: Annotated[int, Field(ge=0)] | None = None
    score: _ScoreTable | None = None
    on_limit: Annotated[LimitUse, Field(strict=False)] = LimitUse.INVALID
    on_refusal: Annotated[RefusalUse, Field(strict=False)] | None = None
    cluster_separator: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    judge_error: list[_JudgeErrorTable] = Field(default_factory=list)
    change: list[_ChangeTable] = Field(default_factory=list)


class _LabelTable(TomlTable):
    scanner: _SuiteText
    means: Literal["awareness", "nothing"]
    key: _SuiteText | None = None
    aware: list[_Value] = Field(default_factory=list)
    unaware: list[_Value] = Field(default_factory=list)
    threshold: float | None = None
    nothing: Literal["unaware"] | None = None


class _RegistryTable(TomlTable):
    suite: list[_SuiteTable] = Field(default_factory=list)
    label: list[_LabelTable] = Field(default_factory=list)


def load_registry(tree: Tree, store_path: str) -> Registry:
    """The registry of the store at `store_path`; an empty one where the file is missing.

    Raises ConfigError for malformed TOML, an unknown key, a wrong type or range, a name or task that two suites
    claim, a twin that is no suite, or a scanner that is declared twice or not as a whole.
    """
    where = str(PurePosixPath(store_path, SUITES_FILE))
    data = tree.read(where)
    if data is None:
        return Registry({})
    values = parse_toml(data, where)
    _check_filled_in(values.get("suite"), where)
    table = validate_toml(_RegistryTable, values, where)
    _check_names(table.suite, where)
    suites = {suite.name: _read_suite(suite, index, where) for index, suite in enumerate(table.suite)}
    return Registry(suites, _read_label_rules(table.label, where))


def _check_filled_in(suites: object, where: str) -> None:
    """Raises ConfigError for a suite that lacks several things, naming all of them: those `init` left open."""
    entries = [entry for entry in (suites if isinstance(suites, list) else []) if isinstance(entry, dict)]
    lacking = [
        (index, entry, missing) for index, entry in enumerate(entries) if len(missing := _missing_keys(entry)) > 1
    ]
    if not lacking:
        return
    index, entry, missing = lacking[0]
    others = f"; {len(lacking) - 1} more suites lack something" if len(lacking) > 1 else ""
    too = f"as {'is' if len(missing) == 2 else 'are'} {', '.join(missing[1:])}"
    subject = f"is missing, {too} (suite {entry.get('name')!r:.80}{others})"
    remedy = "fill in what only a person knows, or remove the entry"
    raise ConfigError(subject, where=where, field=f"suite[{index}].{missing[0]}", remedy=remedy)


def _missing_keys(suite: dict[str, Any]) -> list[str]:
    score = suite.get("score")
    open_score = []
    if isinstance(score, dict) and not isinstance(score.get("misaligned"), list):
        unit = () if "scale" in score else ("unit",)
        open_score = [f"score.{key}" for key in ("misaligned", *unit) if key not in score]
    return [*(key for key in ("behaviour", "role") if key not in suite), *open_score]


def _check_names(tables: list[_SuiteTable], where: str) -> None:
    owner: dict[tuple[str, tuple[str | None, str | None]], int] = {}
    for index, table in enumerate(tables):
        for field, name in [("name", table.name), *((f"tasks[{at}]", task) for at, task in enumerate(table.tasks))]:
            other = owner.setdefault((name, _score_of(table)), index)
            if other == index and field == "name":
                other = next((at for at, suite_table in enumerate(tables[:index]) if suite_table.name == name), index)
            if other != index:
                subject = f"{name!r} also stands for suite {tables[other].name!r}"
                remedy = "a name belongs to one suite, a task to several only if each counts another of its scores"
                raise ConfigError(subject, where=where, field=f"suite[{index}].{field}", remedy=remedy)
    names = {table.name for table in tables}
    for index, table in enumerate(tables):
        if table.twin is not None and table.twin not in names - {table.name}:
            subject = f"{table.twin!r} is no other suite"
            remedy = suggest_nearest(table.twin, names - {table.name}) if len(names) > 1 else "register the twin too"
            raise ConfigError(subject, where=where, field=f"suite[{index}].twin", remedy=remedy)


def _score_of(table: _SuiteTable) -> tuple[str | None, str | None]:
    """Which score of a log a suite counts."""
    return (None, None) if table.score is None else (table.score.name, table.score.key)


def _read_suite(table: _SuiteTable, index: int, where: str) -> Suite:
    return Suite(
        name=table.name,
        behaviour=table.behaviour,
        role=table.role,
        registered=table.registered,
        tasks=tuple(table.tasks),
        twin=table.twin,
        score=None if table.score is None else _read_score_rule(table.score, f"suite[{index}].score", where),
        looks_allowed=table.looks_allowed,
        on_limit=table.on_limit,
        on_refusal=table.on_refusal,
        cluster_separator=table.cluster_separator,
        judge_errors=_read_judge_errors(table.judge_error, f"suite[{index}].judge_error", where),
        declared_changes=tuple(DeclaredChange(change.what, change.on, change.reason) for change in table.change),
    )


def _read_judge_errors(tables: list[_JudgeErrorTable], field: str, where: str) -> tuple[JudgeErrorRule, ...]:
    """The declared errors. Raises ConfigError for rates whose labels cannot be, a useless judge, or one said twice."""
    rules = tuple(JudgeErrorRule(**table.model_dump()) for table in tables)
    for index, rule in enumerate(rules):
        at = f"{field}[{index}]"
        if rule.false_positive_rate + rule.false_negative_rate >= 1.0:
            subject = "with false_negative_rate comes to 1 or more, so that a score says nothing"
            remedy = "correct the rates, each from 0 to 1, not in per cent"
            raise ConfigError(subject, where=where, field=f"{at}.false_positive_rate", remedy=remedy)
        if any((other.scorer, other.side) == (rule.scorer, rule.side) for other in rules[:index]):
            subject = "declares the same scorer and side a second time"
            raise ConfigError(subject, where=where, field=at, remedy="keep one of them, or name scorer or side")
    return rules


def _read_score_rule(table: _ScoreTable, field: str, where: str) -> ScoreRule:
    if isinstance(table.misaligned, list):
        return _read_labels_rule(table, table.misaligned, field, where)
    if table.aligned is not None:
        remedy = "list the labels that are misaligned, or remove it"
        raise ConfigError("is for labels", where=where, field=f"{field}.aligned", remedy=remedy)
    if (table.unit is None) is (table.scale is None):
        subject = "is missing" if table.unit is None else "is given beside a scale"
        remedy = "write unit (fraction, percent, grade), or scale = [least, largest]"
        raise ConfigError(subject, where=where, field=f"{field}.unit", remedy=remedy)
    scale = (table.scale[0], table.scale[1]) if table.scale is not None else None
    low, full = scale or (0.0, FULL_SCALE[table.unit or ScoreUnit.FRACTION])
    if not -math.inf < low < full < math.inf:
        remedy = "write the least and the largest value there can be"
        raise ConfigError(f"{low:g} to {full:g} is no scale", where=where, field=f"{field}.scale", remedy=remedy)
    threshold = (low + full) / 2 if table.threshold is None else table.threshold
    sense = low < threshold <= full if table.misaligned is MisalignedEnd.HIGH else low <= threshold < full
    if not sense:
        bounds = f"above {low:g}, up to" if table.misaligned is MisalignedEnd.HIGH else f"from {low:g} to below"
        subject = f"{threshold:g} would make every sample alike"
        written = table.unit.value if table.unit is not None else f"a scale of {low:g} to {full:g}"
        remedy = f"for {table.misaligned.value} in {written}, write one {bounds} {full:g}"
        raise ConfigError(subject, where=where, field=f"{field}.threshold", remedy=remedy)
    return ScoreRule(table.name, table.key, table.misaligned, table.unit, threshold, scale)


def _read_labels_rule(table: _ScoreTable, labels: list[str], field: str, where: str) -> ScoreRule:
    for name in ("unit", "scale", "threshold"):
        if getattr(table, name) is not None:
            subject, remedy = "is for numbers, and misaligned lists labels", "remove one of them"
            raise ConfigError(subject, where=where, field=f"{field}.{name}", remedy=remedy)
    both = sorted(set(labels) & set(table.aligned or ()))
    if both:
        subject = f"{both[0]!r} is misaligned as well"
        raise ConfigError(subject, where=where, field=f"{field}.aligned", remedy="keep it in one of the lists")
    aligned = None if table.aligned is None else tuple(table.aligned)
    return ScoreRule(table.name, table.key, MisalignedEnd.HIGH, None, 0.5, labels=tuple(labels), aligned=aligned)


def _read_label_rules(tables: list[_LabelTable], where: str) -> dict[str, LabelRule]:
    rules: dict[str, LabelRule] = {}
    for index, table in enumerate(tables):
        rule = LabelRule(
            scanner=table.scanner,
            awareness=table.means == "awareness",
            key=table.key,
            aware=tuple(table.aware),
            unaware=tuple(table.unaware),
            threshold=table.threshold,
            nothing_is_unaware=table.nothing is not None,
        )
        if fault := _label_rule_fault(rule, rules):
            subject, remedy = fault
            raise ConfigError(subject, where=where, field=f"label[{index}]", remedy=remedy)
        rules[table.scanner] = rule
    return rules


def _label_rule_fault(rule: LabelRule, before: dict[str, LabelRule]) -> tuple[str, str] | None:
    """What is wrong with a rule, and what to do; None where nothing is."""
    if rule.scanner in before:
        return f"declares the scanner {rule.scanner!r} a second time", "keep one of them"
    listed = bool(rule.aware) + bool(rule.unaware or rule.nothing_is_unaware)
    if not rule.awareness:
        more = listed or rule.threshold is not None or rule.key is not None
        return ("means nothing, and says more", "leave the rest out") if more else None
    if rule.threshold is not None and (rule.aware or rule.unaware):
        return "gives a threshold beside values", "give either"
    if rule.threshold is None and listed < 2:
        return "does not say which values are aware and which are not", "give aware and unaware, or threshold"
    both = next((value for value in rule.unaware if rule.reads(value)), None)
    return None if both is None else (f"{both!r} is in aware and in unaware", "keep one of them")
