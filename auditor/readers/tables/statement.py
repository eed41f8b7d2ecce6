"""The one SQL statement that counts samples into item tallies, as DuckDB and Spark both read it.

It reads the view `source`, the table as it is, and never judges what text may mean: a cell that is not plainly a value
of its column ends the statement with `REFUSAL_MARK` and the column's name, and the rules of `columns` decide. Three
functions are Spark's; `DUCKDB_MACROS` defines them for DuckDB. `column_kinds` checks names and types of the columns
before any row is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from auditor.errors import TableError
from auditor.model.run import INVALID_REASON_PATTERNS
from auditor.readers.tables.columns import (
    COLUMNS,
    COUNT_COLUMNS,
    IDENTITY_COLUMNS,
    MAX_COUNT,
    RUN_COLUMNS,
)
from auditor.readers.tables.session import FILE_COLUMN, ROW_COLUMN

REFUSAL_MARK = "auditor refuses "
DUCKDB_MACROS = (
    "CREATE MACRO raise_error(said) AS error(said)",
    "CREATE MACRO regexp_like(said, pattern) AS regexp_matches(said, pattern)",
    "CREATE MACRO unix_micros(moment) AS epoch_us(moment)",
    "CREATE MACRO btrim(said, characters) AS trim(said, characters)",
)
# What Python strips from the ends of a text; engines strip spaces only unless told otherwise.
WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Epochs up to 61 are a bit each of one number; bit 62 says that there are higher ones, and -1 that nobody looked.
HIGH_EPOCH = "CAST(1 AS BIGINT) << 62"
EPOCH_BITS = f"bit_or(CASE WHEN epoch < 62 THEN CAST(1 AS BIGINT) << CAST(epoch AS INT) ELSE {HIGH_EPOCH} END)"
# Severities are added as whole billionths, so that no order of adding makes another sum.
SEVERITY_SCALE = 1_000_000_000
WHOLE_PATTERN = "^[0-9]{1,19}$"
DECIMAL_PATTERN = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"

TALLIES_SQL = """
SELECT {keys}, item,
  count(*) AS samples,
  CASE WHEN {epochs} >= {high} THEN -1 ELSE count(*) - bit_count({epochs}) END AS repeated,
  CAST(sum(valid) AS BIGINT) AS valid,
  CAST(sum(misaligned) AS BIGINT) AS misaligned{labels}
