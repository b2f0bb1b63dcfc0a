"""CSV files, every column as text: what looks like a number may be a postcode that begins with zeros.

An empty field is null, an empty field in quotes is an empty text; both are written as they were read, and so is a first
line ``sep=;``, by which Excel is told the delimiter.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from dataops_infra.conventions.base import shown_path
from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats.base import bounded, checked, reading
from dataops_infra.masking.formats.spreading import spread_rows
from dataops_infra.masking.formats.streams import open_input, open_output

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst", ".tsv.zst")
KIND = "CSV"
MAXIMUM_HEADER_BYTES = 16 * 1024 * 1024
"""A header beyond this is refused: 10,000 columns have about 200 kB."""
_ROW, _FIELDS = re.compile(r"\bRow #(\d+): "), re.compile(r"Expected (\d+) columns, got (\d+): ")
"""What the library says beside the row's own text."""
_DELIMITERS = ",;\t|"
_STATED_DELIMITER = re.compile(r"""sep=([^\w"\r\n])\r?\n?""", re.IGNORECASE)
_FIRST_BLOCK, _LAST_BLOCK = 4 * 1024 * 1024, 1024 * 1024 * 1024


class CsvFile:
    """One CSV file with a header."""

    kind = KIND
    rows = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self.statement, self._stated_bytes, header = self._first_lines()
        """The line before the header that states the delimiter, '' = none; and its bytes, with a byte order mark."""
        stated = _STATED_DELIMITER.fullmatch(self.statement)
        self.delimiter = stated[1] if stated else "\t" if ".tsv" in path.suffixes else _delimiter_of(header)
        self._has_rows = bool({"\n", "\r"} & {*header})  # of a line that nothing ends the library makes no header
        self.line_end = "\r\n" if header.endswith("\r\n") else "\n"
        names = next(csv.reader(io.StringIO(header, newline=""), delimiter=self.delimiter), [])
        self.schema = pa.schema([(name, pa.string()) for name in names])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Its rows in order, every column as text.

        :raises MaskingError: a row has more or fewer fields than the header, or a value is not UTF-8.
        """
        if not self._has_rows:
            return
        done, block = 0, _FIRST_BLOCK
        while True:
            try:
                for batch in self._rows_from(done, block, columns):
                    done += batch.num_rows
                    yield batch
                return
            except _Unreadable as error:
                if "straddling" in str(error) and block < _LAST_BLOCK:
                    block *= 8
                    continue
                raise MaskingError(self._mistake(str(error), done)) from None

    def encoded_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`: a CSV file has no dictionaries."""
        return self.batches(columns)

    def quick_batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, texts checked."""
        return checked(self.batches(columns), self.path)

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        """As :meth:`batches`, which are small."""
        return self.batches(columns)

    def sample(self, rows: int) -> pa.Table:
        """Rows from all over the file, always the same ones."""
        return spread_rows(self.batches(), self.schema, rows)

    def sample_at_start(self) -> pa.Table:
        """The first rows, of which a header that is none is one more; nothing where they cannot be read."""
        try:
            first = next(self.batches(), None)
        except MaskingError:  # told when the rows are needed
            first = None
        return pa.Table.from_batches([] if first is None else [first], self.schema)

    def writer(self, target: Path) -> "CsvWriter":
        """A writer with this file's delimiter, line ends and compression."""
        return CsvWriter(target, self)

    def _first_lines(self) -> tuple[str, int, str]:
        """The line that states the delimiter, where one does, with its bytes; and the header."""
        with reading(self.path, KIND), open_input(self.path) as file:
            lines = _Lines(file)
            try:
                text, statement, size = lines.next(), "", 0
                if _STATED_DELIMITER.fullmatch(text):
                    statement, size, text = text, lines.given, lines.next()
                while text.count('"') % 2 and (more := lines.next()):
                    text += more
            except UnicodeDecodeError:
                raise MaskingError(
                    f"{shown_path(self.path)}: its header is not UTF-8 text; save the file as UTF-8"
                ) from None
        if not text.strip("\r\n"):
            raise MaskingError(f"{shown_path(self.path)} has no header: its first line must name the columns")
        return statement, size, text

    def _rows_from(self, skipped: int, block: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns])
        with reading(self.path, KIND), open_input(self.path) as file:
            # A delimiter that is stated would make a row of its own of the statement.
            file.read(self._stated_bytes)
            for batch in bounded(_parsed(file, self._parse_options(), schema, block)):
                if skipped >= batch.num_rows:
                    skipped -= batch.num_rows
                    continue
                yield batch.slice(skipped)
                skipped = 0

    def _parse_options(self) -> arrow_csv.ParseOptions:
        # An empty line is a null where there is one column only.
        return arrow_csv.ParseOptions(
            delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=len(self.schema) > 1
        )

    def _mistake(self, text: str, rows_before: int) -> str:
        row = _ROW.search(text)  # the library counts the header
        place = f"row {int(row[1]) - 1:,}" if row is not None else f"after row {rows_before:,}"
        where = f"{shown_path(self.path)}, {place}"
        if "UTF8" in text or "utf8" in text:
            return f"{where}: a value is not UTF-8 text; save the file as UTF-8"
        if (fields := _FIELDS.search(text)) is not None:
            return f"{where}: the header has {fields[1]} fields and this row {fields[2]}; mend the row or its quotes"
        if "straddling" in text:
            return f"{where}: a row is larger than {_LAST_BLOCK:,} bytes, or a quote is never closed"
        return f"{where}: it cannot be read as CSV; mend the quotes of the next rows"


class CsvWriter:
    """Writes rows as they would have been written: quotes only where they are needed."""

    def __init__(self, target: Path, like: CsvFile) -> None:
        self._like, self._file = like, open_output(target)
        header = io.StringIO(newline="")
        csv.writer(header, delimiter=like.delimiter, lineterminator=like.line_end).writerow(like.schema.names)
        self._file.write((like.statement + header.getvalue()).encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of ``batch``."""
        import polars as pl

        frame = pl.DataFrame(pl.from_arrow(batch))
        text = frame.write_csv(
            include_header=False,
            separator=self._like.delimiter,
            line_terminator=self._like.line_end,
            quote_style="necessary",
        )
        self._file.write(text.encode())

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    abort = close


class _Unreadable(Exception):
    """What the library says, which may repeat a row: to be looked at, never to be shown."""


def _parsed(
    file: Any, parse_options: arrow_csv.ParseOptions, schema: pa.Schema, block: int
) -> Iterator[pa.RecordBatch]:
    convert_options = arrow_csv.ConvertOptions(
        column_types=schema,
        include_columns=schema.names,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    read_options = arrow_csv.ReadOptions(use_threads=False, block_size=block)
    try:
        yield from arrow_csv.open_csv(file, read_options, parse_options, convert_options)
    except pa.ArrowInvalid as error:
        raise _Unreadable(str(error)) from None


class _Lines:
    """Lines of a file without reading it as a whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._text = file, b""
        self.given = 0
        """Bytes of the lines so far."""

    def next(self) -> str:
        while b"\n" not in self._text and len(self._text) < MAXIMUM_HEADER_BYTES:
            more = self._file.read(65_536)
            if not more:
                break
            self._text += more
        line, found, self._text = self._text.partition(b"\n")
        self.given += len(line + found)
        return (line + found).decode("utf-8-sig")


def _delimiter_of(header: str) -> str:
    """The delimiter that makes the most columns of the header; a comma where none does."""

    def columns(delimiter: str) -> int:
        return len(next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), []))

    return max(_DELIMITERS, key=columns)
