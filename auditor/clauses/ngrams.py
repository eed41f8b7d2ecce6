"""A text as numbers that can be searched: hashes of runs of words (n-grams) and of the stems of telling words.

64-bit numbers. Without a key they hold for one process only and must not be stored. With a key they are the same
everywhere, and who has not got the key learns from them how often something is repeated, never what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from auditor.clauses.words import split_words

if TYPE_CHECKING:  # loads a module for each language it knows
    from snowballstemmer.english_stemmer import EnglishStemmer

NGRAM_LENGTH = 8
SHORTEST_TEXT = 4
STEM_WINDOW = 100
KEY_BYTES = (16, 64)

# Words of grammar and of every instruction; what is left of a text without them is what it is about.
_STOP = frozenset(
    """a about above after again against all also although always am an and another any anyone anything are as ask at
    away back be became because become been before being below between both but by can cannot case come could d did do
    doe done down during each either else even ever every everyone everything few find first for from further get give
    go good had has have he help her here hers him his how however i if in instead into is it its itself just keep know
    later least less let like ll look m made make many may me might mine more most much must my need neither never next
    no nobody nor not nothing now of off on once one only onto or other our ours out over own part please put quite
    rather re really said same say see several shall she should show since so some somebody someone something still such
    t take tell than that the their them themselves then there these they thing this those though through time to today
    told too toward try two under unless until up upon use used user using us ve very want was way we well were what
    whatever when where whether which while who whoever whole whom whose why will with within without word would yes yet
    you your yours""".split()  # noqa: SIM905
)
# What `words` does to such a text, three times as fast.
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}


@dataclass(frozen=True, slots=True)
class TextHashes:
    """A text as it is searched for.

    Attributes:
        length: of its runs, in words: 8, or the whole text's where it is 4 to 7 words long; 0 for a shorter text.
        runs: every run of that many words.
        stems: its telling words without their endings, for each window of 100 words, half a window apart.
    """

    length: int
    runs: frozenset[int]
    stems: tuple[frozenset[int], ...]


def normalised_words(text: str) -> list[str]:
    """The words of a text in order, whatever their case, punctuation, quotes, Unicode form or invisible characters."""
    if text.isascii():
        return text.translate(_ASCII).split()
    visible = "".join(sign for sign in normalize("NFKC", text) if category(sign) != "Cf")
    return [word for word in split_words(normalize("NFKC", visible.casefold()).replace("_", " ")) if word.isalnum()]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word without its endings, by the Snowball stemmer for English; "" for one that tells nothing."""
    if word.isdecimal():
        return word if len(word) > 1 else ""
    root = _stemmer().stemWord(word) if word.isascii() else word
    return "" if root in _STOP or word in _STOP or (len(root) < 2 and root.isascii()) else root


@cache
def _stemmer() -> EnglishStemmer:
    """The stemmer itself: `snowballstemmer.stemmer` would take another version of it from PyStemmer, where that is."""
    from snowballstemmer.english_stemmer import EnglishStemmer

    return EnglishStemmer()


def hash_ngrams(texts: Sequence[str], length: int, key: bytes | None = None) -> Iterable[int]:
    """The number of every run of `length` words, in order of place. Raises ValueError for a key of another size."""
    runs = zip(*(texts[at:] for at in range(length)), strict=False)
    return map(hash, runs) if key is None else (_keyed_hash(" ".join(run), key, b"run") for run in runs)


@lru_cache(maxsize=100_000)
def hash_stem(word: str, key: bytes | None = None) -> int | None:
    """The number of a word's stem; None for a word that tells nothing. Raises ValueError for a key of another size."""
    root = stem(word)
    if not root:
        return None
    return hash(root) if key is None else _keyed_hash(root, key, b"stem")


def hash_text(text: str, key: bytes | None = None, *, wording: bool = True, longest: int = NGRAM_LENGTH) -> TextHashes:
    """A text as it is searched for; with a key of 16 to 64 bytes, in numbers that may be kept.

    Runs are `longest` words long, or as the whole text where that is shorter. Without `wording` there are no stems:
    numbers of single words give away more than those of runs. Where they are published, how often each recurs lets
    somebody guess the commonest words. Raises ValueError for a key of another size.
    """
    names = normalised_words(text)
    length = min(longest, len(names)) if len(names) >= SHORTEST_TEXT else 0
    return TextHashes(
        length=length,
        runs=frozenset(hash_ngrams(names, length, key)) if length else frozenset(),
        stems=tuple(
            _stem_hashes(names[start:stop], key)
            for start, stop in half_overlapping_windows(len(names) * wording, STEM_WINDOW)
        ),
    )


def half_overlapping_windows(size: int, width: int) -> Iterator[tuple[int, int]]:
    """Where windows of that width start and stop, half a width apart, until all of `size` is covered; none for 0."""
    start = 0
    while start < size:
        yield start, min(start + width, size)
        if start + width >= size:
            return
        start += width // 2


def _stem_hashes(names: Iterable[str], key: bytes | None) -> frozenset[int]:
    return frozenset([number for number in set(map(hash_stem, names, repeat(key))) if number is not None])


def _keyed_hash(text: str, key: bytes, person: bytes) -> int:
    if not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
        raise ValueError(f"a key has {KEY_BYTES[0]} to {KEY_BYTES[1]} bytes, not {len(key)}")
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=key, person=person)
    return int.from_bytes(digest.digest(), "big")
