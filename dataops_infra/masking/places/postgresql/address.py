"""``postgresql://user@host:5432/database?schema=a,b&tables=c``: libpq's URI, and what of the database is meant."""

import os
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode

from dataops_infra.errors import MaskingError

DEFAULT_SCHEMA = "public"
_OWN = ("schema", "tables")
_SECRET = frozenset({"password", "sslpassword"})
_CONNECT_SECONDS = 10
"""For one server to answer; libpq alone waits as long as the system tries."""
_OTHER_WAYS = "give it by PGPASSWORD, a password file (PGPASSFILE) or a service (PGSERVICE)"


@dataclass(frozen=True)
class Address:
    """Where a database is and what of it is meant.

    :param uri: what libpq is given; holds no password.
    :param shown: without parameters, for messages.
    :param schemas: the chosen ones; tables of the first are called by their name alone.
    :param tables: the chosen ones, as ``table`` or ``schema.table``; none = all.
    """

    uri: str
    shown: str
    schemas: tuple[str, ...]
    tables: tuple[str, ...]


def read_address(text: str) -> Address:
    """Take a URI apart.

    :raises MaskingError: it holds a password, which would lie in the shell's history and in the list of processes, or
        names no schema or table where it says that it does. What was written is not repeated: a password may be in it.
    """
    scheme, _, rest = text.partition("://")
    location, _, query = rest.partition("?")
    credentials, at, host = location.rpartition("@")
    stated = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    names = {unquote(name).lower() for name, _ in stated}
    # A ? of a password that was not encoded ends what stands before the host: the @ comes behind it then.
    if ":" in credentials or names & _SECRET or "@" in credentials or (not at and "@" in query):
        raise MaskingError(
            f"a {scheme}:// URI must hold no password, which others can read in the list of processes: {_OTHER_WAYS}"
        )
    passed = [(unquote(name), unquote(value)) for name, value in stated if unquote(name) not in _OWN]
    user = f"{credentials}@" if at else ""
    return Address(
        uri=f"postgresql://{user}{host}" + (f"?{urlencode(passed)}" if passed else ""),
        shown=f"postgresql://{user}{host}",
        schemas=_listed(stated, "schema") or (DEFAULT_SCHEMA,),
        tables=_listed(stated, "tables"),
    )


def patient(uri: str) -> str:
    """``uri`` with an end to the waiting for an answer, unless it, ``PGCONNECT_TIMEOUT`` or a service says how long."""
    base, _, query = uri.partition("?")
    stated = parse_qsl(query, keep_blank_values=True)
    if {"connect_timeout", "service"} & dict(stated).keys() or {"PGCONNECT_TIMEOUT", "PGSERVICE"} & os.environ.keys():
        return uri
    return f"{base}?{urlencode([*stated, ('connect_timeout', _CONNECT_SECONDS)])}"


def _listed(stated: list[tuple[str, str]], wanted: str) -> tuple[str, ...]:
    """Names between commas; a comma within a name is written %2C."""
    values = [value for name, value in stated if unquote(name) == wanted]
    found = tuple(dict.fromkeys(unquote(name.strip()) for value in values for name in value.split(",") if name.strip()))
    if values and not found:
        raise MaskingError(f"{wanted}= names nothing: give names between commas, or leave it out")
    return found
