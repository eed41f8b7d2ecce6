"""Content ids, patch ids, and which spec commits are patches."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.spec import patch_id, patches_of, revision_id
from auditor.model.verdict import WORST_FIRST, Verdict, worst_verdict
from tests.worlds import graph, history


def prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


class TestRevisionId:
    def test_one_file_leaves_its_path_out(self) -> None:
        assert revision_id({"a.md": b"text"}) == hashlib.sha256(prefixed(b"text")).hexdigest()
        assert revision_id({"a.md": b"text"}) == revision_id({"renamed.md": b"text"})

    def test_several_files_are_sorted_by_path_each_with_its_length(self) -> None:
        written = b"".join(prefixed(part) for part in (b"a.md", b"one", b"b.md", b"two"))
        assert revision_id({"b.md": b"two", "a.md": b"one"}) == hashlib.sha256(written).hexdigest()

    def test_a_rename_among_several_is_a_change(self) -> None:
        assert revision_id({"a.md": b"1", "b.md": b"2"}) != revision_id({"a.md": b"1", "c.md": b"2"})

    def test_crlf_is_lf_and_a_lone_cr_is_not(self) -> None:
        assert revision_id({"a": b"one\r\ntwo\r\n"}) == revision_id({"a": b"one\ntwo\n"})
        assert revision_id({"a": b"one\rtwo"}) != revision_id({"a": b"one\ntwo"})

    def test_a_trailing_newline_is_a_change(self) -> None:
        assert revision_id({"a": b"one"}) != revision_id({"a": b"one\n"})

    def test_no_file_and_an_empty_file_are_not_the_same(self) -> None:
        assert revision_id({}) != revision_id({"a": b""})

    def test_bytes_cannot_move_between_path_and_blob(self) -> None:
        assert revision_id({"ab": b"c", "x": b""}) != revision_id({"a": b"bc", "x": b""})

    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.text(max_size=5), st.binary(max_size=10), max_size=4), st.randoms(use_true_random=False))
    def test_the_order_of_files_is_irrelevant(self, files: dict[str, bytes], dice: object) -> None:
        pairs = list(files.items())
        dice.shuffle(pairs)  # type: ignore[attr-defined]
        assert revision_id(dict(pairs)) == revision_id(files)
        assert len(revision_id(files)) == 64

    @settings(max_examples=100, deadline=None)
    @given(
        st.dictionaries(st.text("ab", max_size=2), st.binary(max_size=3), min_size=2, max_size=3),
        st.dictionaries(st.text("ab", max_size=2), st.binary(max_size=3), min_size=2, max_size=3),
    )
    def test_different_files_have_different_ids(self, one: dict[str, bytes], other: dict[str, bytes]) -> None:
        def plain(files: dict[str, bytes]) -> dict[str, bytes]:
            return {path: blob.replace(b"\r\n", b"\n") for path, blob in files.items()}

        assert (revision_id(one) == revision_id(other)) is (plain(one) == plain(other))


class TestPatchId:
    def test_it_is_of_spec_revisions_and_occurrence(self) -> None:
        written = b"".join(prefixed(part) for part in (b"spec", b"r0", b"r1", b"1"))
        assert patch_id("spec", "r0", "r1", 1) == hashlib.sha256(written).hexdigest()

    @pytest.mark.parametrize(
        "other", [("spec2", "r0", "r1", 1), ("spec", "r1", "r0", 1), ("spec", "r0", "r1", 2), ("spec", "r0r", "1", 1)]
    )
    def test_each_part_counts(self, other: tuple[str, str, str, int]) -> None:
        assert patch_id(*other) != patch_id("spec", "r0", "r1", 1)


def pairs(*revisions: str) -> list[tuple[str, str, int]]:
    return [(p.before.revision, p.after.revision, p.occurrence) for p in patches_of(history(revisions))]


class TestPatchesOf:
    def test_the_first_sighting_is_none_and_each_change_is_one(self) -> None:
        assert pairs("a") == []
        assert pairs("a", "b", "c") == [("a", "b", 1), ("b", "c", 1)]

    def test_a_commit_that_leaves_the_spec_alone_is_none(self) -> None:
        assert pairs("a", "a", "b", "b") == [("a", "b", 1)]

    def test_a_revert_brings_the_revision_back_and_a_second_time_is_counted(self) -> None:
        assert pairs("a", "b", "a", "b") == [("a", "b", 1), ("b", "a", 1), ("a", "b", 2)]
        assert len({p.id for p in patches_of(history(["a", "b", "a", "b"]))}) == 3

    def test_squash_and_rebase_keep_the_id(self) -> None:
        moved = graph({"x": ("a", ()), "y": ("b", ("x",))})
        assert [p.id for p in patches_of(moved)] == [p.id for p in patches_of(history(["a", "b"]))]

    def test_a_merge_that_only_brings_in_a_branch_is_none(self) -> None:
        merged = graph({"c0": ("a", ()), "c1": ("b", ("c0",)), "m": ("b", ("c0", "c1"))})
        assert [(p.before.name, p.after.name) for p in patches_of(merged)] == [("c0", "c1")]

    def test_a_merge_that_keeps_its_own_side_is_none(self) -> None:
        merged = graph({"c0": ("a", ()), "c1": ("b", ("c0",)), "m": ("a", ("c0", "c1"))})
        assert [(p.before.name, p.after.name) for p in patches_of(merged)] == [("c0", "c1")]

    def test_text_in_no_parent_is_its_own_patch_against_the_first(self) -> None:
        merged = graph({"c0": ("a", ()), "c1": ("b", ("c0",)), "c2": ("c", ("c0",)), "m": ("bc", ("c1", "c2"))})
        assert [(p.before.name, p.after.name) for p in patches_of(merged)] == [("c0", "c1"), ("c0", "c2"), ("c1", "m")]

    def test_the_same_change_on_two_branches_is_one_patch(self) -> None:
        twice = graph({"c0": ("a", ()), "c1": ("b", ("c0",)), "c2": ("b", ("c0",))})
        assert [(p.after.name, p.occurrence) for p in patches_of(twice)] == [("c1", 1)]

    def test_after_being_taken_back_on_the_same_line_it_is_another(self) -> None:
        again = graph(
            {"c0": ("a", ()), "c1": ("b", ("c0",)), "x": ("b", ("c0",)), "c2": ("a", ("c1",)), "c3": ("b", ("c2",))}
        )
        assert [(p.after.name, p.occurrence) for p in patches_of(again)] == [("c1", 1), ("c2", 1), ("c3", 2)]


def test_a_sighting_is_found_by_name_only() -> None:
    known = history(["a", "b"])
    assert known.spec_commit("c1").revision == "b"
    with pytest.raises(KeyError, match="c9"):
        known.spec_commit("c9")


class TestWorst:
    def test_the_order_is_the_designs(self) -> None:
        assert [str(verdict) for verdict in WORST_FIRST] == [
            "test-only",
            "mostly-test",
            "worse",
            "artefact",
            "partial",
            "inconclusive",
            "unmeasured",
            "generalises",
            "unchanged",
        ]

    def test_of_none_it_is_unmeasured(self) -> None:
        assert worst_verdict([]) is Verdict.UNMEASURED

    @pytest.mark.parametrize("place", range(len(WORST_FIRST) - 1))
    def test_of_two_it_is_the_worse_in_either_order(self, place: int) -> None:
        verdict, other = WORST_FIRST[place], WORST_FIRST[place + 1]
        assert worst_verdict([verdict, other]) is worst_verdict([other, verdict]) is verdict
