"""E-mail addresses that are told of something."""

import re
from collections.abc import Sequence

from dataops_infra.foundation.inputs import Mistakes

ADDRESSES_AT_MOST = 10
"""https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create.html; more people share an address."""
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,253}")


def check_emails(mistakes: Mistakes, argument: str, emails: Sequence[str]) -> None:
    """Each is an e-mail address and stands once, and there are :data:`ADDRESSES_AT_MOST`."""
    if len(emails) > ADDRESSES_AT_MOST:
        mistakes.add(argument, f"{ADDRESSES_AT_MOST} addresses at most", f"{len(emails)} addresses")
    mistakes.each_once(argument, "address", emails)
    for index, email in enumerate(emails):
        if not _EMAIL.fullmatch(email):
            mistakes.add(f"{argument}[{index}]", "an e-mail address", email)
