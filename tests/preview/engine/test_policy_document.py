import json

import pytest

from dataops_infra.preview.engine.policy_document import go_json, policy_document
from dataops_infra.preview.engine.records import EngineFailure


def rendered(**args):
    return json.loads(policy_document(args)["json"])


def test_the_document_is_rendered_as_the_provider_does():
    result = policy_document(
        {
            "statements": [
                {
                    "sid": "Read",
                    "actions": ["s3:GetObject", "s3:ListBucket"],
                    "resources": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
                },
                {
                    "effect": "Deny",
                    "actions": ["s3:*"],
                    "resources": ["arn:aws:s3:::b/${aws:username}"],
                    "principals": [{"type": "*", "identifiers": ["*"]}],
                    "conditions": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}],
                },
            ]
        }
    )
    assert result["json"] == "\n".join(
        [
            "{",
            '  "Version": "2012-10-17",',
            '  "Statement": [',
            "    {",
            '      "Sid": "Read",',
            '      "Effect": "Allow",',
            '      "Action": [',
            '        "s3:ListBucket",',
            '        "s3:GetObject"',
            "      ],",
            '      "Resource": [',
            '        "arn:aws:s3:::b/*",',
            '        "arn:aws:s3:::b"',
            "      ]",
            "    },",
            "    {",
            '      "Effect": "Deny",',
            '      "Action": "s3:*",',
            '      "Resource": "arn:aws:s3:::b/${aws:username}",',
            '      "Principal": "*",',
            '      "Condition": {',
            '        "Bool": {',
            '          "aws:SecureTransport": "false"',
            "        }",
            "      }",
            "    }",
            "  ]",
            "}",
        ]
    )
    assert json.loads(result["minifiedJson"]) == json.loads(result["json"])
    assert " " not in result["minifiedJson"].replace("aws:SecureTransport", "")
    assert result["version"] == "2012-10-17"
    assert [statement["effect"] for statement in result["statements"]] == ["Allow", "Deny"]
    assert result["id"].isdigit()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            {"notActions": ["iam:*"], "notResources": ["a", "b"]},
            {"NotAction": "iam:*", "NotResource": ["b", "a"]},
        ),
        ({"actions": ["a", "a"]}, {"Action": "a"}),
        ({"actions": None, "resources": []}, {}),
        (
            {"conditions": [{"test": "NumericLessThan", "variable": "v", "values": [3600.0, True, False]}]},
            {"Condition": {"NumericLessThan": {"v": ["3600", "true", "false"]}}},
        ),
        ({"resources": ["x/&{aws:username}"]}, {"Resource": "x/${aws:username}"}),
        (
            {"principals": [{"type": "AWS", "identifiers": ["*"]}]},
            {"Principal": {"AWS": "*"}},
        ),
        (
            {"principals": [{"type": "*", "identifiers": ["*"]}, {"type": "AWS", "identifiers": ["a", "b"]}]},
            {"Principal": {"*": "*", "AWS": ["b", "a"]}},
        ),
        (
            {"principals": [{"type": "Service", "identifiers": ["s"]}, {"type": "Service", "identifiers": ["t"]}]},
            {"Principal": {"Service": ["s", "t"]}},
        ),
        ({"notPrincipals": [{"type": "AWS", "identifiers": ["1"]}]}, {"NotPrincipal": {"AWS": "1"}}),
        (
            {
                "conditions": [
                    {"test": "StringLike", "variable": "v", "values": ["b", "a"]},
                    {"test": "StringLike", "variable": "u", "values": ["&{x}"]},
                    {"test": "Bool", "variable": "v", "values": ["true"]},
                    {"test": "StringLike", "variable": "v", "values": ["c"]},
                ]
            },
            {"Condition": {"Bool": {"v": "true"}, "StringLike": {"u": "${x}", "v": ["b", "a", "c"]}}},
        ),
    ],
)
def test_statements(statement, expected):
    assert rendered(statements=[statement])["Statement"] == [{"Effect": "Allow", **expected}]


def test_sources_come_first_and_overrides_replace_what_has_their_sid():
    source = policy_document(
        {"statements": [{"sid": "A", "actions": ["a:*"]}, {"actions": ["b:*"]}], "policyId": "one"}
    )
    override = policy_document({"statements": [{"sid": "A", "effect": "Deny", "actions": ["z:*"]}, {"sid": "N"}]})
    document = rendered(
        sourcePolicyDocuments=[source["json"]],
        overridePolicyDocuments=[override["json"]],
        statements=[{"sid": "B", "actions": ["c:*"]}],
        policyId="two",
    )
    assert document == {
        "Version": "2012-10-17",
        "Id": "two",
        "Statement": [
            {"Sid": "A", "Effect": "Deny", "Action": "z:*"},
            {"Effect": "Allow", "Action": "b:*"},
            {"Sid": "B", "Effect": "Allow", "Action": "c:*"},
            {"Sid": "N", "Effect": "Allow"},
        ],
    }


def test_a_document_given_as_json_is_restated():
    given = {
        "Version": "2008-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["b", "a"],
                "Principal": {"Service": "s", "AWS": ["a", "b"]},
                "NotPrincipal": "*",
                "Condition": {"Bool": {"x": True, "a": False}, "A": {"v": ["one"], "w": ["1", "2"]}},
            }
        ],
    }
    assert rendered(sourcePolicyDocuments=[json.dumps(given)], version="2008-10-17") == {
        "Version": "2008-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["b", "a"],
                "Principal": {"AWS": ["b", "a"], "Service": "s"},
                "NotPrincipal": "*",
                "Condition": {"A": {"v": "one", "w": ["1", "2"]}, "Bool": {"a": "false", "x": "true"}},
            }
        ],
    }


def test_without_statements_there_is_a_version_only():
    assert rendered() == {"Version": "2012-10-17"}
    assert policy_document({})["statements"] is None


def test_the_newest_version_wins():
    old = json.dumps({"Version": "2008-10-17"})
    assert rendered(version="2008-10-17", sourcePolicyDocuments=[old])["Version"] == "2008-10-17"
    assert rendered(sourcePolicyDocuments=[old])["Version"] == "2012-10-17"


TWO_OF_ONE_SID = json.dumps({"Statement": [{"Sid": "A"}, {"Sid": "A"}]})


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"statements": [{"sid": "A"}, {"sid": "A"}]}, "statements: the sid A is used twice"),
        ({"sourcePolicyDocuments": ["{}", TWO_OF_ONE_SID]}, "source document 1: the sid A is used twice"),
        ({"sourcePolicyDocuments": ["nonsense"]}, "source document 0 is no policy document"),
        ({"overridePolicyDocuments": ["[]"]}, "override document 0 is no policy document"),
        (
            {"overridePolicyDocuments": ['{"Statement": {"Effect": "Allow"}}']},
            "override document 0 is no policy document",
        ),
        ({"statements": [{"actions": "s3:*"}]}, "actions must be a list of texts"),
        ({"statements": [{"resources": [["a"]]}]}, "resources must be a list of texts"),
        ({"version": "2008-10-17", "statements": [{"resources": ["&{x}"]}]}, "need document version 2012-10-17"),
    ],
)
def test_what_the_provider_refuses_is_refused(args, message):
    with pytest.raises(EngineFailure, match=message) as caught:
        policy_document(args)
    assert caught.value.kind == "program"


def test_json_is_escaped_as_go_does():
    assert go_json({"a": "<é&>\u2028"}) == '{"a":"\\u003cé\\u0026\\u003e\\u2028"}'
