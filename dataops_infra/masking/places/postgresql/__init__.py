"""PostgreSQL: tables are fetched by binary COPY in one snapshot, and a copy is loaded in one transaction."""

from dataops_infra.masking.places.base import Place


def open_uri(text: str) -> Place:
    """The database, schemas and tables that ``text`` names; nothing is connected yet.

    :raises MaskingError: the URI is written wrongly, or the extra ``postgres`` is not installed.
    """
    from dataops_infra.masking.places.postgresql.address import read_address
    from dataops_infra.masking.places.postgresql.place import PostgresPlace

    return PostgresPlace(read_address(text))
