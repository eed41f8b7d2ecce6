"""Every `auditor ...` that a page, a recorded output or a sentence of the program prints can be pasted as it stands."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from auditor.cli.main import VERBS, main, translate_first_spellings
from tests.docs.pages import ROOT, all_pages

VERB_NAMES = {verb for verbs in VERBS.values() for verb in verbs}
# A line of a shell or of indented output, and a command in the middle of a sentence.
_LINE = re.compile(r"^(?:~[\w./-]*)?(\$| ) *auditor ([a-z-].*)$")
_INLINE = re.compile(r"`auditor ([^`]+)`")
_IN_SENTENCE = re.compile(r"\bauditor ([a-z]+(?: [a-z]+)?)((?: (?:--?[a-z][a-z-]*|[A-Z.]+|'[^']*'))*)")
# Commands of version 1, which the migration page lists beside today's.
_OF_ANOTHER_VERSION = "migration.md", "CHANGELOG.md"


def printed_commands(text: str) -> Iterator[str]:
    """The commands that stand on lines of their own, and those in code of a sentence."""
    for line in text.splitlines():
        typed = _LINE.match(line)
        if typed and (typed[1] == "$" or typed[2].split()[0] in VERB_NAMES):
            yield typed[2]
        else:
            yield from (code for code in _INLINE.findall(line) if not code.startswith("VERB"))


def sentence_commands(source: str) -> Iterator[str]:
    """The commands in the strings of a module, from verb to the last option that follows."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for words, options in _IN_SENTENCE.findall(node.value):
                verb = words.split()[0]
                if verb in VERB_NAMES:
                    yield (words if verb == "hook" else verb) + options


def parse(text: str) -> None:
    """Reads a command line as far as verbs and options go. Raises UsageError for one that is not there."""
    text = re.split(r"\s(?:[|#>]|&&|2>)|[;)]|\s\\$|…", text)[0]
    words = translate_first_spellings(shlex.split(text.replace("[", " ").replace("]", " ")))
    command: click.Command = main
    context = click.Context(main, info_name="auditor")
    while isinstance(command, click.Group):
        if not words or not command.list_commands(context):
            return
        _, rest, _ = command.make_parser(context).parse_args(words)
        if not rest:
            return
        found = command.get_command(context, rest[0])
        if found is None:
            raise click.UsageError(f"no verb {rest[0]}")
        command, words = found, rest[1:]
        context = click.Context(command, info_name=rest[0], parent=context)
    with suppress(click.BadOptionUsage):  # a sentence may leave out what an option takes
        command.make_parser(context).parse_args(words)


@pytest.mark.parametrize(
    "page",
    [
        *(page for page in all_pages() if page.name not in _OF_ANOTHER_VERSION),
        *sorted((ROOT / "tests/render/snapshots").iterdir()),
    ],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_what_is_shown_can_be_typed(page: Path) -> None:
    for command in printed_commands(page.read_text(encoding="utf-8")):
        try:
            parse(command)
        except (click.UsageError, ValueError) as error:
            pytest.fail(f"auditor {command}: {error}")


def test_what_a_sentence_names_is_there() -> None:
    seen = 0
    for module in sorted((ROOT / "auditor").rglob("*.py")):
        for command in sentence_commands(module.read_text(encoding="utf-8")):
            seen += 1
            try:
                parse(command)
            except (click.UsageError, ValueError) as error:
                pytest.fail(f"{module.relative_to(ROOT)}: auditor {command}: {error}")
    assert seen > 50


def test_a_command_that_is_not_there_is_noticed() -> None:
    for command in ("adit", "audit --lgos x", "hook instal", "gate --base main --haed b"):
        with pytest.raises(click.UsageError):
            parse(command)
