"""Which provider serves a resource: the one it names, its component's, or the package's default one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .config import DYNAMIC_PACKAGE, provider_config
from .records import PROVIDER_PREFIX, EngineFailure, JobSpec, ProviderRecord, ResourceRecord
from .urns import make_urn, package_of
from .values import UNKNOWN, Properties

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

    def set_component_providers(self, urn: str, references: Mapping[str, str]) -> None:
        """The providers that a component hands to its children."""
        if references:
            self._of_components[urn] = dict(references)

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
        self, token: str, reference: str, parent: str, version: str, download_url: str, package_reference: str
    ) -> ProviderRecord:
        """The provider of a resource or a function: named, inherited from the component, or default."""
        if reference:
            return self.find(reference)
        package = package_of(token)
        inherited = self._of_components.get(parent, {}).get(package)
        if inherited:
            return self.find(inherited)
        declared = self._packages.get(package_reference)
        if declared:
            return self._default(declared.package, declared.version, declared.download_url)
        return self._default(package, version, download_url)

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
