"""What of a text is compared when texts are searched for each other: runs of words, and the stems of telling words.

Both as 64-bit numbers. Without a key they hold for one process only and must not be kept. With a key they are the same
everywhere, and whoever has not got the key learns from them how often something is repeated, never what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from unicodedata import category, is_normalized, normalize

from auditor.clauses.words import words

LENGTH = 8
SHORTEST = 4
KEY_BYTES = (16, 64)

# Words of grammar and of every instruction; what is left of a text without them is what it is about.
_STOP = frozenset(
    """a about above after again against all also although always am an and another any anyone anything are as ask at
    away back be became because become been before being below between both but by can cannot case come could d did do
    doe done down during each either else even ever every everyone everything few find first for from further get give
    go good had ha have he help her here hers him his how however i if in instead into is it its itself just keep know
    later least less let like ll look m made make many may me might mine more most much must my need neither never next
    no nobody nor not nothing now of off on once one only onto or other our ours out over own part please put quite
    rather re really said same say see several shall she should show since so some somebody someone something still such
    t take tell than that the their them themselves then there these they thing this those though through time to today
    told too toward try two under unless until up upon use user us ve very wa want way we well were what whatever when
    where whether which while who whoever whole whom whose why will with within without word would yes yet you your
    yours""".split()  # noqa: SIM905
)
_SEPARATORS = str.maketrans({"_": " "})
_VOWEL = re.compile("[aeiouy]")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A text as it is searched for.

    Attributes:
        length: of its runs, in words: 8, or the whole text's where it is 4 to 7 words long; 0 for a shorter text.
        runs: every run of that many words.
        stems: its telling words without their endings.
    """

    length: int
    runs: frozenset[int]
    stems: frozenset[int]


def plain_words(text: str) -> list[str]:
    """The words of a text in order, whatever their case, punctuation, quotes, Unicode form or invisible characters."""
    if not text.isascii():
        text = "".join(sign for sign in normalize("NFKC", text) if category(sign) != "Cf")
        text = text if is_normalized("NFC", text) else normalize("NFC", text)
    return words(text.translate(_SEPARATORS))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word without its ending of number, tense or manner; "" for one that tells nothing.

    Plain suffix rules for English: it need only make forms of one word alike, not find its root.
    """
    if word.isdecimal():
        return word if len(word) > 1 else ""
    root = _without_ending(word) if word.isascii() else word
    return "" if root in _STOP or word in _STOP or (len(root) < 2 and root.isascii()) else root


_ENDINGS = (("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("es", "e"))


def _without_ending(word: str) -> str:
    for ending, instead in _ENDINGS:
        root = word.removesuffix(ending)
        if root != word and len(root) > 2 and _VOWEL.search(root):
            word = root + instead
            break
    else:
        if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
            word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def run_numbers(texts: Sequence[str], length: int, key: bytes | None = None) -> Iterable[int]:
    """The number of every run of `length` words, in order of place. Raises ValueError for a key of another size."""
    runs = zip(*(texts[at:] for at in range(length)), strict=False)
    return map(hash, runs) if key is None else (_keyed(" ".join(run), key, b"run") for run in runs)


def stem_number(root: str, key: bytes | None = None) -> int:
    """The number of a stem. Raises ValueError for a key of another size."""
    return hash(root) if key is None else _keyed(root, key, b"stem")


def hashed_ngrams(text: str, key: bytes, n: int = LENGTH) -> frozenset[int]:
    """Keyed numbers (64 bits, blake2b) of every run of n words. Raises ValueError for a key of not 16 to 64 bytes."""
    return frozenset(run_numbers(plain_words(text), n, key))


def fingerprint(text: str, key: bytes | None = None) -> Fingerprint:
    """A text as it is searched for; with a key of 16 to 64 bytes, in numbers that may be kept.

    Raises ValueError for a key of another size.
    """
    found = plain_words(text)
    length = min(LENGTH, len(found)) if len(found) >= SHORTEST else 0
    return Fingerprint(
        length=length,
        runs=frozenset(run_numbers(found, length, key)) if length else frozenset(),
        stems=frozenset(stem_number(root, key) for root in set(map(stem, found)) if root),
    )


def _keyed(text: str, key: bytes, person: bytes) -> int:
    if not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
        raise ValueError(f"a key has {KEY_BYTES[0]} to {KEY_BYTES[1]} bytes, not {len(key)}")
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=key, person=person)
    return int.from_bytes(digest.digest(), "big")
