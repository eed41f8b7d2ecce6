"""eval_history on disk: records, items, suites, bindings, and the reduction of samples to tallies."""
