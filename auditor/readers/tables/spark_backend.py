"""Spark as a backend: a session of its own, on the cluster that its master names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from auditor.readers.tables.session import FILE_COLUMN, PIECE_ROWS, ROW_COLUMN, BackendError, Opening, Piece

LOCAL_PARTITIONS = 8
CSV_OPTIONS = {
    "header": "true",
    "inferSchema": "false",
    "enforceSchema": "false",
    "mode": "FAILFAST",
    "quote": '"',
    "escape": '"',
    "multiLine": "true",
    "maxCharsPerColumn": "10000000",
    "encoding": "UTF-8",
}
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
}


class SparkBackend:
    """A table open in Spark: Parquet or CSV, a file, a folder or an address."""

    def __init__(self, opening: Opening) -> None:
        try:
            self._session = _session(opening)
            self._format, self._paths = opening.format, list(opening.paths)
            frame = self._read(opening)
            self._columns = [(name, kind) for name, kind in frame.dtypes]
            frame.createOrReplaceTempView("source")
            row = "_metadata.row_index" if opening.format == "parquet" else "CAST(NULL AS BIGINT)"
            numbered = frame.selectExpr("*", f"_metadata.file_path AS {FILE_COLUMN}", f"{row} AS {ROW_COLUMN}")
            numbered.createOrReplaceTempView("numbered")
        except PySparkException as error:
            raise BackendError(str(error)) from error

    def columns(self) -> Sequence[tuple[str, str]]:
        """Name and type of the columns."""
        return self._columns

    def answer(self, sql: str) -> Iterator[Piece]:
        """The rows of a statement, a partition at a time."""
        try:
            yield from _pieces(self._session.sql(sql).toLocalIterator())
        except PySparkException as error:
            raise BackendError(str(error)) from error

    def tallies(self, sql: str, keys: int) -> Iterator[Piece]:
        """The rows of a statement by run. They are kept on disk, so that they are counted once."""
        try:
            counted = self._session.sql(sql).persist(StorageLevel.DISK_ONLY)
            run = counted.columns[:keys]
            runs = [tuple(row) for row in counted.select(*run).distinct().toLocalIterator()]
            yield [list(column) for column in zip(*runs, strict=True)] or [[] for _ in run]
            number = {key: at for at, key in enumerate(runs)}
            ordered = counted.orderBy(*run, counted.columns[keys]).toLocalIterator()
            yield from _pieces((number[tuple(row[:keys])], *row[keys:]) for row in ordered)
        except PySparkException as error:
            raise BackendError(str(error)) from error

    def hashes(self) -> Sequence[tuple[str, str]]:
        """Address and sha256 of every file, computed where the files are; each under 2 GiB, as Spark has it."""
        try:
            files = self._session.read.format("binaryFile").option("recursiveFileLookup", "true").load(self._paths)
            return [(row[0], row[1]) for row in files.selectExpr("path", "sha2(content, 256)").collect()]
        except PySparkException as error:
            raise BackendError(str(error)) from error

    def done(self) -> float:
        """The share of the tasks of the running stages that ended."""
        tracker = self._session.sparkContext.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        tasks = sum(stage.numTasks for stage in stages if stage)
        return sum(stage.numCompletedTasks for stage in stages if stage) / tasks if tasks else -1.0

    def close(self) -> None:
        """Ends the session."""
        self._session.stop()

    def _read(self, opening: Opening) -> DataFrame:
        reader = self._session.read.option("recursiveFileLookup", "true")
        if self._format == "csv":
            frame = reader.options(sep=opening.delimiter, **CSV_OPTIONS).csv(self._paths)
            names = opening.header or [name.removeprefix("\ufeff").strip() for name in frame.columns]
            return frame.toDF(*names)
        return reader.option("mergeSchema", "true").parquet(*self._paths)


def _pieces(rows: Iterable[Sequence[object]]) -> Iterator[Piece]:
    rest = iter(rows)
    while piece := list(islice(rest, PIECE_ROWS)):
        yield [list(column) for column in zip(*piece, strict=True)]


def _session(opening: Opening) -> SparkSession:
    builder = SparkSession.builder.appName("auditor").master(opening.master)
    settings = {**SETTINGS, "spark.local.dir": opening.scratch}
    if opening.master.startswith("local"):  # a cluster has its own ideas of how many
        settings["spark.sql.shuffle.partitions"] = str(LOCAL_PARTITIONS)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.config("spark.driver.memory", f"{opening.memory}m").getOrCreate()
