"""Members of zip archives."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import LogError
from auditor.readers.zip_members import ZipLimits, open_archive
from tests.readers.archives import DEFLATED, STORED, ZSTD, write_zip

MEMBERS = [("header.json", b'{"a": 1}' * 50), ("samples/\u00fc b.json", b""), ("x/y", bytes(range(256)) * 40)]


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_reads_every_method(tmp_path: Path, method: int, frames: int) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", MEMBERS, method, frames=frames))
    assert [(name, archive.read(name)) for name in archive.members] == MEMBERS
    assert [archive.size(name) for name in archive.members] == [len(data) for _, data in MEMBERS]


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "C:/x", "..\\x", "a\0.json"])
def test_refuses_names_that_lead_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(LogError, match="absolute or upward name"):
        open_archive(write_zip(tmp_path / "log.eval", [(name, b"x")]))


def test_refuses_two_members_of_a_name(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "log.eval", [("a", b"1"), ("a", b"2")])
    with pytest.raises(LogError) as caught:
        open_archive(path)
    line = f"{path}: a: stands twice in the archive, so which one counts is open; get the log again from its source"
    assert str(caught.value) == line


def test_refuses_too_many_members(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "log.eval", [(str(index), b"") for index in range(4)])
    with pytest.raises(LogError, match="more than 3 members"):
        open_archive(path, ZipLimits(members=3))


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
def test_every_prefix_is_refused(tmp_path: Path, method: int) -> None:
    whole = write_zip(tmp_path / "log.eval", MEMBERS[:1], method).read_bytes()
    for end in range(len(whole)):
        cut = tmp_path / "cut.eval"
        cut.write_bytes(whole[:end])
        with pytest.raises(LogError):
            open_archive(cut)


@pytest.mark.parametrize(("flags", "what"), [(1, "is encrypted"), (0x40, "is encrypted")])
def test_refuses_encrypted_members(tmp_path: Path, flags: int, what: str) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", [("a", b"1")], flags=flags))
    with pytest.raises(LogError, match=what):
        archive.read("a")


def test_refuses_an_unknown_method(tmp_path: Path) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", [("a", b"1")], 14))
    with pytest.raises(LogError, match="the unknown method 14"):
        archive.read("a")


@pytest.mark.parametrize("method", [STORED, DEFLATED, ZSTD])
@pytest.mark.parametrize("declared", [0, 9, 11])
def test_refuses_a_member_of_another_size_than_declared(tmp_path: Path, method: int, declared: int) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", [("a", b"0123456789")], method, declared_size=declared))
    with pytest.raises(LogError, match="is damaged"):
        archive.read("a")


def test_refuses_a_member_that_is_called_otherwise_in_place(tmp_path: Path) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", [("a", b"1")], local_name=b"b"))
    with pytest.raises(LogError, match="another name in its own header"):
        archive.read("a")


@pytest.mark.parametrize("method", [DEFLATED, ZSTD])
def test_refuses_what_grows_out_of_proportion(tmp_path: Path, method: int) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", [("a", bytes(4 * 2**20))], method))
    with pytest.raises(LogError, match="decompresses to more than 500 times its size"):
        archive.read("a")
    small = open_archive(archive.path, ZipLimits(member_bytes=2**20))
    with pytest.raises(LogError, match="is larger than 1,048,576 bytes"):
        small.read("a")


def test_any_changed_byte_is_seen_or_harmless(tmp_path: Path) -> None:
    whole = write_zip(tmp_path / "log.eval", [("header.json", b'{"a": "bcdefgh"}')], ZSTD).read_bytes()
    path = tmp_path / "changed.eval"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            archive = open_archive(path)
            read = [archive.read(name) for name in archive.members]
        except LogError:
            continue
        assert read in ([], [b'{"a": "bcdefgh"}'])


def test_an_archive_kept_open_reads_the_same(tmp_path: Path) -> None:
    archive = open_archive(write_zip(tmp_path / "log.eval", MEMBERS, DEFLATED))
    with archive.kept_open() as kept:
        backwards = list(archive.members)[::-1]
        assert [kept.read(name) for name in backwards] == [archive.read(name) for name in backwards]
    archive.path.unlink()
    with pytest.raises(LogError), archive.kept_open():
        pass
