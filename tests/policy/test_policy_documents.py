"""Policy documents in every form they come in, and whom a statement lets in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.policy import UNKNOWN
from dataops_infra.policy.policy_documents import Condition, Statement, is_public, matches, read_document
from dataops_infra.policy.rules import properties
from dataops_infra.policy.values import ReadLog

ACCOUNT = "111111111111"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def statement(**given_parts: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", **given_parts}


def only(part: dict[str, Any]) -> Statement:
    document = read_document(json.dumps({"Statement": [part]}))
    assert document.problem is None
    (found,) = document.statements
    return found


def test_statement_is_normalised() -> None:
    found = only(
        {
            "Sid": "One",
            "Effect": "Deny",
            "Principal": {"Service": "logging.s3.amazonaws.com", "AWS": [ROOT, "*"]},
            "Action": ["s3:Get*", "s3:PutObject"],
            "Resource": "arn:aws:s3:::lake/*",
            "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:TlsVersion": [1.2]}},
        }
    )
    assert found == Statement(
        effect="Deny",
        sid="One",
        principals=(("AWS", ROOT), ("AWS", "*"), ("Service", "logging.s3.amazonaws.com")),
        actions=("s3:Get*", "s3:PutObject"),
        resources=("arn:aws:s3:::lake/*",),
        conditions=(
            Condition("Bool", "aws:securetransport", ("false",)),
            Condition("NumericLessThan", "s3:tlsversion", ("1.2",)),
        ),
    )


def test_negated_elements_are_kept_apart() -> None:
    found = only({"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "NotAction": "s3:Put*", "NotResource": ["a", "b"]})
    assert (found.not_principals, found.not_actions, found.not_resources) == (
        (("AWS", ROOT),),
        ("s3:Put*",),
        ("a", "b"),
    )
    assert found.names_everybody
    assert found.covers_action("s3:GetObject")
    assert not found.covers_action("s3:PutObject")
    assert not found.covers_action("s3:*")
    assert found.covers_resource("c")
    assert not found.covers_resource("a")


PROBLEMS = [
    ("{", "is no JSON"),
    ("[" * 100_000, "is no JSON"),
    ("[]", "is no JSON object"),
    ('"text"', "is no JSON object"),
    (7, "is no JSON object"),
    ("{}", "has no `Statement`"),
    ('{"Statement": []}', "has no `Statement`"),
    ('{"Statement": ["text"]}', "has no `Statement`"),
    ('{"Statement": "text"}', "has no `Statement`"),
    ('{"Statement": {}}', "has a statement that neither allows nor denies"),
    ('{"Statement": [{"Effect": "allow"}]}', "has a statement that neither allows nor denies"),
]


@pytest.mark.parametrize(("value", "problem"), PROBLEMS, ids=range(len(PROBLEMS)))
def test_what_is_no_document_is_said(value: Any, problem: str) -> None:
    document = read_document(value)
    assert (document.problem, document.statements, document.complete) == (problem, (), True)


def test_absent_document_has_no_statements_and_no_problem() -> None:
    document = read_document(None)
    assert (document.problem, document.statements, document.complete) == (None, (), True)


def test_one_statement_needs_no_list() -> None:
    assert len(read_document('{"Statement": {"Effect": "Allow"}}').statements) == 1


UNKNOWN_PARTS: list[tuple[Any, int, str]] = [
    (UNKNOWN, 0, "policy"),
    ({"Statement": UNKNOWN}, 0, "policy.Statement"),
    ({"Statement": [UNKNOWN, statement()]}, 1, "policy.Statement[0]"),
    ({"Statement": [statement(Effect=UNKNOWN)]}, 1, "policy.Statement[0].Effect"),
    ({"Statement": [statement(Principal=UNKNOWN)]}, 1, "policy.Statement[0].Principal"),
    ({"Statement": [statement(Principal={"AWS": UNKNOWN})]}, 1, "policy.Statement[0].Principal.AWS"),
    ({"Statement": [statement(Action=["s3:*", UNKNOWN])]}, 1, "policy.Statement[0].Action[1]"),
    ({"Statement": [statement(Condition=UNKNOWN)]}, 1, "policy.Statement[0].Condition"),
    ({"Statement": [statement(Condition={"Bool": UNKNOWN})]}, 1, "policy.Statement[0].Condition.Bool"),
    ({"Statement": [statement(Condition={"Bool": {"k": UNKNOWN}})]}, 1, "policy.Statement[0].Condition.Bool.k"),
]


@pytest.mark.parametrize(("value", "count", "path"), UNKNOWN_PARTS, ids=[path for _, _, path in UNKNOWN_PARTS])
def test_unknown_part_is_noted_and_makes_the_document_incomplete(value: Any, count: int, path: str) -> None:
    log = ReadLog()
    document = read_document(properties({"policy": value}, log)["policy"])
    assert (document.complete, len(document.statements), log.paths) == (False, count, (path,))


def condition(operator: str, key: str, *values: str) -> dict[str, Any]:
    return statement(Condition={operator: {key: list(values)}})


# "The meaning of public", https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
PUBLIC: list[dict[str, Any]] = [
    statement(),
    statement(Principal={"AWS": "*"}),
    statement(Principal={"AWS": [ROOT, "*"]}),
    {"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": "s3:*", "Resource": "*"},
    statement(Condition={"Bool": {"aws:SecureTransport": "true"}}),
    condition("StringLike", "aws:SourceVpc", "vpc-*"),
    condition("StringEquals", "aws:SourceVpce", "vpce-1", "vpce-?"),
    condition("StringLike", "aws:userid", "AROAEXAMPLE:*"),
    condition("StringEquals", "aws:SourceAccount", "${aws:PrincipalAccount}"),
    condition("StringNotEquals", "aws:PrincipalOrgID", "o-1"),
    condition("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1"),
    condition("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1"),
    condition("Null", "aws:PrincipalOrgID", "false"),
    condition("Null", "aws:PrincipalOrgID", "true"),
    condition("StringEquals", "aws:PrincipalOrgID"),
    condition("StringEquals", "aws:ResourceOrgID", "o-1"),
    condition("StringEquals", "aws:Referer", "https://acme.example"),
    condition("ArnLike", "aws:SourceArn", "arn:aws:sns:eu-west-1:*:topic"),
    condition("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"),
    condition("ArnLike", "aws:PrincipalArn", "*"),
    condition("StringLike", "aws:PrincipalOrgPaths", "o-*/*"),
    condition("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    condition("IpAddress", "aws:SourceIp", "0.0.0.0/1"),
    condition("IpAddress", "aws:SourceIp", "203.0.113.0/24", "8.0.0.0/7"),
    condition("IpAddress", "aws:SourceIp", "2000::/3"),
    condition("IpAddress", "aws:SourceIp", "nowhere"),
    condition("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
]
NOT_PUBLIC: list[dict[str, Any]] = [
    statement(Effect="Deny"),
    statement(Principal={"AWS": ROOT}),
    statement(Principal={"Service": "logging.s3.amazonaws.com"}),
    statement(Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
    condition("StringEquals", "aws:SourceVpc", "vpc-1"),
    condition("StringEquals", "aws:SourceVpce", "vpce-1", "vpce-2"),
    condition("StringLike", "AWS:PrincipalOrgId", "o-1"),
    condition("ForAnyValue:StringEquals", "aws:SourceOrgID", "o-1"),
    condition("StringEquals", "aws:SourceAccount", ACCOUNT),
    condition("StringEquals", "aws:userid", "AROAEXAMPLE"),
    condition("StringEquals", "kms:CallerAccount", ACCOUNT),
    condition("ArnLike", "aws:SourceArn", f"arn:aws:sns:eu-west-1:{ACCOUNT}:*"),
    condition("ArnLike", "aws:SourceArn", "arn:aws:s3:::acme-dev-growth-raw"),
    condition("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"),
    condition("ArnLike", "s3:DataAccessPointArn", f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/*"),
    condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-*"),
    condition("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    condition("IpAddress", "aws:SourceIp", "10.0.0.0/8", "192.168.0.0/16"),
    condition("IpAddress", "aws:SourceIp", "2001:db8::/32"),
    statement(Condition={"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}),
]


@pytest.mark.parametrize("part", PUBLIC, ids=str)
def test_statement_lets_in_anybody(part: dict[str, Any]) -> None:
    assert is_public(only(part))


@pytest.mark.parametrize("part", NOT_PUBLIC, ids=str)
def test_statement_lets_in_somebody_only(part: dict[str, Any]) -> None:
    assert not is_public(only(part))


MATCHES = [
    ("*", "anything/at/all", True),
    ("s3:Get*", "s3:GetObject", True),
    ("s3:Get*", "s3:PutObject", False),
    ("vpc-?", "vpc-1", True),
    ("vpc-?", "vpc-12", False),
    ("a.c", "abc", False),
    ("[a]", "[a]", True),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), MATCHES)
def test_matches(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_actions_have_no_case_and_resources_have() -> None:
    found = only(statement(Action="S3:getobject", Resource="arn:aws:s3:::Lake"))
    assert found.covers_action("s3:GetObject")
    assert not found.covers_resource("arn:aws:s3:::lake")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
elements = st.sampled_from(["Effect", "Principal", "NotPrincipal", "Action", "Resource", "Condition", "Sid"])


@given(st.dictionaries(elements, json_values) | json_values)
def test_any_json_is_read_without_an_error(part: Any) -> None:
    document = read_document(json.dumps({"Statement": [part]}))
    assert all(isinstance(is_public(found), bool) for found in document.statements)


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_document(text).statements == () or text.lstrip().startswith("{")
