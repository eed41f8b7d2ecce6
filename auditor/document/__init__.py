"""Audit, decision, report, verification and history as blocks in no format: each sentence is written once.

In come the frozen values of `audit`, `gate` and `model`; out go blocks (heading, sentence, table, figure, note),
which `render` escapes and lays out. Open `blocks` first; then the module of the document: `audit`, `decision`,
`report`.
"""
