"""Servers that cannot be reached, or let nobody in: one sentence, and no password in it."""

import sys

import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places import open_place
from tests.support.postgres import PASSWORD, Server


def refusal(uri: str) -> str:
    with pytest.raises(MaskingError) as raised:
        open_place(uri).check_target(is_overwritten=False)
    assert raised.value.__cause__ is None
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_server_that_is_not_there(server: Server) -> None:
    said = refusal("postgresql://ann@127.0.0.1:1/shop")
    assert said == "postgresql://ann@127.0.0.1:1/shop cannot be reached: no server listens there; check host and port"


def test_a_wrong_password_is_not_printed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-hunter2")
    said = refusal(server.tcp("postgres"))
    assert said.endswith("the password is wrong; check PGPASSWORD, PGPASSFILE or PGSERVICE")
    assert "hunter2" not in said


def test_no_password(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    said = refusal(server.tcp("postgres"))
    assert said.endswith("it asks for a password; give it by PGPASSWORD, PGPASSFILE or PGSERVICE")


def test_the_right_password_lets_in(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    server.create("reached")
    open_place(server.tcp("reached")).check_target(is_overwritten=False)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("postgresql://postgres@/nowhere", 'FATAL:  database "nowhere" does not exist'),
        ("postgresql://nobody_at_all@/postgres", 'FATAL:  role "nobody_at_all" does not exist'),
        ("postgresql://postgres@/postgres?foo=1", 'invalid URI query parameter: "foo"'),
    ],
)
def test_what_libpq_says_is_told(server: Server, uri: str, said: str) -> None:
    separator = "&" if "?" in uri else "?"
    assert said in refusal(f"{uri}{separator}host={server.folder}&port={server.port}")


def test_tls_is_asked_for_as_libpq_does(server: Server) -> None:
    uri = f"postgresql://postgres@127.0.0.1:{server.port}/postgres?sslmode=require"
    assert refusal(uri).endswith("the server offers no TLS, which sslmode demands")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    said = refusal("postgresql://ann@host/shop")
    assert said == "PostgreSQL needs the extra postgres: pip install 'dataops-infra[postgres]'"
