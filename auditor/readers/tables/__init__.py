"""The machinery of tidy tables: columns as data, one SQL statement, and DuckDB or Spark in a process of its own to
run it.

The files of a table come in, runs with their tallies go out. Open `columns` first for what a table may hold, then
`count` for how an engine counts it; `statement` is the SQL, `session` and `process` are the two ends of the pipe,
`backend` what they share.
"""

from __future__ import annotations
