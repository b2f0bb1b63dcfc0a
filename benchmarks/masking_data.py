"""Invented data for the masking benchmarks, in the mix of the measured design, written as Parquet without holding it.

Of N rows 20 % are customers (18 columns, unique e-mail, card, phone, SSN and IBAN), 70 % orders (15 columns, which
repeat their customer's) and 10 % tickets (free text that names its customer). Everything follows from the row's number,
so a file is the same whenever it is made. Names come from faker's lists.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq
from faker.providers.address.en_US import Provider as Address
from faker.providers.person.en_US import Provider as Person

CUSTOMERS, ORDERS = 0.2, 0.7
CHUNK = 131_072
"""Rows of a row group."""

Numbers = npt.NDArray[np.int64]

_FIRST = pl.Series("first", sorted(Person.first_names), dtype=pl.String)
_LAST = pl.Series("last", sorted(Person.last_names), dtype=pl.String)
_CITIES = pl.Series("city", sorted({a + b for a in Person.last_names for b in ("ville", "ton", "burgh")}))
_STREETS = pl.Series("street", sorted({f"{a} {b}" for a in Person.last_names for b in ("Street", "Avenue", "Lane")}))
_STATES = pl.Series("state", sorted(Address.states_abbr))
_NOISE = (
    "The parcel arrived late and one corner of the box was torn, nothing inside seems to be broken though.",
    "I ordered the blue one in size 42 and got the green one, order 7-1182 of last week.",
    "Please tell me when the next delivery to my region is planned; the site only shows version 2.4.1 of the list.",
    "The voucher code SPRING-24 does not work in the shop, it says the basket is below 50 EUR.",
)


def write(folder: Path, rows: int, chunk: int = CHUNK) -> None:
    """Write ``customers.parquet``, ``orders.parquet`` and ``tickets.parquet``, together ``rows`` rows."""
    folder.mkdir(parents=True, exist_ok=True)
    customers, orders = int(rows * CUSTOMERS), int(rows * ORDERS)
    for name, count, make in (
        ("customers", customers, customer_rows),
        ("orders", orders, lambda n: order_rows(n, customers)),
        ("tickets", rows - customers - orders, lambda n: ticket_rows(n, customers)),
    ):
        _write_table(folder / f"{name}.parquet", count, make, chunk)


def _write_table(path: Path, rows: int, make: Callable[[Numbers], pl.DataFrame], chunk: int) -> None:
    writer = None
    for numbers in _chunks(rows, chunk):
        table = make(numbers).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _chunks(rows: int, chunk: int) -> Iterator[Numbers]:
    for start in range(0, rows, chunk):
        yield np.arange(start, min(start + chunk, rows), dtype=np.int64)


def customer_rows(numbers: Numbers) -> pl.DataFrame:
    """The customers with these numbers."""
    identity = _identity(numbers)
    day = 18_262 + _spread(numbers, 11, 1_500)
    return pl.DataFrame(
        {
            "customer_id": 100_000 + numbers,
            "first_name": identity["first"],
            "last_name": identity["last"],
            "full_name": identity["name"],
            "email": identity["email"],
            "phone": identity["phone"],
            "card_number": identity["card"],
            "ssn": identity["ssn"],
            "iban": identity["iban"],
            "street": _street(numbers),
            "city": _pick(_CITIES, numbers, 5),
            "state": _pick(_STATES, numbers, 6),
            "postcode": _padded(10_000 + _spread(numbers, 7, 89_999), 5),
            "birth_date": pl.Series(-7_000 + _spread(numbers, 8, 21_000)).cast(pl.Int32).cast(pl.Date),
            "gender": _pick(pl.Series(["female", "male", "other"]), numbers, 9),
            "signed_up_at": (pl.Series(day) * 86_400_000_000 + _spread(numbers, 12, 86_400) * 1_000_000).cast(
                pl.Datetime("us")
            ),
            "segment": _pick(pl.Series(["bronze", "gold", "silver"]), numbers, 10),
            "credit_limit": _spread(numbers, 13, 1_000) * 10.0,
        }
    )


def order_rows(numbers: Numbers, customers: int) -> pl.DataFrame:
    """The orders with these numbers, each of one of ``customers``."""
    owner = _spread(numbers, 21, max(customers, 1))
    identity = _identity(owner)
    return pl.DataFrame(
        {
            "order_id": 5_000_000 + numbers,
            "customer_id": 100_000 + owner,
            "customer_name": identity["name"],
            "customer_email": identity["email"],
            "customer_phone": identity["phone"],
            "card_number": identity["card"],
            "ship_street": _street(owner),
            "ship_city": _pick(_CITIES, owner, 5),
            "ship_postcode": _padded(10_000 + _spread(owner, 7, 89_999), 5),
            "ordered_at": (pl.Series(1_600_000_000 + _spread(numbers, 22, 90_000_000)) * 1_000_000).cast(
                pl.Datetime("us")
            ),
            "amount": _spread(numbers, 23, 100_000) / 100.0,
            "currency": _pick(pl.Series(["EUR", "GBP", "USD"]), numbers, 24),
            "status": _pick(pl.Series(["open", "paid", "returned", "shipped"]), numbers, 25),
            "sku": pl.Series("sku", _spread(numbers, 26, 5_000)).cast(pl.String).str.zfill(6),
            "quantity": (1 + _spread(numbers, 27, 9)).astype(np.int32),
        }
    )


def ticket_rows(numbers: Numbers, customers: int) -> pl.DataFrame:
    """The tickets with these numbers: texts that hold their customer's name, e-mail, phone and card."""
    owner = _spread(numbers, 31, max(customers, 1))
    frame = _identity(owner).with_columns(noise=_pick(pl.Series(_NOISE), numbers, 32))
    texts = (
        pl.format("Hello, this is {}. {} Please answer to {} by Friday.", "name", "noise", "email"),
        pl.format("{} Call me: {}. Kind regards, {}", "noise", "phone", "name"),
        pl.format("My card {} was charged twice. {} {}", "card", "noise", "name"),
        pl.format("{} Thank you.", "noise"),
    )
    kind = pl.Series(_spread(numbers, 33, len(texts)))
    body = frame.with_columns(kind=kind).select(
        pl.when(pl.col("kind") == 0)
        .then(texts[0])
        .when(pl.col("kind") == 1)
        .then(texts[1])
        .when(pl.col("kind") == 2)
        .then(texts[2])
        .otherwise(texts[3])
        .alias("body")
    )["body"]
    return pl.DataFrame(
        {
            "ticket_id": 9_000_000 + numbers,
            "customer_id": 100_000 + owner,
            "channel": _pick(pl.Series(["chat", "mail", "phone"]), numbers, 34),
            "body": body,
            "opened_at": (pl.Series(1_650_000_000 + _spread(numbers, 35, 50_000_000)) * 1_000_000).cast(
                pl.Datetime("us")
            ),
        }
    )


