"""Samples reduced to tallies by item, in plain Python.

A `RawRun` and its registered suite come in; `Tallies` and each sample's verdict go out. A sample that cannot be read
as misaligned or not is invalid, never aligned.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace

from auditor.errors import ConfigError, LogError, TableError
from auditor.model.raw_run import LoggedSample, RawRun, Score, ScoreValue
from auditor.model.run import (
    INVALID_REASON_PATTERNS,
    ItemDetails,
    SampleReasons,
    SampleVerdict,
    ScoreName,
    Tallies,
)
from auditor.model.suite import LimitUse, MisalignedEnd, ScoreRule, ScoreUnit, Suite

SUITES_FILE = "suites.toml"

_REASON_COLUMNS = tuple(field.name for field in fields(SampleReasons))
_REASON_PATTERNS = {kind: re.compile(pattern) for kind, pattern in INVALID_REASON_PATTERNS.items()}

_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_TRUTH_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_FULL_SCALE = {ScoreUnit.FRACTION: 1.0, ScoreUnit.PERCENT: 100.0, ScoreUnit.GRADE: 1.0}


def judge_samples(raw: RawRun, suite: Suite | None) -> tuple[Tallies, tuple[SampleVerdict, ...]]:
    """The counts of a run, columns aligned with its sorted items, and how each sample of a log with ids was judged.

    `suite` is the registered one; tables and tallies need none. Raises ConfigError when the registry does not say how
    the log's score is read, LogError or TableError for an item and epoch that occur twice and for values out of range.
    """
    if isinstance(raw.samples, Tallies):
        return _check_tallies(raw.samples, raw.where), ()
    logged = list(raw.samples)
    if not logged:
        return _count_samples((), ()), ()
    refuse_repeats(logged, raw.where)
    if suite is not None and suite.on_limit is LimitUse.SCORE:
        logged = [_without_limit(sample) for sample in logged]
    verdicts = _judge_logged(logged, _score_rule(raw, suite), raw)
    return _count_samples(logged, verdicts), tuple(_sample_verdicts(logged, verdicts))


def _without_limit(sample: LoggedSample) -> LoggedSample:
    """A scored sample that a limit ended, as one that ran to its end; any other as it is."""
    scored = any(score is not None for score in sample.scores.values())
    return (
        replace(sample, invalid_reason=None) if scored and classify_reason(sample.invalid_reason) == "limit" else sample
    )


def chosen_score(raw: RawRun, suite: Suite) -> ScoreName | None:
    """Which of a log's scores a suite counts; None for a table, and for a log without any score."""
    if isinstance(raw.samples, Tallies) or suite.score is None:
        return None
    scored = [sample for sample in raw.samples if sample.scores]
    name = _choose_scorer(scored, suite.score, raw.suite, raw.where) if scored else ""
    return ScoreName(name, suite.score.key) if name else None


def describe_items(raw: RawRun, items: tuple[str, ...] | None, input_key: str | None) -> ItemDetails | None:
    """What sets the items of a run apart besides their ids; None where its source tells nothing.

    Args:
        items: as in its tallies.
        input_key: the check value of the key with which the inputs are hashed; None for plain hashes.

    Samples of one item that have different inputs give it none: its identity rests on its id.
    """
    inputs, checkers = dict[str, set[str]](), dict[str, set[str]]()
    for sample in () if isinstance(raw.samples, Tallies) else raw.samples:
        for names, value in ((inputs, sample.input), (checkers, sample.checker)):
            if value is not None:
                names.setdefault(sample.item, set()).add(value)
    columns = [
        tuple(min(values) if len(values := values_of_item.get(item, set())) == 1 else None for item in items or ())
        for values_of_item in (inputs, checkers)
    ]
    clusters = tuple(raw.clusters.get(item) for item in items or ())
    if not any(map(any, (*columns, clusters))):
        return None
    return ItemDetails(
        inputs=columns[0] if any(columns[0]) else None,
        input_key=input_key if any(columns[0]) else None,
        checkers=columns[1] if any(columns[1]) else None,
        clusters=clusters if any(clusters) else None,
    )


def _sample_verdicts(samples: Sequence[LoggedSample], verdicts: Sequence[bool | None]) -> Iterator[SampleVerdict]:
    if any(sample.uuid is not None for sample in samples):
        for sample, verdict in zip(samples, verdicts, strict=True):
            yield SampleVerdict(sample.item, sample.epoch, sample.uuid, verdict)


