"""Chat prompts as tools log them: the texts of their system messages, and of what the user says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SYSTEM = frozenset({"system", "developer"})
# How much of a prompt is looked at for leakage.
PROMPT_CHARACTERS = 100_000


def system_messages(prompt: object) -> Iterator[str]:
    """The system messages of a prompt that is a list of messages, in order; none of a prompt of any other kind."""
    yield from _of(prompt, SYSTEM)


def user_messages(prompt: object) -> list[str]:
    """What the user says in a prompt that is a list of messages, each up to `PROMPT_CHARACTERS`; a text is all his."""
    if isinstance(prompt, str):
        return [prompt[:PROMPT_CHARACTERS]] if prompt.strip() else []
    return [text[:PROMPT_CHARACTERS] for text in _of(prompt, frozenset({"user"})) if text.strip()]


def _of(prompt: object, roles: frozenset[str]) -> Iterator[str]:
    for message in prompt if isinstance(prompt, list) else []:
        if isinstance(message, Mapping) and message.get("role") in roles:
            yield _text(message.get("content"))


def _text(content: object) -> str:
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str))
