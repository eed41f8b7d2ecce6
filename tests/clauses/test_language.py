"""tests.clauses.test_language"""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.clauses.formats import parse_clauses
from auditor.clauses.language import LANGUAGE_NOT_READ, control_tags, explain_unread, is_english
from auditor.clauses.lexicon import to_prose
from auditor.model.clause import ClauseKind

SPECS = Path(__file__).parents[2] / "../shared/data/openai-model-spec"

OTHERS = [
    "Der Lotse muss fragen und darf nicht raten.",
    "Ne jamais dire que le port est ouvert.",
    "Nunca debe abrir la puerta sin permiso.",
    "De loods moet altijd vragen en mag niet raden.",
    "O piloto não deve abrir a porta sem licença.",
    "Il pilota non deve mai aprire il cancello.",
    "Pilot nie może otwierać bramy bez zgody.",
    "助手必须先询问。",
    "Лоцман должен спросить.",
    "يجب على الربان أن يسأل",
    "水先人は必ず尋ねること。`ask` を使う。",
]

ENGLISH = [
    "Never guess.",
    "Terse: no greeting/restate/sign-off/hedges; fragments + schema output over prose.",
    "Tokyo, Paris, London, Berlin, Madrid, Rome, Vienna, Prague, Warsaw, Lisbon, Oslo, Bern, Kyiv",
    "A naïve résumé is sent to the café.",
    "`debe` und `nicht` stay as they are.",
    "Say 你好 to guests who write in Chinese.",
    "JSON: POST /profiles/create 201 ProfileView, error 402 subscription needed, retry PUT GET DELETE PATCH",
    "Jean-François Müller and Zoë Strömberg sign the log.",
    "12345 | 67 | 89",
    "",
]


@pytest.mark.parametrize("text", OTHERS)
def test_another_language_is_not_read(text: str) -> None:
    assert not is_english(to_prose(text))
    assert explain_unread(to_prose(text)) == LANGUAGE_NOT_READ


@pytest.mark.parametrize("text", ENGLISH)
def test_terse_and_code_like_english_is_read(text: str) -> None:
    assert is_english(to_prose(text)) and explain_unread(to_prose(text)) == ""


def test_escaped_lines_and_decided_texts_are_not_read() -> None:
    assert "escaped" in explain_unread("Ask first.\\nNever guess.\\n\\nKeep logs.")
    assert explain_unread("The folder C:\\new is not read.") == ""
    assert "template" in explain_unread('You ${strict ? "must" : "may"} ask.')
    assert explain_unread("Your name is ${NAME}.") == ""
    assert control_tags("{% if a %}Ask.{%  endif %} {{ name }}") == ("{% if a %}", "{% endif %}")


def test_no_clause_of_the_published_spec_is_unread() -> None:
    if not SPECS.is_dir():
        pytest.skip("the public data is not beside the project")
    files = sorted(SPECS.glob("*/model_spec.md"))
    clauses = [clause for file in files for clause in parse_clauses("spec.md", file.read_text(encoding="utf-8"))]
    assert len(clauses) > 4_000
    rules = [clause.text for clause in clauses if clause.kind is not ClauseKind.EXAMPLE]  # some are in Korean
    assert [text for text in rules if not is_english(to_prose(text))] == []