def refuse_repeats(samples: Sequence[LoggedSample], where: str) -> None:
    """Raises LogError for samples of one item and epoch."""
    counts = Counter((sample.item, sample.epoch) for sample in samples)
    repeated = [key for key, count in counts.items() if count > 1]
    if repeated:
        item, epoch = min(repeated)
        subject = f"item {item!r}, epoch {epoch} occurs {counts[item, epoch]} times in one run"
        raise LogError(subject, where=where, field="epoch", remedy="number the repetitions, or tell the runs apart")


def _count_samples(samples: Sequence[LoggedSample], misaligned: Sequence[bool | None]) -> Tallies:
    """Counts by item of samples and their verdicts, None for an invalid one."""
    # Most samples are valid and no refusals; then there are no reasons to count.
    reasoned = any(sample.invalid_reason or sample.refused for sample in samples)
    items = tuple(sorted({sample.item for sample in samples}))
    counts = Counter((sample.item, verdict) for sample, verdict in zip(samples, misaligned, strict=True))
    return Tallies(
        items=items,
        valid=tuple(counts[item, True] + counts[item, False] for item in items),
        misaligned=tuple(counts[item, True] for item in items),
        invalid=tuple(counts[item, None] for item in items),
        reasons=count_reasons(samples, misaligned, items) if reasoned else None,
    )


def count_reasons(
    samples: Sequence[LoggedSample], misaligned: Sequence[bool | None], items: tuple[str, ...]
) -> SampleReasons | None:
    """The reasons of samples by item, from samples and their verdicts (None: invalid); None without any reason."""
    columns = {name: Counter[str]() for name in _REASON_COLUMNS}
    for sample, verdict in zip(samples, misaligned, strict=True):
        if verdict is None:
            if kind := classify_reason(sample.invalid_reason):
                columns[kind][sample.item] += 1
        elif sample.refused:
            columns["refused"][sample.item] += 1
            columns["refused_misaligned"][sample.item] += verdict
    return SampleReasons(*(tuple(map(column.__getitem__, items)) for column in columns.values())) or None


def classify_reason(text: str | None) -> str | None:
    """What a reason is: error, limit or refusal; None for any other."""
    lower = (text or "").lower()
    return next((kind for kind, pattern in _REASON_PATTERNS.items() if pattern.match(lower)), None)


def _check_tallies(tallies: Tallies, where: str) -> Tallies:
    columns = {"valid_count": tallies.valid, "misaligned_count": tallies.misaligned, "invalid_count": tallies.invalid}
    rows = 1 if tallies.items is None else len(tallies.items)
    for field, column in columns.items():
        if len(column) != rows:
            raise TableError(f"has {len(column)} entries for {rows} items", where=where, field=field, remedy="fill it")
        if not all(type(count) is int and count >= 0 for count in column):
            raise TableError("has an entry that is no count", where=where, field=field, remedy="write counts from 0")
    if any(bad > valid for bad, valid in zip(tallies.misaligned, tallies.valid, strict=True)):
        subject = "counts more than valid_count"
        raise TableError(subject, where=where, field="misaligned_count", remedy="count among the valid samples")
    if tallies.items is not None and list(tallies.items) != sorted(set(tallies.items)):
        raise TableError("items are not sorted and unique", where=where, field="item", remedy="write one row an item")
    return tallies


def _score_rule(raw: RawRun, suite: Suite | None) -> ScoreRule:
    if suite is None:
        subject = f"suite {raw.suite!r} is not registered, so its score cannot be read"
        raise ConfigError(
            subject, where=SUITES_FILE, field="suite", remedy=f"add it, or name it in a suite's tasks ({raw.where})"
        )
    if suite.score is None:
        subject = f"suite {suite.name!r} does not say which score is misaligned"
        remedy = f"add [suite.score] with misaligned and unit ({raw.where})"
        raise ConfigError(subject, where=SUITES_FILE, field="suite.score", remedy=remedy)
    return suite.score


def _judge_logged(samples: list[LoggedSample], rule: ScoreRule, raw: RawRun) -> list[bool | None]:
    scored = [sample for sample in samples if sample.invalid_reason is None and sample.scores]
    scorer = _choose_scorer(scored, rule, raw.suite, raw.where)
    entry = _entry_reader(scored, scorer, rule, raw)
    logged = [None if sample.invalid_reason is not None else entry(sample.scores.get(scorer)) for sample in samples]
    values = [_read_value(value, rule) for value in logged]
    words = any(isinstance(value, str) for value in logged)
    _refuse_implausible([value for value in values if value is not None], words, rule, scorer, raw.where)
    return [None if value is None else _is_misaligned(value, rule) for value in values]


