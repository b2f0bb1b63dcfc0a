"""AES-CMAC (NIST SP 800-38B, RFC 4493) of every value of a string column at once, straight from the Arrow buffers.

CBC-MAC goes block by block, so the whole column takes its first block, then its second, and so on: rows stand in order
of their block count, those still active are a prefix, and each step gathers one 16-byte block per active row and
encrypts all of them in one call. Last blocks are padded and XORed with K1 or K2 by a table of the 17 possible lengths.
Few long rows among many short ones would make many steps for few rows: OpenSSL's own CMAC takes those one by one. Both
kinds of calls together are at most about three times the square root of a chunk's blocks: cost is the sum of blocks.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from dataops_infra.masking.layouts import byte_ends, byte_lengths, null_rows, with_offsets
from dataops_infra.masking.sealing import Sealed

Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Blocks = npt.NDArray[np.void]
"""Blocks as one item each: numpy gathers and scatters them four times as fast as rows of two words."""

BLOCK = 16
"""Bytes of an AES block."""
ITEM = np.dtype(f"V{BLOCK}")
CHUNK_ROWS = 32_768
"""Rows that are worked on together: their blocks and states stay in the second-level cache."""
SHORT_BLOCKS = 64
"""Up to so many blocks no row counts as long."""
PIECE = 2**20
"""Bytes of a long value that are copied at a time."""
STEP_COST = 2
"""What one step over the column costs beside its blocks, in calls of OpenSSL's CMAC (measured: 10 µs to 4 µs)."""
_REDUCTION = 0x87
"""x^7 + x^2 + x + 1, the feedback of doubling in GF(2^128) (SP 800-38B §5.3)."""


class ColumnCmac(Sealed):
    """AES-CMAC under one key.

    :param key: 16, 24 or 32 bytes.
    """

    __slots__ = ("__aes", "__cipher", "__keep", "__pad")

    def __init__(self, key: bytes) -> None:
        self.__aes = algorithms.AES(key)
        self.__cipher = Cipher(self.__aes, modes.ECB())  # noqa: S305 - the block cipher that CMAC is built from
        self.__keep, self.__pad = _last_block_tables(self.__cipher)

    def of(self, values: pa.Array | pa.ChunkedArray) -> Words:
        """The code of each value's bytes as two numbers, most significant first; zeros where a null stands.

        :param values: text or bytes in any Arrow layout.
        :return: shape (len(values), 2).
        :raises InvalidInputError: the column holds something else.
        """
        codes = np.zeros((len(values), 2), np.uint64)
        chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
        encryptor, done = self.__cipher.encryptor(), 0
        for chunk in chunks:
            for start in range(0, len(chunk), CHUNK_ROWS):
                rows = chunk.slice(start, CHUNK_ROWS)
                self._chunk(_Bytes(rows), encryptor, codes[done : done + len(rows)])
                done += len(rows)
        return codes

    def _chunk(self, rows: "_Bytes", encryptor: CipherContext, codes: Words) -> None:
        blocks = rows.blocks()
        if alone := rows.take_out(np.flatnonzero(rows.beyond_windows() | _long(blocks))):
            blocks = rows.blocks()
        self._together(rows, blocks, encryptor, codes)
        for row, content in alone:
            single = CMAC(self.__aes)
            for start in range(0, len(content), PIECE):
                single.update(content[start : start + PIECE].tobytes())
            codes[row] = np.frombuffer(single.finalize(), np.uint64)
        codes.byteswap(inplace=True)
        if rows.nulls is not None:
            codes[rows.nulls] = 0

    def _together(self, rows: "_Bytes", blocks: Integers, encryptor: CipherContext, codes: Words) -> None:
        order, active = _most_blocks_first(blocks)
        starts, lengths = rows.starts.take(order), rows.lengths.take(order)
        whole = _items(codes)
        state = np.empty((len(order) + 1, 2), np.uint64)  # one more: update_into asks for room it does not use
        for step in range(len(active) - 1):
            count, going_on = int(active[step]), int(active[step + 1])
            block = _words(rows.windows[starts[:count] + BLOCK * step])
            rest = lengths[going_on:count] - BLOCK * step
            block[going_on:] &= _words(self.__keep.take(rest))
            block[going_on:] ^= _words(self.__pad.take(rest))
            if step:
                block ^= state[:count]
            encryptor.update_into(_as_bytes(block), _as_bytes(state[: count + 1]))
            whole[order[going_on:count]] = _items(state[going_on:count])


