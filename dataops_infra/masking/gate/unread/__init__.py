"""Values that stand in a copy's files although no row shows them: whoever opens the file by other means finds them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from dataops_infra.masking.formats import arrow, jsonl, parquet
from dataops_infra.masking.formats.one_layout import own_file
from dataops_infra.masking.gate.model import Check
from dataops_infra.masking.gate.showing import NUMBER, shape
from dataops_infra.masking.gate.unread.arrow_values import unread_in_arrow
from dataops_infra.masking.gate.unread.model import Unread
from dataops_infra.masking.gate.unread.parquet_values import unread_in_parquet
from dataops_infra.masking.gate.unread.text_files import around_compressed, beyond_types
from dataops_infra.masking.gate.verdicts import judged
from dataops_infra.masking.sources import SourceTable

CHECK = "unread-values"
_SHOWN = 5


def unread_values(table: SourceTable, like: pa.Schema) -> Iterator[Check]:
    """One check for a table of the copy, or for each of its columns of which files hold more than rows show.

    :param like: the schema of its source.
    :raises MaskingError: a file cannot be read.
    """
    found: defaultdict[str | None, list[Unread]] = defaultdict(list)
    for file in table.files:
        for unread in _of_file(own_file(file.data), like):
            found[unread.column].append(unread)
    for column, each in list(found.items())[:_SHOWN]:
        number = sum(unread.number for unread in each)
        places = ", ".join(dict.fromkeys(unread.place for unread in each))
        explanation = (
            f"{number:,} values or runs of bytes stand in the files and in no row ({places}): nothing of them was "
            "judged, so mask again, or write the copy anew from its rows"
        )
        examples = [shape(value) for unread in each for value in unread.values][:NUMBER]
        yield judged(CHECK, number, 0, table.name, column, explanation, examples)
    if not found:
        yield judged(CHECK, 0, 0, table.name)


def _of_file(file: Any, like: pa.Schema) -> Iterator[Unread]:
    if file.kind == parquet.KIND:
        yield from unread_in_parquet(file, like)
    elif file.kind == arrow.KIND:
        yield from unread_in_arrow(file)
    else:
        yield from around_compressed(file)
        if file.kind == jsonl.KIND:
            yield from beyond_types("", file.shape, like)
