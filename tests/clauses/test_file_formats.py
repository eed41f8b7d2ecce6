"""What is read of each format, with the lines of the file; and what is said of those that are not read."""

from __future__ import annotations

import sys

import pytest

from auditor.clauses.comparison import clauses_of
from auditor.clauses.file_formats import unread_reason
from auditor.clauses.outline import outline_file
from auditor.model.spec import Revision, SpecFile

RST = """\
Pier
====

The keeper must fold the map.

Ropes
~~~~~

- Oil the winch
  before dusk.
- Count the buoys.

.. note:: Paint is in the shed.

.. unknown-directive:: here

   The lamp must burn.

Tie it like this::

    loop(rope)
"""
YAML = """\
name: pier keeper
rules:
  - The keeper must fold the map.
  - "Never leave the lamp unlit."
prompt: |
  Be kind.

  Count the buoys.
"""
JSON = """\
{
  "system": "The keeper must fold the map.",
  "rules": ["Never leave the lamp unlit.",
            "Count the buoys."],
  "lamps": 2
}
"""
PYTHON = '''\
"""Prompts of the pier."""
NAME = "pier"
PROMPT = """
The keeper must fold the map.

- Never leave the lamp unlit.
"""
LINE = f"Greet {NAME} by its name."
'''
CSV = 'act,prompt\nkeeper,"Fold the map,\nthen rest."\npainter,Paint the pier\n'
TAGGED = "<rules>\nFold the map.\nOil the winch today.\n</rules>\n\n<tone>\nBe kind.\n</tone>\n"
LINES = "Fold the map.\nNever leave the lamp unlit.\nCount the buoys!\n\nThis is prose that\nis wrapped.\n"

READ = {
    "spec.rst": (
        RST,
        [
            (1, 1, "Pier"),
            (4, 4, "The keeper must fold the map."),
            (6, 6, "Ropes"),
            (9, 10, "Oil the winch before dusk."),
            (11, 11, "Count the buoys."),
            (13, 13, "Paint is in the shed."),
            (15, 15, ".. unknown-directive:: here"),
            (17, 17, "The lamp must burn."),
            (19, 19, "Tie it like this:"),
            (21, 21, "loop(rope)"),
        ],
    ),
    "spec.yaml": (
        YAML,
        [
            (1, 1, "name: pier keeper"),
            (3, 3, "The keeper must fold the map."),
            (4, 4, "Never leave the lamp unlit."),
            (6, 6, "Be kind."),
            (8, 8, "Count the buoys."),
        ],
    ),
    "spec.json": (
        JSON,
        [
            (2, 2, "system: The keeper must fold the map."),
            (3, 3, "Never leave the lamp unlit."),
            (4, 4, "Count the buoys."),
            (5, 5, "lamps: 2"),
        ],
    ),
    "prompts.py": (
        PYTHON,
        [
            (1, 1, "Prompts of the pier."),
            (4, 4, "The keeper must fold the map."),
            (6, 6, "Never leave the lamp unlit."),
            (8, 8, "Greet {NAME} by its name."),
        ],
    ),
    "cells.rst": (
        "+------+--------+\n| Fold | A map  |\n| the  | of the |\n| map. | pier   |\n+------+--------+\n"
        "| Rest | Oil    |\n|      | it.    |\n+------+--------+\n\nNever rest.\n",
        [
            (2, 4, "Fold the map."),
            (2, 4, "A map of the pier"),
            (6, 6, "Rest"),
            (6, 7, "Oil it."),
            (10, 10, "Never rest."),
        ],
    ),
    "folded.yaml": (
        "system: >-\n  Fold the map,\n  then rest.\nagain: &keep\n  - Oil the winch.\nalias: *keep\n",
        [(1, 3, "system: Fold the map, then rest."), (5, 5, "Oil the winch.")],
    ),
    "rules.jsonl": (
        '{"rule": "Fold the map."}\n\n{"rule": "Never rest.", "tags": ["a"]}\n',
        [(1, 1, "rule: Fold the map."), (3, 3, "rule: Never rest."), (3, 3, "a")],
    ),
    "sums.py": (
        'A = "You must " + name + " never"\nB = ("Fold " "the map, "\n     "then rest.")\nC = "x" + "y"\nD = 1 + 2\n',
        [(1, 1, "You must {name} never"), (2, 3, "Fold the map, then rest.")],
    ),
    "prompts.csv": (
        CSV,
        [(1, 1, "act | prompt"), (2, 3, "keeper | Fold the map, then rest."), (4, 4, "painter | Paint the pier")],
    ),
    "tagged.md": (
        TAGGED,
        [
            (1, 1, "<rules>"),
            (2, 3, "Fold the map. Oil the winch today."),
            (4, 4, "</rules>"),
            (6, 6, "<tone>"),
            (7, 7, "Be kind."),
            (8, 8, "</tone>"),
        ],
    ),
    "inline.txt": (
        '<rules of="pier">\n  <rule id="1">Fold the map.</rule>\n  <rule id="2">Never rest.</rule>\n</rules>\n',
        [
            (1, 1, '<rules of="pier">'),
            (2, 2, '<rule id="1">Fold the map.</rule>'),
            (3, 3, '<rule id="2">Never rest.</rule>'),
            (4, 4, "</rules>"),
        ],
    ),
    "rules.txt": (
        LINES,
        [
            (1, 1, "Fold the map."),
            (2, 2, "Never leave the lamp unlit."),
            (3, 3, "Count the buoys!"),
            (5, 6, "This is prose that is wrapped."),
        ],
    ),
}


