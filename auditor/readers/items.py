"""What sets items of a log apart: hashes of their input, without the spec, and of what checks their answers.

Messages, variables and assertions come in; hashes go out, 64 hex digits, as a record has them. Texts of the spec are
taken out of an input first: two revisions of a spec are evaluated on the same items.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from auditor.model.canonical import to_text
from auditor.model.raw_run import LoggedSample

# A shorter text of a spec may well be part of an item by chance.
_SHORTEST_SPEC = 40
# Enough of a text's beginning to see that it is not there.
_HEAD = 40
_SYSTEM_ROLES = frozenset({"system", "developer"})
# How much of a checker's hash tells two items of one id apart, in the id.
_CHECKER_DIGITS = 8


class SpecTexts:
    """The texts of every file of a spec's revisions, to be taken out of what items say."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        trimmed = {text.replace("\r\n", "\n").strip() for text in texts}
        self._by_head: dict[str, list[str]] = {}
        for text in sorted(trimmed, key=lambda text: (-len(text), text)):
            if len(text) >= _SHORTEST_SPEC:
                self._by_head.setdefault(text[:_HEAD], []).append(text)

    def remove_from(self, text: str) -> str:
        """A text without those of the spec that it holds word for word; any other text as it is."""
        heads = [head for head in self._by_head if head in text or (head in text.replace("\r\n", "\n"))]
        if not heads:
            return text
        rest = text.replace("\r\n", "\n")
        for spec in sorted((spec for head in heads for spec in self._by_head[head]), key=len, reverse=True):
            rest = rest.replace(spec, "")
        return rest.strip() if len(rest) < len(text.replace("\r\n", "\n")) else text


@dataclass(frozen=True, slots=True)
class ItemHasher:
    """Hashes what decides the score of an item.

    Attributes:
        key: of the hashes of inputs, 16 to 64 bytes; None for plain ones, which whoever has the input can confirm.
        spec: what is no part of an input.
    """

    key: bytes | None = None
    spec: SpecTexts = field(default_factory=SpecTexts)

    def hash_input(self, value: object) -> str | None:
        """The hash of an input that may be JSON; None where nothing is left of it without the spec."""
        rest = self.without_spec(value)
        if rest in (None, "", [], {}):
            return None
        data = _encode(rest)
        return sha256(data).hexdigest() if self.key is None else hmac.new(self.key, data, sha256).hexdigest()

    def hash_messages(self, messages: object) -> str | None:
        """The hash of a chat prompt without its system messages; a text is all of the user. None for an empty one."""
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        entries = messages if isinstance(messages, list) else []
        return self.hash_input([_message(entry) for entry in entries if _role(entry) not in _SYSTEM_ROLES])

    def without_spec(self, value: object) -> object:
        """A value of JSON without the texts of the spec, and without the entries that are nothing else."""
        if isinstance(value, str):
            return self.spec.remove_from(value)
        if isinstance(value, Mapping):
            rests = {str(name): (entry, self.without_spec(entry)) for name, entry in value.items()}
            return {name: rest for name, (entry, rest) in rests.items() if rest != "" or entry == ""}
        if isinstance(value, list | tuple):
            return [self.without_spec(entry) for entry in value]
        return value


def hash_checker(value: object) -> str | None:
    """The hash of what checks an item (assertions, a target); None where there is nothing."""
    return None if value in (None, "", [], {}) else sha256(_encode(value)).hexdigest()


def separate_items(samples: Sequence[LoggedSample]) -> list[LoggedSample]:
    """The samples, those of one id that are checked in different ways as several items: told apart in the id."""
    checkers: dict[str, set[str | None]] = {}
    for sample in samples:
        checkers.setdefault(sample.item, set()).add(sample.checker)
    several = {item for item, checks in checkers.items() if len(checks) > 1}
    if not several:
        return list(samples)
    return [
        replace(each, item=f"{each.item}#{each.checker[:_CHECKER_DIGITS]}")
        if each.checker and each.item in several
        else each
        for each in samples
    ]


def _encode(value: object) -> bytes:
    return to_text(_finite(value)).encode(errors="surrogatepass")


def _finite(value: object) -> object:
    """A value that canonical JSON can write: numbers that are none of JSON's as their names."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _finite(entry) for name, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list | tuple) else value


def _role(message: object) -> object:
    return message.get("role") if isinstance(message, Mapping) else None


def _message(message: object) -> object:
    """What a message says, without the ids and times that each run gives anew."""
    if not isinstance(message, Mapping):
        return message
    content = message.get("content")
    parts = [content] if isinstance(content, str) else content if isinstance(content, list) else []
    calls = message.get("tool_calls")
    tool_calls = [
        {"function": call.get("function"), "arguments": call.get("arguments")}
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, Mapping)
    ]
    return [message.get("role"), *map(_part, parts), *tool_calls]


def _part(part: object) -> object:
    if not isinstance(part, Mapping):
        return part
    if isinstance(part.get("text"), str):
        return part["text"]
    return {name: value for name, value in part.items() if name not in ("id", "internal")}
