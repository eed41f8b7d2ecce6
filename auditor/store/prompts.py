"""Fingerprints of prompts on disk, `<store>/prompts/<sha256>.json`: texts of items as keyed hashes, never as text.

One file for each suite and source, canonical JSON, named by its content. A prompt has the length of its runs of words,
and as base64 of ascending 64-bit numbers its runs, and its telling words by window (`clauses.ngrams.TextHashes`). `key`
is a check value made with the key: a file made with another key is known as such, and nothing is compared with it.

Version 1 of the schema had telling words stemmed by other rules: of its files only the runs are read.
"""

from __future__ import annotations

import hashlib
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PlainValidator

from auditor.clauses.ngrams import NGRAM_LENGTH, TextHashes, hash_text
from auditor.store.content_files import FileKind, StrictForm

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

PROMPTS_SCHEMA = "auditor.prompts/2"
HashedPrompt = tuple[str, TextHashes]


@dataclass(frozen=True, slots=True)
class PromptFile:
    """The hashed prompts of one suite in one source.

    Attributes:
        key: the check value of the key they are hashed with, 32 hex digits.
        prompts: item and fingerprint, sorted and unique; an item that says several things is there as often.
        schema: of the file; the first one's prompts have no stems.
    """

    suite: str
    key: str
    prompts: tuple[HashedPrompt, ...]
    schema: str = PROMPTS_SCHEMA

    def opened_by(self, key: bytes) -> bool:
        """Whether it was made with this key of 16 to 64 bytes."""
        return self.key == key_check(key, self.schema)


def _unpack_numbers(text: object) -> frozenset[int]:
    """The numbers in a text that `_numbers` made. Raises ValueError for any other, and for what is no text."""
    if not isinstance(text, str):
        raise ValueError("is no text")
    data = b64decode(text, validate=True)
    if len(data) % 8:
        raise ValueError("is no list of numbers of 8 bytes each")
    return frozenset(struct.unpack(f">{len(data) // 8}Q", data))


_Numbers = Annotated[frozenset[int], PlainValidator(_unpack_numbers)]


class _PromptRow(StrictForm):
    """A prompt in a file."""

    item: str
    length: Annotated[int, Field(ge=0, le=NGRAM_LENGTH)]
    runs: _Numbers
    stems: list[_Numbers]


class _PromptsFile(StrictForm):
    """A file as its JSON has it."""

    schema_: Literal["auditor.prompts/1", "auditor.prompts/2"] = Field(alias="schema")
    suite: str
    key: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    prompts: list[_PromptRow]


PROMPT_FILES = FileKind("file of hashed prompts", "prompts", PROMPTS_SCHEMA, _PromptsFile)


def key_check(key: bytes, schema: str = PROMPTS_SCHEMA) -> str:
    """The check value of a key of 16 to 64 bytes: tells one from another, and gives none away."""
    return hashlib.blake2b(schema.encode(), digest_size=16, key=key, person=b"key check").hexdigest()


def hash_prompts(suite: str, prompts: Iterable[tuple[str, str]], key: bytes) -> PromptFile:
    """A suite's prompts, given as (item, text), as they may be kept."""
    hashed = {(item, hash_text(text, key)) for item, text in prompts}
    return PromptFile(suite, key_check(key), tuple(sorted(hashed, key=_pack)))


def encode_prompts(file: PromptFile) -> bytes:
    """The file's canonical bytes. Raises RecordError for an item or suite that is not Unicode."""
    rows = [dict(zip(("item", "length", "runs", "stems"), _pack(prompt), strict=True)) for prompt in file.prompts]
    where = f"prompts of suite {file.suite!r:.80}"
    return PROMPT_FILES.encode({"suite": file.suite, "key": file.key, "prompts": rows}, where)


def load_prompts(tree: Tree, store_path: str, only: frozenset[str] | None = None) -> tuple[PromptFile, ...]:
    """Every file of hashed prompts in the store at `store_path`, by name; hidden files are passed over.

    Where `only` is given, the files of these ids are read, and no others.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode_prompts(*file) for file in PROMPT_FILES.files(tree, store_path, only))


def add_prompts(root: Path, store_path: str, files: Sequence[PromptFile]) -> None:
    """Write files of hashed prompts; those that are there already stay as they are.

    Raises RecordError where they cannot be written.
    """
    PROMPT_FILES.add(root, store_path, map(encode_prompts, files))


def _pack(prompt: HashedPrompt) -> tuple[str, int, str, list[str]]:
    item, content = prompt
    return item, content.length, _pack_numbers(content.runs), [_pack_numbers(window) for window in content.stems]


def _pack_numbers(numbers: frozenset[int]) -> str:
    return b64encode(struct.pack(f">{len(numbers)}Q", *sorted(numbers))).decode()


def decode_prompts(data: bytes, name: str, where: str) -> PromptFile:
    """The hashed prompts in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = PROMPT_FILES.decode(data, name, where)
    stemmed = file.schema_ == PROMPTS_SCHEMA
    prompts = tuple(
        (row.item, TextHashes(row.length, row.runs, tuple(row.stems) if stemmed else ())) for row in file.prompts
    )
    return PromptFile(file.suite, file.key, prompts, file.schema_)
