"""The output of a process: its start, its end, and how much there was."""

import os
from typing import BinaryIO, cast

import pytest

from dataops_infra.preview.capture import HEAD_BYTES, TAIL_BYTES, Capture, Captured


def captured(data: bytes) -> Captured:
    read_end, write_end = os.pipe()
    stream = cast(BinaryIO, os.fdopen(read_end, "rb"))
    capture = Capture(stream)
    with os.fdopen(write_end, "wb") as writer:
        writer.write(data)
    capture.finish(10)
    assert stream.closed
    return capture.text()


@pytest.mark.parametrize("data", [b"", b"one\ntwo\n", b"no end", b"x" * (HEAD_BYTES + TAIL_BYTES)])
def test_a_short_output_is_kept_whole(data: bytes) -> None:
    found = captured(data)
    assert found == Captured(data.decode(), data.count(b"\n"), len(data))
    assert found.complete


def test_a_long_output_keeps_whole_lines_of_both_ends_and_says_how_much_is_missing() -> None:
    lines = b"".join(b"line %07d\n" % number for number in range(200_000))
    found = captured(lines)
    kept = found.text.splitlines()
    assert (found.lines, found.bytes, found.complete) == (200_000, len(lines), False)
    assert (kept[0], kept[-1]) == ("line 0000000", "line 0199999")
    [gap] = [line for line in kept if not line.startswith("line ")]
    assert gap == f"… {len(lines) - HEAD_BYTES - TAIL_BYTES:,} bytes left out …"
    assert all(len(line) == 12 for line in kept if line != gap)
    assert len(found.text.encode()) <= HEAD_BYTES + TAIL_BYTES + 100


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert captured(b"a\xffb").text == "a�b"


def test_a_stream_that_stays_open_does_not_hold_anybody_up() -> None:
    read_end, write_end = os.pipe()
    stream = cast(BinaryIO, os.fdopen(read_end, "rb"))
    capture = Capture(stream)
    os.write(write_end, b"so far")
    capture.finish(0.2)
    assert not stream.closed
    assert capture.text().text == "so far"
    os.close(write_end)
    capture.finish(10)
    assert stream.closed
