"""Pages: self-contained, without scripts, every text escaped, every number marked for who verifies it.

In come blocks, a report or the evidence graph; out go pages of HTML. Open `report` first: `blocks_html` writes every
kind of block; `environment` has the templates and their escapes, `figures` draws.
"""
