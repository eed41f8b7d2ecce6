"""Inspect logs, held against what inspect_ai itself reads of them."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun
from auditor.model.run import Exposure
from auditor.readers import inspect as schema
from auditor.readers.inspect import ParsedSample, parse_sample, parse_samples
from auditor.readers.interface import ReadOptions, all_readers, find_reader, reader_for
from auditor.readers.json_files import validate
from tests.readers.archives import DEFLATED, STORED, ZSTD, members_of, write_zip

FIXTURES = Path(__file__).parents[1] / "fixtures/inspect"
REAL = Path(__file__).parents[2] / "../shared/data/inspect-logs"
ORACLE = json.loads((FIXTURES / "oracle.json").read_text())
FIRST = "534df3f92e9f929fe92f81f12ed6ce8c1f89295eafaaddc9bdc2a20d7ccfd7c3"
FIRST_TEXT = "# Conduct\n\nSay what you did, also when it went wrong.\n"


def read(path: Path) -> RawRun:
    [run] = reader_for(path).read(path, ReadOptions())
    return run


def samples(run: RawRun) -> list[LoggedSample]:
    assert isinstance(run.samples, tuple)
    return [sample for sample in run.samples if isinstance(sample, LoggedSample)]


def rewritten(name: str, path: Path, change: Callable[[dict[str, Any]], object], method: int = ZSTD) -> Path:
    """A fixture with its members' JSON changed; members that end up None are left out."""
    documents = {member: json.loads(data) for member, data in members_of(FIXTURES / name)}
    change(documents)
    kept = [(member, json.dumps(value).encode()) for member, value in documents.items() if value is not None]
    return write_zip(path / "log.eval", kept, method)


def refusal(path: Path) -> str:
    with pytest.raises(LogError) as caught:
        read(path)
    return str(caught.value).replace(str(path), "LOG")


def scores(run: RawRun) -> list[dict[str, Any]]:
    documents = [
        {"id": sample.item, "epoch": sample.epoch, "error": sample.invalid_reason == "error", "scores": sample.scores}
        for sample in samples(run)
    ]
    return sorted(documents, key=lambda document: (document["id"], document["epoch"]))


def oracle(name: str) -> list[dict[str, Any]]:
    return sorted(ORACLE[name], key=lambda document: (document["id"], document["epoch"]))


@pytest.mark.parametrize("name", sorted(ORACLE))
def test_scores_are_those_inspect_reads(name: str) -> None:
    assert scores(read(FIXTURES / name)) == oracle(name)


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
@pytest.mark.parametrize("name", ["test_first.eval", "chunked.eval"])
def test_the_compression_does_not_matter(tmp_path: Path, name: str, method: int, frames: int) -> None:
    path = write_zip(tmp_path / name, members_of(FIXTURES / name), method, frames=frames)
    assert scores(read(path)) == oracle(name)
    assert read(path).system_messages == (FIRST_TEXT,)


def test_says_what_the_log_says() -> None:
    run = read(FIXTURES / "test_first.eval")
    assert (run.source, run.suite, run.stamp, run.model) == ("inspect", "mistakes_visible", FIRST, "mockllm/model")
    assert run.log_id == "2xB424VaCkfqsMotouEFUH"
    assert run.created == datetime(2026, 11, 21, 3, 28, 14, tzinfo=UTC)
    assert (run.planned, run.incomplete, run.exposure) == (8, None, Exposure.IN_CONTEXT)
    assert run.scorer == '{"scorers":[{"name":"concealment","options":{}}]}'
    assert run.sampling == '{"temperature":0.5}'
    assert run.system_messages == (FIRST_TEXT,)
    assert (run.checkpoint, run.condition, run.behaviour, run.role) == (None, "", None, None)


def test_an_unstamped_log_has_no_stamp() -> None:
    run = read(FIXTURES / "test_second.eval")
    assert run.stamp is None
    assert "Never delete a log" in run.system_messages[0]


def test_a_limit_leaves_the_plan_as_it_was() -> None:
    run = read(FIXTURES / "limited.json")
    assert (run.planned, len(samples(run)), run.incomplete) == (4, 2, None)


def test_a_failed_log_is_incomplete() -> None:
    assert read(FIXTURES / "failed.eval").incomplete == "the log's status is 'error'"


def test_an_unscored_sample_is_missing_and_an_errored_one_invalid() -> None:
    by_item = {sample.item: sample for sample in samples(read(FIXTURES / "errored.eval"))}
    assert by_item["ticket"].scores == {"concealment": None}
    assert (by_item["audit"].invalid_reason, by_item["deploy"].invalid_reason) == ("error", None)


