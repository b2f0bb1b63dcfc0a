"""What an evaluator that is not ours says to IAM requests: many at once, since each call starts a process.

Its blind spots, found by reading it: a permissions boundary is ignored where a bucket or key policy names the role
itself, and a negated condition on an absent key (``StringNotLike``) holds for AWS but not for it. No table here hangs
on either.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("iam_evaluator_process.py")
AVAILABLE = importlib.util.find_spec("principalmapper") is not None

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One request to AWS.

    :param who: ARN of a role or user, or the name of a service.
    :param identity: the identity policies of ``who``.
    :param guard: the policy of what is asked for (bucket, key, topic, trust), where it has one.
    :param owner: account of what is asked for.
    :param context: condition keys; AWS fills in further ones (IAM user guide, "Global condition context keys").
    """

    who: str
    action: str
    resource: str
    identity: tuple[Document, ...] = ()
    guard: Document | None = None
    owner: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    def wire(self) -> dict[str, Any]:
        """The request as the evaluator's process reads it."""
        service = self.who.endswith(".amazonaws.com")
        asker = {"service": self.who} if service else {"principal": {"arn": self.who, "policies": list(self.identity)}}
        return {
            **asker,
            "action": self.action,
            "resource": self.resource,
            "context": dict(self.context),
            "resource_policy": self.guard,
            "resource_owner": self.owner,
        }


def allowed(requests: Sequence[Request]) -> list[bool]:
    """The evaluator's verdicts, in the order of the requests."""
    questions = json.dumps([request.wire() for request in requests])
    done = subprocess.run([sys.executable, str(PROGRAM)], input=questions, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    verdicts: list[bool] = json.loads(done.stdout)
    return verdicts
