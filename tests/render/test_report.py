"""The periodic report: its three renderings whole, and nothing that a spec or a record says can act in them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from auditor.audit import Report
from auditor.model.verdict import Verdict
from auditor.render.documents import report_json, report_json_schema
from auditor.render.html.figures import draw_timeline
from auditor.render.html.report import report_html
from auditor.render.markdown import report_markdown
from tests.render.conftest import assert_looks_as_before, report_of
from tests.snapshots import assert_as_written

PUBLISHED = Path(__file__).parents[2] / "docs/schemas/report.schema.json"
STEERING = "\x1b[2J\u202e\u200b\x07\u2066\U000e0041"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% set x = 1 %}",
    "--><script>alert(1)</script><!--",
    "[x](javascript:alert(1)) ![y](http://example.org/y.png) | `c` <b>",
    "&lt;script&gt;&#60;b&#62;",
)


class Elements(HTMLParser):
    """What a browser would make of a page: its elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page(quarter_report: Report) -> None:
    assert_looks_as_before("report.html", report_html(quarter_report))


def test_the_markdown(quarter_report: Report) -> None:
    assert_looks_as_before("report.md", report_markdown(quarter_report))


def test_the_json_and_its_schema(quarter_report: Report) -> None:
    text = report_json(quarter_report)
    assert_as_written(PUBLISHED, report_json_schema())
    jsonschema.validate(json.loads(text), json.loads(report_json_schema()))
    assert_looks_as_before("report.json", text)


def test_the_page_has_neither_script_nor_request_nor_inline_style(quarter_report: Report) -> None:
    page = Elements(report_html(quarter_report))
    assert {tag for tag, _ in page.found} & {
        "script",
        "iframe",
        "object",
        "embed",
        "link",
        "form",
        "img",
        "base",
    } == set()
    names = {name for _, attributes in page.found for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action")]
    targets = [str(attributes["href"]) for tag, attributes in page.found if tag == "a"]
    assert targets and all(target.startswith("#") for target in targets)
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    assert {target.removeprefix("#") for target in targets} <= ids


def test_its_policy_names_the_one_style(quarter_report: Report) -> None:
    import base64
    import hashlib

    page = report_html(quarter_report)
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall('http-equiv="Content-Security-Policy" content="(.*?)"', page)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_name_acts_on_the_page(tmp_path: Path, payload: str, quarter_report: Report) -> None:
    plain = Elements(report_html(quarter_report))
    page = Elements(report_html(report_of(tmp_path, lambda name: f"{payload}{name}")))
    assert [tag for tag, _ in page.found] == [tag for tag, _ in plain.found]
    assert payload in "".join(page.text)


def test_nothing_hidden_goes_out(tmp_path: Path) -> None:
    hostile = report_of(tmp_path, lambda name: f"{STEERING}{name}")
    for text in (report_html(hostile), report_markdown(hostile)):
        assert not set(STEERING[0] + STEERING[4:]) & set(text)
        assert "<U+202E>" in text or "&lt;U+202E&gt;" in text or "\\<U+202E\\>" in text


def test_markdown_of_a_hostile_name_is_text(tmp_path: Path) -> None:
    text = report_markdown(report_of(tmp_path, lambda name: f"{PAYLOADS[5]}{name}"))
    assert "\\[x\\](javascript:alert(1)) `![y](http://example.org/y.png)` \\| \\`c\\` \\<b\\>" in text


def test_every_number_of_a_rate_is_marked(quarter_report: Report) -> None:
    """No percentage stands in a table outside of a data element but those of axes and sentences."""
    page = report_html(quarter_report)
    tables = "".join(re.findall(r'<table class="stack.*?</table>', page, re.DOTALL))
    assert len(re.findall("<data", tables)) > 100
    assert not re.findall(r"\d+\.\d+", re.sub(r"<svg.*?</svg>|<data.*?</data>", "", tables, flags=re.DOTALL))


def test_many_patches_that_are_not_flagged_are_folded(quarter_report: Report) -> None:
    """At the limit each has its pictures; one more, and their words are folded, with the same patches named."""
    (section,) = quarter_report.sections
    (plain,) = [entry for entry in section.period if entry.facts.verdict == Verdict.GENERALISES]
    for number, folded in ((20, 0), (21, 21)):
        many = tuple(
            replace(plain, facts=replace(plain.facts, patch=replace(plain.facts.patch, id=f"{at:064}"[::-1])))
            for at in range(100, 100 + number)
        )
        comparison = section.comparisons[plain.facts.patch.id]
        comparisons = {entry.facts.patch.id: comparison for entry in many}
        page = report_html(replace(quarter_report, sections=(replace(section, period=many, comparisons=comparisons),)))
        found = [
            (tag, attributes.get("id")) for tag, attributes in Elements(page).found if tag in ("details", "section")
        ]
        tag = "details" if folded else "section"
        assert [name for kind, name in found if kind == tag and name] == [
            f"p-{patch_entry.facts.patch.id[:12]}" for patch_entry in many
        ]


def test_a_long_history_is_drawn_without_its_symbols(quarter_report: Report) -> None:
    """Sixty states have each a symbol; of more only the last, and every state is in the line and has its limits."""
    (keys,) = [series for series in quarter_report.sections[0].series if series.behaviour == "trespass"]
    for states, symbols in ((60, 60), (61, 1)):
        picture = draw_timeline(replace(keys, points=keys.points[:1] * states), {})
        assert picture.count("<circle") == symbols
        (line,), (limits,) = (
            re.findall(r'points="([^"]*)"', picture),
            re.findall(r'"whisker test" d="([^"]*)"', picture),
        )
        assert len(line.split()) == limits.count("V") == states
