"""The reference pages of the documentation, made from the code: commands from click, configuration from the settings'
models, columns from the table reader, checks from the catalogue, JSON from the published schemas.

Nothing comes in but the package; `reference_pages` gives every page by its path below docs/.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

import click

import auditor
from auditor.checks import catalogue
from auditor.checks.catalogue import Page
from auditor.checks.interface import HEADINGS
from auditor.cli.main import main
from auditor.document.checks import OUTCOMES, case_setting
from auditor.model.policy import Policy
from auditor.model.suite import Binding, DeclaredChange, JudgeErrorRule, LabelRule, ScoreRule, Suite
from auditor.model.toml import TomlTable
from auditor.model.waiver import Waiver
from auditor.readers.tables import columns
from auditor.render import documents
from auditor.render.graph import graph_json_schema
from auditor.settings import Settings, SpecConfig, _SettingsTable
from auditor.store.ledger import _WaiverTable
from auditor.store.registry import _BindingsTable, _RegistryTable

Schema = Mapping[str, Any]
TypeForm: TypeAlias = Any  # what an annotation can be
MADE = "<!-- Made from the code by tests/docs/reference.py; AUDITOR_REFRESH=1 pytest tests/docs writes it anew. -->\n"
_VERBS_WITH_JSON = ("audit", "blame", "compare", "diff", "gate", "log", "plan", "report", "show", "status", "verify")
SCHEMAS = {verb: getattr(documents, f"{verb}_json_schema") for verb in _VERBS_WITH_JSON} | {"graph": graph_json_schema}

_COMMANDS = """\
What `auditor VERB --help` prints, on one page. Exit codes, the highest precedence first: 70 a bug in auditor; 2 could
not run, or some input was refused; 1 blocked by a finding; 3 evidence that the policy requires is missing; 0 pass.
"""
_CONFIGURATION = """\
The files that a person writes. All are TOML, and all are read strictly: an unknown key, a wrong type and a number out
of its range are refused in one line that names file, key and remedy. No key is needed to begin with: `auditor init`
writes the first two files.
"""
_COLUMNS = """\
A tidy table has one row a sample, or one row a tally. `.csv`, `.jsonl` and `.parquet` are read; an empty cell says
nothing. How to write one: [reading logs and tables](../how-to/reading.md).
"""
_CHECKS = """\
One rule each. `auditor checks` lists them, `auditor checks SD101` prints a page. Those of the scope `revision` are run
on the current text, the others on every patch, landing, waiver or period of patches. A check that cannot tell is
*undecided*, never clear.
"""
_JSON = """\
Each document names its own version under `schema`. What is undefined is null, never NaN; rates have six places. The
pages are made from the JSON Schemas that are published with them.
"""
_SUITES = """\
What each suite measures, who can see it, and how a score is read. A tidy table declares most of it in its columns.
"""
_BINDINGS = """\
The revision that logs without a stamp were evaluated under. Every condition of an entry must hold, and at least one
must stand there.
"""


def reference_pages() -> dict[str, str]:
    """Every generated page, and the schemas that no other test writes, by its path below docs/."""
    pages = {
        "reference/commands.md": commands_page(),
        "reference/configuration.md": configuration_page(),
        "reference/columns.md": columns_page(),
        "reference/checks/index.md": checks_page(catalogue.load_pages()),
        "reference/json/index.md": json_index(),
    }
    pages |= {f"reference/checks/{page.check.code}.md": check_page(page) for page in catalogue.load_pages()}
    pages |= {f"reference/json/{verb}.md": json_page(verb, json.loads(schema())) for verb, schema in SCHEMAS.items()}
    return pages | {f"schemas/{verb}.schema.json": schema() for verb, schema in SCHEMAS.items()}


# Commands.


def commands_page() -> str:
    """Every verb with its arguments, options and help."""
    return _document("Commands", [_COMMANDS, *_commands(main, ())])


def _commands(group: click.Group, names: tuple[str, ...]) -> Iterator[str]:
    context = click.Context(group, info_name=" ".join(("auditor", *names)))
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield _command(command, (*names, name))
        if isinstance(command, click.Group):
            yield from _commands(command, (*names, name))


def _command(command: click.Command, names: tuple[str, ...]) -> str:
    context = click.Context(command, info_name=" ".join(("auditor", *names)))
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    records = [record for option in command.get_params(context) if (record := option.get_help_record(context))]
    rows = [(f"`{names}`", _words(text)) for names, text in records if text and "--help" not in names]
    options = _table(("option", "meaning"), rows) if rows else ""
    help_text = "\n\n".join(map(_help_paragraph, inspect.cleandoc(command.help or "").split("\n\n")))
    return "\n".join([f"## auditor {' '.join(names)}\n", f"```text\n{usage}\n```\n", f"{help_text}\n", options])


def _help_paragraph(text: str) -> str:
    if text.startswith("\b"):
        return f"```text\n{text.removeprefix(chr(8)).strip()}\n```"
    return _words(" ".join(text.split()))


# Configuration.


def configuration_page() -> str:
    """Every key of every file that a project writes."""
    project, suite, score, label = (_attributes(record) for record in (Settings, Suite, ScoreRule, LabelRule))
    settings = {
        "spec": _attributes(SpecConfig),
        "store": {"path": project["store"], "prompt_key_file": project["prompt_key_file"]},
        "policy": _attributes(Policy),
    }
    registry = {
        "suite": suite,
        "suite.score": score | {"misaligned": score["direction"]},
        "suite.change": _attributes(DeclaredChange),
        "suite.judge_error": _attributes(JudgeErrorRule),
        "label": label | {"means": label["awareness"], "nothing": label["nothing_is_unaware"]},
    }
    parts = [
        "## auditor.toml\n\nOr `[tool.auditor]` in `pyproject.toml`.\n",
        *_toml_tables(_SettingsTable, settings),
        f"## eval_history/suites.toml\n\n{_SUITES}",
        *_toml_tables(_RegistryTable, registry),
        f"## eval_history/bindings.toml\n\n{_BINDINGS}",
        *_toml_tables(_BindingsTable, {"binding": _attributes(Binding)}),
        "## eval_history/waivers/NAME.toml\n\nOne file a waiver: [the gate](../how-to/gate.md#waivers).\n",
        *_toml_tables(_WaiverTable, {"": _attributes(Waiver)}),
    ]
    return _document("Configuration", [_CONFIGURATION, *parts])


def _toml_tables(model: type[TomlTable], words: Mapping[str, Mapping[str, str]], name: str = "") -> Iterator[str]:
    """A table and the tables in it, each under a heading as TOML spells it; `words` by table, then by key."""
    nested = {key: found for key, field in model.model_fields.items() if (found := _nested(field.annotation))}
    if plain := [key for key in model.model_fields if key not in nested]:
        yield _toml_table(model, words[name], plain)
    for key, (table, many) in nested.items():
        path = f"{name}.{key}" if name else key
        yield f"### {f'[[{path}]]' if many else f'[{path}]'}\n"
        yield from _toml_tables(table, words, path)


def _nested(annotation: TypeForm) -> tuple[type[TomlTable], bool] | None:
    """The table that a key holds, and whether it holds several."""
    parts = [annotation, *typing.get_args(annotation)]
    table = next((part for part in parts if isinstance(part, type) and issubclass(part, TomlTable)), None)
    return None if table is None else (table, str(annotation).startswith("list["))


def _toml_table(model: type[TomlTable], words: Mapping[str, str], keys: Iterable[str]) -> str:
    schema = model.model_json_schema()
    rows = []
    for key in keys:
        value = schema["properties"][key]
        field = model.model_fields[key]
        default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
        kind = _type(value, schema.get("$defs", {})).removesuffix(" or null")
        rows.append((f"`{key}`", kind, default, _words(words[key]).replace("; None ", "; left out: ")))
    return _table(("key", "value", "default", "meaning"), rows)


def _default(value: object) -> str:
    return "" if value in (None, []) else f"`{json.dumps(value)}`"  # as TOML writes it, too


# Columns of tidy tables.


def columns_page() -> str:
    """Every column of a tidy table."""
    words, hints = _attributes(columns.Row), typing.get_type_hints(columns.Row)
    rows = [(f"`{name}`", _cell_type(hints[name]), _needed(name), _words(words[name])) for name in columns.COLUMNS]
    return _document("Columns of tidy tables", [_COLUMNS, _table(("column", "cell", "stands in", "meaning"), rows)])


def _needed(name: str) -> str:
    if name in columns.REQUIRED_COLUMNS:
        return "every table"
    if name in columns.COUNT_COLUMNS:
        return "every table of tallies"
    if name in ("item", "misaligned"):
        return "every table of samples"
    return "tallies" if name in columns.TALLY_COLUMNS else "samples" if name in columns.SAMPLE_COLUMNS else ""


def _cell_type(hint: TypeForm) -> str:
    kind = next(part for part in (*typing.get_args(hint), hint) if part is not type(None))
    if issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    names = {bool: "1, 0, true, false", int: "whole number", float: "number", datetime: "ISO 8601 time with an offset"}
    return names.get(kind, "text")


# Checks.


def checks_page(pages: Sequence[Page]) -> str:
    """The catalogue."""
    checks = [page.check for page in pages]
    rows = [
        (f"[{check.code}]({check.code}.md)", check.name, str(check.severity), str(check.scope), _words(check.title))
        for check in checks
    ]
    return _document("Checks", [_CHECKS, _table(("code", "name", "severity", "scope", "fires where"), rows)])


def check_page(page: Page) -> str:
    """A check's page, with its examples."""
    check = page.check
    examples = [(_words(case.title), _words(case_setting(case)), OUTCOMES[case.expect]) for case in check.cases]
    parts = [
        f"{_words(check.title)}. Severity {check.severity}; run on: {check.scope}.\n",
        *(f"## {heading}\n\n{_linked(_words(page.sections[heading]))}\n" for heading in HEADINGS),
        "## Examples\n\nEach is a test of the check.\n",
        _table(("case", "before -> after", "the check"), examples),
    ]
    return _document(f"{check.code} {check.name}", parts)


