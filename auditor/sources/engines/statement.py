"""The one SQL statement that counts samples into item tallies, as DuckDB and Spark both read it.

It reads the view `source`, the table as it is, and never judges what text may mean: a cell that is not plainly one of
its column's values ends the statement with `MARK` and the column's name, and the Python reader's rules have the word.
Three functions are Spark's; DuckDB is told what they are by `MACROS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from auditor.model.run import INVALID_REASON_PATTERNS
from auditor.sources.engines.backend import FILE, ROW
from auditor.sources.runs.table_columns import COUNTS, LARGEST_COUNT
from auditor.sources.runs.table_runs import IDENTITY, PER_RUN

MARK = "auditor refuses "
MACROS = (
    "CREATE MACRO raise_error(said) AS error(said)",
    "CREATE MACRO regexp_like(said, pattern) AS regexp_matches(said, pattern)",
    "CREATE MACRO unix_micros(moment) AS epoch_us(moment)",
)
# Epochs up to 61 are a bit each of one number; bit 62 says that there are higher ones, and -1 that nobody looked.
HIGH = "CAST(1 AS BIGINT) << 62"
EPOCHS = f"bit_or(CASE WHEN epoch < 62 THEN CAST(1 AS BIGINT) << CAST(epoch AS INT) ELSE {HIGH} END)"
# Severities are added as whole billionths, so that no order of adding makes another sum.
BILLION = 1_000_000_000
WHOLE = "^[0-9]{1,19}$"
DECIMAL = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"

TALLIES = """
SELECT {keys}, item,
  count(*) AS samples,
  CASE WHEN {epochs} >= {high} THEN -1 ELSE count(*) - bit_count({epochs}) END AS repeated,
  CAST(sum(valid) AS BIGINT) AS valid,
  CAST(sum(misaligned) AS BIGINT) AS misaligned{labels}