FROM ({samples}) AS judged
GROUP BY {keys}, item
"""
REASON_SQL = """,
  CAST(sum(ended_{kind}) AS BIGINT) AS ended_{kind}"""
AWARE_SQL = """,
  CAST(sum(CASE WHEN aware IS NULL THEN 0 ELSE valid END) AS BIGINT) AS labelled,
  CAST(sum(coalesce(aware, 0) * valid) AS BIGINT) AS aware,
  CAST(sum(coalesce(aware, 0) * misaligned) AS BIGINT) AS aware_misaligned"""
SEVERITY_SQL = """,
  CAST(sum(CASE WHEN severity IS NULL THEN 0 ELSE valid END) AS BIGINT) AS rated,
  CAST(sum(coalesce(severity, 0) * valid) AS BIGINT) AS severity"""


class CellKind(StrEnum):
    """What the cells of a column are in the source."""

    TEXT = "text"
    JSON = "json"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"
    MOMENT = "moment"
    OTHER = "other"


CellKinds = Mapping[str, CellKind]


def run_columns(kinds: CellKinds) -> tuple[str, ...]:
    """The columns there are of those that are the same in all rows of a run, the ones that name it first."""
    return tuple(name for name in (*IDENTITY_COLUMNS, *RUN_COLUMNS) if name in kinds)


def is_tally(kinds: CellKinds) -> bool:
    """Whether the rows are tallies."""
    return bool(COUNT_COLUMNS & kinds.keys())


def has_reasons(kinds: CellKinds) -> bool:
    """Whether the samples say in words why they are invalid."""
    return kinds.get("invalid_reason") in (CellKind.TEXT, CellKind.JSON) and not is_tally(kinds)


def tallies_sql(kinds: CellKinds) -> str:
    """The statement: a row for every run and item, counting its samples."""
    labels = "".join(REASON_SQL.format(kind=kind) for kind in INVALID_REASON_PATTERNS) if has_reasons(kinds) else ""
    labels += (AWARE_SQL if "aware" in kinds else "") + (SEVERITY_SQL if "severity" in kinds else "")
    keys = ", ".join(run_columns(kinds))
    return TALLIES_SQL.format(keys=keys, samples=_samples_sql(kinds), labels=labels, epochs=EPOCH_BITS, high=HIGH_EPOCH)


def repeated_sql(kinds: CellKinds) -> str:
    """Which item and epoch occur twice in a run, the first of them: exact for every epoch, and slower than the bits."""
    keys = ", ".join([*(_identity_sql(name, kinds[name]) for name in IDENTITY_COLUMNS if name in kinds), "item, epoch"])
    rows = f"min({FILE_COLUMN}), min({ROW_COLUMN}), max({FILE_COLUMN}) AS last_file, max({ROW_COLUMN}) AS last_row"
    repeats = f"SELECT item, epoch, {rows} FROM ({_samples_sql(kinds, 'numbered')}) AS judged GROUP BY {keys}"
    return f"{repeats} HAVING count(*) > 1 ORDER BY last_file, last_row LIMIT 1"


def first_rows_sql(kinds: CellKinds) -> str:
    """The columns of every run as they are written, with the file and row where they first are."""
    keys = ", ".join(run_columns(kinds))
    cells = ", ".join(f"{cell_sql(name, kinds)} AS {name}" for name in run_columns(kinds))
    numbered = f"SELECT {cells}, {FILE_COLUMN}, {ROW_COLUMN} FROM numbered"
    return f"SELECT {keys}, min({FILE_COLUMN}), min({ROW_COLUMN}) FROM ({numbered}) AS written GROUP BY {keys}"


def first_row_sql(condition: str, column: str, kinds: CellKinds) -> str:
    """File, row and cell of the first row that meets a condition."""
    value = cell_sql(column, kinds) if column in kinds else "NULL"
    place = f"{FILE_COLUMN}, {ROW_COLUMN}"
    return f"SELECT {place}, {value} FROM numbered WHERE {condition} ORDER BY {place} LIMIT 1"


def prompts_sql(kinds: CellKinds) -> str:
    """What items say to the model, each thing once a suite."""
    name = f"{_present_sql('prompt', kinds['prompt'])} AND {_present_sql('item', kinds['item'])}"
    return f"SELECT DISTINCT suite, item, prompt FROM source WHERE {name}"


def clusters_sql(kinds: CellKinds) -> str:
    """Which cluster each item of a suite is in, each pair once; an item in two of them is there twice."""
    word = _word_sql("cluster", kinds["cluster"]) if kinds["cluster"] in (CellKind.TEXT, CellKind.JSON) else "cluster"
    present = f"{_present_sql('cluster', kinds['cluster'])} AND {_present_sql('item', kinds['item'])}"
    suite = _word_sql("suite", kinds["suite"]) if kinds["suite"] in (CellKind.TEXT, CellKind.JSON) else "suite"
    return f"SELECT DISTINCT {suite}, {item_sql(kinds)} AS item, {word} AS cluster FROM source WHERE {present}"


def refused_sql(column: str, kinds: CellKinds) -> str:
    """The condition on `source` under which a cell of `column` is what the statement refuses."""
    if column == "invalid_reason":
        misaligned = _truth_sql("misaligned", kinds["misaligned"], "-1")
        name = _present_sql("invalid_reason", kinds["invalid_reason"])
        return f"({name}) AND ({misaligned}) IS NOT NULL"
    return f"({_judged_sql(column, kinds, '-1')}) < 0"


def empty_sql(column: str, kinds: CellKinds) -> str:
    """The condition under which a cell is empty."""
    return f"NOT ({_present_sql(column, kinds[column])})" if column in kinds else "1 = 1"


def not_text_sql(column: str, kinds: CellKinds) -> str | None:
    """The condition under which a cell of a text column holds something else; None for a kind that is text."""
    if kinds[column] is CellKind.JSON:
        return f"json_type({column}) NOT IN ('NULL', 'VARCHAR', 'UBIGINT', 'BIGINT', 'HUGEINT')"
    return f"{column} IS NOT NULL" if kinds[column] in (CellKind.NUMBER, CellKind.TRUTH) else None


def outnumbered_sql(kinds: CellKinds) -> str:
    """The condition under which a tally has more misaligned samples than valid ones."""
    misaligned, valid = (_judged_sql(name, kinds, "-1") for name in ("misaligned_count", "valid_count"))
    return f"({misaligned}) > ({valid})"


def _samples_sql(kinds: CellKinds, source: str = "source") -> str:
    """The rows with their run's columns as they are, and each sample's as numbers."""
    keys = [f"{cell_sql(name, kinds)} AS {name}" for name in run_columns(kinds)]
    item = item_sql(kinds) if "item" in kinds else "CAST(NULL AS STRING)"
    columns = [*keys, f"{item} AS item", f"{_epoch_sql(kinds)} AS epoch"]
    if is_tally(kinds):
        valid, misaligned = (_judged_sql(name, kinds, _raise_sql(name)) for name in ("valid_count", "misaligned_count"))
        columns += [f"{valid} AS valid", f"{misaligned} AS misaligned"]
    else:
        judged = _misaligned_sql(kinds)
        columns += [f"CASE WHEN {judged} IS NULL THEN 0 ELSE 1 END AS valid", f"coalesce({judged}, 0) AS misaligned"]
    columns += [f"{_reason_sql(kind, kinds)} AS ended_{kind}" for kind in INVALID_REASON_PATTERNS if has_reasons(kinds)]
    labels = [name for name in ("aware", "severity") if name in kinds]
    columns += [f"{_judged_sql(name, kinds, _raise_sql(name))} AS {name}" for name in labels]
    columns += [FILE_COLUMN, ROW_COLUMN] if source == "numbered" else []
    return f"SELECT {', '.join(columns)} FROM {source}"


def _misaligned_sql(kinds: CellKinds) -> str:
    """`misaligned`, refused where there is a reason for its absence beside it."""
    judged = _judged_sql("misaligned", kinds, _raise_sql("misaligned"))
    if "invalid_reason" not in kinds:
        return judged
    name = _present_sql("invalid_reason", kinds["invalid_reason"])
    return f"(CASE WHEN ({name}) AND {judged} IS NOT NULL THEN {_raise_sql('invalid_reason')} ELSE {judged} END)"


def _reason_sql(kind: str, kinds: CellKinds) -> str:
    """1 for a sample whose reason is of a kind: one that has a reason has no score, or is refused."""
    text = f"lower({_text_sql('invalid_reason', kinds['invalid_reason'])})"
    return f"CASE WHEN regexp_like({text}, '^{INVALID_REASON_PATTERNS[kind]}') THEN 1 ELSE 0 END"


def _epoch_sql(kinds: CellKinds) -> str:
    if "epoch" not in kinds:
        return "1"
    return f"coalesce({_judged_sql('epoch', kinds, _raise_sql('epoch'))}, 1)"


def _judged_sql(column: str, kinds: CellKinds, bad: str) -> str:
    """A sample's cell as a number; `bad` where it is none of its column's values."""
    kind = kinds[column]
    if column in ("misaligned", "aware"):
        return _truth_sql(column, kind, bad)
    return _share_sql(column, kind, bad) if column == "severity" else _count_sql(column, kind, bad)


def _truth_sql(column: str, kind: CellKind, bad: str) -> str:
    if kind is CellKind.TRUTH:
        return f"CAST({column} AS INT)"
    if kind is CellKind.INTEGER:
        return f"CAST(CASE WHEN {column} IN (0, 1) THEN {column} WHEN {column} IS NOT NULL THEN {bad} END AS INT)"
    if kind is CellKind.NUMBER:  # as pandas writes truth beside missing values; NaN is such a one
        plain = f"WHEN isnan(CAST({column} AS DOUBLE)) THEN NULL WHEN {column} IN (0, 1) THEN {column}"
        return f"CAST(CASE {plain} WHEN {column} IS NOT NULL THEN {bad} END AS INT)"
    if kind not in (CellKind.TEXT, CellKind.JSON):
        return _empty_only_sql(column, bad, "INT")
    word = f"lower({_word_sql(column, kind)})"
    plain = f"WHEN {word} IN ('1', '1.0', 'true') THEN 1 WHEN {word} IN ('0', '0.0', 'false') THEN 0"
    return f"CAST(CASE {plain} WHEN {word} <> '' THEN {bad} END AS INT)"


def _count_sql(column: str, kind: CellKind, bad: str) -> str:
    least = 1 if column == "epoch" else 0
    if kind is CellKind.INTEGER:
        plain = f"WHEN {column} BETWEEN {least} AND {MAX_COUNT} THEN {column}"
        return f"CAST(CASE {plain} WHEN {column} IS NOT NULL THEN {bad} END AS BIGINT)"
    if kind not in (CellKind.TEXT, CellKind.JSON):
        return _empty_only_sql(column, bad, "BIGINT")
    word = _word_sql(column, kind)
    number = f"TRY_CAST({word} AS BIGINT)"
    plain = f"WHEN regexp_like({word}, '{WHOLE_PATTERN}') AND {number} BETWEEN {least} AND {MAX_COUNT} THEN {number}"
    return f"CAST(CASE {plain} WHEN {word} <> '' THEN {bad} END AS BIGINT)"


def _share_sql(column: str, kind: CellKind, bad: str) -> str:
    """A number from 0 to 1, in billionths."""
    if kind in (CellKind.INTEGER, CellKind.NUMBER):
        plain, name = f"{column} BETWEEN 0 AND 1", f"{column} IS NOT NULL"
        number = f"CAST({column} AS DOUBLE)"
    elif kind in (CellKind.TEXT, CellKind.JSON):
        word = _word_sql(column, kind)
        number = f"TRY_CAST({word} AS DOUBLE)"
        plain, name = f"regexp_like({word}, '{DECIMAL_PATTERN}') AND {number} BETWEEN 0 AND 1", f"{word} <> ''"
    else:
        return _empty_only_sql(column, bad, "BIGINT")
    billionths = f"floor({number} * CAST({SEVERITY_SCALE} AS DOUBLE) + CAST(0.5 AS DOUBLE))"
    return f"CAST(CASE WHEN {plain} THEN {billionths} WHEN {name} THEN {bad} END AS BIGINT)"


def _present_sql(column: str, kind: CellKind) -> str:
    """Whether there is a text in a cell."""
    if kind in (CellKind.TEXT, CellKind.JSON):
        return f"coalesce({_word_sql(column, kind)}, '') <> ''"
    return f"{column} IS NOT NULL"


def _empty_only_sql(column: str, bad: str, kind: str) -> str:
    """For a kind of which only empty cells are good."""
    return f"CAST(CASE WHEN {column} IS NOT NULL THEN {bad} END AS {kind})"


def _identity_sql(column: str, kind: CellKind) -> str:
    """A cell as it tells runs apart, however it is written."""
    return f"coalesce({_word_sql(column, kind)}, '')" if kind in (CellKind.TEXT, CellKind.JSON) else column


def _word_sql(column: str, kind: CellKind) -> str:
    """A cell's text without white space around it."""
    return f"btrim({_text_sql(column, kind)}, '{WHITE_SPACE}')"


