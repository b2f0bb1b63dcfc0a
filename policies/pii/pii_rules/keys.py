"""Whether a store is encrypted, and whether by a key of the customer's own."""

from typing import Any

from dataops_infra.policy import Resource, Unknown
from dataops_infra.policy.joins import peeked
from dataops_infra.policy.store_types import Store
from dataops_infra.policy.stores import Classified, stated_at

AWS_MANAGED = "alias/aws/"
"""Aliases of keys that AWS made and owns: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk"""


OWN_KEYS = frozenset(
    {
        "aws:kms/alias:Alias",
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/key:Key",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
        "gcp:kms/cryptoKey:CryptoKey",
    }
)
"""What makes a key of the customer's own, or a name for one: AWS keeps the aliases of its own keys to itself."""


def needs_own_key(found: Classified) -> bool:
    """Whether the data is encrypted with a customer-managed key, as the conventions have it."""
    return found.reaches(found.levels.customer_managed_key_from)


def is_own_key(value: Any) -> bool:
    """Whether a value names a customer-managed key; an unknown one may be one, and was noted."""
    return isinstance(value, Unknown) or (isinstance(value, str) and bool(value) and AWS_MANAGED not in value)


def is_made_from_own_keys(resource: Resource, name: str) -> bool:
    """Whether an input was made from keys of the stack alone: unknown before the deployment, yet nobody else's."""
    sources = resource.property_dependencies.get(name, ())
    return bool(sources) and all(urn.split("::")[2].rpartition("$")[2] in OWN_KEYS for urn in sources)


def takes_after_another(resource: Resource, store: Store) -> bool:
    """Whether the store has its encryption from another one: a replica, a restored snapshot, a stream's source."""
    return any(value is not None for path in store.inherits for value in stated_at(resource, path))


def is_plain(resource: Resource, store: Store) -> bool:
    """Whether the store keeps its data unencrypted."""
    if not store.switch:
        return False
    switch = next(stated_at(resource, store.switch))
    if switch not in store.off:
        return bool(store.on_with_key) and not _names_a_key(resource, store.keys[0])
    if takes_after_another(resource, store):
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
    return any(_names_own_key(resource, path) for path in store.keys)


def _names_a_key(resource: Resource, path: str) -> bool:
    """Whether a key is named, whoever's it is; an unknown one may be one, and was noted unless it is of the stack."""
    is_of_stack = isinstance(peeked(resource, path), Unknown) and is_made_from_own_keys(resource, path)
    return is_of_stack or next(stated_at(resource, path)) not in (None, "")


def _names_own_key(resource: Resource, path: str) -> bool:
    """Whether all values at a path name keys of the customer's own; one of a key of the stack is not waited for."""
    if isinstance(peeked(resource, path), Unknown) and is_made_from_own_keys(resource, path.partition(".")[0]):
        return True
    return all(is_own_key(value) for value in stated_at(resource, path))


def key_steps(store: Store) -> tuple[str, ...]:
    """How to give a store a key of its own."""
    if not store.keys:
        return ()
    used = ""
    if store.key_switch is not None:
        path, value = store.key_switch
        used = f", and set `{path}` to {'true' if value is True else value}"
    return (f"give it a customer-managed key in `{store.keys[0]}`{used}",)


def missing_key(found: Classified, noun: str, store: Store) -> str:
    """The sentence for a store without a key of its own."""
    reason = "is not encrypted with a customer-managed key" if store.keys else "cannot have a customer-managed key"
    return f"the {noun} {reason}, which data needs from the level {found.levels.customer_managed_key_from}"


def plain_steps(store: Store) -> tuple[str, ...]:
    """How to encrypt a store."""
    if store.on_with_key:
        return (f"set `{store.switch}` to {store.on_with_key} and `{store.keys[0]}` to a key",)
    return (f"set `{store.switch}` to true",)
