"""auditor compare: two logs, runs, models or revisions of every tool, paired by item, without a spec."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.render.documents import compare_json_schema
from tests.cli.conftest import Auditor, one_line, tree_hash
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, promptfoo_log, promptfoo_result, sample, write_eval, write_json

FIXTURES = Path(__file__).parents[1] / "fixtures"


def log_of(
    path: Path,
    values: Sequence[object],
    *,
    task: str = "maths",
    created: str = "2026-01-02T10:00:00+00:00",
    epochs: int = 1,
    asks: str = "item",
    **header: Any,  # noqa: ANN401 - as the log has it
) -> Path:
    """An Inspect log of items `q000`, ... in order, with the value of each epoch of each item in turn."""
    names = [f"q{place // epochs:03d}" for place in range(len(values))]
    samples = [
        sample(name, value, f"{asks} {name}", place % epochs + 1)
        for place, (name, value) in enumerate(zip(names, values, strict=True))
    ]
    document = inspect_log(samples, "v1", task, created, **header)
    document["eval"]["config"] = {"epochs": epochs}
    document["eval"]["dataset"] = {"samples": len(values) // epochs}
    return write_eval(path, document)


def compared(auditor: Auditor, *arguments: str | Path) -> dict[str, Any]:
    """The JSON of a comparison, which fits its published schema."""
    answer = auditor("compare", *arguments, "--format", "json")
    assert (answer.code, answer.err) == (0, ""), answer
    document: dict[str, Any] = json.loads(answer.out)
    jsonschema.validate(document, json.loads(compare_json_schema()))
    return document


def only(document: dict[str, Any]) -> dict[str, Any]:
    [comparison] = document["comparisons"]
    assert isinstance(comparison, dict)
    return comparison


def words(text: str) -> str:
    """A text without its line ends."""
    return " ".join(text.split())


# What it says.


def test_a_difference_with_the_items_that_moved(auditor: Auditor, tmp_path: Path) -> None:
    """Ten of a hundred items are solved only by B, one only by A."""
    first = log_of(tmp_path / "a.eval", ["C"] * 60 + ["I"] * 40)
    second = log_of(tmp_path / "b.eval", ["I"] + ["C"] * 69 + ["I"] * 30, created="2026-01-03T10:00:00+00:00")
    answer = auditor("compare", first, second)
    assert answer.code == 0
    assert "B is higher by 9.0 points [+" in answer.out
    assert "10 items higher in B, 1 lower, 89 the same." in answer.out
    assert "Each side is one run" in answer.out
    comparison = only(compared(auditor, first, second))
    assert comparison["outcome"] == "higher"
    assert [item["item"] for item in comparison["moved"]][:3] == ["q000", "q060", "q061"]
    assert comparison["moved"][0]["a"] == {"mean": 1.0, "samples": 1}
    assert comparison["difference"]["p_value"] < 0.05


def test_a_bounded_null_is_no_lack_of_items(auditor: Auditor, tmp_path: Path) -> None:
    values = ["C", "I"] * 400
    first = log_of(tmp_path / "a.eval", values)
    second = log_of(tmp_path / "b.eval", [*values[:-2], "I", "C"], created="2026-01-03T10:00:00+00:00")
    answer = auditor("compare", first, second)
    assert "Bounded null: no difference is shown (p = 1), and any is at most 0." in words(answer.out)
    assert only(compared(auditor, first, second, "--margin", "0.001"))["outcome"] == "too-few"
    few = (
        log_of(tmp_path / "c.eval", values[:20]),
        log_of(tmp_path / "d.eval", [*values[:18], "I", "C"], created="2026-02-02T10:00:00+00:00"),
    )
    answer = auditor("compare", *few)
    assert "Too few items to tell: the difference lies between -" in words(answer.out)
    assert "such items would bound it by 5.0 points, if there is none." in words(answer.out)
    assert only(compared(auditor, *few))["items_needed"] > 20


def test_epochs_are_repeats_of_their_item(auditor: Auditor, tmp_path: Path) -> None:
    """Ten items that are answered alike in each of twenty epochs are worth ten items, not two hundred."""
    first = log_of(tmp_path / "a.eval", ["C"] * 120 + ["I"] * 80, epochs=20)
    second = log_of(tmp_path / "b.eval", ["C"] * 140 + ["I"] * 60, epochs=20, created="2026-01-03T10:00:00+00:00")
    comparison = only(compared(auditor, first, second))
    assert (comparison["outcome"], comparison["a"]["items"], comparison["a"]["samples"]) == ("too-few", 10, 200)
    assert "0/20  20/20" in auditor("compare", first, second).out


def test_graded_scores_have_their_own_unit(auditor: Auditor, tmp_path: Path) -> None:
    """A judge's 1 to 10: B is half a point up, which is no rate."""
    scores = [float(place % 8 + 1) for place in range(60)]
    first = log_of(tmp_path / "a.eval", scores)
    second = log_of(
        tmp_path / "b.eval",
        [score + place % 2 for place, score in enumerate(scores)],
        created="2026-01-03T10:00:00+00:00",
    )
    comparison = only(compared(auditor, first, second))
    assert (comparison["outcome"], comparison["binary"]) == ("higher", False)
    assert comparison["difference"]["estimate"] == 0.5
    assert "B is higher by 0.500 [+0." in auditor("compare", first, second).out


