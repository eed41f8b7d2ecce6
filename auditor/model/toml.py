"""TOML bytes against a schema, strictly: every fault is a ConfigError that names file, field and remedy in one line.

Here, below both, because settings and store read TOML and may not import each other.
"""

from __future__ import annotations

import re
import tomllib
import typing
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.errors import ConfigError

_LONGEST_VALUE = 60  # characters of a wrong value that a message repeats


class TomlTable(BaseModel):
    """Base of the schemas: no key that is not declared, no conversion, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


TomlTableT = TypeVar("TomlTableT", bound=TomlTable)


def parse_toml(data: bytes, where: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigError naming `where` and the line."""
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", where=f"{where}:{line}", remedy="save it as UTF-8") from error
    except RecursionError as error:
        raise ConfigError("is nested too deeply", where=where, remedy="flatten it") from error
    except ValueError as error:
        raise _syntax_error(str(error), data, where) from error


def _syntax_error(message: str, data: bytes, where: str) -> ConfigError:
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if not match:
        return ConfigError(f"is not TOML: {message}", where=where, remedy="correct the syntax")
    line = match[1] or str(data.count(b"\n") + 1)
    return ConfigError(f"is not TOML: {message[: match.start()]}", where=f"{where}:{line}", remedy="correct the syntax")


def validate_toml(schema: type[TomlTableT], values: object, where: str, prefix: str = "") -> TomlTableT:
    """`values` as `schema`; `prefix` is the dotted table they stand in.

    Raises ConfigError for the first fault, saying how many more there are.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        location = faults[0]["loc"]
        subject, remedy = _explain_fault(faults[0]["type"], faults[0]["msg"], faults[0]["input"], schema, location)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ConfigError(subject + more, where=where, field=dotted_key(location, prefix), remedy=remedy) from error


def dotted_key(location: tuple[str | int, ...], prefix: str = "") -> str:
    """A place in a TOML file as people write it: `suite[0].score.unit`, counted from 0."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_key(step)}" for step in location)
    return f"{prefix}{text}" if prefix else text.removeprefix(".")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key) else repr(key)


def _explain_fault(
    kind: str, message: str, value: object, schema: type[TomlTable], location: tuple[str | int, ...]
) -> tuple[str, str]:
    if kind == "extra_forbidden":
        return "is no key of this table", suggest_nearest(str(location[-1]), _keys_at(schema, location[:-1]))
    if kind == "missing":
        return "is missing", "add it"
    if kind == "date_type":
        message = "should be a date without quotes, as 2026-01-31"
    text = repr(value)
    text = text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
    expected = re.sub(r"^(Value error, |Input |List |String )?should ", "", message)
    return f"{text} is not allowed here", f"it should {expected}"


def suggest_nearest(word: str, allowed: typing.Iterable[str]) -> str:
    """A remedy for an unknown word: the nearest allowed one, or all of them."""
    words = sorted(allowed)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean {close[0]}" if close else f"allowed are {', '.join(words)}"


def _keys_at(schema: type[TomlTable], location: tuple[str | int, ...]) -> list[str]:
    for step in location:
        if isinstance(step, str):
            schema = _table_in(schema.model_fields[step].annotation)
    return list(schema.model_fields)


def _table_in(annotation: object) -> type[TomlTable]:
    """The schema inside `list[...]` or `... | None`."""
    types = [annotation, *typing.get_args(annotation)]
    return next(part for part in types if isinstance(part, type) and issubclass(part, TomlTable))
