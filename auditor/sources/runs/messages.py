"""Chat prompts as tools log them: the texts of their system messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SYSTEM = frozenset({"system", "developer"})


def system_messages(prompt: object) -> Iterator[str]:
    """The system messages of a prompt that is a list of messages, in order; none of a prompt of any other kind."""
    for message in prompt if isinstance(prompt, list) else []:
        if isinstance(message, Mapping) and message.get("role") in SYSTEM:
            yield _text(message.get("content"))


def _text(content: object) -> str:
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str))
