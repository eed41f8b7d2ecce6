"""Speed, as ratios to a limit timed in the same run: `make bench`."""