FROM ({samples}) AS judged
GROUP BY {keys}, item
"""
REASON = """,
  CAST(sum(ended_{kind}) AS BIGINT) AS ended_{kind}"""
AWARE = """,
  CAST(sum(CASE WHEN aware IS NULL THEN 0 ELSE valid END) AS BIGINT) AS labelled,
  CAST(sum(coalesce(aware, 0) * valid) AS BIGINT) AS aware,
  CAST(sum(coalesce(aware, 0) * misaligned) AS BIGINT) AS aware_misaligned"""
SEVERITY = """,
  CAST(sum(CASE WHEN severity IS NULL THEN 0 ELSE valid END) AS BIGINT) AS rated,
  CAST(sum(coalesce(severity, 0) * valid) AS BIGINT) AS severity"""


class Kind(StrEnum):
    """What the cells of a column are in the source."""

    TEXT = "text"
    JSON = "json"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"
    MOMENT = "moment"
    OTHER = "other"


Kinds = Mapping[str, Kind]


def run_columns(kinds: Kinds) -> tuple[str, ...]:
    """The columns there are of those that are the same in all rows of a run, the ones that name it first."""
    return tuple(name for name in (*IDENTITY, *PER_RUN) if name in kinds)


def is_tally(kinds: Kinds) -> bool:
    """Whether the rows are tallies."""
    return bool(COUNTS & kinds.keys())


def has_reasons(kinds: Kinds) -> bool:
    """Whether the samples say in words why they are invalid."""
    return kinds.get("invalid_reason") in (Kind.TEXT, Kind.JSON) and not is_tally(kinds)


def tallies(kinds: Kinds) -> str:
    """The statement: a row for every run and item, counting its samples."""
    labels = "".join(REASON.format(kind=kind) for kind in INVALID_REASON_PATTERNS) if has_reasons(kinds) else ""
    labels += (AWARE if "aware" in kinds else "") + (SEVERITY if "severity" in kinds else "")
    keys = ", ".join(run_columns(kinds))
    return TALLIES.format(keys=keys, samples=_samples(kinds), labels=labels, epochs=EPOCHS, high=HIGH)


def repeated(kinds: Kinds) -> str:
    """Which item and epoch occur twice in a run, the first of them: exact for every epoch, and slower than the bits."""
    keys = ", ".join(name for name in (*IDENTITY, "item", "epoch") if name in kinds or name in ("item", "epoch"))
    rows = f"min({FILE}), min({ROW}), max({FILE}) AS last_file, max({ROW}) AS last_row"
    found = f"SELECT item, epoch, {rows} FROM ({_samples(kinds, 'numbered')}) AS judged GROUP BY {keys}"
    return f"{found} HAVING count(*) > 1 ORDER BY last_file, last_row LIMIT 1"


def first_rows(kinds: Kinds) -> str:
    """The columns of every run as they are written, with the file and row where they first are."""
    keys = ", ".join(run_columns(kinds))
    cells = ", ".join(f"{cell(name, kinds)} AS {name}" for name in run_columns(kinds))
    numbered = f"SELECT {cells}, {FILE}, {ROW} FROM numbered"
    return f"SELECT {keys}, min({FILE}), min({ROW}) FROM ({numbered}) AS written GROUP BY {keys}"


def first_row(condition: str, column: str, kinds: Kinds) -> str:
    """File, row and cell of the first row that meets a condition."""
    value = cell(column, kinds) if column in kinds else "NULL"
    return f"SELECT {FILE}, {ROW}, {value} FROM numbered WHERE {condition} ORDER BY {FILE}, {ROW} LIMIT 1"


def prompts(kinds: Kinds) -> str:
    """What items say to the model, each thing once a suite."""
    given = f"{_given('prompt', kinds['prompt'])} AND {_given('item', kinds['item'])}"
    return f"SELECT DISTINCT suite, item, prompt FROM source WHERE {given}"


def refused(column: str, kinds: Kinds) -> str:
    """The condition on `source` under which a cell of `column` is what the statement refuses."""
    if column == "invalid_reason":
        misaligned = _truth("misaligned", kinds["misaligned"], "-1")
        given = _given("invalid_reason", kinds["invalid_reason"])
        return f"({given}) AND ({misaligned}) IS NOT NULL"
    return f"({_judged(column, kinds, '-1')}) < 0"


def empty(column: str, kinds: Kinds) -> str:
    """The condition under which a cell is empty."""
    return f"NOT ({_given(column, kinds[column])})" if column in kinds else "1 = 1"


def no_text(column: str, kinds: Kinds) -> str | None:
    """The condition under which a cell of a text column holds something else; None for a kind that is text."""
    if kinds[column] is Kind.JSON:
        return f"json_type({column}) NOT IN ('NULL', 'VARCHAR', 'UBIGINT', 'BIGINT', 'HUGEINT')"
    return f"{column} IS NOT NULL" if kinds[column] in (Kind.NUMBER, Kind.TRUTH) else None


def outnumbered(kinds: Kinds) -> str:
    """The condition under which a tally has more misaligned samples than valid ones."""
    misaligned, valid = (_judged(name, kinds, "-1") for name in ("misaligned_count", "valid_count"))
    return f"({misaligned}) > ({valid})"


def _samples(kinds: Kinds, source: str = "source") -> str:
    """The rows with their run's columns as they are, and each sample's as numbers."""
    keys = [f"{cell(name, kinds)} AS {name}" for name in run_columns(kinds)]
    item = cell("item", kinds) if "item" in kinds else "CAST(NULL AS STRING)"
    columns = [*keys, f"{item} AS item", f"{_epoch(kinds)} AS epoch"]
    if is_tally(kinds):
        valid, misaligned = (_judged(name, kinds, _raised(name)) for name in ("valid_count", "misaligned_count"))
        columns += [f"{valid} AS valid", f"{misaligned} AS misaligned"]
    else:
        judged = _reasoned(kinds)
        columns += [f"CASE WHEN {judged} IS NULL THEN 0 ELSE 1 END AS valid", f"coalesce({judged}, 0) AS misaligned"]
    columns += [f"{_ended(kind, kinds)} AS ended_{kind}" for kind in INVALID_REASON_PATTERNS if has_reasons(kinds)]
    labels = [name for name in ("aware", "severity") if name in kinds]
    columns += [f"{_judged(name, kinds, _raised(name))} AS {name}" for name in labels]
    columns += [FILE, ROW] if source == "numbered" else []
    return f"SELECT {', '.join(columns)} FROM {source}"


def _reasoned(kinds: Kinds) -> str:
    """`misaligned`, refused where there is a reason for its absence beside it."""
    judged = _judged("misaligned", kinds, _raised("misaligned"))
    if "invalid_reason" not in kinds:
        return judged
    given = _given("invalid_reason", kinds["invalid_reason"])
    return f"(CASE WHEN ({given}) AND {judged} IS NOT NULL THEN {_raised('invalid_reason')} ELSE {judged} END)"


def _ended(kind: str, kinds: Kinds) -> str:
    """1 for a sample whose reason is of a kind: one that has a reason has no score, or is refused."""
    said = f"lower({_text('invalid_reason', kinds['invalid_reason'])})"
    return f"CASE WHEN regexp_like({said}, '^{INVALID_REASON_PATTERNS[kind]}') THEN 1 ELSE 0 END"


def _epoch(kinds: Kinds) -> str:
    if "epoch" not in kinds:
        return "1"
    return f"coalesce({_judged('epoch', kinds, _raised('epoch'))}, 1)"


def _judged(column: str, kinds: Kinds, bad: str) -> str:
    """A sample's cell as a number; `bad` where it is none of its column's values."""
    kind = kinds[column]
    if column in ("misaligned", "aware"):
        return _truth(column, kind, bad)
    return _share(column, kind, bad) if column == "severity" else _count(column, kind, bad)


def _truth(column: str, kind: Kind, bad: str) -> str:
    if kind is Kind.TRUTH:
        return f"CAST({column} AS INT)"
    if kind is Kind.INTEGER:
        return f"CAST(CASE WHEN {column} IN (0, 1) THEN {column} WHEN {column} IS NOT NULL THEN {bad} END AS INT)"
    if kind not in (Kind.TEXT, Kind.JSON):
        return _none(column, bad, "INT")
    word = f"lower(trim({_text(column, kind)}))"
    plain = f"WHEN {word} IN ('1', 'true') THEN 1 WHEN {word} IN ('0', 'false') THEN 0"
    return f"CAST(CASE {plain} WHEN {word} <> '' THEN {bad} END AS INT)"


def _count(column: str, kind: Kind, bad: str) -> str:
    least = 1 if column == "epoch" else 0
    if kind is Kind.INTEGER:
        plain = f"WHEN {column} BETWEEN {least} AND {LARGEST_COUNT} THEN {column}"
        return f"CAST(CASE {plain} WHEN {column} IS NOT NULL THEN {bad} END AS BIGINT)"
    if kind not in (Kind.TEXT, Kind.JSON):
        return _none(column, bad, "BIGINT")
    word = f"trim({_text(column, kind)})"
    number = f"TRY_CAST({word} AS BIGINT)"
    plain = f"WHEN regexp_like({word}, '{WHOLE}') AND {number} BETWEEN {least} AND {LARGEST_COUNT} THEN {number}"
    return f"CAST(CASE {plain} WHEN {word} <> '' THEN {bad} END AS BIGINT)"


def _share(column: str, kind: Kind, bad: str) -> str:
    """A number from 0 to 1, in billionths."""
    if kind in (Kind.INTEGER, Kind.NUMBER):
        plain, given = f"{column} BETWEEN 0 AND 1", f"{column} IS NOT NULL"
        number = f"CAST({column} AS DOUBLE)"
    elif kind in (Kind.TEXT, Kind.JSON):
        word = f"trim({_text(column, kind)})"
        number = f"TRY_CAST({word} AS DOUBLE)"
        plain, given = f"regexp_like({word}, '{DECIMAL}') AND {number} BETWEEN 0 AND 1", f"{word} <> ''"
    else:
        return _none(column, bad, "BIGINT")
    billionths = f"floor({number} * CAST({BILLION} AS DOUBLE) + CAST(0.5 AS DOUBLE))"
    return f"CAST(CASE WHEN {plain} THEN {billionths} WHEN {given} THEN {bad} END AS BIGINT)"


def _given(column: str, kind: Kind) -> str:
    """Whether there is a text in a cell."""
    if kind in (Kind.TEXT, Kind.JSON):
        return f"coalesce(trim({_text(column, kind)}), '') <> ''"
    return f"{column} IS NOT NULL"


def _none(column: str, bad: str, kind: str) -> str:
    """For a kind of which only empty cells are good."""
    return f"CAST(CASE WHEN {column} IS NOT NULL THEN {bad} END AS {kind})"


def _text(column: str, kind: Kind) -> str:
    return f"({column} ->> '$')" if kind is Kind.JSON else column


def cell(column: str, kinds: Kinds) -> str:
    """A column's value as it is handed to the Python reader's rules."""
    if kinds[column] is Kind.MOMENT and column == "created":
        return f"unix_micros({column})"
    return column


def _raised(column: str) -> str:
    return f"raise_error('{MARK}{column}')"
