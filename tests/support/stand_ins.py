"""Packages shaped like generated Pulumi SDKs, for providers whose real SDK is not installed here.

Each gets what the generator writes: an ``…Args`` class with ``input_type``, a resource with getters, the version that
``_utilities`` reads from the distribution's metadata, and the plugin's download address where there is one.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_HEADER = """\
import pulumi
from typing import Any, Mapping, Optional, Sequence
from {package} import _utilities


def _package():
    return {{"package_ref": _utilities.get_package()}} if hasattr(_utilities, "get_package") else {{}}


"""

_PARAMETERIZED = """

_package_ref = None
_package_lock = asyncio.Lock()


async def get_package():
    from pulumi.runtime.proto import resource_pb2

    global _package_ref
    if _package_ref is None:
        async with _package_lock:
            given = resource_pb2.Parameterization(name={name!r}, version=get_version(), value=b"e30=")
            answer = pulumi.runtime.settings.get_monitor().RegisterPackage(
                resource_pb2.RegisterPackageRequest(name={plugin!r}, version={version!r}, parameterization=given)
            )
            _package_ref = answer.ref
    return _package_ref
"""


@dataclass(frozen=True)
class StandIn:
    """One resource type, property class or function.

    ``inputs`` and ``outputs`` are annotations by Python name; an input ending in ``!`` is required. ``constants`` are
    properties the constructor sets itself (``kind`` of a Kubernetes object).
    """

    name: str
    token: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    remote: bool = False

    def source(self) -> str:
        """The Python text of it."""
        if not self.token:
            return _arguments(self.name, self.inputs) + _output_type(self.name.removesuffix("Args"), self.inputs)
        if self.token.startswith("pulumi:providers:"):
            return _arguments(f"{self.name}Args", self.inputs) + self._resource("pulumi.ProviderResource")
        base = "pulumi.ComponentResource" if self.remote else "pulumi.CustomResource"
        arguments = dict(self.inputs) | dict.fromkeys(self.constants, "Optional[str]")
        return _arguments(f"{self.name}Args", arguments) + self._resource(base)

    def _resource(self, base: str) -> str:
        every = [*self.inputs, *self.constants]
        token = self.token.removeprefix("pulumi:providers:")
        given = "".join(f"        __props__.__dict__[{name!r}] = {name}\n" for name in self.inputs)
        given += "".join(
            f"        __props__.__dict__[{name!r}] = {value!r}\n" for name, value in self.constants.items()
        )
        given += "".join(f"        __props__.__dict__[{name!r}] = None\n" for name in self.outputs if name not in every)
        parameters = "".join(f", {name}=None" for name in self.inputs)
        annotations = {name: _bare(annotation) for name, annotation in self.inputs.items()}
        annotations |= dict.fromkeys(self.constants, "str")
        getters = "".join(_getter(n, f"pulumi.Output[{a}]") for n, a in (annotations | dict(self.outputs)).items())
        end = ", remote=True" if self.remote else ""
        return (
            f"@pulumi.type_token({self.token!r})\n"
            f"class {self.name}({base}):\n"
            f"    pulumi_type = {self.token!r}\n"
            f"    def __init__(__self__, resource_name, opts=None{parameters}):\n"
            f"        opts = pulumi.ResourceOptions.merge(_utilities.get_resource_opts_defaults(), opts)\n"
            f"        __props__ = {self.name}Args.__new__({self.name}Args)\n"
            f"{given}"
            f"        super().__init__({token!r}, resource_name, __props__, opts{end}, **_package())\n"
            f"{getters}\n"
        )


def write_sdk(
    site: Path,
    package: str,
    version: str,
    modules: Mapping[str, Sequence[StandIn]],
    functions: str = "",
    download_url: str | None = None,
    plugin: tuple[str, str] | None = None,
) -> None:
    """Install a stand-in for ``pulumi_<package>`` into ``site``.

    :param modules: dotted module below the package ("" = the package itself) -> what it holds.
    :param plugin: name and version of the plugin that serves the package, for one made by ``pulumi package add``.
    :param functions: further text of the package's ``__init__``, such as functions.
    """
    name = f"pulumi_{package}"
    root = site / name
    root.mkdir(parents=True)
    spec = find_spec("pulumi_random._utilities")
    assert spec is not None
    assert spec.origin is not None
    shutil.copy(spec.origin, root / "_utilities.py")
    if download_url:
        with (root / "_utilities.py").open("a") as file:
            file.write(f"\n\ndef get_plugin_download_url():\n    return {download_url!r}\n")
    if plugin:
        with (root / "_utilities.py").open("a") as file:
            file.write(_PARAMETERIZED.format(name=package, plugin=plugin[0], version=plugin[1]))
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (root / "__init__.py").write_text(_HEADER.format(package=name))
    for module, contents in modules.items():
        _write_module(root, name, module, "\n".join(item.source() for item in contents))
    if functions:
        with (root / "__init__.py").open("a") as file:
            file.write(functions)


def _write_module(root: Path, package: str, module: str, text: str) -> None:
    folder = root
    for part in filter(None, module.split(".")):
        with (folder / "__init__.py").open("a") as file:
            file.write(f"from . import {part}\n")
        folder /= part
        folder.mkdir(exist_ok=True)
        if not (folder / "__init__.py").exists():
            (folder / "__init__.py").write_text(_HEADER.format(package=package))
    with (folder / "__init__.py").open("a") as file:
        file.write(text)


def _bare(annotation: str) -> str:
    return annotation.removesuffix("!")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _getter(name: str, annotation: str) -> str:
    return (
        f"    @property\n    @pulumi.getter(name={_camel(name)!r})\n"
        f"    def {name}(self) -> {annotation!r}:\n        return pulumi.get(self, {name!r})\n"
    )


def _arguments(name: str, inputs: Mapping[str, str]) -> str:
    required = [given for given, annotation in inputs.items() if annotation.endswith("!")]
    parameters = "".join(f", {given}" if given in required else f", {given}=None" for given in inputs)
    star = ", *" if inputs else ""
    body = "".join(
        f"        if {given} is not None:\n            pulumi.set(__self__, {given!r}, {given})\n" for given in inputs
    )
    getters = "".join(
        _getter(given, f"pulumi.Input[{_bare(annotation)}]")
        + f"    @{given}.setter\n    def {given}(self, value):\n        pulumi.set(self, {given!r}, value)\n"
        for given, annotation in inputs.items()
    )
    return (
        f"@pulumi.input_type\nclass {name}:\n    def __init__(__self__{star}{parameters}):\n"
        f"{body or '        pass'}\n{getters}\n"
    )


def _output_type(name: str, inputs: Mapping[str, str]) -> str:
    """The same properties as the class of what comes back."""
    parameters = "".join(f", {given}=None" for given in inputs)
    body = "".join(f"        pulumi.set(__self__, {given!r}, {given})\n" for given in inputs)
    getters = "".join(_getter(given, _bare(annotation)) for given, annotation in inputs.items())
    star = ", *" if inputs else ""
    return (
        f"@pulumi.output_type\nclass {name}(dict):\n    def __init__(__self__{star}{parameters}):\n"
        f"{body or '        pass'}\n{getters}\n"
    )