def test_invalid_samples_count_either_way(auditor: Auditor, tmp_path: Path) -> None:
    """Thirty of a hundred samples of B failed: a difference that rests on leaving them out is none."""
    first = log_of(tmp_path / "a.eval", ["C"] * 50 + ["I"] * 50)
    failed: dict[str, Any] = {"error": {"message": "lost"}}
    samples = [
        sample(f"q{place:03d}", "C", f"item q{place:03d}", **(failed if place >= 70 else {})) for place in range(100)
    ]
    second = write_eval(tmp_path / "b.eval", inspect_log(samples, "v1", "maths", "2026-01-03T10:00:00+00:00"))
    comparison = only(compared(auditor, first, second))
    assert comparison["b"]["invalid"] == 30
    whole = log_of(tmp_path / "c.eval", ["C"] * 70 + ["I"] * 30, created="2026-01-04T10:00:00+00:00")
    bounds = comparison["difference"], only(compared(auditor, first, whole))["difference"]
    assert bounds[0]["low"] <= bounds[1]["low"]
    assert bounds[0]["high"] > 0.5
    assert "invalid samples counted either way" in auditor("compare", first, second).out


def test_runs_of_a_side_are_taken_together(auditor: Auditor, tmp_path: Path) -> None:
    """Three runs a side, which differ from run to run by more than their items' chance: the limits hold it."""
    for side, base in (("a", 50), ("b", 58)):
        for run, shift in enumerate((-8, 0, 8)):
            right = base + shift
            log_of(
                tmp_path / side / f"{run}.eval",
                ["C"] * right + ["I"] * (100 - right),
                created=f"2026-01-0{run + 2}T1{'ab'.index(side)}:00:00+00:00",
            )
    comparison = only(compared(auditor, tmp_path / "a", tmp_path / "b"))
    assert (comparison["a"]["runs"], comparison["repeats"], comparison["outcome"]) == (3, True, "too-few")
    assert "with what differs from run to run" in auditor("compare", tmp_path / "a", tmp_path / "b").out


def test_what_else_differs_is_named(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["C", "I"] * 20)
    second = log_of(tmp_path / "b.eval", ["I", "C"] * 20, created="2026-01-03T10:00:00+00:00")
    document = json.loads((FIXTURES / "inspect" / "limited.json").read_text())
    assert document["eval"]["model"]
    warm = inspect_log(
        [sample(f"q{place:03d}", "C", f"item q{place:03d}") for place in range(40)],
        "v1",
        "maths",
        "2026-01-04T10:00:00+00:00",
    )
    warm["eval"]["model"], warm["eval"]["model_generate_config"] = "m2", {"temperature": 1.0}
    third = write_eval(tmp_path / "c.eval", warm)
    changed = {one["name"]: (one["a"], one["b"]) for one in only(compared(auditor, first, third))["changed"]}
    assert changed["model"] == ("m1", "m2")
    assert "temperature" in changed["sampling"][1]
    assert not only(compared(auditor, first, second))["changed"]
    (tmp_path / "mixed").mkdir()
    for path in (second, third):
        shutil.copy(path, tmp_path / "mixed")
    mixed = compared(auditor, first, tmp_path / "mixed")
    assert only(mixed)["of"] == "m1"
    assert mixed["not_compared"] == [{"subject": "maths", "why": "model m2 only in B"}]
    both = shutil.copytree(tmp_path / "mixed", tmp_path / "both")
    cold = json.loads(json.dumps(warm)) | {}
    cold["eval"] |= {"eval_id": "cold", "model_generate_config": {"temperature": 0.0}}
    write_eval(both / "d.eval", cold)
    (both / "b.eval").unlink()
    line = one_line(auditor("compare", first, both))
    assert "the runs of B differ from each other in sampling: name one of them" in line


