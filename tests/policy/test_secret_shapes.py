"""Secrets are told by their shape and by the name of what holds them, in linear time. All secrets here are made up."""

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.policy.secret_shapes import (
    LONGEST_UNPACKED,
    assigned_secret,
    is_literal_secret,
    last_words,
    names_password,
    names_secret,
    readings,
    secret_shape,
)

MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIA" + "QYLPMN5HFIQR7XYA", "an AWS access key"),
        ("key=ASIA" + "QYLPMN5HFIQR7XYA;", "an AWS access key"),
        ("AKIA" + "IOSFODNN7EXAMPLE", None),
        ("XAKIA" + "QYLPMN5HFIQR7XYA", None),
        ("AKIA" + "QYLPMN5HFIQR7XYAZ", None),
        ("-----BEGIN " + "PRIVATE KEY-----", "a private key"),
        ("-----BEGIN OPENSSH " + "PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PGP " + "PRIVATE KEY BLOCK-----", "a private key"),
        ("-----BEGIN PUBLIC KEY-----", None),
        ('{"private_key": "-----BEGIN ' + 'PRIVATE KEY-----\\nMII"}', "a private key"),
        ("ghp_" + "a1B2" * 9, "a GitHub token"),
        ("github_pat_" + "a1B2" * 9, "a GitHub token"),
        ("ghp_short", None),
        ("glpat-" + "a1B2" * 5, "a GitLab token"),
        ("xoxb-" + "1234567890-abc", "a Slack token"),
        ("https://hooks.slack.com/services/T0000AAAA/B0000AAAA/" + "x" * 24, "a Slack webhook"),
        ("AIza" + "a" * 35, "a Google API key"),
        ("sk_live_" + "a1" * 12, "a Stripe key"),
        ("dapi" + "0123456789abcdef" * 2, "a Databricks token"),
        ("pul-" + "0123456789abcdef0123" * 2, "a Pulumi token"),
        ("npm_" + "a" * 36, "an npm token"),
        ("pypi-AgEIcHlwaS5vcmc" + "a" * 50, "a PyPI token"),
        ("AccountKey=" + "a" * 86 + "==", "an Azure storage key"),
        ("jdbc:postgresql://etl:" + "hunter22@db:5432/crm", "a password in a URL"),
        ("https://:" + "hunter22@host", "a password in a URL"),
        ("https://user:${PASSWORD}@host", None),
        ("https://user:<password>@host", None),
        ("https://host:8080/path@v1", None),
        ("https://user@host", None),
        ("s3://lake/raw/growth/signups/v1/", None),
        ("arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab", None),
        ("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None),
    ],
)
def test_secret_is_told_by_its_shape(text: str, kind: str | None) -> None:
    assert secret_shape(text) == kind


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DB_PASSWORD", ("db", "password")),
        ("dbPassword", ("db", "password")),
        ("apiKEY", ("api", "key")),
        ("7", ("7",)),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    assert last_words(name) == words


@pytest.mark.parametrize(
    "name", ["PASSWORD", "db-passwd", "API_KEY", "privateKey", "authToken", "client_secret", "DB_PWD"]
)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    ["", "PASSWORD_LENGTH", "SECRET_NAME", "TOKEN_URL", "KEY", "kms_key", "monkey", "PasswordPolicy", "tokens_per_day"],
)
def test_names_of_other_things(name: str) -> None:
    assert not names_secret(name)


def test_only_passwords_are_passwords() -> None:
    assert names_password("masterUserPassword")
    assert not names_password("apiToken")


@pytest.mark.parametrize(
    ("name", "value", "literal"),
    [
        ("PASSWORD", "hunter22", True),
        ("PASSWORD", "correct-horse-battery", True),
        ("TOKEN", "a1b2C3d4", True),
        ("TOKEN", "crm-token", False),
        ("TOKEN", "reader", False),
        ("TOKEN", "9f86d081-884c-4d63-9a2f-eaa0c55ad015", True),
        ("SECRET", "prod/crm/db", False),
        ("PASSWORD", "abc", False),
        ("PASSWORD", "****", False),
        ("PASSWORD", "true", False),
        ("PASSWORD", "8080", False),
        ("PASSWORD", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db", False),
        ("SECRET", "projects/acme/secrets/db", False),
        ("PASSWORD", "{{resolve:secretsmanager:db}}", False),
        ("TOKEN", "https://login.example/token", False),
        ("NAME", "hunter22", False),
    ],
)
def test_a_literal_secret_is_told_from_where_to_find_it(name: str, value: str, literal: bool) -> None:
    assert is_literal_secret(name, value) is literal


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("export DB_PASSWORD=hunter22", True),
        ("a=1\n  TOKEN: 'a1b2C3d4'\n", True),
        ('{\n  "api_key": "a1b2C3d4"\n}', True),
        ("DB_PASSWORD=$(get-secret db)", False),
        ("echo PASSWORD=hunter22", False),
        ("export TABLE=crm", False),
    ],
)
def test_lines_that_assign_a_secret(script: str, found: bool) -> None:
    assert assigned_secret(script) is found


def test_readings_of_base64_packed_and_not() -> None:
    text = "export DB_PASSWORD=hunter22\n"
    plain, packed = base64.b64encode(text.encode()).decode(), base64.b64encode(gzip.compress(text.encode())).decode()
    assert list(readings(plain)) == [plain, text]
    assert list(readings(packed)) == [packed, text]
    assert list(readings("#!/bin/sh")) == ["#!/bin/sh"]
    assert list(readings("abcde")) == ["abcde"]
    broken = base64.b64encode(b"\x1f\x8bno gzip at all").decode()
    assert list(readings(broken)) == [broken]


def test_a_bomb_is_unpacked_only_so_far() -> None:
    bomb = base64.b64encode(gzip.compress(b"a" * (20 * MEGABYTE))).decode()
    assert [len(reading) for reading in readings(bomb)][1:] == [LONGEST_UNPACKED]


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        " ",
        "\n ",
        "eyJ",
        "://",
        "://a:",
        "://a:b",
        "AKIA",
        "-----BEGIN A ",
        "-----BEGIN PRIVATE KEY",
        "ghp_a",
        "password=",
        "password = \n",
        "xoxb-",
        "hooks.slack.com/services/T000000/",
        "AccountKey=",
        "A=",
        "Aa",
        "_",
        "gh k_live_ AIza pul- ",
    ],
)
def test_megabytes_are_judged_at_once(unit: str) -> None:
    """A quadratic search needs the better part of an hour for them: the runner's own end of a test would name it."""
    text = unit * (2 * MEGABYTE // len(unit))
    for reading in readings(text):
        secret_shape(reading)
        assigned_secret(reading)
    names_secret(text)
    is_literal_secret("PASSWORD", text)


@given(st.text(max_size=200))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    for reading in readings(text):
        secret_shape(reading)
        assigned_secret(reading)
    assert is_literal_secret("TABLE", text) is False
