"""JSON of every document, and its JSON Schema: both read from the frozen dataclasses themselves.

A dataclass or named tuple is an object with a key for each of its fields, unless `SHAPES` says which of them readers
get: what is shared stands there by its id, and what is only worked with is left out. A value comes in (`json_text`), or
the type of one (`schema_text`), and text goes out. Floats have 6 places, p-values and what these are held against 3
significant digits; what is undefined is null.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeAlias, Union

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic_core import to_jsonable_python

from auditor import __version__
from auditor.render.escape import escape_json
from auditor.render.shapes import INLINE, SHAPES, Shape, Source

P_VALUES = frozenset(("p_value", "level"))
Json: TypeAlias = "bool | int | float | str | datetime | date | Enum | list[Json] | dict[str, Json] | None"

TypeForm: TypeAlias = Any  # what an annotation can be: a class, a union, a generic alias

# A value as JSON.


_WIDTH = 120


def json_text(schema: str, document: object) -> str:
    """A document as text, with a newline at its end; `schema` is the name it goes by."""
    return escape_json(lay_out(json_document(schema, document))) + "\n"


def json_line(value: object) -> str:
    """A plain value as one line without spaces, with a newline at its end."""
    return escape_json(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))) + "\n"


def lay_out(value: object, indent: int = 0, before: int = 0) -> str:
    """A plain value as text: on one line where it fits, else its members on as few lines as they fit on.

    Args:
        indent: the spaces in front of its first line; before: the characters between these and the value.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if indent + before + len(text) < _WIDTH or not isinstance(value, (dict, list)) or not value:
        return text
    lines: list[str] = []
    for name, part in value.items() if isinstance(value, dict) else (("", part) for part in value):
        key = f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        member = f"{key}{lay_out(part, indent + 1, len(key) + (0 if lines else before))}"
        start = indent + (before if len(lines) == 1 else 0)
        if lines and "\n" not in lines[-1] + member and start + len(lines[-1]) + len(member) + 4 <= _WIDTH:
            lines[-1] = f"{lines[-1]}, {member}"
        else:
            lines.append(member)
    return f",\n{' ' * (indent + 1)}".join(lines).join("{}" if isinstance(value, dict) else "[]")


def json_document(schema: str, document: object) -> dict[str, object]:
    """A document as what its text holds: objects, lists, text and numbers."""
    body = to_plain(document)
    assert isinstance(body, dict)
    members: dict[str, object] = to_jsonable_python({"schema": schema, "auditor_version": __version__, **body})
    return members


def to_plain(value: object, key: str = "") -> Json:
    """A value as lists, objects and scalars; `key` is the one it stands under."""
    match value:
        case None | bool() | Enum() | int() | str() | datetime() | date():
            return value
        case float():
            return _rounded(value, key)
        case Mapping():
            return {str(name): to_plain(part, str(name)) for name, part in value.items()}
        case _ if _is_record(type(value)):
            return _read_record(value)
        case Iterable():
            return [to_plain(part, key) for part in value]
    raise TypeError(f"{type(value).__name__} has no JSON")


def _read_record(value: object) -> dict[str, Json]:
    keys: dict[str, Json] = {}
    for name, source in shape_of(type(value)).items():
        read = _read(value, source, name)
        keys |= read if name == INLINE and isinstance(read, dict) else {name: read}
    return keys


def _read(value: object, source: Source, key: str) -> Json:
    if isinstance(source, Mapping):
        return {name: _read(value, part, name) for name, part in source.items()}
    return to_plain(source(value) if callable(source) else _at(value, source.split(".")), key)


def _at(value: object, path: list[str]) -> object:
    """What stands at a path of attributes; None where one is; of a tuple, what stands there in each part."""
    for place, name in enumerate(path):
        if value is None:
            return None
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(_at(part, path[place:]) for part in value)
        value = getattr(value, name)
    return value


