"""Whether the rules of a text can be read: whether it is English, and prose rather than parts of a program.

In: a text. Out: yes or no, or why not. Another language is recognised by its script or its commonest words. A terse
English text has few of the English ones, so that their lack says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from auditor.clauses.lexicon import word_set

_ENGLISH = word_set(
    "a an the and to that for with are this not or by from you your it its if when should must be have will they"
    " their of which what any all can may never always only use do don't at is as each no avoid ensure then than"
    " without"
)
# The commonest words of other languages in Latin letters, and those that make a rule there; none is an English word.
_OTHERS = word_set(
    # German, Dutch, Swedish, Danish, Norwegian, Finnish
    "der das und nicht ist ein eine einen für auf sie wenn werden wird auch kann können muss müssen darf dürfen"
    " soll sollen niemals immer keine kein oder sich zu durch het een niet voor zijn wordt worden moet moeten"
    " nooit altijd ook naar och att det som för är inte ska får måste aldrig alltid eller ikke må skal aldri altid"
    " og til af ei ja eivät täytyy älä koskaan"
    # French, Spanish, Catalan, Portuguese, Italian, Romanian, Latin
    " les des est une dans pour pas que qui sur vous doit doivent peut jamais toujours avec aux cette el los las"
    " del una por para con como se debe deben puede nunca siempre esta este al lo més amb els não uma um deve"
    " devem pode sempre sem mais também ou ao da di il che gli della è sono devono può mai și în nu trebuie poate"
    " sau pentru ipsum dolor amet"
    # Polish, Czech, Slovak, Slovene, Croatian, Hungarian, Turkish, Indonesian, Vietnamese, Swahili
    " nie się że dla może musi zawsze nigdy lub oraz jsou není musí nebo vždy nikdy alebo je za biti treba mora"
    " uvijek nikada vedno egy és hogy nem kell soha mindig vagy bir ve için değil asla olarak yang tidak untuk"
    " dengan harus boleh jangan atau dari ini adalah và không phải được các của cho kwa ya wa katika eta dira beti"
    " inoiz"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# Signs of another language: so many at least, and more than there are of English.
_FEWEST_SIGNS = 2
# A letter of another script says as much as this many Latin ones.
_SCRIPT_WEIGHT = 2

LANGUAGE_NOT_READ = "the language is not read (rules are read in English)"
# What a program writes or decides: line breaks that are escaped once more, and conditions inside of a text.
_ESCAPED = re.compile(r"\\n(?=\\n|[A-Z#*-])")
_FEWEST_ESCAPED = 2
_CONDITIONAL = re.compile(r"\$\{[^{}]{0,500}(?:\?|&&|\|\||=>|`)[^{}]{0,500}\}")
_CONTROL = re.compile(r"\{%.{0,500}?%\}|<%.{0,500}?%>|\{\{[#/^].{0,200}?\}\}", re.DOTALL)


@lru_cache(maxsize=4096)
def explain_unread(text: str) -> str:
    """Why the rules of a text cannot be read, as a sentence without a full stop; "" where they can."""
    if not is_english(text):
        return LANGUAGE_NOT_READ
    if len(_ESCAPED.findall(text)) >= _FEWEST_ESCAPED:
        return "line breaks are escaped, so that sentences cannot be told apart"
    return "the conditions of a template are not read" if _CONDITIONAL.search(text) else ""


def control_tags(text: str) -> tuple[str, ...]:
    """The tags of a template language that decide what of a text is there, in order."""
    return tuple(" ".join(tag.split()) for tag in _CONTROL.findall(text))


@lru_cache(maxsize=4096)
def is_english(text: str) -> bool:
    """Whether a text is English, as far as scripts and common words tell; what gives no sign passes."""
    letters = [] if text.isascii() else [sign for sign in text if sign.isalpha()]
    others = sum(not _is_latin(sign) for sign in letters)
    if _SCRIPT_WEIGHT * others > len(letters) - others and others >= _FEWEST_SIGNS:
        return False
    english = other = 0
    for word, count in Counter(_WORD.findall(text)).items():
        english += count * (word.casefold() in _ENGLISH)
        # a capital letter with another sign is as often a name
        other += count * (word.casefold() in _OTHERS or not (word.isascii() or word[0].isupper()))
    return other < _FEWEST_SIGNS or other <= english


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith(
        ("LATIN", "FEMININE", "MASCULINE", "MODIFIER", "MICRO")
    )
