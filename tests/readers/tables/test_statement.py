"""The statement: what it takes for white space."""

from __future__ import annotations

import sys

from auditor.readers.tables.statement import WHITE_SPACE


def test_white_space_is_what_python_strips() -> None:
    assert set(WHITE_SPACE) == {character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()}
    assert len(set(WHITE_SPACE)) == len(WHITE_SPACE)
