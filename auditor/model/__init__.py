"""The nouns, frozen: specs, clauses, suites, runs, policies, verdicts, findings. No behaviour beyond naming."""
