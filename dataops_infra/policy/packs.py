"""What our packs hold: their rules, and the config that carries an organisation's conventions to them."""

import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from dataops_infra.conventions.compiled import CONFIG_KEY
from dataops_infra.pack_folders import pack_folder
from dataops_infra.policy.building import KERNEL_POLICIES
from dataops_infra.policy.rules import Rule


def pack_rules(name: str) -> tuple[Rule, ...]:
    """The rules of one of our packs, read from its module or package ``<folder>_rules``.

    :raises InvalidInputError: we have no pack of that name.
    """
    folder = pack_folder(name)
    module_name = f"{folder.name}_rules"
    if module_name not in sys.modules:
        package = folder / module_name / "__init__.py"
        spec = spec_from_file_location(module_name, package if package.is_file() else folder / f"{module_name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[module_name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    rules: tuple[Rule, ...] = sys.modules[module_name].RULES
    return rules


def pack_config(name: str, document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The config of one of our packs, for ``--policy-pack-config``: every policy with the compiled conventions.

    The engine takes a key ``all`` for a policy of that name, hence one entry each.
    """
    return {policy: {CONFIG_KEY: dict(document)} for policy in (*(r.name for r in pack_rules(name)), *KERNEL_POLICIES)}
