"""What a patch did to the change log, line by line."""

from __future__ import annotations

import pytest

from auditor.assess.text import added_changelog_lines


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        (None, None, None),
        ("- One.", None, None),
        (None, "- One.", "- One."),
        ("- One.", "- One.", ""),
        ("- One.\n- Two.", "- Three.\n- Two.\n- One.", "- Three."),
        ("- Fixes a bug.", "# 2\n- Fixes a bug.\n# 1\n- Fixes a bug.", "# 2\n- Fixes a bug.\n# 1"),
    ],
)
def test_the_lines_that_a_change_log_has_more_often(before: str | None, after: str | None, added: str | None) -> None:
    assert added_changelog_lines(before, after) == added
