"""Names and texts in PostgreSQL's SQL."""

from dataops_infra.masking.places.names import SUFFIX, TableName, identifier, identifiers

__all__ = ["SUFFIX", "TableName", "identifier", "identifiers", "literal"]


def literal(text: str) -> str:
    """A text as a literal, whatever ``standard_conforming_strings`` says.

    :raises ValueError: it holds NUL, which no text of PostgreSQL does.
    """
    if "\0" in text:
        raise ValueError("a text with NUL")
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f" E'{escaped}'"
