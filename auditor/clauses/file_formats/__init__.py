"""The text in files of other formats than Markdown and plain text: a path and a text in, statements with lines out.

Each format is one file with a `FORMAT`; `interface` has what they share. Open `read_statements` first. What cannot be
read well is said (`unread_reason`) and cut as plain text, so that nothing is lost and no check takes it for read.
"""

from __future__ import annotations

from functools import lru_cache

from auditor.clauses.file_formats import csv_rows, json_values, python_strings, restructured_text, yaml_values
from auditor.clauses.file_formats.interface import FileFormat, UnreadTextError
from auditor.clauses.formats import Statement, is_markdown, parse_statements
from auditor.model.spec import FormatName

_FORMATS: tuple[FileFormat, ...] = (
    csv_rows.FORMAT,
    json_values.FORMAT,
    python_strings.FORMAT,
    restructured_text.FORMAT,
    yaml_values.FORMAT,
)
_BY_SUFFIX = {suffix: file_format for file_format in _FORMATS for suffix in file_format.suffixes}
_BY_NAME = {file_format.name: file_format for file_format in _FORMATS}

# What is recognised by its name and not read: the words of such a file are cut as plain text.
_NOT_READ = {
    "AsciiDoc": "adoc asciidoc",
    "JavaScript or TypeScript": "js jsx mjs cjs ts tsx mts",
    "a notebook": "ipynb",
    "XML": "xml xsd xsl svg",
    "LaTeX": "tex latex sty",
    "Org": "org",
    "a wiki's markup": "wiki mediawiki textile",
    "a word processor's file": "doc docx odt pdf rtf",
    "HTML": "html htm xhtml",
    "program code": "c cc cpp cs dart go h hpp java kt lua php pl ps1 r rb rs scala sh swift vue",
    "a configuration language": "toml ini cfg hcl tf",
}
_NOT_READ_BY_SUFFIX = {suffix: name for name, suffixes in _NOT_READ.items() for suffix in suffixes.split()}


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    return name.rpartition(".")[2] if "." in name else ""


def find_format(path: str, name: FormatName | None = None) -> FileFormat | None:
    """The format of that name, or of a file by its name; None for Markdown, plain text, and what is cut as that."""
    return _BY_SUFFIX.get(_suffix(path)) if name is None else _BY_NAME.get(name)


def reads_as_markdown(path: str, name: FormatName | None = None) -> bool:
    """Whether a file is read as Markdown, by the format that it is said to have or by its name."""
    return is_markdown(path) if name is None else name == "markdown"


@lru_cache(maxsize=256)
def _read(path: str, text: str, name: FormatName | None) -> tuple[tuple[Statement, ...], str]:
    """The statements of a file, and why it is not read well; "" where it is."""
    style = find_format(path, name)
    if style is None:
        language = None if name else _NOT_READ_BY_SUFFIX.get(_suffix(path))
        reason = f"{path}: {language} is not read" if language else ""
        return tuple(parse_statements(text, markdown=reads_as_markdown(path, name))), reason
    try:
        content = style.read(text)
    except UnreadTextError as error:
        reason = f"{path}: {error}"
    except RecursionError:
        reason = f"{path}: it is nested too deeply to be read as {style.name}"
    else:
        return tuple(content.statements), f"{path}: {content.unread}" if content.unread else ""
    return tuple(parse_statements(text, markdown=False)), reason


def read_statements(path: str, text: str, name: FormatName | None = None) -> tuple[Statement, ...]:
    """The statements of a file with LF line ends, in order; `name` as in `SpecFile.format`. Never raises."""
    return _read(path, text, name)[0]


def unread_reason(path: str, text: str, name: FormatName | None = None) -> str:
    """Why a file's text is not read well, as a sentence without a full stop; "" where it is."""
    if find_format(path, name) is None and (name or _suffix(path) not in _NOT_READ_BY_SUFFIX):
        return ""
    return _read(path, text, name)[1]
