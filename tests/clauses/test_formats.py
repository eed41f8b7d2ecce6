"""tests.clauses.test_formats"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.formats import is_blank_or_markup, parse_clauses
from auditor.model.clause import Clause, ClauseKind

RELEASES = Path(__file__).parents[2] / "../shared/data/openai-model-spec"

SPEC = """\
Preamble, with a [link](#here).

# Helpfulness {#help authority=root since="first draft"}

The assistant helps.[^h1]
It does so   promptly[^h2].

- Answer the question.
  - Nested: briefly.
- Ask when unsure.

  A second paragraph of the item.

1) First do no harm.

!!! meta "Commentary"
    Why we say so.

    - A reason.[^h3]

## Style

**Example**: a short answer

~~~xml
# no heading
<user>   two  spaces</user>

- no item[^0-9]
~~~

| when | what |
|------|------|
| a    | b |  dropped |

> # Quoted heading
> quoted

[^h1]: The first note.
[ref]: https://example.org/
"""


def shown(clauses: tuple[Clause, ...]) -> list[tuple[int, int, str, str]]:
    return [(clause.line, clause.end, clause.kind.value, clause.text) for clause in clauses]


def test_every_block_of_a_markdown_file_is_a_clause_with_its_lines() -> None:
    assert shown(parse_clauses("spec.md", SPEC)) == [
        (1, 1, "paragraph", "Preamble, with a [link](#here)."),
        (3, 3, "heading", "Helpfulness"),
        (5, 6, "paragraph", "The assistant helps.[^h1] It does so promptly[^h2]."),
        (8, 8, "list-item", "Answer the question."),
        (9, 9, "list-item", "Nested: briefly."),
        (10, 10, "list-item", "Ask when unsure."),
        (12, 12, "list-item", "A second paragraph of the item."),
        (14, 14, "list-item", "First do no harm."),
        (16, 19, "commentary", 'meta "Commentary" Why we say so. - A reason.[^h3]'),
        (21, 21, "heading", "Style"),
        (23, 23, "paragraph", "**Example**: a short answer"),
        (25, 30, "example", "xml\n# no heading\n<user>   two  spaces</user>\n\n- no item[^0-9]"),
        (32, 32, "table-row", "when | what"),
        (34, 34, "table-row", "a | b | dropped"),
        (36, 36, "heading", "Quoted heading"),
        (37, 37, "paragraph", "quoted"),
        (39, 39, "paragraph", "[^h1]: The first note."),
        (40, 40, "paragraph", "[ref]: https://example.org/"),
    ]


def test_a_clause_knows_its_section_anchor_attributes_and_citations() -> None:
    by_line = {clause.line: clause for clause in parse_clauses("spec.md", SPEC)}
    root = {"authority": "root", "since": "first draft"}
    assert [(by_line[line].section, by_line[line].anchor, by_line[line].attributes) for line in (1, 3, 5, 21, 23)] == [
        ((), None, {}),
        ((), "help", root),
        (("Helpfulness",), "help", root),
        (("Helpfulness",), None, {}),
        (("Helpfulness", "Style"), None, {}),
    ]
    assert by_line[37].section == ("Helpfulness", "Style")  # a quoted heading opens no section
    cited = {line: clause.citations for line, clause in by_line.items() if clause.citations}
    assert cited == {5: ("h1", "h2"), 16: ("h3",)}


@pytest.mark.parametrize(
    ("source", "title", "anchor", "attributes"),
    [
        ("# A {#a-b.c}", "A", "a-b.c", {}),
        ("# A {#a authority=root} ##", "A", "a", {"authority": "root"}),
        ("# A {: #a .strict x=1 }", "A", "a", {"class": "strict", "x": "1"}),
        ("A {authority=user}\n===", "A", None, {"authority": "user"}),
        ("# Sets {a, b}", "Sets {a, b}", None, {}),
        ("# {#only}", "", "only", {}),
        ("# A {#a} b", "A {#a} b", None, {}),
    ],
)
def test_heading_attributes(source: str, title: str, anchor: str | None, attributes: dict[str, str]) -> None:
    (heading,) = parse_clauses("a.md", source)
    assert (heading.kind, heading.text, heading.anchor, heading.attributes) == (
        ClauseKind.HEADING,
        title,
        anchor,
        attributes,
    )


def test_a_section_ends_at_the_next_heading_of_its_level() -> None:
    clauses = parse_clauses("a.md", "# A\n### B\nb\n## C\nc\n# D\nd\n")
    assert {clause.text: clause.section for clause in clauses if clause.kind is ClauseKind.PARAGRAPH} == {
        "b": ("A", "B"),
        "c": ("A", "C"),
        "d": ("D",),
    }


def test_a_lone_line_of_exclamation_is_no_commentary() -> None:
    assert shown(parse_clauses("a.md", "!!! NEVER lie\n")) == [(1, 1, "paragraph", "NEVER lie")]


PROMPT = """\
You are {{ name }}.
Be kind.
{# reviewed by
- the team #}
{% if tools %}
- Use tools.
    - But ask first.
{% endif %}
    Indented prose.

> not a quote
!!! NOT an admonition

# Tone
Speak {# softly #} plainly.
"""


@pytest.mark.parametrize("path", ["prompt.txt", "prompt.j2", "PROMPT"])
def test_a_prompt_is_paragraphs_items_and_template_tags(path: str) -> None:
    clauses = parse_clauses(path, PROMPT)
    assert shown(clauses) == [
        (1, 1, "paragraph", "You are {{ name }}."),
        (2, 2, "paragraph", "Be kind."),
        (3, 4, "commentary", "{# reviewed by - the team #}"),
        (5, 5, "paragraph", "{% if tools %}"),
        (6, 6, "list-item", "Use tools."),
        (7, 7, "list-item", "But ask first."),
        (8, 8, "paragraph", "{% endif %}"),
        (9, 9, "paragraph", "Indented prose."),
        (11, 12, "paragraph", "> not a quote !!! NOT an admonition"),
        (14, 14, "heading", "Tone"),
        (15, 15, "paragraph", "Speak {# softly #} plainly."),
    ]
    assert [clause.section for clause in clauses] == [()] * 10 + [("Tone",)]


@pytest.mark.parametrize("tag", ["{% if", "{# open", "{% if x %} text", "{#", "{%\n\n%} tail"])
def test_a_tag_that_is_not_alone_on_its_lines_is_text(tag: str) -> None:
    clauses = parse_clauses("a.j2", f"before\n{tag}\nafter")
    assert ClauseKind.COMMENTARY not in {clause.kind for clause in clauses}
    assert " ".join(clause.text for clause in clauses).split() == ["before", *tag.split(), "after"]


def test_line_ends_and_trailing_spaces_do_not_matter() -> None:
    as_windows_writes = SPEC.replace("\n", "  \r\n").replace("|  \r\n", "|\r\n")
    assert parse_clauses("spec.md", as_windows_writes) == parse_clauses("spec.md", SPEC)
    assert parse_clauses("spec.md", SPEC.replace("\n", "\r")) == parse_clauses("spec.md", SPEC)


def test_text_nested_deeper_than_the_parser_follows_is_kept() -> None:
    clauses = parse_clauses("a.md", "> " * 60 + "deep\n")
    assert [(clause.line, clause.text.endswith("deep")) for clause in clauses] == [(1, True)]


@pytest.mark.parametrize("text", ["", "\n\n", "---\n", "-\n\n>\n", "```\n```\n", "| | |\n|-|-|\n"])
def test_text_that_says_nothing_has_no_clauses(text: str) -> None:
    assert parse_clauses("a.md", text) == ()


SIGNS = "ab.!?#*->|:`~=_+{}%[]^()<\\ \t\n\n\n\r1\x00\u2028\x0b\x85\ud800\u200b"
OPENINGS = ('!!! meta "C"\n', "    ", "```\n", "~~~xml\n", "- ", "1. ", "> ", "# ", "<div>\n", "<!--", "-->", "word ")
INSIDES = ("{#a k=v}", "{% if x %}", "{# c #}", "[^a]", "[^a]: b", "|-|-|\n", "a | b\n")
FRAGMENTS = st.sampled_from([*SIGNS, *OPENINGS, *INSIDES])
TEXTS = st.one_of(st.text(max_size=200), st.lists(FRAGMENTS, max_size=60).map("".join))


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, path=st.sampled_from(["a.md", "a.txt"]))
def test_every_line_that_says_something_is_in_exactly_one_clause(text: str, path: str) -> None:
    clauses = parse_clauses(path, text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    covered = Counter(line for clause in clauses for line in range(clause.line, clause.end + 1))
    assert all(1 <= clause.line <= clause.end <= len(lines) for clause in clauses)
    assert set(covered.values()) <= {1}
    assert [line for at, line in enumerate(lines, 1) if at not in covered and not is_blank_or_markup(line)] == []
    assert [clause.line for clause in clauses] == sorted(clause.line for clause in clauses)
    assert parse_clauses.__wrapped__(path, text) == clauses


@pytest.mark.parametrize("release", ["2025-02-12", "2025-12-18"])
def test_a_published_spec(release: str) -> None:
    path = RELEASES / release / "model_spec.md"
    if not path.exists():
        pytest.skip(f"needs the published spec at {path}")
    clauses = parse_clauses("model_spec.md", path.read_text())
    kinds = Counter(clause.kind.value for clause in clauses)
    headings = [clause for clause in clauses if clause.kind is ClauseKind.HEADING]
    figures = {
        "2025-02-12": ({"heading": 71, "paragraph": 368, "list-item": 70, "commentary": 20, "example": 154}, 51, 120),
        "2025-12-18": ({"heading": 80, "paragraph": 448, "list-item": 117, "commentary": 28, "example": 183}, 59, 116),
    }
    with_attributes = sum(bool(heading.attributes) for heading in headings)
    citations = sum(len(clause.citations) for clause in clauses)
    assert (dict(kinds), with_attributes, citations) == figures[release]
    assert all(heading.anchor for heading in headings)
