"""A scanner's result as labels: its text decoded by its type, the entry a rule asks for, values the rule knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import LabelValue
from auditor.model.strict_json import JsonError, parse_json
from auditor.model.suite import LabelRule

WROTE = "give results inspect_scout wrote"


def values_of(text: str | None, kind: str | None, label: str | None, rule: LabelRule, path: Path) -> list[LabelValue]:
    """The labels in one result; none where it found nothing.

    Raises LogError for a value that is not what its type says, or that the rule does not name.
    """
    if text is None or kind == "null":
        return []
    value = text if kind == "string" else _decoded(text, path)
    found = [one for one in _entries(value, kind, label, rule, path) if one is not None]
    return [_known(one, rule, path) for one in found]


def _decoded(text: str, path: Path) -> object:
    try:
        return parse_json(text.encode())
    except JsonError as error:
        raise LogError(str(error), where=str(path), field="value", remedy=WROTE) from error


def _entries(value: object, kind: str | None, label: str | None, rule: LabelRule, path: Path) -> Iterator[object]:
    """The values that count: the results of a set, and of each the plain value, or the entry of that key."""
    if kind == "resultset":
        for result in value if isinstance(value, list) else []:
            if isinstance(result, Mapping):
                yield from _entries(result.get("value"), result.get("type"), result.get("label"), rule, path)
    elif isinstance(value, Mapping):
        if rule.key is None:
            entries = ", ".join(sorted(map(str, value)))
            raise _declared(f"has the entries {entries:.200}", path, "name one as its key")
        yield value.get(rule.key)
    elif isinstance(value, list):
        yield from value
    elif rule.key is None or label == rule.key:
        yield value
    elif label is None and value is not None:
        raise _declared("has no entries, and no label", path, "remove its key")


def _known(value: object, rule: LabelRule, path: Path) -> LabelValue:
    if isinstance(value, bool | int | float | str):
        plain = int(value) if isinstance(value, float) and value.is_integer() else value
        if rule.reads(plain) is not None:
            return plain
    remedy = "add it to aware or unaware" if rule.threshold is None else "give aware and unaware in place of threshold"
    raise _declared(f"{value!r:.60} is not declared", path, remedy)


def _declared(what: str, path: Path, remedy: str) -> LogError:
    return LogError(what, where=str(path), field="value", remedy=f"{remedy} in its [[label]] in suites.toml")
