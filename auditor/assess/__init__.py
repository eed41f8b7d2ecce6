"""Evidence and stats in, frozen facts out, computed once: steps, comparable pairs, contrasts, verdicts."""
