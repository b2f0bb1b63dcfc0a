"""Resource names (URNs), as the engine composes them."""

from .records import STACK_TYPE


def make_urn(stack: str, project: str, parent: str, type_token: str, name: str) -> str:
    """The URN of a resource: children carry their ancestors' types, top-level resources not the stack's."""
    qualified = type_token
    if parent:
        above = qualified_type(parent)
        if above != STACK_TYPE:
            qualified = f"{above}${type_token}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def is_urn(text: str) -> bool:
    """Whether the engine takes ``text`` for a URN."""
    return text.startswith("urn:pulumi:") and len(_parts(text)) == 4


def is_type_token(token: str) -> bool:
    """Whether the engine takes ``token`` for the type of a custom or remote resource: ``*:*:*``."""
    return token.count(":") >= 2


def _parts(urn: str) -> list[str]:
    # A logical name may contain "::" itself.
    return urn.split("::", 3)


def qualified_type(urn: str) -> str:
    """``acme:Lake$aws:s3/bucket:Bucket`` of a URN; "" when it is none."""
    parts = _parts(urn)
    return parts[2] if len(parts) == 4 else ""


def type_of(urn: str) -> str:
    """The resource's own type token."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """The logical name."""
    parts = _parts(urn)
    return parts[3] if len(parts) == 4 else ""


def package_of(token: str) -> str:
    """The package of a type or function token: ``aws`` of ``aws:s3/bucket:Bucket``; of a provider's type the package
    it serves."""
    head, _, rest = token.partition(":")
    if head == "pulumi" and rest.startswith("providers:"):
        return rest.removeprefix("providers:")
    return head
