"""Bindings, `<store>/bindings.toml`: which revision logs without a stamp were evaluated under.

    [[binding]]
    revision = "v1.2"           # any name of a revision
    file = "2026-01-*.eval"     # a pattern for the log's file name, as in a shell
    sha256 = "…"                # or the log itself
    model = "…"
    checkpoint = "…"

Every condition given must hold, and at least one must be given: nothing guesses.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from auditor.errors import ConfigError
from auditor.model.suite import Binding
from auditor.model.toml import TomlTable, parse_toml, validate_toml

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

FILE = "bindings.toml"

_Name = Annotated[str, Field(min_length=1)]


class _BindingTable(TomlTable):
    revision: _Name
    file: _Name | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    model: _Name | None = None
    checkpoint: _Name | None = None


class _BindingsTable(TomlTable):
    binding: list[_BindingTable] = Field(default_factory=list)


def load_bindings(tree: Tree, store_path: str) -> tuple[Binding, ...]:
    """The bindings of the store at `store_path`, in their order; none where the file is missing.

    Raises ConfigError for malformed TOML, an unknown key, a wrong type, or a binding that would match every log.
    """
    where = str(PurePosixPath(store_path, FILE))
    data = tree.read(where)
    if data is None:
        return ()
    tables = validate_toml(_BindingsTable, parse_toml(data, where), where).binding
    for index, table in enumerate(tables):
        if not table.model_fields_set - {"revision"}:
            remedy = "add file, sha256, model or checkpoint"
            raise ConfigError("matches every log", where=where, field=f"binding[{index}]", remedy=remedy)
    return tuple(Binding(table.revision, table.file, table.sha256, table.model, table.checkpoint) for table in tables)


def bind(
    bindings: tuple[Binding, ...], *, file_name: str, sha256: str, model: str, checkpoint: str | None
) -> str | None:
    """The revision's name that the bindings give a log; None where none matches.

    Raises ConfigError when matching bindings name different revisions.
    """
    facts = (file_name, sha256, model, checkpoint)
    revisions = sorted({binding.revision for binding in bindings if _matches(binding, *facts)})
    if len(revisions) > 1:
        what = f"{FILE} binds it to different revisions: {', '.join(revisions)}"
        raise ConfigError(what, where=file_name, field="binding", remedy="narrow the bindings so that one matches")
    return revisions[0] if revisions else None


def _matches(binding: Binding, file_name: str, sha256: str, model: str, checkpoint: str | None) -> bool:
    exact = ((binding.sha256, sha256), (binding.model, model), (binding.checkpoint, checkpoint))
    return (binding.file is None or fnmatchcase(file_name, binding.file)) and all(
        wanted is None or wanted == is_ for wanted, is_ in exact
    )
