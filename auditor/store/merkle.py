"""Merkle tree hashes of RFC 6962, section 2.1, over sha256: one hash that stands for a sequence, in its order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry, 32 bytes: sha256 over 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """The hash of a sequence of entries, given as their leaf hashes; 32 bytes.

    Of none it is sha256 of nothing; of one the leaf hash; of n it is sha256 over 0x01, the hash of the first k and that
    of the rest, k being the largest power of two below n.
    """
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:middle]) + tree_hash(leaves[middle:])).digest()
