"""Values out: one renderer a file."""
