"""Keyed pseudonyms of whole columns beside loops over values: AES-CMAC, FF1, and the tokens made from them.

Contestants take turns, so that a machine that slows down slows all of them; each counts with its best turn.
"""

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import fastfpe
import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from dataops_infra.masking.cmac import ColumnCmac
from dataops_infra.masking.ff1 import FF1
from dataops_infra.masking.prf import DomainKey
from dataops_infra.masking.tokens import UNIQUE_LENGTH, token_text

KEY = bytes(range(32))
VALUES = 1_000_000
LOOP_SHARE = 10
"""The loops take every tenth value: their speed does not hang on how many there are."""
TURNS = 5
CARD_DIGITS = 16


@dataclass(frozen=True)
class Speeds:
    """Million values per second on one core, by contestant; ``ours`` is the whole-column code."""

    ours: float
    peers: Mapping[str, float]

    def ratio(self, peer: str) -> float:
        """How many times as fast as ``peer``."""
        return self.ours / self.peers[peer]


def addresses(count: int) -> list[str]:
    """Distinct e-mail addresses of about 28 bytes, two blocks of AES."""
    return [f"first.last{number}@mail{number % 97}.example" for number in range(count)]


def cmac_column() -> Speeds:
    """AES-256-CMAC of e-mail addresses, beside OpenSSL's and beside HMAC-SHA256, one call per value.

    :raises RuntimeError: OpenSSL gives other codes.
    """
    texts = addresses(VALUES)
    column, some = pa.array(texts), [text.encode() for text in texts[::LOOP_SHARE]]
    ours = ColumnCmac(KEY)
    if _openssl(some[:1000]) != [
        row.tobytes() for row in ours.of(column[: 1000 * LOOP_SHARE]).astype(">u8")[::LOOP_SHARE]
    ]:
        raise RuntimeError("the whole-column codes are not those of OpenSSL")
    return _speeds(
        (lambda: ours.of(column), VALUES),
        {
            "hmac loop": (lambda: [hmac.digest(KEY, text, "sha256") for text in some], len(some)),
            "OpenSSL CMAC loop": (lambda: _openssl(some), len(some)),
        },
    )


def token_column() -> Speeds:
    """Tokens as an Arrow column, beside ``hmac`` and ``hexdigest`` per value from Python strings and back."""
    texts = addresses(VALUES)
    column, some = pa.array(texts), pa.array(texts[::LOOP_SHARE])
    key = DomainKey(KEY, "benchmark")

    def loop() -> pa.Array:
        return pa.array([hmac.new(KEY, text.encode(), "sha256").hexdigest()[:16] for text in some.to_pylist()])

    return _speeds(
        (lambda: token_text(column, key, UNIQUE_LENGTH), VALUES), {"hmac loop, Arrow to Arrow": (loop, len(some))}
    )


def ff1_column(digits: int = CARD_DIGITS) -> Speeds:
    """FF1 of numbers with so many digits, beside ``fastfpe`` (Rust), one call per value.

    :raises RuntimeError: ``fastfpe`` gives other values.
    """
    numbers = np.random.default_rng(1).integers(0, 10**digits, VALUES, dtype=np.uint64)
    texts = [f"{number:0{digits}}" for number in numbers[::LOOP_SHARE].tolist()]
    ours, key = FF1(KEY, 10, digits), KEY.hex()

    def loop() -> list[str]:
        return [fastfpe.ff1.encrypt(key, "", "0123456789", text) for text in texts]

    if [int(text) for text in loop()[:1000]] != ours.encrypt_integers(numbers[::LOOP_SHARE][:1000]).tolist():
        raise RuntimeError("the whole-column values are not those of fastfpe")
    return _speeds((lambda: ours.encrypt_integers(numbers), VALUES), {"fastfpe loop": (loop, len(texts))})


Contestant = tuple[Callable[[], object], int]
"""What is run, and how many values it takes."""


def _speeds(ours: Contestant, peers: Mapping[str, Contestant]) -> Speeds:
    contestants = {"ours": ours, **peers}
    seconds = dict.fromkeys(contestants, float("inf"))
    for _ in range(TURNS):
        for name, (run, _count) in contestants.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    speed = {name: count / seconds[name] / 1e6 for name, (_run, count) in contestants.items()}
    return Speeds(speed.pop("ours"), speed)


def _openssl(values: list[bytes]) -> list[bytes]:
    codes, algorithm = [], AES(KEY)
    for value in values:
        code = CMAC(algorithm)
        code.update(value)
        codes.append(code.finalize())
    return codes


MEASURED: Mapping[str, Callable[[], Speeds]] = {
    "AES-256-CMAC, e-mails": cmac_column,
    "token of 16 characters, e-mails": token_column,
    f"FF1, {CARD_DIGITS} digits": ff1_column,
}


def section(_folder: Path) -> str:
    """The measurements as a section of docs/benchmarks.md."""
    rows = []
    for name, measure in MEASURED.items():
        speeds = measure()
        for peer, speed in speeds.peers.items():
            cells = [name, peer, f"**{speeds.ratio(peer):.0f}×**", f"{speeds.ours:.1f} M/s", f"{speed:.2f} M/s"]
            rows.append("| " + " | ".join(cells) + " |")
    return _SECTION.format(values=f"{VALUES:,}", rows="\n".join(rows))


_SECTION = """\
## Keyed pseudonyms of a column beside loops over its values

{values} distinct values, one core, contestants in turns, the best of each. The codes are those of OpenSSL and the
numbers those of fastfpe, compared before the clock starts.

| pseudonym | peer | times as fast | whole column | peer |
|---|---|---|---|---|
{rows}
"""
