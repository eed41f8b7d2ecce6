"""tests.store.test_registry"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.git import Folder
from auditor.model.suite import (
    Binding,
    DeclaredChange,
    LabelRule,
    MisalignedEnd,
    Registry,
    Role,
    ScoreRule,
    ScoreUnit,
    Suite,
)
from auditor.store.registry import load_bindings, load_registry, resolve_binding

HEAD = '[[suite]]\nname = "a"\nbehaviour = "lying"\nrole = "test"\n'


def registry(tmp_path: Path, text: str) -> Registry:
    (tmp_path / "suites.toml").write_text(text)
    return load_registry(Folder(tmp_path), ".")


def test_no_file_is_an_empty_registry(tmp_path: Path) -> None:
    assert load_registry(Folder(tmp_path), "eval_history") == Registry({})
    assert load_bindings(Folder(tmp_path), "eval_history") == ()


def test_every_key_is_read(tmp_path: Path) -> None:
    text = f"""{HEAD}registered = 2026-01-31
tasks = ["task_a"]
twin = "b"
looks_allowed = 20
[suite.score]
name = "judge"
key = "lied"
misaligned = "high"
unit = "percent"
threshold = 30
[[suite.change]]
what = "items"
on = 2026-02-01
reason = "duplicates"
[[suite]]
name = "b"
behaviour = "lying"
role = "held_out"
"""
    first = Suite(
        name="a",
        behaviour="lying",
        role=Role.TEST,
        registered=date(2026, 1, 31),
        tasks=("task_a",),
        twin="b",
        score=ScoreRule("judge", "lied", MisalignedEnd.HIGH, ScoreUnit.PERCENT, 30.0),
        looks_allowed=20,
        declared_changes=(DeclaredChange("items", date(2026, 2, 1), "duplicates"),),
    )
    found = registry(tmp_path, text)
    assert found == Registry({"a": first, "b": Suite("b", "lying", Role.HELD_OUT)})
    assert found.find_suite("task_a") == first


@pytest.mark.parametrize(("unit", "threshold"), [("fraction", 0.5), ("percent", 50.0), ("grade", 0.5)])
@pytest.mark.parametrize("end", ["high", "low"])
def test_the_default_threshold_is_the_middle(tmp_path: Path, unit: str, threshold: float, end: str) -> None:
    suite = registry(tmp_path, f'{HEAD}[suite.score]\nmisaligned = "{end}"\nunit = "{unit}"\n').suites["a"]
    assert suite.score == ScoreRule(None, None, MisalignedEnd(end), ScoreUnit(unit), threshold)


SCORE = "[suite.score]\nmisaligned = "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEAD + HEAD,
            "suite[1].name: 'a' also stands for suite 'a'; a name belongs to one suite, a task to several",
        ),
        (HEAD + HEAD.replace('"a"', '"b"') + 'tasks = ["a"]', "suite[1].tasks[0]: 'a' also stands for suite 'a'; a na"),
        (HEAD + 'twin = "a"', "suite[0].twin: 'a' is no other suite; register the twin too"),
        (
            HEAD + 'registered = "2026-01-31"',
            "suite[0].registered: '2026-01-31' is not allowed here; it should be a da",
        ),
        (HEAD + "registered = 2026-01-31T10:00:00Z", "suite[0].registered: datetime.datetime(2026, 1, 31,"),
        (
            HEAD.replace("test", "secret"),
            "suite[0].role: 'secret' is not allowed here; it should be 'test', 'held_out' ",
        ),
        (HEAD + SCORE + '"high"', "suite[0].score.unit: is missing; write unit (fraction"),
        (
            HEAD + SCORE + '"up"\nunit = "grade"',
            "suite[0].score.misaligned: 'up' is not allowed here; it should be 'hi",
        ),
        (
            HEAD + SCORE + '[]\nunit = "grade"',
            "suite[0].score.misaligned: [] is not allowed here; it should be a list of labels, each a text",
        ),
        (HEAD + SCORE + '["a"]\nunit = "grade"', "suite[0].score.unit: is for numbers, and misaligned lists labels;"),
        (HEAD + SCORE + '["a"]\naligned = ["a"]', "suite[0].score.aligned: 'a' is misaligned as well; keep it in one"),
        (HEAD + SCORE + '"low"\naligned = ["a"]\nunit = "grade"', "suite[0].score.aligned: is for labels; list the"),
        (HEAD + SCORE + '"low"\nscale = [0, 9]\nunit = "grade"', "suite[0].score.unit: is given beside a scale; write"),
        (HEAD + SCORE + '"low"\nscale = [9, 1]', "suite[0].score.scale: 9 to 1 is no scale; write the least and the"),
        (
            HEAD + SCORE + '"high"\nscale = [1, 10]\nthreshold = 1',
            "suite[0].score.threshold: 1 would make every sample alike; for high in a scale of 1 to 10, write",
        ),
        (
            HEAD + SCORE + '"high"\nunit = "fraction"\nthreshold = 0',
            "suite[0].score.threshold: 0 would make every sampl",
        ),
        (
            HEAD + SCORE + '"low"\nunit = "grade"\nthreshold = 1',
            "suite[0].score.threshold: 1 would make every sample a",
        ),
        (
            HEAD + SCORE + '"high"\nunit = "fraction"\nthreshold = 50',
            "suite[0].score.threshold: 50 would make every sa",
        ),
        (
            HEAD + '[[suite.change]]\nwhat = "judge"',
            "suite[0].change[0].what: 'judge' is not allowed here (and 2 more)",
        ),
    ],
)
def test_a_fault_is_one_line_with_field_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        registry(tmp_path, text)
    assert str(caught.value).startswith(f"suites.toml: {message}")


def test_bindings_are_read_in_order(tmp_path: Path) -> None:
    sha = "ab" * 32
    (tmp_path / "bindings.toml").write_text(
        f'[[binding]]\nrevision = "v1"\nfile = "*.eval"\n[[binding]]\nrevision = "v2"\nsha256 = "{sha}"\n'
    )
    assert load_bindings(Folder(tmp_path), "") == (Binding("v1", file="*.eval"), Binding("v2", sha256=sha))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('revision = "v1"', r"binding\[0\]: matches every log"),
        ('revision = "v1"\nsha256 = "AB"', r"\[0\]\.sha256: 'AB'"),
    ],
)
def test_a_binding_must_say_what_it_binds(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bindings.toml").write_text("[[binding]]\n" + text)
    with pytest.raises(ConfigError, match=message):
        load_bindings(Folder(tmp_path), "")


BINDINGS = (
    Binding("v1", file="old-*.eval"),
    Binding("v1", model="m", checkpoint="c1"),
    Binding("v2", sha256="f" * 64),
)


@pytest.mark.parametrize(
    ("file", "sha256", "checkpoint", "revision"),
    [
        ("old-1.eval", "0" * 64, None, "v1"),
        ("new.eval", "0" * 64, "c1", "v1"),
        ("old-1.eval", "0" * 64, "c1", "v1"),
        ("new.eval", "f" * 64, None, "v2"),
        ("new.eval", "0" * 64, "c2", None),
    ],
)
def test_every_condition_of_a_binding_holds(
    file: str, sha256: str, checkpoint: str | None, revision: str | None
) -> None:
    assert resolve_binding(BINDINGS, file_name=file, sha256=sha256, model="m", checkpoint=checkpoint) == revision


def test_bindings_that_disagree_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^old-1\.eval: binding: .* different revisions: v1, v2; narrow"):
        resolve_binding(BINDINGS, file_name="old-1.eval", sha256="f" * 64, model="m", checkpoint=None)


def test_what_labels_mean(tmp_path: Path) -> None:
    text = """
