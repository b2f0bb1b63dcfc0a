"""Keys are rotated; the data catalogue and the results of queries are encrypted."""

import re
from collections.abc import Iterator

from dataops_infra.conventions.classification import KEY_ROTATION_DAYS_AT_MOST
from dataops_infra.policy import Properties, Resource, Rule, Severity, Stack, Unknown, Violation
from dataops_infra.policy.stores import Classified, classified
from dataops_infra.policy.tag_reading import as_text

from .classifying import is_external
from .controls import CIS_AWS_KEYS_ROTATED, CRYPTOGRAPHY, GDPR_SECURITY
from .keys import is_own_key, needs_own_key

AWS_KEY = "aws:kms/key:Key"
GCP_KEYS = frozenset({"gcp:kms/cryptoKey:CryptoKey"})
GLUE_SETTINGS = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
GLUE_CONNECTION = "aws:glue/connection:Connection"
METASTORE = "gcp:dataproc/metastoreService:MetastoreService"
WORKGROUP = "aws:athena/workgroup:Workgroup"

AWS_ROTATION_DAYS = 365
"""What `enableKeyRotation` alone means: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""
SECONDS_A_DAY = 86_400
_SECONDS = re.compile(r"([0-9]+)(?:\.[0-9]+)?s")
_CATALOG_MODES = ("SSE-KMS", "SSE-KMS-WITH-SERVICE-ROLE")
_PASSWORDS = ("PASSWORD", "ENCRYPTED_PASSWORD")
_KMS_OPTIONS = ("SSE_KMS", "CSE_KMS")


def keys_rotated(resource: Resource) -> Iterator[Violation]:
    """Keys that can be rotated by themselves are, at least as often as the rule's config says."""
    if is_external(resource):
        return
    at_most = resource.config["maximumDays"]
    judge = _aws_rotation if resource.type == AWS_KEY else _gcp_rotation
    yield from judge(resource, at_most)


def _aws_rotation(resource: Resource, at_most: float) -> Iterator[Violation]:
    """Only symmetric keys whose material AWS made can be rotated by AWS (rotate-keys.html, "Key types")."""
    spec, usage = resource.props.get("customerMasterKeySpec"), resource.props.get("keyUsage")
    symmetric = spec in (None, "SYMMETRIC_DEFAULT") and usage in (None, "ENCRYPT_DECRYPT")
    if any(isinstance(value, Unknown) for value in (spec, usage)) or not symmetric:
        return
    if resource.props.get("customKeyStoreId") is not None:
        return
    rotates = resource.props.get("enableKeyRotation", default=False)
    if not isinstance(rotates, Unknown) and rotates is not True:
        yield Violation("the key is never rotated", ("set `enableKeyRotation`",))
        return
    days = as_text(resource.props.get("rotationPeriodInDays", AWS_ROTATION_DAYS)) or ""
    if days.isdecimal() and int(days) > at_most:
        yield _too_seldom("rotationPeriodInDays", at_most)


def _gcp_rotation(resource: Resource, at_most: float) -> Iterator[Violation]:
    """Only keys for ``ENCRYPT_DECRYPT`` are rotated by Google: https://cloud.google.com/kms/docs/key-rotation."""
    purpose = resource.props.get("purpose", "ENCRYPT_DECRYPT")
    if purpose != "ENCRYPT_DECRYPT" or resource.props.get("importOnly", default=False) is True:
        return
    period = resource.props.get("rotationPeriod")
    if isinstance(period, Unknown):
        return
    match = _SECONDS.fullmatch(period) if isinstance(period, str) else None
    if match is None:
        step = f'set `rotationPeriod`, at most "{int(at_most * SECONDS_A_DAY)}s"'
        yield Violation("the key is never rotated", (step,))
    elif int(match[1]) > at_most * SECONDS_A_DAY:
        yield _too_seldom("rotationPeriod", at_most)


def _too_seldom(name: str, at_most: float) -> Violation:
    days = f"{int(at_most)} days"
    return Violation(f"the key is rotated less often than every {days}", (f"set `{name}` to {days} or less",))


def catalog_encrypted(stack: Stack) -> Iterator[Violation]:
    """The data catalogue and the passwords in it are encrypted.

    The Glue catalogue's settings are one per account and region and mostly stand in another stack, so none is asked for
    where a stack has databases only. A password in a connection is safe here only if the settings are too (ADR 0096).
    """
    settings = [resource for resource in stack.of_types({GLUE_SETTINGS}) if not is_external(resource)]
    for resource in settings:
        yield from _wrong_with_settings(resource)
    for resource in stack.of_types({METASTORE}):
        found = classified(resource)
        if not is_external(resource) and needs_own_key(found) and not _names_key(resource, "encryptionConfig.kmsKey"):
            message = "the metastore is not encrypted with a customer-managed key, which data needs from the level"
            step = "give it a customer-managed key in `encryptionConfig.kmsKey`"
            yield Violation(f"{message} {found.levels.customer_managed_key_from}", (step,), resource.urn)
    if not settings:
        yield from _passwords_in_the_catalogue(stack)


