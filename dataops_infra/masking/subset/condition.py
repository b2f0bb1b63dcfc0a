"""A condition in SQL on the rows of one table, evaluated by polars; it can name that table's columns and nothing else.

A condition is about one row at a time, so it means the same whatever the batches: of functions it may call those of
:data:`FUNCTIONS`, and there are no aggregates, windows and sub-queries. polars itself cannot be asked: its
``is_row_separable`` fails on lists (2.1). An unknown truth (null) does not choose a row, as in SQL.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from dataops_infra.conventions.documents import nearest
from dataops_infra.errors import InvalidInputError

FUNCTIONS = frozenset(
    {
        "abs", "ceil", "ceiling", "floor", "round", "sign", "mod", "lower", "upper",
        "length", "char_length", "character_length", "octet_length", "trim", "ltrim", "rtrim", "left", "right",
        "substr", "substring", "replace", "starts_with", "ends_with", "strpos", "regexp_like", "concat", "coalesce",
        "nullif", "ifnull", "greatest", "least", "cast", "try_cast", "extract", "date_part",
    }
)  # fmt: skip
"""What may be called: functions of one row."""
_OPTION = "--where"
_OPENERS = frozenset(
    {"and", "or", "not", "in", "between", "like", "ilike", "when", "then", "else", "case", "is", "any"}
)
"""Words that a parenthesis may follow without being called."""
_TYPES = frozenset({"decimal", "numeric", "varchar", "char", "timestamp", "time", "float"})
_LITERAL = re.compile(r"'(?:[^']|'')*'?|(?<![\w.])\d[\d.]*")
_TOKEN = re.compile(r"(?P<text>'(?:[^']|'')*')|(?P<name>\"(?:[^\"]|\"\")*\")|(?P<word>[^\W\d]\w*)|(?P<note>--|/\*)|\S")


@dataclass(frozen=True)
class Condition:
    """A condition that was held against the columns of its table."""

    columns: tuple[str, ...]
    """Columns that it looks at."""
    text: str

    def holds(self, batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
        """Which rows of ``batch`` meet it.

        :raises InvalidInputError: it cannot be evaluated on a value; the value is not told.
        """
        try:
            found = _met(self.text, batch.select(list(self.columns))).fill_null(False).to_numpy()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            raise InvalidInputError(
                _OPTION,
                f"what every value of {', '.join(self.columns)} allows; use TRY_CAST where a text may be no number "
                "or date",
                "a condition that fails on a value",
            ) from None
        return np.asarray(found, np.bool_)


def read_condition(text: str, table: str, schema: pa.Schema) -> Condition:
    """The condition in ``text`` on the columns of ``table``.

    :raises InvalidInputError: it is no SQL, names a column that is not there, or is not true or false row by row.
    """
    try:
        expression = pl.sql_expr(text)
        columns = tuple(dict.fromkeys(expression.meta.root_names()))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError):
        raise InvalidInputError(
            _OPTION, "a condition in SQL, such as country = 'DE' AND age > 30", shown_condition(text)
        ) from None
    refused = _refused(text)
    if refused:
        expected = f"a condition on one row at a time ({refused} is no part of one)"
        raise InvalidInputError(_OPTION, expected, shown_condition(text))
    names = schema.names
    unknown = [name for name in columns if name not in names]
    if unknown:
        hint = nearest(unknown[0], names) if len(names) <= 50 else ""
        raise InvalidInputError(
            _OPTION,
            f"columns of {table} (it has no column {', '.join(unknown)}{'; ' + hint if hint else ''})",
            shown_condition(text),
        )
    if not columns:
        raise InvalidInputError(_OPTION, f"a condition on columns of {table}", shown_condition(text))
    _check_truth(text, columns, schema)
    return Condition(columns, text)


def _met(text: str, batch: pa.RecordBatch) -> pl.Series:
    """What the condition says of each row, asked of rows in SQL: ``sql_expr`` alone casts no text to a date (2.1)."""
    return _frame(batch).sql(f"SELECT ({text}) AS met FROM self")["met"]  # noqa: S608 - it is one expression


def _check_truth(text: str, columns: tuple[str, ...], schema: pa.Schema) -> None:
    fields = [schema.field(name).with_nullable(True) for name in columns]
    nothing = pa.RecordBatch.from_arrays([pa.nulls(1, each.type) for each in fields], schema=pa.schema(fields))
    try:
        kind = _met(text, nothing).dtype
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        types = ", ".join(f"{name} is {schema.field(name).type}" for name in columns)
        raise InvalidInputError(
            _OPTION,
            f"a comparison that the columns' types allow ({types}); write dates as DATE '2026-01-31', "
            "and texts that are numbers or dates as CAST(column AS BIGINT) or CAST(column AS DATE)",
            shown_condition(text),
        ) from None
    if kind != pl.Boolean:
        raise InvalidInputError(_OPTION, "a condition that is true or false", shown_condition(text))


def shown_condition(text: str) -> str:
    """The condition as messages print it: without the values it names, which may be originals."""
    return _LITERAL.sub(lambda found: "'…'" if found.group().startswith("'") else "…", text)


def _refused(text: str) -> str:
    """What of the text looks at more than one row, or hides something from this look; '' = nothing."""
    before = ""
    for token in _TOKEN.finditer(text):
        found = token.group()
        if token.group("note"):
            return "a comment"
        if found == "(" and before.startswith('"'):
            return before
        is_name = before.isidentifier() and before not in _OPENERS | _TYPES
        if found == "(" and is_name and before not in FUNCTIONS:
            return f"{before.upper()}()"
        before = found.lower() if token.group("word") else found
        if before in {"select", "over", "exists"} and token.group("word"):
            return before.upper()
    return ""


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    """The rows for polars; times of a zone as those of UTC, which a literal TIMESTAMP can be compared with."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    zoned = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone]
    in_utc = pl.col(zoned).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return frame.with_columns(in_utc) if zoned else frame
