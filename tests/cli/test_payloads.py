"""Somebody's texts in every field, in every format of every verb: nothing in them steers, hides, links or calls."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from auditor.cli.main import run
from tests.landings import FIRST, SECOND, Evaluated
from tests.repos import GitRepo

Capture = pytest.CaptureFixture[str]
HIDDEN = "\x1b[31m\x9b\u202e\u2066\u200b\u200e"
VISIBLE = "@victim https://evil.example www.evil.example a@evil.example #1 !2 <img src=x onerror=e()> `|` %0A::error::x"
PAYLOAD = f"x{HIDDEN} {VISIBLE}"
PATH = "sp @victim www.evil.example\u202e <b> `.md"
SPEC = "conduct @victim https://evil.example <b> `"
SUITES = f"""
[[suite]]
name = {json.dumps("v" + PAYLOAD)}
behaviour = {json.dumps("b" + PAYLOAD)}
role = "test"
tasks = [{json.dumps("t" + PAYLOAD)}]

[[suite]]
name = {json.dumps("h" + PAYLOAD)}
behaviour = {json.dumps("b" + PAYLOAD)}
role = "held_out"
tasks = [{json.dumps("u" + PAYLOAD)}]
"""
WAIVER = f"""check = "test-only"
fingerprint = "{"0" * 32}"
reason = {json.dumps(PAYLOAD)}
who = {json.dumps(PAYLOAD)}
granted = 2026-01-01
"""
COLUMNS = ("spec_revision", "suite", "model", "item", "misaligned", "run", "checkpoint", "condition", "scorer")
CI = ("sarif", "junit", "github", "gitlab")
FORMATS = {
    "audit": ("text", "json", "markdown", *CI),
    "audit --verbose": ("text", "markdown"),
    "gate --base main --head branch --reveal": ("text", "json", "markdown", "in-toto", *CI),
    "report --since 2025-01-01 --until 2027-01-01 --no-seal": ("html", "markdown", "json"),
    "log": ("text", "json"),
    "diff main branch": ("text", "json"),
    "show branch~2": ("text", "json"),
    "plan": ("text", "json"),
    "graph": ("text", "json", "graphml"),
    "status": ("text", "json"),
    "verify": ("text", "json"),
}


def rows(revision: str, suite: str, count: str, number: int) -> Iterator[list[object]]:
    misaligned, items = map(int, count.split("/"))
    for item in range(items):
        texts = (f"{number}{PAYLOAD}", f"c{PAYLOAD}", f"k{PAYLOAD}", f"s{PAYLOAD}")
        yield [revision, suite, f"m{PAYLOAD}", f"i{item:04d}{PAYLOAD}", int(item < misaligned), *texts]


def record(made: Evaluated, revision: str, visible: str, unseen: str) -> None:
    made.tables += 1
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for suite, count in (("v", visible), ("h", unseen)):
        table.writerows(rows(revision, f"{suite}{PAYLOAD}", count, made.tables))
    made.table(text.getvalue())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """A fitted patch with its results on `branch`, whose every text is somebody's."""
    folder = tmp_path_factory.mktemp("payloads")
    repo = GitRepo(folder / "repo")
    made, text = Evaluated(repo, folder), f"\n{PAYLOAD.replace(HIDDEN, '')}\n"
    settings = f"[[spec]]\nname = {json.dumps(SPEC)}\npaths = [{json.dumps(PATH)}]\n"
    files = {PATH: FIRST + text, "auditor.toml": settings, "eval_history/suites.toml": SUITES}
    repo.commit(files, message=f"m{PAYLOAD}", author=f"a {VISIBLE.split(' <')[0]}\u202e <a@b.c>")
    for _ in range(2):
        record(made, repo.head(), "80/400", "80/400")
    repo.commit({"eval_history/waivers/w.toml": WAIVER}, message=f"e{PAYLOAD}")
    repo.branch("branch")
    repo.commit({PATH: SECOND + text}, message=f"p{PAYLOAD}")
    record(made, repo.head(), "0/400", "78/400")
    repo.commit(message=f"r{PAYLOAD}")
    repo.commit({"eval_history/waivers/x.toml": WAIVER}, message="more")
    return made


def outside_of_code(markdown: str) -> str:
    """What a reader of a Markdown text sees that is in no span or block of code, where nothing links or calls."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [child for token in tokens for child in token.children or []]
    assert {token.type for token in (*tokens, *inline) if token.type.startswith("html")} <= {"html_block"}
    assert all(token.content.startswith("<!-- auditor-report") for token in tokens if token.type == "html_block")
    return "\n".join(token.content for token in inline if token.type in ("text", "link", "image"))


@pytest.mark.parametrize(("verb", "style"), [(verb, style) for verb, styles in FORMATS.items() for style in styles])
def test_nothing_in_a_text_steers_hides_links_or_calls(
    made: Evaluated, capsys: Capture, tmp_path: Path, verb: str, style: str
) -> None:
    page = tmp_path / "page"
    where = ["-o", str(page)] if verb.startswith("report") else []
    code = run([*verb.split(), "--repo", str(made.repo.path), "--format", style, *where])
    streams = capsys.readouterr()
    assert code in (0, 1, 3), streams.err
    text = page.read_text() if where else streams.out
    assert "victim" in text or verb in ("verify", "status", "plan")
    for shown in (text, streams.err):
        hidden = {f"U+{ord(letter):04X}" for letter in shown if letter not in "\n\u200d" and is_hidden(letter)}
        assert not hidden
    if style == "markdown":
        calls = re.findall(r"@\w|://|www\.|[#!]\d", outside_of_code(text))
        assert not calls
    if style == "github":
        lines = [line for line in text.splitlines() if "::" in line]
        assert all(re.match(r"::(error|warning|notice) [a-z]+=", line) for line in lines)


def is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
