"""Numbers in, frozen numbers out: intervals, contrasts, families of tests. Knows nothing of specs or suites."""