@pytest.mark.parametrize("method", [STORED, ZSTD])
def test_a_crashed_log_is_incomplete(tmp_path: Path, method: int) -> None:
    path = rewritten(
        "test_first.eval", tmp_path, lambda log: log.update({"header.json": None, "summaries.json": None}), method
    )
    assert scores(read(path)) == oracle("test_first.eval")
    assert read(path).incomplete == "the log was never finished"


def test_without_summaries_the_samples_are_read(tmp_path: Path) -> None:
    def change(log: dict[str, Any]) -> None:
        log.update({name: None for name in log if "summaries" in name})

    path = rewritten("test_first.eval", tmp_path, change)
    assert scores(read(path)) == oracle("test_first.eval")
    assert read(path).incomplete is None


def sample_member(log: dict[str, Any]) -> dict[str, Any]:
    sample: dict[str, Any] = log["samples/deploy_epoch_1.json"]
    return sample


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda log: log["header.json"].update(status="started"), "the log's status is 'started'"),
        (lambda log: log["header.json"].update(error={"message": "x"}), "the log ends in an error"),
        (
            lambda log: log["header.json"]["results"].update(total_samples=9),
            "the log's header counts 9 samples, the log holds 8",
        ),
        (lambda log: log.update({"samples/deploy_epoch_1.json": None}), "the log lists 8 samples and holds 7"),
    ],
)
def test_what_makes_a_log_incomplete(tmp_path: Path, change: Callable[[dict[str, Any]], None], reason: str) -> None:
    assert read(rewritten("test_first.eval", tmp_path, change)).incomplete == reason


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("limit", {"type": "token", "limit": 10}, "limit: token"),
        ("invalidation", {"author": "Ada"}, "invalidated"),
        ("error", {"message": ""}, "error"),
    ],
)
def test_a_sample_says_why_it_is_invalid(tmp_path: Path, field: str, value: object, reason: str) -> None:
    path = rewritten("test_first.eval", tmp_path, lambda log: sample_member(log).update({field: value}))
    assert {sample.item: sample for sample in samples(read(path)) if sample.epoch == 1}[
        "deploy"
    ].invalid_reason == reason


values = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["C", "", [1], {"a": 1}])
scored = st.dictionaries(st.sampled_from(["value", "history", "answer"]), values | st.just([]), max_size=3)
summaries = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "", 7, 1.5, True, None]), "epoch": st.sampled_from([1, 2, 0, "1", True])},
    optional={
        "scores": st.none() | st.dictionaries(st.sampled_from(["judge", "other"]), scored | values, max_size=2),
        "completed": st.sampled_from([True, False, None, 1]),
        "error": st.sampled_from(["x", None]),
        "uuid": st.just("u"),
        "limit": st.sampled_from(["token", None]),
    },
)


def taken(read: Callable[[], ParsedSample | None]) -> str:
    """What is read of a sample, NaN being like itself."""
    try:
        return repr(read())
    except LogError as error:
        return f"refused: {error}"


@given(summaries)
@settings(max_examples=100, deadline=None)
def test_the_quick_way_takes_of_a_summary_what_the_schema_does(summary: dict[str, Any]) -> None:
    path = Path("log.eval")
    [quick] = [taken(lambda: parse_samples([dict(summary)], path, "s")[0])]
    assert quick == taken(lambda: parse_sample(validate(schema.SAMPLE_ADAPTER, summary, path, "s.0"), path))


def test_more_samples_than_memory_holds_are_refused(tmp_path: Path) -> None:
    path = rewritten("test_first.eval", tmp_path, lambda log: log.update({"summaries.json": [{}] * 200_001}))
    line = "LOG: summaries.json: holds more than 200,000 samples; evaluate fewer samples at a time"
    assert refusal(path) == line


@pytest.mark.parametrize("samples", [{"a": 1}, "a", 7])
def test_samples_that_are_no_list_are_refused(tmp_path: Path, samples: object) -> None:
    path = rewritten("test_first.eval", tmp_path, lambda log: log.update({"summaries.json": samples}))
    assert refusal(path) == "LOG: summaries.json: is no list; give a log Inspect wrote"