class _Bytes:
    """Where the bytes of a few rows stand: ``lengths[i]`` bytes from ``starts[i]`` of ``data``."""

    def __init__(self, values: pa.Array) -> None:
        values = with_offsets(values)
        data = values.buffers()[2]
        self.data: npt.NDArray[np.uint8] = np.frombuffer(b"" if data is None else data, np.uint8)
        ends = byte_ends(values)
        self.starts: Integers = ends[:-1].astype(np.int64)
        self._end = int(ends[-1])
        self.lengths: Integers = byte_lengths(values)
        self.nulls = null_rows(values) if values.null_count else None
        self._empty(np.flatnonzero(self.lengths == 0))
        buffer = self.data if self.data.size >= BLOCK else np.zeros(BLOCK, np.uint8)
        # Windows of 16 bytes that begin at every byte.
        self.windows: Blocks = np.ndarray(buffer.size - BLOCK + 1, ITEM, buffer, strides=(1,))

    def blocks(self) -> Integers:
        """Blocks of each row; an empty one has one too."""
        counts: Integers = np.maximum((self.lengths + (BLOCK - 1)) >> 4, 1)
        return counts

    def beyond_windows(self) -> npt.NDArray[np.bool_]:
        """Rows whose last block would be read past the end of the data: at most 15, each ends with another byte."""
        if self._end <= self.data.size - BLOCK:  # nearly always: only the last rows of a column may be
            return np.zeros(len(self.starts), np.bool_)
        last = self.starts + ((self.lengths - 1) & -BLOCK)
        beyond: npt.NDArray[np.bool_] = (last > self.data.size - BLOCK) & (self.lengths > 0)
        return beyond

    def take_out(self, chosen: Integers) -> list[tuple[int, npt.NDArray[np.uint8]]]:
        """The chosen rows with their bytes; here they count as empty from now on."""
        taken = [(int(row), self.data[self.starts[row] : self.starts[row] + self.lengths[row]]) for row in chosen]
        self._empty(chosen)
        return taken

    def _empty(self, rows: Integers) -> None:
        self.starts[rows] = 0
        self.lengths[rows] = 0


def _most_blocks_first(blocks: Integers) -> tuple[Integers, Integers]:
    """(the rows in order of their blocks, the most first; how many rows have a block at each step, and 0)."""
    most = int(blocks.max())
    # There are so few counts that looking for each is faster than sorting.
    small = blocks.astype(np.min_scalar_type(most))
    counts = range(most, 0, -1) if most <= SHORT_BLOCKS else np.flatnonzero(np.bincount(blocks))[::-1].tolist()
    rows = [np.flatnonzero(small == count) for count in counts]
    with_count = np.zeros(most + 1, np.int64)
    with_count[list(counts)] = [len(some) for some in rows]
    return np.concatenate(rows), len(blocks) - np.cumsum(with_count)


def _long(blocks: Integers) -> npt.NDArray[np.bool_]:
    """Rows that are better taken one by one: so many that calls for them and steps for all others cost least."""
    if blocks.max() <= SHORT_BLOCKS:
        return np.zeros(len(blocks), np.bool_)
    longest_first = np.append(np.sort(blocks)[::-1], 1)
    cheapest = np.argmin(np.arange(len(longest_first)) + STEP_COST * longest_first)
    long: npt.NDArray[np.bool_] = blocks > longest_first[cheapest]
    return long


def _last_block_tables(cipher: Cipher[modes.ECB]) -> tuple[Blocks, Blocks]:
    """For each length of a last block: which bits to keep, and what to XOR (padding and K1 or K2)."""
    zero = int.from_bytes(cipher.encryptor().update(bytes(BLOCK)), "big")
    whole = _doubled(zero)
    cut = _doubled(whole)
    keep = b"".join(b"\xff" * length + bytes(BLOCK - length) for length in range(BLOCK + 1))
    pad = [cut ^ (0x80 << 8 * (BLOCK - 1 - length)) for length in range(BLOCK)] + [whole]
    padded = b"".join(block.to_bytes(BLOCK, "big") for block in pad)
    return np.frombuffer(keep, ITEM), np.frombuffer(padded, ITEM)


def _doubled(block: int) -> int:
    return (block << 1) & ((1 << 128) - 1) ^ (_REDUCTION if block >> 127 else 0)


def _items(words: Words) -> Blocks:
    return words.view(ITEM).reshape(-1)


def _words(items: Blocks) -> Words:
    return items.view(np.uint64).reshape(-1, 2)


def _as_bytes(words: Words) -> memoryview:
    return words.view(np.uint8).reshape(-1).data
