"""What services of AWS may do for one account, so that nobody else's resources make them act (confused deputy).

Sources: IAM user guide, "The confused deputy problem"; Amazon SNS developer guide, "Example cases for Amazon SNS access
control".
"""

from collections.abc import Iterable
from typing import Any

from dataops_infra.data_lake.s3_policies import Text, document


def for_account(account: Text, sources: Any) -> dict[str, Any]:
    """The condition that a service acts for resources of this account.

    :param sources: their ARN, a list of them, or a pattern.
    """
    return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": sources}}


def service_trust(sid: str, service: str, account: Text, source: Text) -> dict[str, Any]:
    """One service may take the role, for resources of this account."""
    return document(
        [
            {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": for_account(account, source),
            }
        ]
    )


def topic_policy(topic_arn: Text, account: Text, publishers: Iterable[tuple[str, str, Text]]) -> dict[str, Any]:
    """Services may publish for resources of this account; nobody publishes without TLS.

    :param publishers: name of the statement, service, ARN of its resource.
    """
    allowed = [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": for_account(account, source),
        }
        for sid, service, source in publishers
    ]
    tls_only = {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([*allowed, tls_only])
