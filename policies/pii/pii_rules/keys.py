"""Whether a store is encrypted, and whether by a key of the customer's own."""

from typing import Any

from dataops_infra.policy import Resource, Unknown
from dataops_infra.policy.store_types import Store
from dataops_infra.policy.stores import Classified, stated_at

AWS_MANAGED = "alias/aws/"
"""Aliases of keys that AWS made and owns: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk"""


def needs_own_key(found: Classified) -> bool:
    """Whether the data is encrypted with a customer-managed key, as the conventions have it."""
    return found.reaches(found.levels.customer_managed_key_from)


def is_own_key(value: Any) -> bool:
    """Whether a value names a customer-managed key; an unknown one may be one, and was noted."""
    return isinstance(value, Unknown) or (isinstance(value, str) and bool(value) and AWS_MANAGED not in value)


def takes_after_another(resource: Resource, store: Store) -> bool:
    """Whether the store has its encryption from another one: a replica, a restored snapshot, a stream's source."""
    return any(value is not None for path in store.inherits for value in stated_at(resource, path))


def is_plain(resource: Resource, store: Store) -> bool:
    """Whether the store keeps its data unencrypted."""
    if not store.switch or takes_after_another(resource, store):
        return False
    switch = next(stated_at(resource, store.switch))
    if isinstance(switch, Unknown) or switch not in store.off:
        return False
    if switch is None and store.on_when is not None:
        path, value = store.on_when
        return bool(next(stated_at(resource, path)) != value)
    return True


def lacks_own_key(resource: Resource, store: Store) -> bool:
    """Whether a store that needs a key of the customer's own is known to have none."""
    others = [path for path in store.inherits if path not in store.keys]
    if not store.managed or any(value is not None for path in others for value in stated_at(resource, path)):
        return False
    return not has_own_key(resource, store)


def has_own_key(resource: Resource, store: Store) -> bool:
    """Whether every part of a store names a customer-managed key, and uses it."""
    if store.key_switch is not None:
        path, wanted = store.key_switch
        switch = next(stated_at(resource, path))
        if not isinstance(switch, Unknown) and switch != wanted:
            return False
    return any(all(is_own_key(value) for value in stated_at(resource, path)) for path in store.keys)


def key_steps(store: Store) -> tuple[str, ...]:
    """How to give a store a key of its own."""
    return (f"give it a customer-managed key in `{store.keys[0]}`",) if store.keys else ()


def missing_key(found: Classified, noun: str, store: Store) -> str:
    """The sentence for a store without a key of its own."""
    reason = "is not encrypted with a customer-managed key" if store.keys else "cannot have a customer-managed key"
    return f"the {noun} {reason}, which data needs from the level {found.levels.customer_managed_key_from}"


def plain_steps(store: Store) -> tuple[str, ...]:
    """How to encrypt a store."""
    return (f"set `{store.switch}`",)
