"""Numbers in, frozen numbers out: intervals, contrasts, families of tests. Knows nothing of specs or suites.

Counts by item come in as arrays; rates with limits, falls, p-values and sample sizes go out. Open `intervals` first
(one rate), then `falls` (two of them, and their ratio); `multiplicity` and `power` build on both.
"""
