"""Conditions of Google Cloud IAM, evaluated by somebody else's implementation of CEL (``cel-python``).

Which attributes a condition may use: https://cloud.google.com/iam/docs/conditions-attribute-reference.
"""

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
    environment = celpy.Environment()
    program = environment.program(environment.compile(expression))
    request = celtypes.MapType({celtypes.StringType("time"): celtypes.TimestampType(at)})
    verdict = program.evaluate({"request": request, "resource": json_to_cel(dict(resource or {}))})
    if not isinstance(verdict, celtypes.BoolType):
        raise CELEvalError(f"{expression}: neither true nor false")
    return bool(verdict)