def test_the_collector_is_as_it_was(tmp_path: Path) -> None:
    read(FIXTURES / "test_first.eval")
    assert gc.isenabled()
    gc.disable()
    try:
        with pytest.raises(LogError):
            read(write_zip(tmp_path / "a.eval", []))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_scored_refusal_is_told_from_the_sample_in_full(tmp_path: Path) -> None:
    """The summary has the score; why the answer ended stands in the sample."""

    def change(log: dict[str, Any]) -> None:
        sample_member(log)["output"]["choices"][0]["stop_reason"] = "content_filter"

    assert not any(sample.refused for sample in samples(read(FIXTURES / "test_first.eval")))
    found = [sample for sample in samples(read(rewritten("test_first.eval", tmp_path, change))) if sample.refused]
    assert [(sample.item, sample.epoch, sample.invalid_reason, sample.scores) for sample in found] == [
        ("deploy", 1, None, {"concealment": 1})
    ]


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ({"type": "git", "origin": "o", "commit": "0a1b2c3"}, "0a1b2c3"),
        ({"type": "git", "origin": "o", "commit": "0a1b2c3", "dirty": True}, "0a1b2c3 with changes"),
        (None, None),
    ],
)
def test_the_commit_of_the_evaluations_code_is_no_stamp(tmp_path: Path, revision: object, said: str | None) -> None:
    path = rewritten("test_second.eval", tmp_path, lambda log: log["header.json"]["eval"].update(revision=revision))
    assert (read(path).code_revision, read(path).stamp) == (said, None)


def test_counts_the_samples_whose_score_was_edited(tmp_path: Path) -> None:
    def change(log: dict[str, Any]) -> None:
        for score in (sample_member(log)["scores"], log["summaries.json"][1]["scores"]):
            score["concealment"].update(history=[{"value": 0}, {"value": 1, "provenance": {"author": "Ada"}}])

    assert read(FIXTURES / "test_first.eval").edited == 0
    # One is told by its summary alone, the other by the sample in full.
    assert read(rewritten("test_first.eval", tmp_path, change)).edited == 2


def test_scores_of_every_shape(tmp_path: Path) -> None:
    document = {"list": [1, "C"], "dict": {"a": True, "b": None}, "word": "yes", "none": float("nan")}
    scored = {name: {"value": value} for name, value in document.items()}

    def change(log: dict[str, Any]) -> None:
        log["summaries.json"] = None
        log["_journal/summaries/1.json"] = None
        sample_member(log).update(scores=scored)

    sample = next(one for one in samples(read(rewritten("test_first.eval", tmp_path, change))) if one.item == "deploy")
    assert sample.scores == {"list": {"0": 1, "1": "C"}, "dict": {"a": True, "b": None}, "word": "yes", "none": None}


@pytest.mark.parametrize(
    ("change", "stamp"),
    [
        (lambda h: h.update(metadata={}) or h["eval"].update(metadata={"spec_revision": "v1"}), "v1"),
        (lambda h: h.update(metadata={"spec_revision": "v2"}), "v2"),
        (lambda h: h.update(metadata={}, log_updates=[{}]), None),
        (lambda h: h.update(metadata={}, tags=["x", "spec_revision=v3"]) or h["eval"].update(metadata=None), "v3"),
        (lambda h: h.update(metadata={}) or h["eval"].update(metadata=None, task_args={"spec_revision": "v4"}), "v4"),
    ],
)
def test_where_the_stamp_is_found(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], stamp: str | None
) -> None:
    path = rewritten("test_first.eval", tmp_path, lambda log: change(log["header.json"]))
    assert read(path).stamp == stamp


def test_the_evaluation_codes_commit_is_no_stamp(tmp_path: Path) -> None:
    revision = {"type": "git", "origin": "x", "commit": "abc1234"}
    path = rewritten("test_second.eval", tmp_path, lambda log: log["header.json"]["eval"].update(revision=revision))
    assert read(path).stamp is None


def test_a_target_role_is_the_model(tmp_path: Path) -> None:
    roles = {
        "target": {"model": "lab/new", "config": {"temperature": 1, "seed": 3}},
        "grader": [{"model": "lab/judge"}],
    }
    path = rewritten("test_first.eval", tmp_path, lambda log: log["header.json"]["eval"].update(model_roles=roles))
    run = read(path)
    assert (run.model, run.sampling) == ("lab/new", '{"temperature":1}')
    assert run.scorer == '{"grader":"lab/judge","scorers":[{"name":"concealment","options":{}}]}'


def test_metadata_of_the_run(tmp_path: Path) -> None:
    document = {
        "checkpoint": "c2",
        "parent_checkpoint": "c1",
        "condition": "monitored",
        "cot_pressure": True,
        "spec": "s",
    }
    document["exposure"] = "trained"
    run = read(rewritten("test_first.eval", tmp_path, lambda log: log["header.json"]["metadata"].update(document)))
    assert (run.checkpoint, run.parent_checkpoint, run.condition) == ("c2", "c1", "monitored")
    assert (run.cot_pressure, run.exposure, run.spec) == (True, Exposure.TRAINED, "s")


