"""Which provider serves a resource: the one it names, its component's, or the package's default one."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .config import DYNAMIC_PACKAGE, provider_config
from .records import PROVIDER_PREFIX, EngineFailure, JobSpec, ProviderRecord, ResourceRecord
from .urns import make_urn, package_of
from .values import UNKNOWN, Properties

DISABLED_KEY = "pulumi:disable-default-providers"
_BUILTIN_PACKAGES = frozenset({"pulumi", DYNAMIC_PACKAGE})
"""Served by the engine or the language host: their default providers have no version."""

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class PackageReference:
    """What a ``RegisterPackage`` call declared: the package's name and version, its plugin's download address."""

    package: str
    version: str
    download_url: str


class Providers:
    """Explicit providers by URN and default providers by package and version.

    :param register: called with each default provider's record when it is first needed.
    :param scrub: turns inputs with placeholders into unknowns.
    """

    def __init__(
        self,
        job: JobSpec,
        register: Callable[[ResourceRecord], None],
        scrub: Callable[[Properties], tuple[Properties, list[str]]],
    ) -> None:
        self._job = job
        self._register = register
        self._by_urn: dict[str, ProviderRecord] = {}
        self._of_components: dict[str, dict[str, str]] = {}
        self._packages: dict[str, PackageReference] = {}
        self._scrub = scrub

    def add_package(self, reference: PackageReference) -> str:
        """Remember a package; the answer is what later requests call it by."""
        key = f"package-{len(self._packages)}"
        for known, other in self._packages.items():
            if other == reference:
                return known
        self._packages[key] = reference
        return key

    def package(self, reference: str) -> PackageReference | None:
        """The package that a request's ``packageRef`` means."""
        return self._packages.get(reference)

    def add_explicit(self, record: ResourceRecord) -> ProviderRecord:
        """A provider that the program made itself; it gets its version like a default one."""
        provider = ProviderRecord(record.urn, UNKNOWN, record.type, record.name, record.inputs)
        self._by_urn[record.urn] = provider
        return provider

    def set_component_providers(self, urn: str, references: Mapping[str, str], parent: str = "") -> None:
        """The providers that a component hands to its children: its own, else those of the component it is in."""
        handed = {**self._of_components.get(parent, {}), **references}
        if handed:
            self._of_components[urn] = handed

    def inherited(self, parent: str, token: str) -> str:
        """The reference to the provider that ``parent`` hands to resources of the token's package, or ""."""
        return self._of_components.get(parent, {}).get(package_of(token), "")

    def find(self, reference: str) -> ProviderRecord:
        """The provider that ``urn::id`` means.

        :raises EngineFailure: nobody registered it.
        """
        urn = reference.rpartition("::")[0]
        provider = self._by_urn.get(urn)
        if provider is None:
            raise EngineFailure("internal", f"unknown provider {urn or reference}")
        return provider

    def serving(
        self, token: str, reference: str, version: str, download_url: str, package_reference: str, subject: str
    ) -> ProviderRecord:
        """The provider of a resource or a function: the one it names or the default one.

        :param subject: what is served, for the sentence of a failure.
        :raises EngineFailure: it names none, and the configuration disables the default one.
        """
        if reference:
            return self.find(reference)
        wanted = self._packages.get(package_reference) or PackageReference(package_of(token), version, download_url)
        if self._is_disabled(wanted.package):
            sentence = f"Default provider for '{wanted.package}' disabled. '{subject}' must use an explicit provider."
            raise EngineFailure("program", sentence)
        return self._default(wanted.package, wanted.version, wanted.download_url)

    def _is_disabled(self, package: str) -> bool:
        """Whether ``pulumi:disable-default-providers`` names the package, or all of them with ``*``."""
        configured = self._job.config.get(DISABLED_KEY, "")
        if not configured or package == "pulumi":
            return False
        try:
            names = json.loads(configured)
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise EngineFailure("config", f"{DISABLED_KEY} must be a list of package names")
        return any(name.strip() in ("*", package) for name in names)

    def _default(self, package: str, version: str, download_url: str) -> ProviderRecord:
        if package in _BUILTIN_PACKAGES:
            version = ""
        name = _default_name(version, download_url)
        token = PROVIDER_PREFIX + package
        urn = make_urn(self._job.stack, self._job.project, "", token, name)
        known = self._by_urn.get(urn)
        if known is not None:
            return known
        inputs, _ = self._scrub({} if package == "pulumi" else dict(provider_config(self._job, package)))
        inputs = dict(inputs)
        if version:
            inputs["version"] = version
        # The engine keeps the address in `__internal`, which no policy is shown.
        provider = self._by_urn[urn] = ProviderRecord(urn, UNKNOWN, token, name, inputs)
        self._register(ResourceRecord(urn, token, name, custom=True, inputs=inputs, outputs=inputs))
        return provider


def _default_name(version: str, download_url: str) -> str:
    """``default_1_2_3_alpha_1_https_/host/path``: no dashes, and of the address no empty segments."""
    number, *rest = re.split(r"[-+]", version, maxsplit=1)
    parts = ["default", number.replace(".", "_"), *(re.sub(r"[.+]", "_", item) for item in rest)]
    segments = [_NOT_IN_NAMES.sub("_", item) for item in download_url.split("/") if item]
    return "_".join(part for part in [*parts, "/".join(segments)] if part)