def _linked(text: str) -> str:
    return re.sub(r"docs/([\w/-]+)\.md", r"[\1](../../\1.md)", text)


# JSON documents.


def json_index() -> str:
    """Which command prints which document."""
    rows = [
        (
            f"[auditor {verb}]({verb}.md)",
            f"`auditor {verb} --format json`",
            f"[schema](../../schemas/{verb}.schema.json)",
        )
        for verb in SCHEMAS
    ]
    return _document("JSON documents", [_JSON, _table(("document", "printed by", "JSON Schema"), rows)])


def json_page(verb: str, schema: Schema) -> str:
    """A document: its keys, and those of every object in it, in the order in which they are first named."""
    published = f"Printed by `auditor {verb} --format json`; [{verb}.schema.json](../../schemas/{verb}.schema.json).\n"
    objects = schema.get("$defs", {})
    parts = [published, *_object(schema, objects)]
    for name in _in_order(schema, objects):
        parts += [f"## {name}\n", *_object(objects[name], objects, name)]
    return _document(f"auditor {verb}", parts)


def _object(schema: Schema, objects: Mapping[str, Schema], name: str = "") -> Iterator[str]:
    if words := schema.get("description"):
        yield f"{_words(words)}\n"
    if "enum" in schema:
        yield f"{_type(schema, objects)}.\n"
    words = _attributes_by_name().get(name, {})
    rows = [
        (f"`{key}`", _type(value, objects), _words(words.get(key, "")).replace("None", "null"))
        for key, value in _properties(schema)
    ]
    if rows and not any(row[2] for row in rows):
        yield _table(("key", "value"), [row[:2] for row in rows])
    elif rows:
        yield _table(("key", "value", "meaning"), rows)