def _rounded(value: float, key: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{key} is {value}: what is undefined is null")
    return float(f"{value:.3g}") if key in P_VALUES else round(value, 6) + 0.0


# A type as JSON Schema.


def schema_text(schema: str, document: type) -> str:
    """The JSON Schema of a document."""
    members: dict[str, Any] = {
        "schema_": (Literal[schema], Field(serialization_alias="schema")),
        "auditor_version": (str, ...),
        **_members(document),
    }
    model = create_model(document.__name__, __config__=_CONFIG, __doc__=_first_paragraph(document), **members)
    return json.dumps(TypeAdapter(model).json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def shape_of(record: type) -> Shape:
    """The keys of an object, and where their values stand."""
    return SHAPES.get(record) or {name: name for name in _field_names(record)}


_CONFIG = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


def _field_names(record: type) -> tuple[str, ...]:
    return getattr(record, "_fields", None) or tuple(field.name for field in dataclasses.fields(record))


def _is_record(kind: object) -> bool:
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"))


def _members(kind: TypeForm) -> dict[str, Any]:
    record = _origin(kind) or kind
    members: dict[str, Any] = {}
    for name, source in shape_of(record).items():
        if name == INLINE:
            members |= _members(_type_at(kind, str(source).split(".")))
        else:
            members[name] = (_source_type(kind, source, name), ...)
    return members


def _source_type(kind: TypeForm, source: Source, key: str) -> TypeForm:
    if isinstance(source, Mapping):
        nested: dict[str, Any] = {name: (_source_type(kind, part, name), ...) for name, part in source.items()}
        return create_model(key.title().replace("_", ""), __config__=_CONFIG, **nested)
    if callable(source):
        return _json_type(typing.get_type_hints(source)["return"])
    return _json_type(_type_at(kind, source.split(".")))


def _type_at(kind: TypeForm, path: list[str]) -> TypeForm:
    if not path:
        return kind
    alternatives = [part for part in typing.get_args(kind) if part is not types.NoneType] if _is_union(kind) else [kind]
    [inner] = alternatives
    if _origin(inner) is tuple:
        attribute_type: TypeForm = types.GenericAlias(tuple, (_type_at(typing.get_args(inner)[0], path), ...))
    else:
        attribute_type = _type_at(_attribute_type(inner, path[0]), path[1:])
    return attribute_type | None if _is_union(kind) else attribute_type


def _attribute_type(kind: TypeForm, name: str) -> TypeForm:
    record = _origin(kind) or kind
    attribute = getattr(record, name, None)
    if isinstance(attribute, property):
        return typing.get_type_hints(attribute.fget)["return"]
    hint = typing.get_type_hints(record)[name]
    arguments = dict(zip(getattr(record, "__parameters__", ()), typing.get_args(kind), strict=True))
    return arguments.get(hint, hint) if arguments else hint


def _json_type(kind: TypeForm) -> TypeForm:
    """The type with every record in it replaced by the model of its object."""
    origin, parts = _origin(kind), typing.get_args(kind)
    if _is_record(origin or kind):
        return _model(kind)
    if origin is None or origin is Literal:
        return kind
    if _is_union(kind):
        return Union[tuple(map(_json_type, parts))]  # noqa: UP007
    if issubclass(origin, Mapping):
        return types.GenericAlias(dict, (str, _json_type(parts[1])))
    return types.GenericAlias(list, (_json_type(parts[0]),))


def _origin(kind: TypeForm) -> TypeForm:
    return typing.get_origin(kind)


def _is_union(kind: TypeForm) -> bool:
    return _origin(kind) in (Union, types.UnionType)


@cache
def _model(kind: TypeForm) -> type[BaseModel]:
    record = _origin(kind) or kind
    name = "".join(part.__name__ for part in (*typing.get_args(kind), record))
    members = _members(kind)
    return create_model(
        name, __config__=_CONFIG, __doc__=_first_paragraph(record), __module__=record.__module__, **members
    )


def _first_paragraph(record: type) -> str:
    return " ".join((record.__doc__ or "").partition("\n\n")[0].split())
