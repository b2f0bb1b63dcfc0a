"""Text files that may be compressed, which their last suffix says."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from dataops_infra.masking.stores import StorePath

_CODECS = {".gz": "gzip", ".zst": "zstd"}


def open_input(path: Path) -> Any:
    """The uncompressed bytes of ``path``, to be read from the start."""
    codec = _CODECS.get(path.suffix)
    return pa.input_stream(path.open_input() if isinstance(path, StorePath) else str(path), compression=codec)


def open_output(path: Path) -> Any:
    """What takes uncompressed bytes and writes them to ``path``."""
    codec = _CODECS.get(path.suffix)
    return pa.output_stream(path.open_output() if isinstance(path, StorePath) else str(path), compression=codec)
