"""Why masked values do not fit a table, for whoever wrote the plan: what it is, and what to change; never a value."""

from collections.abc import Iterable


def of_type(column: str) -> str:
    """A value is none of the column's type.

    :param column: with its type, as far as that is known.
    """
    return f"{column} does not take the masked values; choose keep, drop, or redact with a value of its type"


def of_null(column: str) -> str:
    """A null where there must be none."""
    return f"{column} must not be null; choose redact or token instead of drop"


def of_key(table: str, key: str) -> str:
    """Two rows with one key."""
    return (
        f"two rows of {table} have the same key ({key}); choose an operator that keeps values apart for its columns "
        "(token, fpe, email)"
    )


def of_reference(table: str, key: str) -> str:
    """Rows that refer to none."""
    return (
        f"rows of {table} refer to rows that are not there ({key}); give both sides of the foreign key one operator "
        "and one domain"
    )


def of_check(table: str, columns: Iterable[str], check: str) -> str:
    """A condition of the table that does not hold."""
    named = ", ".join(columns)
    return (
        f"masked values break the check {check} of {table}{f' ({named})' if named else ''}; choose an operator that "
        "keeps their shape (fpe), redact with a value that it takes, or keep"
    )