[[label]]
scanner = "voices"
means = "awareness"
key = "aware"
aware = [true, 1, "yes"]
unaware = [false]
nothing = "unaware"
[[label]]
scanner = "scores"
means = "awareness"
threshold = 0.5
[[label]]
scanner = "refusals"
means = "nothing"
"""
    voices = LabelRule("voices", True, "aware", (True, 1, "yes"), (False,), nothing_is_unaware=True)
    scores = LabelRule("scores", True, threshold=0.5)
    label_rules = registry(tmp_path, text).labels
    assert label_rules == {"voices": voices, "scores": scores, "refusals": LabelRule("refusals", False)}
    said = [voices.reads(value) for value in (True, 1, 1.0, "yes", False, 0, "Yes")]
    assert said == [True, True, True, True, False, None, None]
    assert [scores.reads(value) for value in (0.5, 1, 0.49, True, "1")] == [True, True, False, None, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "aware = [true]",
            "label[0]: does not say which values are aware and which are not; give aware and unaware, or",
        ),
        ('aware = ["x"]\nunaware = ["x"]', "label[0]: 'x' is in aware and in unaware; keep one of them"),
        ("aware = [1]\nthreshold = 1.0", "label[0]: gives a threshold beside values; give either"),
        ("colour = 1", "label[0].colour: is no key of this table; allowed are "),
    ],
)
def test_a_label_that_is_not_declared_as_a_whole(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        registry(tmp_path, f'[[label]]\nscanner = "a"\nmeans = "awareness"\n{text}\n')
    assert str(caught.value).startswith(f"suites.toml: {message}")


def test_a_scanner_is_declared_once_and_means_something_or_nothing(tmp_path: Path) -> None:
    twice = '[[label]]\nscanner = "a"\nmeans = "nothing"\n' * 2
    with pytest.raises(ConfigError, match="declares the scanner 'a' a second time; keep one of them"):
        registry(tmp_path, twice)
    with pytest.raises(ConfigError, match="means nothing, and says more; leave the rest out"):
        registry(tmp_path, '[[label]]\nscanner = "a"\nmeans = "nothing"\nkey = "x"\n')
