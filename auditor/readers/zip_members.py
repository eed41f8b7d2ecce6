"""Members of a zip archive, bounded: stored, deflate and zstd, read in place and never extracted.

The standard library reads zstd members (method 93) only from Python 3.14 on, so it serves for the central directory
alone; the bytes of a member are found and decompressed here.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import zstandard

from auditor.errors import LogError
from auditor.readers.interface import unreadable_file

LOCAL_HEADER = struct.Struct("<4s22xHH")
ENCRYPTED = 0x1 | 0x40
ZSTD = 93
ZSTD_WINDOW = 128 * 2**20


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What an archive may hold: members, decompressed bytes in a member, and the ratio allowed beyond `ratio_floor`."""

    members: int = 200_000
    member_bytes: int = 64 * 2**20
    ratio: int = 500
    ratio_floor: int = 2**20


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of one archive, by name, with the bounds they are read under; `file` while it is kept open.

    `repeated` are those that are there several times, of which the last is read.
    """

    path: Path
    members: Mapping[str, zipfile.ZipInfo]
    limits: ZipLimits
    file: BinaryIO | None = None
    repeated: frozenset[str] = frozenset()

    @contextmanager
    def kept_open(self) -> Iterator[Archive]:
        """The same archive, whose file is not opened for each member anew. Raises LogError."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise unreadable_file(self.path, error) from error
        with file:
            yield replace(self, file=file)

    def size(self, name: str) -> int:
        """The decompressed size of a member, in bytes, as the directory declares it; `read` holds it to that."""
        return self.members[name].file_size

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises LogError if it is too large, damaged or compressed in an unknown way."""
        info = self.members[name]
        self._check(info)
        data = _decompress(info, self._raw(info), self._error)
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise self._error(info, "is damaged: its size or checksum is not the one the archive declares")
        return data

    def _check(self, info: zipfile.ZipInfo) -> None:
        limits = self.limits
        if info.flag_bits & ENCRYPTED:
            raise self._error(info, "is encrypted")
        if max(info.file_size, info.compress_size) > limits.member_bytes:
            raise self._error(info, f"is larger than {limits.member_bytes:,} bytes")
        if info.file_size > max(limits.ratio_floor, info.compress_size * limits.ratio):
            raise self._error(info, f"decompresses to more than {limits.ratio} times its size")

    def _raw(self, info: zipfile.ZipInfo) -> bytes:
        """The compressed bytes, found through the local header, which must agree with the directory."""
        with self.path.open("rb") if self.file is None else nullcontext(self.file) as file:
            # A directory that lies about its own place gives offsets before the file's beginning.
            file.seek(max(info.header_offset, 0))
            head = file.read(LOCAL_HEADER.size)
            if len(head) < LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
                raise self._error(info, "is not where the archive's directory says")
            _, name_length, extra_length = LOCAL_HEADER.unpack(head)
            if file.read(name_length) != info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"):
                raise self._error(info, "has another name in its own header than in the archive's directory")
            file.seek(extra_length, 1)
            return file.read(info.compress_size)

    def _error(self, info: zipfile.ZipInfo, subject: str) -> LogError:
        return LogError(subject, where=str(self.path), field=info.filename, remedy="get the log again from its source")


def open_archive(path: Path, limits: ZipLimits = ZipLimits(), repeatable: str = "") -> Archive:
    """The archive at `path`.

    Args:
        repeatable: the folder in which a member may be written again under its name: the last counts; "" for none.

    Raises LogError for a truncated archive, too many members, any other two of the same name, or a name outside the
    archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except OSError as error:
        raise unreadable_file(path, error) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise _archive_error(path, "not a complete zip archive, so the log was cut short or damaged") from error
    if len(infos) > limits.members:
        raise _archive_error(path, f"holds more than {limits.members:,} members")
    members: dict[str, zipfile.ZipInfo] = {}
    repeated = set[str]()
    for info in infos:
        if info.filename in members and repeatable and info.filename.startswith(repeatable):
            repeated.add(info.filename)
        elif info.filename in members:
            raise _archive_error(path, "stands twice in the archive, so which one counts is open", info.filename)
        if _is_outside_name(info.orig_filename):
            raise _archive_error(path, "is an absolute or upward name", info.filename)
        members[info.filename] = info
    return Archive(path, members, limits, repeated=frozenset(repeated))


def _archive_error(path: Path, subject: str, member: str = "") -> LogError:
    return LogError(subject, where=str(path), field=member, remedy="get the log again from its source")


def _is_outside_name(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ".." in parts or parts[0][1:2] == ":" or "\0" in name


def _decompress(info: zipfile.ZipInfo, raw: bytes, error: Callable[[zipfile.ZipInfo, str], LogError]) -> bytes:
    """At most one byte more than the declared size, so that a member that lies about it is seen and costs nothing."""
    number = info.file_size + 1
    try:
        if info.compress_type == zipfile.ZIP_STORED:
            return raw
        if info.compress_type == zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, number)
        if info.compress_type == ZSTD:
            frames = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
            return frames.stream_reader(raw, read_across_frames=True).read(number)
    except (zlib.error, zstandard.ZstdError, MemoryError) as failure:
        raise error(info, f"is damaged ({failure})") from failure
    raise error(info, f"is compressed with the unknown method {info.compress_type}")
