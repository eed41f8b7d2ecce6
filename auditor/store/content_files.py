"""Files of a kind in the store, `<store>/<folder>/<sha256>.json`: immutable, canonical JSON, named by their content.

A kind encodes and decodes its files, lists them in a tree and adds them to a folder. Raises RecordError that names
the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.store import durable
from auditor.store.durable import RESTORE

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


class StrictForm(BaseModel):
    """Base of what is in such a file: no member that is not declared, no conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def parse_time(value: object) -> datetime:
    """A time given as text, with its offset. Raises ValueError for anything else; the message says what it is not."""
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("is no ISO 8601 time") from None
    if instant.tzinfo is None:
        raise ValueError("has no offset")
    return instant


NonEmptyText = Annotated[str, Field(min_length=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Timestamp = Annotated[datetime, PlainValidator(parse_time)]

AnyForm = TypeVar("AnyForm", bound=StrictForm)
_Read = tuple[bytes, str, str]


@dataclass(frozen=True, slots=True)
class FileKind(Generic[AnyForm]):
    """A kind of file.

    Attributes:
        word: what a file is called in a message ("plan").
        folder: where they lie, below the store.
        schema: what a file's member `schema` says.
        form: what is in a file.
    """

    word: str
    folder: str
    schema: str
    form: type[AnyForm]

    def path(self, store_path: str, name: str) -> str:
        """The path of the file called `name`, 64 hex digits."""
        return str(PurePosixPath(store_path, self.folder, f"{name}.json"))

    def encode(self, members: Mapping[str, object], where: str) -> bytes:
        """A file's canonical bytes, whose sha256 is its name. Raises RecordError for what is no JSON or no Unicode."""
        instants = {
            name: value.astimezone(UTC).isoformat() for name, value in members.items() if isinstance(value, datetime)
        }
        try:
            return canonical.dumps({**members, **instants, "schema": self.schema})
        except ValueError as error:
            subject, remedy = f"cannot be recorded: {error}", "correct it at its source"
            raise RecordError(subject, where=where, remedy=remedy) from error

    def decode(self, data: bytes, name: str, where: str) -> AnyForm:
        """What is in a file; `name` is the sha256 of its bytes. Raises RecordError naming `where` and the member."""
        return validate_form(self.form, verify_members(data, name, where, self.word), where)

    def files(self, tree: Tree, store_path: str, only: Collection[str] | None = None) -> Iterator[_Read]:
        """Every file, or those of these names, by path: bytes, name, path. Hidden files are passed over.

        Raises RecordError for the path of no such file.
        """
        for path in tree.list(str(PurePosixPath(store_path, self.folder))):
            name = PurePosixPath(path).stem
            if name.startswith(".") or (only is not None and name not in only):
                continue
            if not re.fullmatch("[0-9a-f]{64}", name) or path != self.path(store_path, name):
                raise RecordError(f"is no {self.word}", where=path, remedy=f"move it out of the {self.folder}")
            yield tree.read(path) or b"", name, path

    def add(self, root: Path, store_path: str, contents: Iterable[bytes], *, dry_run: bool = False) -> tuple[bool, ...]:
        """Writes files; says of each whether it is new. Those that are there already stay as they are.

        Raises RecordError where they cannot be written.
        """
        files = [(root / self.path(store_path, canonical.sha256(data)), data) for data in contents]
        if dry_run:
            return tuple(not path.exists() for path, _ in files)
        folder = root / store_path / self.folder
        with durable.write_lock(root, folder):
            durable.make_folders(root, [folder])
            new = tuple(not path.exists() for path, _ in files)
            for path, data in files:
                durable.write_new(path, data)
            durable.sync_folder(folder)
        return new


def verify_members(data: bytes, name: str, where: str, word: str) -> dict[str, Any]:
    """The members of a file that is named by its content. Raises RecordError naming `where`."""
    if canonical.sha256(data) != name:
        raise RecordError("its content is not what its name says", where=where, remedy=RESTORE)
    return parse_members(data, where, word)


def parse_members(data: bytes, where: str, word: str) -> dict[str, Any]:
    """The members of the object in a file. Raises RecordError naming `where`."""
    try:
        value = canonical.loads(data)
    except ValueError as error:
        raise RecordError(f"is no {word}: {error}", where=where, remedy=RESTORE) from error
    if not isinstance(value, dict):
        raise RecordError(f"is no {word}: not an object", where=where, remedy=RESTORE)
    return value


def validate_form(form: type[AnyForm], members: Mapping[str, object], where: str) -> AnyForm:
    """Members as `form` has them. Raises RecordError naming `where` and the first member that is not so."""
    try:
        return form.model_validate(members)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        subject, field = fault["msg"].removeprefix("Value error, "), ".".join(map(str, fault["loc"]))
        raise RecordError(subject, where=where, field=field, remedy=RESTORE) from error
