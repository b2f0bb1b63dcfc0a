"""Where data comes from: a file, or a folder with one file or sub-folder per table.

A table's name is the stem of its file or the name of its folder. Hidden files and names that begin with ``_`` are no
data (``_SUCCESS``, ``_manifest.json``). The folders of a partitioned table (``dt=2026-01-01``) are layout, not columns.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa

from dataops_infra.conventions.base import shown_path
from dataops_infra.conventions.listing import listed
from dataops_infra.errors import MaskingError
from dataops_infra.masking.formats import arrow, csv, jsonl, parquet
from dataops_infra.masking.formats.base import DataFile, check_texts, checked
from dataops_infra.masking.formats.one_layout import in_one_layout
from dataops_infra.masking.formats.spreading import spread_numbers, spread_rows
from dataops_infra.masking.layouts import common_layout
from dataops_infra.masking.leaves import repeated_leaves
from dataops_infra.masking.partitions import check_names
from dataops_infra.masking.telling_names import check_columns, check_header

SUFFIXES = (*parquet.SUFFIXES, *csv.SUFFIXES, *jsonl.SUFFIXES, *arrow.SUFFIXES)
"""Endings of the files that can be masked."""
SAMPLED_FILES = 64
"""Files of one table, from the first to the last, that a sample looks into."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a table."""

    path: Path
    relative: PurePosixPath
    """Where it stands below the source; of a source that is one file, its name."""
    data: DataFile
    stamp: tuple[int, int, int]
    """Inode, size and time of change when it was opened."""

    @property
    def has_changed(self) -> bool:
        """Whether it was written to, or replaced, since it was opened."""
        try:
            return _stamp(self.path) != self.stamp
        except OSError:
            return True


