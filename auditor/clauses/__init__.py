"""Pure text: a spec's clauses, and how they changed between two revisions."""
