"""Read by the Python of a scratch environment in which apache-otava is installed: series in, change points out."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Each line in is {"test": [...], "held_out": [...]}; each line out the indices of their change points."""
    from otava.series import AnalysisOptions, Metric, Series

    for line in sys.stdin:
        given = json.loads(line)
        times = [86400 * (n + 1) for n in range(len(given["test"]))]
        data = {name: given[name] for name in ("test", "held_out")}
        series = Series("rates", None, times, {name: Metric(-1, 1.0) for name in data}, data, {})
        points = series.analyze(AnalysisOptions()).change_points
        print(json.dumps({name: [int(point.index) for point in points[name]] for name in data}))


if __name__ == "__main__":
    main()
