"""Text files that may be compressed, which their last suffix says."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from dataops_infra.masking.stores import StorePath

_CODECS = {".gz": "gzip", ".zst": "zstd"}


def open_input(path: Path) -> Any:
    """The uncompressed bytes of ``path``, to be read from the start."""
    codec = _CODECS.get(path.suffix)
    if isinstance(path, StorePath):
        return pa.CompressedInputStream(path.open_input(), codec) if codec else path.open_input()
    return pa.input_stream(str(path), compression=codec)


def open_output(path: Path) -> Any:
    """What takes uncompressed bytes and writes them to ``path``."""
    codec = _CODECS.get(path.suffix)
    if isinstance(path, StorePath):
        return pa.CompressedOutputStream(path.open_output(), codec) if codec else path.open_output()
    return pa.output_stream(str(path), compression=codec)