def _properties(schema: Schema) -> list[tuple[str, Schema]]:
    """The keys in the order in which the document has them."""
    properties = schema.get("properties", {})
    order = [*schema.get("required", ()), *properties]
    return [(key, properties[key]) for key in dict.fromkeys(order)]


def _in_order(schema: Schema, objects: Mapping[str, Schema]) -> list[str]:
    found: dict[str, None] = {}
    waiting = [schema]
    while waiting:
        for name in re.findall(r'"#/\$defs/([^"]+)"', json.dumps([value for _, value in _properties(waiting.pop(0))])):
            if name not in found:
                found[name] = None
                waiting.append(objects[name])
    return list(found)


def _type(schema: Schema, objects: Mapping[str, Schema]) -> str:
    """The type of a value, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _type(objects[name], objects) if "enum" in objects[name] else f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" if value else "empty" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(part, objects) for part in schema["anyOf"]))
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return "list of " + ", ".join(_type(part, objects) for part in schema["prefixItems"])
        case "array":
            return f"list of {_type(schema['items'], objects)}" if schema.get("items") else "list"
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return f"object of {_type(schema['additionalProperties'], objects)}"
        case "string":
            return {"date": "date", "date-time": "time"}.get(schema.get("format", ""), "text")
        case "integer" | "number" as kind:
            return f"{'whole number' if kind == 'integer' else 'number'}{_range(schema)}"
        case "boolean":
            return "true or false"
        case kind:
            return str(kind or "anything")


def _range(schema: Schema) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    start = "" if low is None else f" above {low:g}" if "exclusiveMinimum" in schema else f" from {low:g}"
    return start + ("" if high is None else f" to {high:g}")


# Words: what docstrings say of the attributes of a class; cells, tables, pages.


def _attributes(record: type) -> dict[str, str]:
    """What the docstring of a class says of each of its attributes."""
    text = inspect.getdoc(record) or ""
    entries = re.split(r"\n    (?=\S)", "\n" + text.partition("\nAttributes:\n")[2])
    found: dict[str, str] = {}
    for entry in entries:
        names, _, words = entry.strip().partition(": ")
        found |= {name.strip(): " ".join(words.split()) for name in names.split(",") if words}
    return found


def _attributes_by_name() -> dict[str, dict[str, str]]:
    modules = pkgutil.walk_packages(auditor.__path__, "auditor.")
    records = [
        record
        for module in modules
        if module.name != "auditor.__main__" and not any(extra in module.name for extra in ("spark", "inspect_hooks"))
        for record in vars(importlib.import_module(module.name)).values()
        if dataclasses.is_dataclass(record) and isinstance(record, type)
    ]
    return {record.__name__: _attributes(record) for record in records}


def _words(text: str) -> str:
    """Plain text as Markdown that means itself; what stands in backticks stays."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([<*\[\]])", r"\\\1", part) for part in parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _document(title: str, parts: Iterable[str]) -> str:
    return "\n".join([f"# {title}\n", MADE, *parts]).rstrip() + "\n"
