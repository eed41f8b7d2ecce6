"""How well clauses keep their identity: generated edits with known truth, and pairs labelled by hand."""
