"""Conditions of Google Cloud IAM, evaluated by somebody else's implementation of CEL (``cel-python``).

Which attributes a condition may use: https://cloud.google.com/iam/docs/conditions-attribute-reference.
"""

import functools
import sys
from collections.abc import Mapping
from datetime import datetime

import celpy
from celpy import celtypes
from celpy.adapter import json_to_cel
from celpy.evaluation import CELEvalError


def holds(expression: str, at: datetime, resource: Mapping[str, str] | None = None) -> bool:
    """Whether the condition is true for a request made ``at`` this moment (aware) to ``resource`` (``name`` and so on).

    :raises celpy.celparser.CELParseError: it is no CEL.
    :raises CELEvalError: it uses what a request does not have, or is neither true nor false.
    """
    request = celtypes.MapType({celtypes.StringType("time"): celtypes.TimestampType(at)})
    verdict = _program(expression).evaluate({"request": request, "resource": json_to_cel(dict(resource or {}))})
    if not isinstance(verdict, celtypes.BoolType):
        raise CELEvalError(f"{expression}: neither true nor false")
    return bool(verdict)


@functools.cache
def _program(expression: str) -> celpy.Runner:
    before = sys.getrecursionlimit()
    try:
        environment = celpy.Environment()  # which raises the limit for the whole process
        return environment.program(environment.compile(expression))
    finally:
        sys.setrecursionlimit(before)
