"""Names of tables and columns of databases: in SQL always quoted, in a folder and in a plan as names of files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

SUFFIX = ".parquet"
_ENCODED = re.compile(r"[^\w $()\[\]{}<>,;:!?&*+'\"^`|~#@=-]|^_")
"""What cannot stand in the name of a table's file: dots part schema and table, names with ``_`` first are no data."""


@dataclass(frozen=True, order=True)
class TableName:
    """One table of a database."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """As it stands in a statement."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"

    @property
    def shown(self) -> str:
        """As people write it."""
        return f"{self.schema}.{self.name}"

    def known_as(self, default_schema: str) -> str:
        """As plans and files call it: by its name alone where it is in ``default_schema``."""
        name = _encoded(self.name)
        return name if self.schema == default_schema else f"{_encoded(self.schema)}.{name}"

    @classmethod
    def of_known(cls, known_as: str, default_schema: str) -> "TableName":
        """The table that a plan or a file calls ``known_as``."""
        schema, _, name = known_as.rpartition(".")
        return cls(unquote(schema) or default_schema, unquote(name))


def identifier(name: str) -> str:
    """A name as a quoted identifier, whatever characters it has.

    :raises ValueError: it holds NUL, which no identifier does.
    """
    if "\0" in name:
        raise ValueError("a name with NUL")
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str]) -> str:
    """Quoted names between commas."""
    return ", ".join(map(identifier, names))


def _encoded(name: str) -> str:
    return _ENCODED.sub(lambda found: quote(found.group(), safe="").replace(".", "%2E").replace("_", "%5F"), name)
