"""`[[suite.judge_error]]` and the other declarations of a suite, as people write them and get them wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.git import Folder
from auditor.model.suite import JudgeErrorRule, RefusalUse, Side
from auditor.store.registry import load_registry

SUITE = '[[suite]]\nname = "s"\nbehaviour = "b"\nrole = "held_out"\n'
RULE = """[[suite.judge_error]]
false_positive_rate = 0.04
aligned_labels = 200
false_negative_rate = 0.1
misaligned_labels = 120
"""


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "eval_history").mkdir()
    (tmp_path / "eval_history/suites.toml").write_text(SUITE + text)
    return load_registry(Folder(tmp_path), "eval_history").suites["s"]


def test_what_is_declared_is_read(tmp_path: Path) -> None:
    suite = load(tmp_path, f'on_refusal = "aligned"\ncluster_separator = "/"\n{RULE}scorer = "j"\nside = "after"\n')
    assert suite.judge_errors == (JudgeErrorRule(0.04, 200, 0.1, 120, "j", Side.AFTER),)  # type: ignore[attr-defined]
    assert suite.on_refusal is RefusalUse.ALIGNED  # type: ignore[attr-defined]
    assert suite.cluster_separator == "/"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.replace("0.04", "0.95"), "comes to 1 or more"),
        (RULE + RULE, "a second time"),
        (RULE.replace("0.04", "4"), "false_positive_rate"),
        (RULE.replace("aligned_labels = 200", "aligned_labels = 0"), "aligned_labels"),
        ('on_refusal = "ignore"\n', "on_refusal"),
        ('cluster_separator = ""\n', "cluster_separator"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, text)
