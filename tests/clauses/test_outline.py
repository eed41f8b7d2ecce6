from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.outline import page
from auditor.clauses.parse import parse, with_plain_ends
from tests.clauses.test_parse import FRAGMENTS, PROMPT, SPEC, TEXTS

LONG = st.lists(FRAGMENTS | st.sampled_from(["\n\n", "\n\n", "A rule.", "# H\n", "- item\n\n"]), max_size=60).map(
    "".join
)
PATHS = st.sampled_from(["a.md", "a.txt"])


def test_chunks_join_to_the_text() -> None:
    for path, text in (("a.md", SPEC), ("a.j2", PROMPT)):
        outline = page(path, text)
        assert "".join(chunk.text for chunk in outline.chunks) == text
        assert len(outline.chunks) > 2
        assert tuple(outline.clauses()) == parse(path, text)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS | LONG, path=PATHS)
def test_chunks_have_the_clauses_of_the_whole(text: str, path: str) -> None:
    outline = page(path, text)
    assert "".join(chunk.text for chunk in outline.chunks) == with_plain_ends(text)
    assert tuple(outline.clauses()) == parse.__wrapped__(path, text)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(LONG, min_size=3, max_size=3), inserts=st.lists(FRAGMENTS, max_size=4), path=PATHS)
def test_what_was_read_before_does_not_matter(texts: list[str], inserts: list[str], path: str) -> None:
    head, middle, tail = (with_plain_ends(text) for text in texts)
    previous = None
    for insert in ("", *inserts, "\n\n"):
        text = f"{head}{insert}{middle}{insert}{tail}"
        previous = page(path, text, previous)
        assert previous.chunks == page(path, text).chunks
        assert tuple(previous.clauses()) == parse.__wrapped__(path, text)
