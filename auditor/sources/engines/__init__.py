"""Tables that outgrow plain Python: one SQL statement, on DuckDB or on Spark, in a process of its own."""