@pytest.mark.parametrize("path", READ)
def test_what_is_read_of_a_format(path: str) -> None:
    text, expected = READ[path]
    clauses = clauses_of(Revision(path, (SpecFile(path, text),)))
    assert [(clause.line, clause.end, clause.text) for clause in clauses] == expected
    assert unread_reason(path, text) == ""


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("spec.adoc", "= Pier\n\nFold the map.\n", "AsciiDoc is not read"),
        ("prompt.ts", "export const prompt = `Fold the map.`;\n", "TypeScript is not read"),
        ("spec.json", '{"a": "Fold the map.\\nOil the winch."}', "line breaks are written as"),
        ("spec.json", "{", "cannot be read as JSON"),
        ("spec.jsonl", '{"a": 1}\n{', "cannot be read as JSON"),
        ("spec.jsonl", '{"a": "Fold.\\nOil."}\n{"a": "b"}', "line breaks are written as"),
        ("spec.yaml", 'a: "Fold the map.\\n\\nOil the winch."', "line breaks are written as"),
        ("spec.xml", "<p>Fold &amp; oil.</p>", "XML is not read"),
        ("spec.tex", "Fold the map.", "LaTeX is not read"),
        ("spec.yaml", "a: [", "cannot be read as YAML"),
        ("spec.py", "def", "cannot be read as Python"),
        ("spec.csv", 'a,"b', "cannot be read as CSV"),
        ("spec.json", "[" * 9_000 + "]" * 9_000, "nested too deeply to be read as json"),
        ("spec.py", f'a = "Fold the map." + ({" - ".join("b" * 1_500)})', "nested too deeply to be read as python"),
        *(("spec.yaml", f'{"[" * depth}"Fold\\n{depth}"{"]" * depth}', "") for depth in range(250, 450, 5)),
    ],
)
def test_what_is_not_read_is_said_and_no_text_is_lost(path: str, text: str, why: str) -> None:
    assert why in unread_reason(path, text)
    assert clauses_of(Revision(path, (SpecFile(path, text),)))


def test_a_python_text_is_the_sum_of_any_number_of_literals() -> None:
    text = "PROMPT = " + " + ".join(['"Fold the map. "'] * 2_000)
    (clause,) = clauses_of(Revision("x", (SpecFile("a.py", text),)))
    assert clause.text == " ".join(["Fold the map."] * 2_000)
    assert unread_reason("a.py", text) == ""


@pytest.mark.parametrize(("path", "module"), [("a.rst", "docutils.core"), ("a.yml", "ruamel.yaml")])
def test_a_missing_parser_is_named(path: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert "pip install 'auditor[formats]'" in unread_reason(path, f"Fold the map of {module}.\n")


def test_a_file_of_the_machine_is_not_read_into_a_spec() -> None:
    text = "Pier\n====\n\n.. include:: /etc/hostname\n\n.. csv-table::\n   :file: /etc/passwd\n"
    clauses = clauses_of(Revision("x", (SpecFile("a.rst", text),)))
    assert not any("root" in clause.text for clause in clauses)


def test_what_is_the_same_in_two_revisions_is_the_same_chunk() -> None:
    rows = [f'keeper {at},"Fold map {at},\nthen rest."' for at in range(50)]
    before = outline_file("a.csv", "\n".join(rows) + "\n")
    after = outline_file("a.csv", "\n".join([*rows[:20], "painter,Paint the pier", *rows[20:]]) + "\n", before)
    assert len({id(chunk) for chunk in after.chunks} - {id(chunk) for chunk in before.chunks}) == 1
    assert [clause.line for clause in after.clauses()][19:23] == [39, 41, 42, 44]
