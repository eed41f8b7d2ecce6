"""Renderables as text for a console; no line ends in spaces."""

from __future__ import annotations

import re

from rich.console import Console, RenderableType

_SPACES = re.compile(r" +((?:\x1b\[[0-9;]*m)+)$")


def as_text(console: Console, *parts: RenderableType, wrap: bool = True) -> str:
    """The parts below each other, as the console would show them, each line ended by a newline.

    Without `wrap` a line is as long as it is, so that a command in it can be copied.
    """
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
    lines = (_SPACES.sub(r"\1", line.rstrip()) for line in captured.get().splitlines())
    return "".join(f"{line}\n" for line in lines)