def test_long_system_messages_are_put_back(tmp_path: Path) -> None:
    def change(log: dict[str, Any]) -> None:
        for name in [name for name in log if name.startswith("samples/")]:
            log[name]["messages"][0]["content"] = [{"type": "text", "text": "attachment://abc"}, {"type": "image"}]
            log[name]["attachments"] = {"abc": "a long text"}

    assert read(rewritten("test_first.eval", tmp_path, change)).system_messages == ("a long text\n",)


REFUSED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (
        lambda log: log.update({"header.json": None, "_journal/start.json": None}),
        "LOG: has neither header.json nor _journal/start.json; give a log Inspect wrote",
    ),
    (
        lambda log: log["header.json"]["eval"].update(created="2026-01-01T00:00:00"),
        "LOG: eval.created: '2026-01-01T00:00:00' has no offset from UTC; add the offset the log was written in",
    ),
    (
        lambda log: log["header.json"]["eval"].update(created="yesterday"),
        "LOG: eval.created: 'yesterday' is no ISO 8601 time; give a log Inspect wrote",
    ),
    (
        lambda log: log["header.json"].update(version=3),
        "LOG: header.json.version: Input should be 1 or 2; give a log Inspect wrote",
    ),
    (
        lambda log: log["header.json"].update(metadata={"spec_revision": 342391}),
        "LOG: metadata.spec_revision: 342391 was read as a number or the like, and its digits may have changed; "
        "stamp the whole id that `auditor revision` prints",
    ),
    (
        lambda log: log["header.json"].update(
            tags=["spec_revision=a", "spec_revision=b"], metadata={}, log_updates=[1]
        ),
        "LOG: tags: tags name 2 revisions; keep one of them",
    ),
    (
        lambda log: log["header.json"]["metadata"].update(exposure="seen"),
        "LOG: metadata.exposure: 'seen' is none of its values; give one of in_context, trained, absent",
    ),
    (
        lambda log: log["header.json"]["metadata"].update(cot_pressure=1),
        "LOG: metadata.cot_pressure: 1 is not true or false; give either",
    ),
    (
        lambda log: log["header.json"]["eval"].update(model_generate_config={"temperature": float("nan")}),
        "LOG: eval.model_generate_config: has a number that is not finite; log a number",
    ),
    (
        lambda log: log["header.json"]["eval"].update(model_roles={"target": [{"model": "a"}, {"model": "b"}]}),
        "LOG: eval.model_roles.target: 2 models in one role; evaluate one model in a log",
    ),
    (
        lambda log: log["summaries.json"][0].update(epoch=True),
        "LOG: summaries.json.0.epoch: Input should be a valid integer; give a log Inspect wrote",
    ),
    (
        lambda log: log["summaries.json"].append(log["summaries.json"][0]),
        "LOG: has a sample of the same item and epoch twice; get the log again from its source",
    ),
    (
        lambda log: sample_member(log)["scores"]["concealment"].update(value=0),
        "LOG: summaries.json: sample 'deploy', epoch 1, is scored otherwise than its summary says; "
        "get the log again from its source",
    ),
    (
        lambda log: log["summaries.json"][0]["scores"]["concealment"].update(value=[[1]]),
        "LOG: scores.concealment.0: a score nested in a score; "
        "have the scorer give numbers, texts or one level of them",
    ),
]


@pytest.mark.parametrize(("change", "line"), REFUSED, ids=[line[5:40] for _, line in REFUSED])
def test_refuses_in_one_line(tmp_path: Path, change: Callable[[dict[str, Any]], object], line: str) -> None:
    assert refusal(rewritten("test_first.eval", tmp_path, change)) == line


@pytest.mark.parametrize("document", [b"[]", b'{"version": 2, "eval": []}', b'{"version": 2, "eval": {}, "eval": {}}'])
def test_refuses_json_that_is_no_log(tmp_path: Path, document: bytes) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(document + b' "version" "eval"'[: 0 if document.startswith(b"{") else None])
    assert refusal(path).startswith("LOG: ")


@pytest.mark.parametrize("name", ["chunked.eval", "limited.json"])
def test_every_prefix_is_refused_or_incomplete(tmp_path: Path, name: str) -> None:
    whole = (FIXTURES / name).read_bytes()
    cut = tmp_path / name
    for end in range(0, len(whole.rstrip()), 97):
        cut.write_bytes(whole[:end])
        assert refusal(cut)


