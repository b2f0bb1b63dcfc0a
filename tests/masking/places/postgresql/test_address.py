"""What a URI means, and that it holds no password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.postgresql.address import read_address


@pytest.mark.parametrize(
    ("text", "uri", "shown", "schemas", "tables"),
    [
        ("postgresql://ann@host:5433/shop", "postgresql://ann@host:5433/shop", None, ("public",), ()),
        ("postgresql:///shop", "postgresql:///shop", None, ("public",), ()),
        (
            "postgresql://h/shop?schema=crm,public&sslmode=verify-full&tables=a,b%2Cc,a",
            "postgresql://h/shop?sslmode=verify-full",
            "postgresql://h/shop",
            ("crm", "public"),
            ("a", "b,c"),
        ),
        (
            "postgresql://u@/shop?host=/var/run&schema=",
            None,
            None,
            None,
            None,
        ),
    ],
)
def test_a_uri_is_taken_apart(
    text: str, uri: str | None, shown: str | None, schemas: tuple[str, ...] | None, tables: tuple[str, ...] | None
) -> None:
    if uri is None:
        with pytest.raises(MaskingError, match="schema= names nothing"):
            read_address(text)
        return
    address = read_address(text)
    assert (address.uri, address.shown, address.schemas, address.tables) == (uri, shown or uri, schemas, tables)


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://ann:hunter2@host/shop",
        "postgresql://ann:@host/shop",
        "postgresql://host/shop?password=hunter2",
        "postgresql://host/shop?PassWord=hunter2",
        "postgresql://host/shop?pass%77ord=hunter2",
        "postgresql://host/shop?sslpassword=hunter2",
        "postgresql://ann:hun@ter2@host/shop",
        "postgresql://ann:hun?ter2@host/shop",
    ],
)
def test_a_password_in_a_uri_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(MaskingError, match=r"must hold no password.*PGPASSWORD.*PGPASSFILE.*PGSERVICE") as raised:
        open_place(uri)
    assert "hunter" not in str(raised.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4))
def test_no_password_passes_whatever_it_is(password: str) -> None:
    with pytest.raises(MaskingError) as raised:
        read_address(f"postgresql://ann:{password}@host/shop")
    assert raised.value.__cause__ is None


def test_both_spellings_of_the_scheme_are_one_place() -> None:
    assert open_place("postgres://ann@host/shop").shown == "postgresql://ann@host/shop"
    assert open_place("postgresql://ann@host/shop?sslmode=require").shown == "postgresql://ann@host/shop"