def _identity(numbers: Numbers) -> pl.DataFrame:
    """What is one customer's own; the same wherever the customer is repeated."""
    frame = pl.DataFrame({"first": _pick(_FIRST, numbers, 1), "last": _pick(_LAST, numbers, 2)})
    number = pl.Series("number", numbers)
    return frame.with_columns(
        name=pl.format("{} {}", "first", "last"),
        email=pl.format("{}.{}{}@mail-{}.net", pl.col("first").str.to_lowercase(), "last", number, number % 40),
        phone=_phone(numbers),
        card=_card(numbers),
        ssn=_ssn(numbers),
        iban=_iban(numbers),
    )


def _spread(numbers: Numbers, salt: int, size: int) -> Numbers:
    """Numbers in [0, size) that look drawn at random (splitmix64's finaliser; Steele, Lea, Flood 2014)."""
    with np.errstate(over="ignore"):
        mixed = (numbers.astype(np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)) * np.uint64(
            0xBF58476D1CE4E5B9
        )
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(size)).astype(np.int64)


def _unique(numbers: Numbers, size: int) -> Numbers:
    """Another number in [0, size) for each row: the multiplier is a prime, which divides no size used here."""
    return np.array(numbers.astype(np.uint64) * np.uint64(2_654_435_761) % np.uint64(size)).astype(np.int64)


def _pick(values: pl.Series, numbers: Numbers, salt: int) -> pl.Series:
    return values.gather(_spread(numbers, salt, len(values)))


def _padded(numbers: Numbers, width: int) -> pl.Series:
    return pl.Series(numbers).cast(pl.String).str.zfill(width)


def _street(numbers: Numbers) -> pl.Series:
    frame = pl.DataFrame({"no": 1 + _spread(numbers, 3, 999), "street": _pick(_STREETS, numbers, 4)})
    return frame.select(pl.format("{} {}", "no", "street").alias("street"))["street"]


def _phone(numbers: Numbers) -> pl.Series:
    """North American numbers: area 201 to 980, exchange 200 to 999."""
    office, line = np.divmod(_unique(numbers, 780 * 800 * 10_000), 10_000)
    area, exchange = np.divmod(office, 800)
    whole = (201 + area) * 10_000_000 + (200 + exchange) * 10_000 + line
    return pl.select(pl.format("+1{}", pl.Series(whole))).to_series()


def _ssn(numbers: Numbers) -> pl.Series:
    """Area 001 to 665, group 01 to 99, serial 0001 to 9999."""
    rank = _unique(numbers, 665 * 99 * 9_999)
    area, rest = np.divmod(rank, 99 * 9_999)
    group, serial = np.divmod(rest, 9_999)
    parts = [_padded(area + 1, 3), _padded(group + 1, 2), _padded(serial + 1, 4)]
    return pl.select(pl.concat_str(parts, separator="-")).to_series()


def _card(numbers: Numbers) -> pl.Series:
    """16 digits that begin with 4 and pass the Luhn check (ISO/IEC 7812-1)."""
    payload = 400_000_000_000_000 + _unique(numbers, 99_999_999_999_999)
    total, rest = np.zeros_like(payload), payload.copy()
    for position in range(15):
        digit = rest % 10 * (2 if position % 2 == 0 else 1)
        total += digit // 10 + digit % 10
        rest //= 10
    return pl.Series(payload * 10 + (-total) % 10).cast(pl.String)


def _iban(numbers: Numbers) -> pl.Series:
    """German IBANs (18 digits) with check digits by ISO 7064 mod 97-10; 131400 is "DE00" as digits."""
    bank = 10_000_000 + _spread(numbers, 41, 89_999_999)
    account = _unique(numbers, 9_999_999_967)
    remainder = (bank * 10_000_000_000 % 97 + account) % 97 * (10**6 % 97) + 131_400
    check = 98 - remainder % 97
    parts = [pl.lit("DE"), _padded(check, 2), _padded(bank, 8), _padded(account, 10)]
    return pl.select(pl.concat_str(parts)).to_series()