def _text_sql(column: str, kind: CellKind) -> str:
    return f"({column} ->> '$')" if kind is CellKind.JSON else column


def item_sql(kinds: CellKinds) -> str:
    """An item's id: as text without white space around it, where it is no number; NULL for an empty cell."""
    text = kinds["item"] in (CellKind.TEXT, CellKind.JSON)
    return f"nullif({_word_sql('item', kinds['item'])}, '')" if text else "item"


def cell_sql(column: str, kinds: CellKinds) -> str:
    """A column's value as it is handed to the rules of `columns`."""
    if kinds[column] is CellKind.MOMENT and column == "created":
        return f"unix_micros({column})"
    return column


def _raise_sql(column: str) -> str:
    return f"raise_error('{REFUSAL_MARK}{column}')"


# The columns of a table as an engine sees them: their kinds, and what names and types rule out before any row.


KIND_BY_TYPE: Mapping[str, CellKind] = {
    **dict.fromkeys(("varchar", "string", "void"), CellKind.TEXT),
    "json": CellKind.JSON,
    **dict.fromkeys(
        ("tinyint", "smallint", "int", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint", "hugeint"),
        CellKind.INTEGER,
    ),
    **dict.fromkeys(("float", "double"), CellKind.NUMBER),
    "boolean": CellKind.TRUTH,
    **dict.fromkeys(("timestamp with time zone",), CellKind.MOMENT),
}
# What the two engines call a moment that is a moment everywhere, and one that is not.
TIME_TYPES = {"duckdb": ("timestamp with time zone", "timestamp"), "spark": ("timestamp", "timestamp_ntz")}


def column_kinds(columns: Iterable[tuple[str, str]], path: Path, engine: str) -> dict[str, CellKind]:
    """The kinds of the columns that are read. Raises TableError for types that no tidy table has."""
    types = dict(columns)
    return {name: _column_kind(name, types[name], path, engine) for name in sorted(types) if name in COLUMNS}


def _column_kind(name: str, kind: str, path: Path, engine: str) -> CellKind:
    moment, naive = TIME_TYPES[engine]
    if name == "created" and kind == moment:
        return CellKind.MOMENT
    if name == "created" and (kind.startswith(("timestamp", "date")) or kind == naive):
        subject = f"is of the type {kind}, whose times have no offset from UTC"
        raise TableError(subject, where=str(path), field=name, remedy="write it as a timestamp with time zone")
    if kind.startswith("enum("):
        return CellKind.TEXT
    if kind.startswith("decimal("):
        return CellKind.NUMBER
    if kind in KIND_BY_TYPE and KIND_BY_TYPE[kind] is not CellKind.MOMENT:
        return KIND_BY_TYPE[kind]
    subject = f"is of the type {kind:.60}, which no cell of a tidy table has"
    raise TableError(subject, where=str(path), field=name, remedy="write it as text, whole numbers or booleans")
