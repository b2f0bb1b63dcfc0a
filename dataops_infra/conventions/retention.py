"""Retention classes: how long data must and may be kept, and when it moves to colder storage. All figures are days."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from dataops_infra.conventions.base import NAMED, WHOLE_NUMBER, Model, NamedModel, refusal, refused, text, undeclared

DEFAULT_RETENTION_CLASS = "standard"
TRANSIENT_MAXIMUM_DAYS = 30
STANDARD_MINIMUM_DAYS = 30
STANDARD_MAXIMUM_DAYS = 400
REGULATED_MINIMUM_DAYS = 2555
"""Seven years of 365 days."""
REGULATED_MAXIMUM_DAYS = 3650
INFREQUENT_AFTER_DAYS = 90
ARCHIVE_AFTER_DAYS = 365

SHORTEST_TRANSITION_DAYS = 30
"""S3 moves no object to Standard-IA before day 30, and from there to Glacier no sooner than 30 days later
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html)."""

LONGEST_DAYS = 36_500
"""A hundred years: more is a typing mistake."""

Days = Annotated[int, WHOLE_NUMBER, Field(ge=0, le=LONGEST_DAYS)]
PositiveDays = Annotated[int, WHOLE_NUMBER, Field(ge=1, le=LONGEST_DAYS)]
RetentionClassName = Annotated[
    str, text(r"[a-z][a-z0-9-]{0,30}", "1 to 31 lowercase letters, digits and hyphens that begin with a letter")
]


class Tiers(Model):
    """When data moves to colder storage, in days after it was written (None = never)."""

    infrequent_after_days: PositiveDays | None = Field(default=None, description="S3 Standard-IA, GCS Nearline.")
    archive_after_days: PositiveDays | None = Field(default=None, description="S3 Glacier, GCS Archive.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        infrequent, archive = self.infrequent_after_days, self.archive_after_days
        if infrequent is not None and infrequent < SHORTEST_TRANSITION_DAYS:
            raise refusal(
                f"infrequent_after_days is {infrequent}; S3 moves nothing before day {SHORTEST_TRANSITION_DAYS}",
                at=("infrequent_after_days",),
            )
        if infrequent is not None and archive is not None and archive < infrequent + SHORTEST_TRANSITION_DAYS:
            raise refusal(
                f"archive_after_days is {archive}; S3 wants at least {SHORTEST_TRANSITION_DAYS} days after "
                f"infrequent_after_days ({infrequent})",
                at=("archive_after_days",),
            )
        return self

    @property
    def last_days(self) -> int:
        """Day of the last move, 0 when nothing moves."""
        return max(self.infrequent_after_days or 0, self.archive_after_days or 0)


class RetentionClass(NamedModel):
    """How long data of this class must (minimum) and may (maximum) be kept, in days."""

    minimum_days: Days = Field(default=0, description="Nothing is deleted before this day.")
    maximum_days: PositiveDays | None = Field(
        default=None, description="Everything is deleted at this day; none = kept."
    )
    tiers: Tiers = Field(default=Tiers(), description="When data moves to colder storage.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.maximum_days is None:
            return self
        if self.minimum_days > self.maximum_days:
            raise refusal(
                f"minimum_days ({self.minimum_days}) is more than maximum_days ({self.maximum_days})",
                at=("minimum_days",),
            )
        if self.tiers.last_days >= self.maximum_days:
            raise refusal(
                f"a tier begins at day {self.tiers.last_days}, but maximum_days is {self.maximum_days}",
                at=("tiers",),
            )
        return self


def default_retention_classes() -> dict[str, RetentionClass]:
    """The classes of an organisation that declares none."""
    standard = Tiers(infrequent_after_days=INFREQUENT_AFTER_DAYS)
    regulated = Tiers(infrequent_after_days=INFREQUENT_AFTER_DAYS, archive_after_days=ARCHIVE_AFTER_DAYS)
    return {
        "transient": RetentionClass(maximum_days=TRANSIENT_MAXIMUM_DAYS).named("transient"),
        "standard": RetentionClass(
            minimum_days=STANDARD_MINIMUM_DAYS, maximum_days=STANDARD_MAXIMUM_DAYS, tiers=standard
        ).named("standard"),
        "regulated": RetentionClass(
            minimum_days=REGULATED_MINIMUM_DAYS, maximum_days=REGULATED_MAXIMUM_DAYS, tiers=regulated
        ).named("regulated"),
    }


class Retention(Model):
    """The organisation's retention classes and the one that is meant when none is named."""

    default: RetentionClassName = Field(default=DEFAULT_RETENTION_CLASS, description="Class of data that names none.")
    classes: Annotated[Mapping[RetentionClassName, RetentionClass], NAMED] = Field(
        default_factory=default_retention_classes, min_length=1, description="Retention classes by name."
    )

    @model_validator(mode="after")
    def _default_is_a_class(self) -> Self:
        if self.default not in self.classes:
            raise refused([undeclared(self, "default", self.default, ("classes",), tuple(self.classes))])
        return self
