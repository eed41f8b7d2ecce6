"""The machinery of tidy tables: columns as data, one SQL statement, and DuckDB or Spark to run it.

The files of a table come in, runs with their tallies go out. Open `columns` first for what a table may hold, then
`count` for how an engine counts it; `statement` is the SQL, `session` where it runs: in this process or in one of its
own.
"""

from __future__ import annotations