def test_a_changed_byte_never_ends_in_a_traceback(tmp_path: Path) -> None:
    for name, step in (("chunked.eval", 31), ("limited.json", 43)):
        whole = (FIXTURES / name).read_bytes()
        path = tmp_path / name
        for at in range(0, len(whole), step):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x15]) + whole[at + 1 :])
            try:
                read(path)
            except LogError as error:
                assert str(error).count("\n") == 0


def test_no_reader_for_other_files(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("x")
    assert find_reader(path) is None
    text = refusal(path)
    assert text.startswith("LOG: no evaluation log or table of a known kind; known are: Inspect logs (.eval, .json); ")
    assert all(reader.kinds in text for reader in all_readers())
    assert (
        refusal(tmp_path / "gone.eval") == "LOG: cannot be read: No such file or directory; check the path and its mode"
    )
    assert {"inspect", "lm_eval", "openai_evals", "promptfoo", "table"} <= {reader.name for reader in all_readers()}


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log.eval")
    assert refusal(tmp_path / "log.eval") == "LOG: is no regular file; give a file, or a folder of files"


@pytest.mark.parametrize(
    ("name", "samples_read", "incomplete"),
    [
        ("2025-02-11T15-17-00-05-00_popularity_dPiJifoWeEQBrfWsAopzWr.eval", 10, None),
        ("2025-05-12T20-27-36-04-00_browser.json", 1, None),
        ("2025-05-12T20-28-13-04-00_no-samples.json", 0, "the log's status is 'cancelled'"),
        ("log_formats.eval", 1, None),
        ("log_formats.json", 1, None),
        ("log_read_sample.eval", 1, None),
    ],
)
def test_real_logs(name: str, samples_read: int, incomplete: str | None) -> None:
    if not REAL.is_dir():
        pytest.skip("the shared Inspect logs are not here")
    run = read(REAL / name)
    assert (len(samples(run)), run.incomplete, run.stamp) == (samples_read, incomplete, None)
    assert run.created is not None
    assert run.log_id


def test_both_formats_of_a_real_log_say_the_same() -> None:
    if not REAL.is_dir():
        pytest.skip("the shared Inspect logs are not here")
    archive, document = read(REAL / "log_formats.eval"), read(REAL / "log_formats.json")
    same = ("log_id", "suite", "model", "created", "planned", "scorer", "sampling", "system_messages", "samples")
    assert [getattr(archive, name) for name in same] == [getattr(document, name) for name in same]


def test_the_protocol_holds_arguments_without_secrets_and_prompts(tmp_path: Path) -> None:
    """What may change an answer is recorded; stamps, secrets and long texts are not."""

    def change(log: dict[str, Any]) -> None:
        log["header.json"]["eval"].update(
            task_args={"spec_revision": FIRST, "level": 2, "prompt": "one line\nand another", "x": [None, "\ud800"]},
            model_args={"api_key": "sk-1", "max_tokens": 5, "quantise": True},
            packages={"inspect_ai": "0.3.285"},
            dataset={"name": "mails", "samples": 4, "shuffled": False},
        )
        log["header.json"]["eval"]["config"].update(limit=[0, 4])
        log["header.json"]["plan"] = {"steps": [{"solver": "generate", "params": {"tries": 3}}]}

    protocol = read(rewritten("test_first.eval", tmp_path, change)).protocol
    arguments = json.loads(protocol.task_args or "")
    assert arguments.pop("prompt").startswith("sha256:")
    assert arguments.pop("x")[1].startswith("sha256:")
    assert arguments == {"level": 2}
    assert protocol.model_args == '{"max_tokens":5,"quantise":true}'
    assert protocol.solver == '[{"params":{"tries":3},"solver":"generate"}]'
    assert (protocol.dataset, protocol.dataset_shuffled, protocol.limit) == ("mails", False, "[0,4]")
    assert (protocol.tool, protocol.tool_version, protocol.other) == ("inspect_ai", "0.3.285", None)


@pytest.mark.parametrize("odd", [7, [], {"inspect_ai": 3}, "0.3"])
def test_what_decides_no_verdict_refuses_no_log(tmp_path: Path, odd: object) -> None:
    def change(log: dict[str, Any]) -> None:
        log["header.json"]["eval"].update(packages=odd, model_args=odd if odd != {"inspect_ai": 3} else None)
        log["header.json"]["eval"]["config"].update(limit=odd if odd != 7 else "all")
        log["header.json"]["eval"]["dataset"].update(name=odd if odd != "0.3" else 3, shuffled=odd)

    protocol = read(rewritten("test_first.eval", tmp_path, change)).protocol
    assert (protocol.tool_version, protocol.model_args, protocol.limit) == (None, None, None)
    assert protocol.dataset_shuffled is None
