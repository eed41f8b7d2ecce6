"""Renderables as text for a console; no line ends in spaces."""

from __future__ import annotations

from rich.console import Console, RenderableType


def as_text(console: Console, *parts: RenderableType, wrap: bool = True) -> str:
    """The parts below each other, as the console would show them, each line ended by a newline.

    Without `wrap` a line is as long as it is, so that a command in it can be copied.
    """
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
