"""What of a clause is prose: its sentences without markup, code, quotations and matters of typography."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator


def word_set(words: str) -> frozenset[str]:
    """The words of a list written as one string."""
    return frozenset(words.split())


_LEFT_OUT = re.compile(
    r"```.*?(?:```|\Z)|(?<!`)(``?)(?!`).{1,500}?\1(?!`)"  # code
    r"|\{[{%#].{0,500}?[}%#]\}|<!--.{0,2000}?-->|</?[A-Za-z][^<>]{0,200}>"  # template and markup tags
    r"|\[\^[^\]\s]{1,64}\]:?|https?://[^\s)>\]]+|!\[[^\]]{0,300}\]\([^)\s]{0,300}\)",  # footnotes, addresses, pictures
    re.DOTALL,
)
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^()\s]*\)|\[[^\[\]]*\])")
_SHORTENED = re.compile(r"\b(e\.g|i\.e|etc|vs|cf|approx|incl|Mr|Ms|Dr|St)\.", re.IGNORECASE)
_EMPHASIS = re.compile(r"\*+|~~|(?<!\w)_+|_+(?!\w)|^(?:#{1,6}|[-+]|\d{1,3}[.)])\s")
_DASH = re.compile(r"(?<!\d)\s*(?:[\u2014\u2015]|\u2013|(?<!-)--+)\s*|\s+-\s+|\s*[\u2014\u2015]\s*|\s+\u2013\s+")
_TYPES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"'}
    | {"\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2026": "...", "\u00ab": '"', "\u00bb": '"'}
)
_QUOTATION = re.compile(r'"[^"]*"')
_SENTENCE = re.compile(r".{1,800}?(?:[.!?]+(?=[\s\"')\]]|$)[\"')\]]*|;(?=\s)|$)", re.DOTALL)

# Words of most English sentences that other languages do not write alike, and their like elsewhere.
_ENGLISH = word_set(
    "the and to that for with are this not or by from you your it its if when should must be have will they their"
    " which what any all can may"
)
_OTHER = word_set(
    "der die das und nicht ist ein eine mit für auf sie les des est une dans pour pas que qui sur vous el los las"
    " del una por para con como se het een niet voor zijn van gli della che non sono um uma os não"
)
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# Fewer words than these say too little about their language to doubt it, unless some are known to be of another.
_TELLING = 12
_LEAST_SHARE = 0.06


def prose(text: str) -> str:
    """The text as it would be read aloud, on one line: what differs in layout, typography, code or links is the same.

    Quotations are left as `""`, unless they are most of the text.
    """
    text = " ".join(_LEFT_OUT.sub(" ", text).split())
    text = _LINK.sub(lambda link: "" if link[1] == "?" else link[1], text)
    text = _EMPHASIS.sub("", text)
    text = _DASH.sub(" - ", text).translate(_TYPES)
    text = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    text = _SHORTENED.sub(lambda short: short[1].replace(".", ""), text)
    unquoted = _QUOTATION.sub('""', text)
    if 2 * len(unquoted) > len(text):
        text = unquoted
    return " ".join(text.split())


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text from `prose` begin and end; a semicolon ends one, and so do 800 signs."""
    return list(_trimmed(text))


def _trimmed(text: str) -> Iterator[tuple[int, int]]:
    for found in _SENTENCE.finditer(text):
        start = found.start() + len(found[0]) - len(found[0].lstrip())
        if start < found.end():
            yield start, found.end()


def is_english(text: str) -> bool:
    """Whether a text is English, as far as its commonest words tell; a few words in Latin letters pass."""
    found = [word.casefold() for word in _LETTERS.findall(text)]
    foreign = sum(not word.replace("'", "").isascii() for word in found)
    if 3 * foreign > len(found):
        return False
    english, other = sum(word in _ENGLISH for word in found), sum(word in _OTHER for word in found)
    if other > english:
        return False
    return len(found) < _TELLING or english >= _LEAST_SHARE * len(found)
