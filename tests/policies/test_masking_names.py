"""What a name or an ARN within a definition speaks of."""

from typing import Any

import pytest

from policies.pii.pii_rules.masking.jobs import is_named

ACCOUNT = "111111111111"
FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:mask"
TASK = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/mask:7"


@pytest.mark.parametrize(
    "text",
    [
        "mask",
        "mask:7",
        FUNCTION,
        f"{FUNCTION}:live",
        TASK,
        f"arn:aws:iam::{ACCOUNT}:instance-profile/data/mask",
        f"arn:aws-cn:states:cn-north-1:{ACCOUNT}:stateMachine:mask",
        f"arn:aws:sns:eu-west-1:{ACCOUNT}:mask",
    ],
)
def test_is_named(text: str) -> None:
    assert is_named(text, "mask")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (FUNCTION, "function"),
        (FUNCTION, "lambda"),
        (FUNCTION, "aws"),
        (FUNCTION, "eu-west-1"),
        (FUNCTION, ACCOUNT),
        (TASK, "task-definition"),
        (TASK, "ecs"),
        ("masked", "mask"),
        ("", "mask"),
        (None, "mask"),
        ("mask", None),
    ],
)
def test_is_not_named(text: Any, name: Any) -> None:
    assert not is_named(text, name)
