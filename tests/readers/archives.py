"""Zip archives written by hand, so that tests can write what zipfile would refuse to."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import zstandard

STORED, DEFLATED, ZSTD = 0, 8, 93


def compressed(data: bytes, method: int, frames: int = 1) -> bytes:
    """Data as a member of that method has it; zstd in so many frames."""
    if method == DEFLATED:
        deflate = zlib.compressobj(wbits=-15)
        return deflate.compress(data) + deflate.flush()
    if method == ZSTD:
        step = -(-len(data) // frames) or 1
        pieces = [data[at : at + step] for at in range(0, len(data), step)] or [b""]
        return b"".join(zstandard.ZstdCompressor().compress(piece) for piece in pieces)
    return data


def write_zip(
    path: Path,
    members: Sequence[tuple[str, bytes]],
    method: int = STORED,
    *,
    frames: int = 1,
    flags: int = 0,
    declared_size: int | None = None,
    local_name: bytes | None = None,
) -> Path:
    """An archive of members, in order, repeated names and all; what it declares of them may be made to lie."""
    body, directory = b"", b""
    for name, data in members:
        raw = compressed(data, method, frames)
        encoded = name.encode()
        local = encoded if local_name is None else local_name
        size = len(data) if declared_size is None else declared_size
        common = struct.pack("<HHHHIIIHH", flags | 0x800, method, 0, 33, zlib.crc32(data), len(raw), size, 0, 0)
        common = common[:-4]
        offset = len(body)
        body += b"PK\x03\x04" + struct.pack("<H", 20) + common + struct.pack("<HH", len(local), 0) + local + raw
        directory += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + common
        directory += struct.pack("<HHHHHII", len(encoded), 0, 0, 0, 0, 0, offset) + encoded
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\x05\x06" + end)
    return path


def members_of(path: Path) -> list[tuple[str, bytes]]:
    """The members of an archive of zstd frames, as Inspect writes it, decompressed."""
    data = path.read_bytes()
    members = []
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name_length, extra_length = struct.unpack_from("<HH", data, info.header_offset + 26)
            start = info.header_offset + 30 + name_length + extra_length
            raw = data[start : start + info.compress_size]
            members.append((info.filename, zstandard.ZstdDecompressor().decompressobj().decompress(raw)))
    return members