def test_several_scores_share_the_error(auditor: Auditor, tmp_path: Path) -> None:
    """A judge's two dimensions, of which one moved; a third that repeats the first is no comparison of its own."""

    def judged(path: Path, kind: Sequence[int], day: int) -> Path:
        samples = [
            sample(f"q{place:03d}", {"kind": value, "terse": place % 2, "again": value}, f"item q{place:03d}")
            for place, value in enumerate(kind)
        ]
        return write_eval(path, inspect_log(samples, "v1", "maths", f"2026-01-0{day}T10:00:00+00:00"))

    first, second = judged(tmp_path / "a.eval", [0] * 60, 2), judged(tmp_path / "b.eval", [1] * 9 + [0] * 51, 3)
    document = compared(auditor, first, second)
    assert [one["score"] for one in document["comparisons"]] == ["match.kind", "match.terse"]
    assert [one["outcome"] for one in document["comparisons"]] == ["higher", "too-few"], document
    assert document["comparisons"][0]["difference"]["error"] == 0.025
    assert "for all 2 comparisons together (Holm)" in auditor("compare", first, second).out
    alone = compared(auditor, first, second, "--score", "match.terse")
    assert [one["difference"]["error"] for one in alone["comparisons"]] == [0.05]


def test_markdown_stands_by_itself(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["C"] * 30 + ["I"] * 10)
    second = log_of(tmp_path / "b.eval", ["I"] * 40, created="2026-01-03T10:00:00+00:00")
    text = auditor("compare", first, second, "--format", "markdown").out
    assert text.startswith("# auditor compare\n")
    assert "| B - A | -75.0 |" in text


# Which items are the same.


def test_new_inputs_under_old_ids_are_other_items(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["C"] * 40)
    second = log_of(tmp_path / "b.eval", ["I"] * 40, asks="a harder item", created="2026-01-03T10:00:00+00:00")
    line = one_line(auditor("compare", first, second))
    assert "A and B have no item in common: 40 ids are the same, their inputs are not; --by-id pairs them" in line
    comparison = only(compared(auditor, first, second, "--by-id"))
    assert (comparison["paired_by_id"], comparison["lower"]) == (True, 40)


def test_items_of_one_side_are_counted(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["C", "I"] * 20)
    second = log_of(tmp_path / "b.eval", ["C", "I"] * 10, created="2026-01-03T10:00:00+00:00")
    comparison = only(compared(auditor, first, second))
    assert (comparison["only_a"], comparison["only_b"], comparison["a"]["items"]) == (20, 0, 20)
    assert "not compared: 20 items only in A" in auditor("compare", first, second).out


# Every tool that is read.


@pytest.mark.parametrize(
    ("first", "second", "scores"),
    [
        ("inspect/test_first.eval", "inspect/test_second.eval", {"concealment"}),
        ("inspect/held_out_first.eval", "inspect/held_out_second.eval", {"concealment"}),
    ],
)
def test_logs_of_inspect(auditor: Auditor, first: str, second: str, scores: set[str]) -> None:
    document = compared(auditor, FIXTURES / first, FIXTURES / second)
    assert {one["score"] for one in document["comparisons"]} == scores


def test_results_of_promptfoo_name_tests_as_promptfoo_does(auditor: Auditor, tmp_path: Path) -> None:
    for name, solved in (("a", 20), ("b", 32)):
        results = [promptfoo_result({"q": f"question {place}"}, place < solved, place) for place in range(40)]
        write_json(tmp_path / f"{name}.json", promptfoo_log(results, "v1", f"eval-{name}"))
    document = compared(auditor, tmp_path / "a.json", tmp_path / "b.json")
    comparison = only(document)  # the score says what `success` says
    assert (comparison["outcome"], comparison["higher"]) == ("higher", 12)
    assert comparison["moved"][0]["label"].startswith("test ")


def test_two_models_in_one_file(auditor: Auditor, tmp_path: Path) -> None:
    results = []
    for model, solved in (("m1", 10), ("m2", 35)):
        for place in range(40):
            result = promptfoo_result({"q": f"question {place}"}, place < solved, place)
            results.append(result | {"provider": {"id": model}})
    path = write_json(tmp_path / "both.json", promptfoo_log(results, "v1", "eval"))
    assert only(compared(auditor, "--results", path, "m1", "m2"))["higher"] == 25
    line = one_line(auditor("compare", "--results", path, "m1", "m3"))
    assert "m3: is no path, and no run, model or revision of what the results hold; there are m1, m2, v1" in line


