"""Evaluation logs and tables in: one reader a file, one small protocol.

In come the paths of logs and tables, out come `RawRun`s (or labels of samples); nothing here reads the registry or
writes. Open `interface` first: what a reader is and how the reader of a file is found. A module of this folder with a
`READER` is a reader; nothing else lists them.
"""

from __future__ import annotations
