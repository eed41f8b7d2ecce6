"""Histories of specs in: from a git repository or a folder of dated revisions.

Paths or globs and a repository or tree come in; a `History` of revisions goes out. Open `git` first (or `folder`, where
there is no git); `files` holds what makes a spec's files, `revision_names` resolves names, `companions` finds prompts
and change log.
"""

from __future__ import annotations
