"""Pure text: a spec's clauses, and how they changed between two revisions.

Texts of revisions come in; clauses, their changes, their identity through history and the direction of each change go
out. Open `formats` first (a text into clauses), then `match` (two revisions) and `lineage` (all of them);
`comparison` is what `diff` and the checks read.
"""