@dataclass(frozen=True)
class SourceTable:
    """One table: its files in the order of their paths."""

    name: str
    schema: pa.Schema
    files: tuple[SourceFile, ...]

    @property
    def rows(self) -> int | None:
        """How many rows it has; None where only reading it would tell."""
        counts = [file.data.rows for file in self.files]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """All rows in order, in bounded batches; of the named columns, or of all.

        :raises MaskingError: a file is damaged, or texts in it are not UTF-8.
        """
        for file in self.files:
            yield from checked(file.data.batches(columns), file.path)

    def encoded_batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where columns that files hold as dictionaries may come as such.

        :raises MaskingError: a file is damaged, or texts in it are not UTF-8.
        """
        for file in self.files:
            yield from checked(file.data.encoded_batches(columns), file.path)

    def quick_batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, in the order of columns and the layout that are read quickest.

        :raises MaskingError: a file is damaged, or texts in it are not UTF-8.
        """
        for file in self.files:
            yield from file.data.quick_batches(columns)

    def first_batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As :meth:`batches`, where no more than ``rows`` rows are asked for.

        :raises MaskingError: a file is damaged, or texts in it are not UTF-8.
        """
        for file in self.files:
            yield from checked(file.data.first_batches(rows, columns), file.path)

    def sample(self, rows: int) -> pa.Table:
        """At most ``rows`` rows, spread over the files, always the same ones.

        :raises MaskingError: a file is damaged, or texts in the sample are not UTF-8.
        """
        chosen = [self.files[n] for n in spread_numbers(len(self.files), min(rows, SAMPLED_FILES))]
        share = -(-rows // max(len(chosen), 1))
        parts = [file.data.sample(share) for file in chosen]
        for file, part in zip(chosen, parts, strict=True):
            check_texts(part, file.path)
        found = pa.concat_tables([pa.Table.from_batches([], self.schema), *parts])
        return found if found.num_rows <= rows else spread_rows(iter(found.to_batches()), self.schema, rows)


@dataclass(frozen=True)
class Source:
    """All tables of a dataset."""

    path: Path
    tables: Mapping[str, SourceTable]

    @property
    def schemas(self) -> dict[str, pa.Schema]:
        """Table -> its schema."""
        return {name: table.schema for name, table in self.tables.items()}

    @property
    def file_names(self) -> list[tuple[str, Path]]:
        """Table and path below the source of every file."""
        return [(name, Path(file.relative)) for name, table in self.tables.items() for file in table.files]

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """What reads it within expects that nobody writes to it; what fails because somebody did is told as that.

        :raises MaskingError: files were written to, or replaced; it names them.
        """
        try:
            yield
        except Exception:
            changed = self._changed()
            if not changed:
                raise
        else:
            changed = self._changed()
        if changed:
            shown = listed(changed, 5)
            raise MaskingError(f"{shown} changed during the run; run again when nobody writes to it") from None

    def _changed(self) -> list[str]:
        files = [file for table in self.tables.values() for file in table.files]
        return [shown_path(file.path) for file in files if file.has_changed]


def open_source(path: Path, like: Source | None = None) -> Source:
    """The tables under ``path``; nothing but schemas and counts is read, of JSON Lines every line.

    :param like: the source that this one is a copy of: its JSON Lines have the same types, and the table of a single
        file has the same name.
    :raises MaskingError: nothing to mask is there, or files of one table do not fit together.
    """
    root = path.absolute()
    if not root.exists():
        raise MaskingError(f"{shown_path(path)} does not exist")
    side = "source" if like is None else "copy"
    found = _files_of_tables(root, side)
    if root.is_file() and like is not None and like.path.is_file():
        found = {name: [root] for name in like.tables}  # a copy may be called otherwise, its table is the same
    if not any(found.values()):
        raise MaskingError(f"{shown_path(path)} holds no data; tables are files ending in {', '.join(SUFFIXES)}")
    tables = {name: _table(name, files, root, like) for name, files in sorted(found.items())}
    return Source(root, tables)


def format_suffix(path: Path) -> str:
    """The suffix by which the format of ``path`` is known; '' = none."""
    name = path.name.lower()
    return max((suffix for suffix in SUFFIXES if name.endswith(suffix)), key=len, default="")


def table_name(path: Path) -> str:
    """The name of the table in the file ``path``."""
    return path.name[: len(path.name) - len(format_suffix(path))]


def _files_of_tables(root: Path, side: str) -> dict[str, list[Path]]:
    if root.is_file():
        _check_file(root, root.parent, side)
        return {table_name(root): [root]}
    found: dict[str, list[Path]] = {}
    for entry in _visible(root):
        if entry.is_dir() and not entry.is_symlink():
            if "=" in entry.name:
                raise MaskingError(
                    f"{shown_path(root)} holds the partitions of one table; give the folder above it, so that the "
                    "table has a name"
                )
            name, files = entry.name, list(_files_below(entry, root, side))
        else:
            _check_file(entry, root, side)
            name, files = table_name(entry), [entry]
        if name in found:
            raise MaskingError(f"{shown_path(root)} holds the table {name} twice: rename a file or a folder")
        if files:
            found[name] = files
    return found


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))
    except OSError as error:
        raise MaskingError(f"{shown_path(folder)} cannot be read: {error.strerror}") from None


def _files_below(folder: Path, root: Path, side: str) -> Iterator[Path]:
    for entry in _visible(folder):
        if entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry, root, side)
        else:
            _check_file(entry, root, side)
            yield entry


def _check_file(path: Path, root: Path, side: str) -> None:
    # Of links in a circle not even the place can be asked for.
    if path.is_symlink() and path != root and path.exists() and not path.resolve().is_relative_to(root.resolve()):
        raise MaskingError(f"{shown_path(path)} is a link that leads out of the {side}; put the file itself there")
    if not path.is_file():
        raise MaskingError(f"{shown_path(path)} is no regular file; take it out of the {side}")
    if not format_suffix(path):
        raise MaskingError(
            f"{shown_path(path)} is no table of the {side}: tables are files ending in {', '.join(SUFFIXES)}; take it "
            f"out of the {side}{', or begin its name with _ or .' if side == 'source' else ''}"
        )


def _table(name: str, paths: Sequence[Path], root: Path, like: Source | None) -> SourceTable:
    base = root.parent if root.is_file() else root
    check_names(name, [path.relative_to(base) for path in paths])
    known = like.tables[name].schema if like is not None and name in like.tables else None
    stamps = [_stamp(path) for path in paths]
    data = in_one_layout(_opened(name, paths, known))
    _check_names_inside(name, data[0])
    _check_alike(name, data, "source" if like is None else "copy")
    files = [
        SourceFile(path, PurePosixPath(path.relative_to(base).as_posix()), each, stamp)
        for path, each, stamp in zip(paths, data, stamps, strict=True)
    ]
    return SourceTable(name, data[0].schema, tuple(files))


def _check_names_inside(table: str, data: DataFile) -> None:
    if isinstance(data, csv.CsvFile):
        hint = "give the file a first line that names its columns"
        check_columns(table, data.schema, hint)
        check_header(table, data.sample_at_start(), hint)
    elif isinstance(data, jsonl.JsonLinesFile):
        check_columns(table, data.schema, "write keys that are values as a list of objects with key and value")
    else:
        check_columns(table, data.schema, "rename the column")


def _opened(table: str, paths: Sequence[Path], known: pa.Schema | None) -> list[DataFile]:
    suffixes = {path: format_suffix(path) for path in paths}
    if all(suffix in jsonl.SUFFIXES for suffix in suffixes.values()):
        seen = {path: jsonl.look_through(path) for path in paths}
        schema = known if known is not None else jsonl.unified_schema(table, seen)
        return [jsonl.JsonLinesFile(path, seen[path], schema) for path in paths]
    kinds: dict[Path, type[parquet.ParquetFile] | type[csv.CsvFile] | type[arrow.ArrowFile]] = {}
    for path, suffix in suffixes.items():
        if suffix in parquet.SUFFIXES:
            kinds[path] = parquet.ParquetFile
        elif suffix in csv.SUFFIXES:
            kinds[path] = csv.CsvFile
        elif suffix in arrow.SUFFIXES:
            kinds[path] = arrow.ArrowFile
        else:
            raise MaskingError(f"table {table}: {shown_path(path)} is JSON Lines and others are not; keep one format")
    if len({kind.kind for kind in kinds.values()}) > 1:
        said = listed([f"{shown_path(path)} is {kind.kind}" for path, kind in kinds.items()], 5)
        raise MaskingError(f"table {table} mixes formats ({said}); write all its files in one")
    return [kind(path) for path, kind in kinds.items()]


def _check_repeated(file: DataFile) -> None:
    of_columns = sorted(name for name, count in Counter(file.schema.names).items() if count > 1)
    repeated = of_columns or repeated_leaves(file.schema)
    if repeated:
        called = "without a name" if repeated == [""] else f"called {listed([name for name in repeated if name])}"
        raise MaskingError(
            f"{shown_path(file.path)} has several columns {called}; rename them: a plan knows columns by name"
        )


def _check_alike(table: str, files: Sequence[DataFile], side: str) -> None:
    first = files[0]
    _check_repeated(first)
    if not first.schema.names:
        raise MaskingError(f"{shown_path(first.path)} has no columns; take it out of the {side}")
    for other in files[1:]:
        if not other.schema.equals(first.schema):
            _check_shown_names(table, first, other)
            _check_repeated(other)
            columns = listed([*_differences(first.schema, other.schema)])
            raise MaskingError(
                f"table {table}: {shown_path(other.path)} differs from {shown_path(first.path)} in {columns}; "
                "write all files of a table with the same columns"
            )


def _check_shown_names(table: str, first: DataFile, other: DataFile) -> None:
    """Refuse names of columns that are about to be shown and may be values, where a later file has no header.

    :raises MaskingError: it repeats none of them.
    """
    if isinstance(other, csv.CsvFile) and not {*first.schema.names} & {*other.schema.names}:
        raise MaskingError(
            f"table {table}: {shown_path(other.path)} has none of the columns of {shown_path(first.path)}; give every "
            "file a first line that names its columns, the same in all"
        )
    _check_names_inside(table, other)


def _differences(one: pa.Schema, other: pa.Schema) -> Iterator[str]:
    mine, theirs = {field.name: field for field in one}, {field.name: field for field in other}
    for name in mine | theirs:
        if name not in mine or name not in theirs:
            yield f"{name} (only in one of them)"
        elif mine[name].nullable != theirs[name].nullable or common_layout(mine[name].type, theirs[name].type) is None:
            yield f"{name} ({_described(mine[name])} and {_described(theirs[name])})"


def _described(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
