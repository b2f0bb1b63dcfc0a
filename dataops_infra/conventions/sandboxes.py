"""What a sandbox may be: how long it lives and how confidential its data may be."""

from typing import Annotated

from pydantic import Field

from dataops_infra.conventions.base import WHOLE_NUMBER, Model
from dataops_infra.conventions.classification import LevelName

SANDBOX_MAXIMUM_DAYS = 30
SANDBOX_GRACE_DAYS = 7
SANDBOX_CLASSIFICATION_AT_MOST = "masked"


class Sandbox(Model):
    """Limits of every sandbox."""

    maximum_days: Annotated[int, WHOLE_NUMBER, Field(ge=1, le=366)] = Field(
        default=SANDBOX_MAXIMUM_DAYS, description="Longest life of a sandbox, in days."
    )
    grace_days: Annotated[int, WHOLE_NUMBER, Field(ge=0, le=366)] = Field(
        default=SANDBOX_GRACE_DAYS, description="Days after the expiry before a sandbox is deleted."
    )
    classification_at_most: LevelName = Field(
        default=SANDBOX_CLASSIFICATION_AT_MOST, description="Most confidential data that a sandbox may hold."
    )