def test_results_of_lm_evaluation_harness(auditor: Auditor, tmp_path: Path) -> None:
    """The same results, of which the second copy is another run of another day with one answer turned."""
    source = FIXTURES / "lm_eval" / "full"
    again = tmp_path / "again"
    again.mkdir()
    for path in source.iterdir():
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.suffix == ".jsonl" else None
        if lines is not None:
            for line in lines[:1]:
                line.update({name: 1.0 - line[name] for name in ("acc", "exact_match") if name in line})
            (again / path.name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        else:
            document = json.loads(path.read_text())
            document["config"]["model_args"] = "pretrained=other"
            (again / path.name).write_text(json.dumps(document))
    answer = auditor("compare", source, again, "--format", "json")
    assert answer.code == 0, answer.err
    assert {one["suite"] for one in json.loads(answer.out)["comparisons"]} <= {"finished_choice", "finished_claims"}


def test_logs_of_openai_evals(auditor: Auditor, tmp_path: Path) -> None:
    source = FIXTURES / "openai_evals" / "match.jsonl"
    lines = [json.loads(line) for line in source.read_text().splitlines()]
    for line in lines:
        if "spec" in line:
            line["spec"]["run_id"] = "another"
        if "run_id" in line:
            line["run_id"] = "another"
    (tmp_path / "again.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    comparison = only(compared(auditor, source, tmp_path / "again.jsonl"))
    assert (comparison["higher"], comparison["lower"]) == (0, 0)


def test_tables_count_what_they_call_misaligned(auditor: Auditor, tmp_path: Path) -> None:
    for name, bad in (("a", 30), ("b", 5)):
        rows = [f"v1,visible,{name},i{place},{int(place < bad)}" for place in range(60)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["spec_revision,suite,model,item,misaligned", *rows]) + "\n")
    comparison = only(compared(auditor, tmp_path / "a.csv", tmp_path / "b.csv"))
    assert (comparison["score"], comparison["outcome"], comparison["paired_by_id"]) == ("misaligned", "lower", True)


# What was recorded.


def test_recorded_revisions_and_models(auditor: Auditor, judged: GitRepo) -> None:
    """Held-out items are not named; nothing is written."""
    before = tree_hash(judged.path / "eval_history")
    document = compared(auditor, "v1", "v2", "--repo", judged.path)
    outcomes = {one["suite"]: one for one in document["comparisons"]}
    assert outcomes["visible"]["outcome"] == "lower"
    assert len(outcomes["visible"]["moved"]) == 40
    assert outcomes["visible"]["repeats"] is True
    assert outcomes["unseen"]["moved"] == []
    assert tree_hash(judged.path / "eval_history") == before
    line = one_line(auditor("compare", "m", "v1", "--repo", judged.path))
    assert "m, v1: are both record " in line


def test_items_of_held_out_suites_are_named_when_asked_for(auditor: Auditor, project: GitRepo, tmp_path: Path) -> None:
    rows = ["spec_revision,suite,model,item,misaligned"]
    for revision, bad in (("v1", 30), ("v2", 0)):
        rows += [f"{revision},unseen,m,secret-{place},{int(place < bad)}" for place in range(40)]
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n")
    assert auditor("ingest", tmp_path / "rows.csv", "--repo", project.path).code == 0
    quiet = auditor("compare", "v1", "v2", "--repo", project.path).out
    assert "These are held-out items, which only --reveal names." in quiet
    assert "secret" not in quiet
    assert "secret-0" in auditor("compare", "v1", "v2", "--repo", project.path, "--reveal").out


# What is refused.


@pytest.mark.parametrize(
    ("values", "arguments", "line"),
    [
        (["yes, fully", "no way"] * 4, (), "score match: its values are words: no way, yes, fully; say which count"),
        (["C", "I"] * 4, ("--score", "other"), "no score in common: A has match, B has match"),
    ],
)
def test_bad_input_is_one_line(
    auditor: Auditor, tmp_path: Path, values: Sequence[str], arguments: Sequence[str], line: str
) -> None:
    first = log_of(tmp_path / "a.eval", values)
    second = log_of(tmp_path / "b.eval", values, created="2026-01-03T10:00:00+00:00")
    assert line in one_line(auditor("compare", first, second, *arguments))


def test_a_log_is_not_compared_with_itself(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["C", "I"] * 4)
    shutil.copy(first, tmp_path / "b.eval")
    assert "are both a.eval; give two that differ" in one_line(auditor("compare", first, tmp_path / "b.eval"))


def test_other_suites_are_not_compared(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["C", "I"] * 4)
    second = log_of(tmp_path / "b.eval", ["C", "I"] * 4, task="history")
    assert "nothing can be compared: maths: B has no run of it" in one_line(auditor("compare", first, second))


def test_labels_that_count(auditor: Auditor, tmp_path: Path) -> None:
    first = log_of(tmp_path / "a.eval", ["honest"] * 30 + ["evades"] * 10)
    second = log_of(tmp_path / "b.eval", ["evades"] * 20 + ["overclaims"] * 20, created="2026-01-03T10:00:00+00:00")
    assert only(compared(auditor, first, second, "--label", "honest"))["lower"] == 30


def test_a_name_without_a_project(auditor: Auditor, tmp_path: Path) -> None:
    assert "no spec is configured" in one_line(auditor("compare", "m1", "m2", "--repo", tmp_path))
