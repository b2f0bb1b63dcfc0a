"""How every type travels: tables of types, values that come back byte for byte, and stand-ins that tell nothing."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.masking.places.postgresql.address import read_address
from dataops_infra.masking.places.postgresql.encoding import as_stored, is_cast_by_server, misfit
from dataops_infra.masking.places.postgresql.session import SETTINGS, connected
from dataops_infra.masking.places.postgresql.tables import Column
from dataops_infra.masking.places.postgresql.types import STAND_INS, TypeFacts, carriage
from tests.masking.places.postgresql.conftest import Pair
from tests.support.places import copy_between, plan_for
from tests.support.postgres import Server

VALUES = {
    "boolean": ("true", "false"),
    "smallint": ("-32768", "7"),
    "integer": ("-2147483648", "7"),
    "bigint": ("9223372036854775807", "7"),
    "real": ("'NaN'", "1.5"),
    "double precision": ("'-Infinity'", "0.1"),
    "numeric": ("1234567890123456789012345678901234567890.5", "-0.00001"),
    "numeric(38,0)": ("99999999999999999999999999999999999999", "-1"),
    "numeric(5,-2)": ("12300", "100"),
    "numeric(3,5)": ("0.00123", "0"),
    "money": ("12.34", "-5"),
    "text": ("''", "'ä € 漢 🎈'"),
    "varchar(5)": ("'äöüß€'", "''"),
    "char(4)": ("'ab'", "''"),
    '"char"': ("'x'", "'y'"),
    "name": ("'n'", "''"),
    "bytea": ("'\\x'", "'\\x00ff'"),
    "date": ("'infinity'", "'0044-03-15 BC'"),
    "time": ("'24:00'", "'12:34:56.789012'"),
    "time with time zone": ("'12:00+02'", "'00:00-15:30'"),
    "timestamp": ("'infinity'", "'-infinity'"),
    "timestamptz": ("'2024-03-31 02:30+02'", "'0044-03-15 BC'"),
    "interval": ("'1 year -2 days 03:04:05.6'", "'0'"),
    "uuid": ("'542471b9-d7fc-7f94-1100-345a9d21ab54'", "'00000000-0000-0000-0000-000000000000'"),
    "json": ('\'{"b": 1,  "a": ["ä"]}\'', "'null'"),
    "jsonb": ('\'{"b": 1, "a": ["ä"]}\'', "'[]'"),
    "inet": ("'10.1.2.3'", "'2001:db8::1/64'"),
    "cidr": ("'10.1.0.0/16'", "'::/0'"),
    "macaddr": ("'08:00:2b:01:02:03'", "'00:00:00:00:00:00'"),
    "bit(4)": ("B'0101'", "B'0000'"),
    "bit varying": ("B'01'", "B''"),
    "int4range": ("'[1,5)'", "'empty'"),
    "tstzrange": ("'[2024-01-01,)'", "'(,)'"),
    "int4multirange": ("'{[1,3),[5,7)}'", "'{}'"),
    "tsvector": ("'a:1 b:2'", "''"),
    "point": ("'(1,2)'", "'(0,0)'"),
    "pg_lsn": ("'0/16B3748'", "'0/0'"),
    "oid": ("4294967295", "1"),
    "text[]": ("ARRAY['a', NULL, '', 'x,\"y\\']", "'{}'"),
    "varchar(3)[]": ("ARRAY['abc']", "'{}'"),
    "integer[]": ("ARRAY[1, NULL]", "'{}'"),
    "numeric(9,2)[]": ("ARRAY[1.50, 'NaN']", "'{}'"),
    "date[]": ("ARRAY['2024-01-01'::date]", "'{}'"),
    "timestamptz[]": ("ARRAY['2024-01-01'::timestamptz]", "'{}'"),
    "uuid[]": ("ARRAY['542471b9-d7fc-7f94-1100-345a9d21ab54'::uuid]", "'{}'"),
    "jsonb[]": ("ARRAY['{\"a\": 1}'::jsonb]", "'{}'"),
    "mood": ("'it''s, \"odd\"'", "'calm'"),
    "mood[]": ("ARRAY['calm', 'it''s, \"odd\"']::mood[]", "'{}'"),
    "pair": ("ROW(1, 'a \"b\", c')", "ROW(NULL, '')"),
    "pair[]": ("ARRAY[ROW(1, 'x')::pair]", "'{}'"),
    "code": ("'abc'", "''"),
    "amount": ("1.25", "0"),
    "amounts": ("ARRAY[1.25]", "'{}'"),
}
TYPES = (
    "CREATE TYPE mood AS ENUM ('calm', 'it''s, \"odd\"'); CREATE TYPE pair AS (a integer, b text);"
    "CREATE DOMAIN code AS varchar(3); CREATE DOMAIN amount AS numeric(6, 2) CHECK (VALUE >= 0);"
    "CREATE DOMAIN amounts AS amount[];"
)


def test_values_of_every_type_come_back_as_they_were(pair: Callable[..., Pair], tmp_path: Path) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(VALUES))
    rows = ", ".join(f"({', '.join(values[row] for values in VALUES.values())})" for row in (0, 1))
    nulls = ", ".join(["NULL"] * len(VALUES))
    both = pair(f"{TYPES} CREATE TABLE t ({columns})", f"INSERT INTO t VALUES {rows}, ({nulls})")
    names = [f"c{number}{'[]' if kind.endswith('[]') else ''}" for number, kind in enumerate(VALUES)]
    kept = {f"t.{name}": "keep" for name in names} | {f"t.c{list(VALUES).index('amounts')}[]": "keep"}
    plan = plan_for(both.source(), tmp_path / "plan.yaml", kept)

    result = copy_between(both.source(), both.target(), plan)

    assert result.is_published, [check for check in result.gate.checks if check.verdict.value == "fail"]
    for number, kind in enumerate(VALUES):
        query = f"SELECT c{number} FROM t ORDER BY ctid"
        assert (kind, both.in_target(query)) == (kind, both.in_source(query))


def test_stand_ins_are_written_as_the_server_does(server: Server) -> None:
    with connected(read_address(server.uri("postgres")), is_read_only=True) as session:
        built_with = session.value("SELECT current_setting('server_version_num')::int8")
        assert built_with >= 150_000
        for kind, text in STAND_INS.items():
            if kind not in ("xml",):  # not every server is built with it
                assert (kind, session.value(f"SELECT '{text}'::{kind}::text")) == (kind, text)
        for name, value in SETTINGS.items():
            shown = session.value(f"SELECT current_setting('{name}')")
            assert shown.lower().startswith(value.lower().rstrip("s")) or (name, shown) == ("lock_timeout", "1min")


def facts(name: str, **more: object) -> TypeFacts:
    known = {"oid": 1, "kind": "b", "category": "S", "base": 0, "modifier": -1, "element": 0, "send": f"{name}send"}
    return TypeFacts(**(known | {"name": name} | more))  # type: ignore[arg-type]


def column(name: str, modifier: int = -1) -> Column:
    return Column("c", name, name, False, False, carriage(1, modifier, {1: facts(name)}))


@pytest.mark.parametrize(
    ("name", "modifier", "arrow", "length"),
    [
        ("varchar", 9, pa.string(), 5),
        ("varchar", -1, pa.string(), None),
        ("numeric", (10 << 16 | 2) + 4, pa.decimal128(10, 2), None),
        ("numeric", (39 << 16 | 2) + 4, pa.string(), None),
        ("numeric", (5 << 16 | 0x7FE) + 4, pa.string(), None),
        ("numeric", -1, pa.string(), None),
    ],
)
def test_lengths_and_precisions_are_read(name: str, modifier: int, arrow: pa.DataType, length: int | None) -> None:
    found = carriage(1, modifier, {1: facts(name)})
    assert (found.arrow, found.length) == (arrow, length)


@pytest.mark.parametrize(
    ("kind", "name", "is_cast", "is_misfit"),
    [
        (pa.string(), "inet", True, False),
        (pa.large_string(), "uuid", True, False),
        (pa.string(), "text", False, False),
        (pa.string(), "int4", True, False),
        (pa.int8(), "int4", False, False),
        (pa.dictionary(pa.int8(), pa.string()), "int4", True, False),
        (pa.list_(pa.int8()), "int4", False, True),
        (pa.string(), "numeric", False, False),
    ],
)
def test_who_makes_the_binary_form(kind: pa.DataType, name: str, is_cast: bool, is_misfit: bool) -> None:
    assert is_cast_by_server(kind, column(name)) == is_cast
    assert (misfit(kind, column(name)) is not None) == is_misfit


def test_dictionaries_are_stored_as_their_values() -> None:
    stored = as_stored(pa.array(["a", None, "a"]).dictionary_encode(), pa.string())
    assert stored.to_pylist() == ["a", None, "a"]