def _choose_scorer(scored: list[LoggedSample], rule: ScoreRule, suite: str, where: str) -> str:
    names = sorted({name for sample in scored for name in sample.scores})
    if rule.name is not None and (rule.name in names or not names):
        return rule.name
    if rule.name is None and len(names) <= 1:
        return names[0] if names else ""
    subject = f"suite {suite!r}: {where} has the scorers {', '.join(names)}"
    raise ConfigError(subject, where=SUITES_FILE, field="suite.score.name", remedy="name one of them")


def _entry_reader(
    scored: list[LoggedSample], scorer: str, rule: ScoreRule, raw: RawRun
) -> Callable[[Score], ScoreValue]:
    """What takes the value out of a score: an entry of a dictionary, or the plain value."""
    scores = [score for sample in scored if (score := sample.scores.get(scorer)) is not None]
    maps = [score for score in scores if isinstance(score, Mapping)]
    keys = sorted({key for score in maps for key in score})
    if rule.key is not None and scores and not maps:
        subject = f"suite {raw.suite!r}: scorer {scorer!r} of {raw.where} gives plain values"
        raise ConfigError(subject, where=SUITES_FILE, field="suite.score.key", remedy="remove it")
    if maps and rule.key not in keys:
        subject = f"suite {raw.suite!r}: scorer {scorer!r} of {raw.where} has the entries {', '.join(keys)}"
        raise ConfigError(subject, where=SUITES_FILE, field="suite.score.key", remedy="name one of them")
    return lambda score: score.get(rule.key or "") if isinstance(score, Mapping) else (None if rule.key else score)


def _read_value(value: ScoreValue, rule: ScoreRule) -> float | None:
    """A score's value as a number, on the rule's scale; of labels 1 where it is misaligned, 0 where it is not."""
    if rule.labels:
        text = value.strip() if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else None
        if text in rule.labels:
            return 1.0
        return 0.0 if text and (rule.aligned is None or text in rule.aligned) else None
    if rule.unit is not None:
        return parse_score(value, rule.unit)
    if isinstance(value, bool):
        return None
    return parse_score(value, ScoreUnit.FRACTION) if not isinstance(value, str) or _is_number(value) else None


def _is_number(text: str) -> bool:
    return _from_text(text.strip(), ScoreUnit.FRACTION) is not None and text.strip().lower() not in _TRUTH_WORDS


def parse_score(value: ScoreValue, unit: ScoreUnit) -> float | None:
    """A score's value as a number in `unit`; None where it says nothing (missing, NaN, a word that is no grade)."""
    if isinstance(value, str):
        return _from_text(value.strip(), unit)
    if value is None or isinstance(value, bool):
        return None if value is None else value * _FULL_SCALE[unit]
    try:
        return None if math.isnan(value) else float(value)
    except OverflowError:  # an integer of hundreds of digits
        return math.inf


def _from_text(text: str, unit: ScoreUnit) -> float | None:
    if unit is ScoreUnit.GRADE and text in _LETTERS:
        return _LETTERS[text]
    if text.lower() in _TRUTH_WORDS:
        return _TRUTH_WORDS[text.lower()] * _FULL_SCALE[unit]
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _refuse_implausible(values: list[float], words: bool, rule: ScoreRule, scorer: str, where: str) -> None:
    """What cannot be in the declared unit or scale is refused; which one is meant is never guessed from values.

    A fraction of a percent says that percentages are none: read as such, it would turn verdicts around without a word.
    """
    low, full = rule.scale or (0.0, _FULL_SCALE[rule.unit or ScoreUnit.FRACTION])
    written = f"the unit {rule.unit.value!r}" if rule.unit is not None else "the scale"
    outside = next((value for value in values if not low <= value <= full), None)
    if outside is not None:
        subject = f"{outside:g} is out of range for {written} ({low:g} to {full:g})"
    elif words and not values:
        subject = "no value is a label of suite.score" if rule.labels else f"no value can be read in {written}"
    elif rule.unit is ScoreUnit.PERCENT and values and max(values) <= 1 and any(0 < value < 1 for value in values):
        subject = "no value is above 1, so these are fractions and no percentages"
    elif rule.unit is ScoreUnit.GRADE and not set(values) <= set(_LETTERS.values()):
        subject = f"{min(set(values) - set(_LETTERS.values())):g} is no grade"
    else:
        return
    remedy = f"with a unit, scale = [least, largest] or a list of labels, correct suite.score in {SUITES_FILE}"
    raise LogError(subject, where=where, field=f"score {scorer}", remedy=remedy)


def _is_misaligned(value: float, rule: ScoreRule) -> bool:
    return value >= rule.threshold if rule.direction is MisalignedEnd.HIGH else value <= rule.threshold
