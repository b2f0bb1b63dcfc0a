"""The option ``--as-of``: the day on which a command judges dates."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

JUDGED = "The day on which dates are judged; today in UTC."


def day(written: str) -> date:
    """The day that a person wrote as 2027-01-31.

    :raises typer.BadParameter: it is none.
    """
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise typer.BadParameter(f"expected a day such as 2027-01-31, got {written!r}") from None


def today() -> date:
    """The day it is in UTC."""
    return datetime.now(UTC).date()


AsOf = Annotated[date | None, typer.Option("--as-of", parser=day, metavar="DATE", help=JUDGED)]