def _wrong_with_settings(resource: Resource) -> Iterator[Violation]:
    at_rest = "dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode"
    mode = resource.props.at(at_rest)
    if not isinstance(mode, Unknown) and mode not in _CATALOG_MODES:
        yield Violation("the Glue catalogue is not encrypted", (f"set `{at_rest}` to SSE-KMS",), resource.urn)
    passwords = "dataCatalogEncryptionSettings.connectionPasswordEncryption.returnConnectionPasswordEncrypted"
    encrypted = resource.props.at(passwords)
    if not isinstance(encrypted, Unknown) and encrypted is not True:
        message = "passwords of connections are not encrypted in the Glue catalogue"
        yield Violation(message, (f"set `{passwords}` and its key",), resource.urn)


def _passwords_in_the_catalogue(stack: Stack) -> Iterator[Violation]:
    for resource in stack.of_types({GLUE_CONNECTION}):
        given = resource.stated("connectionProperties")
        if isinstance(given, Properties) and any(name in _PASSWORDS for name in given):
            yield Violation(
                "the connection keeps its password in the Glue catalogue, whose settings this stack does not show",
                ("name a secret with `SECRET_ID` instead", "or declare the catalogue's encryption settings here"),
                resource.urn,
            )


def _names_key(resource: Resource, path: str) -> bool:
    return is_own_key(resource.props.at(path))


def query_results_encrypted(resource: Resource) -> Iterator[Violation]:
    """A workgroup of Athena encrypts the results of queries, and no client can choose otherwise."""
    if is_external(resource):
        return
    configuration, found = resource.props.get("configuration"), classified(resource)
    if isinstance(configuration, Unknown):
        return
    if not isinstance(configuration, Properties):
        configuration = Properties({}, resource.props.log, "configuration")
    managed = configuration.at("managedQueryResultsConfiguration.enabled", default=False)
    if managed is True:
        # Athena keeps these results itself, always encrypted, and clients cannot send them elsewhere:
        # https://docs.aws.amazon.com/athena/latest/ug/managed-results.html
        path = "managedQueryResultsConfiguration.encryptionConfiguration.kmsKey"
        yield from _keyed_results(configuration, path, found)
    elif not isinstance(managed, Unknown):
        yield from _results_in_s3(configuration, found)


def _results_in_s3(configuration: Properties, found: Classified) -> Iterator[Violation]:
    if configuration.get("enforceWorkgroupConfiguration", default=True) is False:
        message = "clients may choose where results of queries go, and whether they are encrypted"
        yield Violation(message, ("set `configuration.enforceWorkgroupConfiguration`",))
    encryption = "resultConfiguration.encryptionConfiguration"
    option = configuration.at(f"{encryption}.encryptionOption")
    if option is None:
        step = f"set `configuration.{encryption}.encryptionOption` to SSE_KMS and name a key"
        yield Violation("the results of queries are not encrypted by the workgroup", (step,))
    elif isinstance(option, Unknown) or option in _KMS_OPTIONS:
        yield from _keyed_results(configuration, f"{encryption}.kmsKeyArn", found)
    else:
        yield from _keyed_results(Properties({}, configuration.log), f"{encryption}.kmsKeyArn", found)


def _keyed_results(configuration: Properties, path: str, found: Classified) -> Iterator[Violation]:
    if needs_own_key(found) and not is_own_key(configuration.at(path)):
        message = "results of queries are not encrypted with a customer-managed key, which data needs from the level"
        step = f"name a customer-managed key in `configuration.{path}`"
        yield Violation(f"{message} {found.levels.customer_managed_key_from}", (step,))


RULES = (
    Rule(
        name="kms-rotated",
        description="Keys are rotated.",
        types=frozenset({AWS_KEY}) | GCP_KEYS,
        check=keys_rotated,
        remediation=("rotate the key",),
        frameworks=(CRYPTOGRAPHY, GDPR_SECURITY, CIS_AWS_KEYS_ROTATED),
        config={
            "maximumDays": {
                "type": "number",
                "minimum": 1,
                "default": KEY_ROTATION_DAYS_AT_MOST,
                "description": "Longest time between two rotations, in days.",
            }
        },
    ),
    Rule(
        name="catalog-encrypted",
        description="The data catalogue and the passwords in it are encrypted.",
        kind="stack",
        types=frozenset({GLUE_SETTINGS, GLUE_CONNECTION, METASTORE}),
        check=catalog_encrypted,
        remediation=("encrypt the catalogue",),
        frameworks=(CRYPTOGRAPHY, GDPR_SECURITY),
    ),
    Rule(
        name="query-results-encrypted",
        description="Workgroups encrypt the results of queries.",
        types=frozenset({WORKGROUP}),
        check=query_results_encrypted,
        remediation=("set the workgroup's encryption of results and enforce it",),
        severity=Severity.HIGH,
        frameworks=(CRYPTOGRAPHY, GDPR_SECURITY),
    ),
)
