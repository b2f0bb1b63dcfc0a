"""Where a component stands on the platform: conventions, environment, domain, tags: the same for all.

Each function notes what is wrong in a :class:`Mistakes` and goes on, so that a user hears of everything at once.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pulumi

from dataops_infra.conventions import Conventions, Domain, Environment, RetentionClass, names, read_conventions
from dataops_infra.conventions.loading import ENVIRONMENT_VARIABLE, find_conventions
from dataops_infra.conventions.name_limits import NameLimits
from dataops_infra.conventions.tags import (
    COST_CENTER,
    DATA_CLASSIFICATION,
    DOMAIN,
    ENVIRONMENT,
    EXPIRES_ON,
    LOG_ZONE,
    MANAGED_BY,
    MANAGED_BY_VALUE,
    OWNER,
    SANDBOX,
    SANDBOX_ZONE,
    TEST_DATASET,
    ZONE,
    canonical_tag_key,
    is_mandated_tag_key,
)
from dataops_infra.errors import ConventionsError, InvalidInputError
from dataops_infra.foundation.inputs import Mistakes, check_arguments

CONFIG_KEY = "conventions"
"""The stack's key, in the namespace ``dataops``, for the path of ``dataops.yaml`` (relative to ``Pulumi.yaml``)."""

ARGUMENT_OF_TAG = {
    OWNER: "owner",
    COST_CENTER: "cost_center",
    ENVIRONMENT: "environment",
    DOMAIN: "domain",
    DATA_CLASSIFICATION: "data_classification",
}
"""Tags that have an argument of their own, which every component spells the same."""
RESERVED_TAGS = (MANAGED_BY, ZONE, EXPIRES_ON, SANDBOX, TEST_DATASET)
"""Tags that only the library sets."""


@dataclass(frozen=True)
class Placement:
    """What the conventions say about one component call.

    :param tags: the tags of everything the component makes; a value may be an output.
    """

    conventions: Conventions
    environment: Environment
    domain: Domain
    data_classification: str
    tags: Mapping[str, pulumi.Input[str]]

    def name(self, mistakes: Mistakes, limits: NameLimits, name: str, region: str, account: str | None) -> str:
        """The physical name of a resource, by the organisation's pattern; notes why there is none, then it is ''."""
        try:
            return names.physical_name(
                limits,
                self.conventions,
                name=name,
                environment=self.environment.name,
                domain=self.domain.name,
                region=region,
                account=account,
            )
        except InvalidInputError as error:
            mistakes.add(error.input, error.expected, error.got)
            return ""


def conventions_of_program() -> Conventions:
    """The conventions that hold for the running program.

    Looked up in this order: ``DATAOPS_CONVENTIONS`` (which ``dataops preview`` sets to the file it judges by), the
    stack's config ``dataops:conventions``, the nearest ``dataops.yaml`` upwards, the built-in defaults.

    :raises pulumi.RunError: the file is missing or wrong; the text names every mistake with its line.
    """
    root = Path(pulumi.runtime.get_root_directory() or Path.cwd())
    named = None if os.environ.get(ENVIRONMENT_VARIABLE) else pulumi.Config("dataops").get(CONFIG_KEY)
    try:
        path = find_conventions(root, root / named if named else None, os.environ)
        return Conventions() if path is None else _read(path, path.stat().st_mtime_ns)
    except ConventionsError as error:
        raise pulumi.RunError(str(error)) from error


@lru_cache(maxsize=8)
def _read(path: Path, _modified_ns: int) -> Conventions:
    """One program has many components and one file; the time of change keeps a long-lived host honest."""
    return read_conventions(path)


def read_call(
    mistakes: Mistakes,
    name: object,
    args: object,
    spec: type,
    complete: Callable[[Conventions, dict[str, Any]], dict[str, Any]] = lambda _conventions, sound: sound,
) -> tuple[dict[str, Any], Placement]:
    """What every component begins with: the arguments that are sound, as ``complete`` leaves them, and its placement.

    :param complete: adds defaults, and notes what the component refuses before the placement does.
    :raises ComponentInputError: ``args`` is no dict.
    """
    sound = check_arguments(mistakes, args, spec)
    conventions = conventions_of_program()
    check_name(mistakes, name)
    given = complete(conventions, sound)
    return given, place(mistakes, conventions, given)


def check_name(mistakes: Mistakes, name: object) -> None:
    """A component's name goes into physical names."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name):
        mistakes.add("name", "lowercase letters, digits and hyphens between them", name)


def place(mistakes: Mistakes, conventions: Conventions, args: Mapping[str, Any]) -> Placement:
    """Resolve the arguments that mean the same everywhere; ``args`` are given and of the right types.

    Where something is wrong the placement holds a stand-in, and ``mistakes`` must be asked to stop before it is used.
    """
    environment = _environment(mistakes, conventions, args.get("environment"))
    name, level = args.get("domain", ""), args.get("data_classification", "")
    domain = conventions.domains.get(name) or Domain().named(name)
    if conventions.domains and "domain" in args:
        mistakes.require_one_of("domain", list(conventions.domains), name)
    if "data_classification" in args:
        _check_level(mistakes, conventions, environment, level)
    own = {
        OWNER: args.get("owner", domain.owner),
        COST_CENTER: args.get("cost_center", domain.cost_center),
        ENVIRONMENT: environment.name,
        DOMAIN: domain.name,
        DATA_CLASSIFICATION: level,
        MANAGED_BY: MANAGED_BY_VALUE,
    }
    tags = {key: value for key, value in own.items() if value is not None}
    extra = args.get("tags", {})
    _check_extra_tags(mistakes, extra)
    _check_tag_values(mistakes, conventions, {**extra, **tags})
    return Placement(conventions, environment, domain, level, {**extra, **tags})


def check_places(
    mistakes: Mistakes, what: str, places: Sequence[str] | None, check: Callable[[str, str], None]
) -> Sequence[str]:
    """All places of the argument that is called after ``what`` they are, also those that are noted as mistakes.

    :param places: None where the argument as a whole is noted as a mistake.
    :param check: notes what is wrong with one place, given its label and itself.
    """
    if places is not None and not places:
        mistakes.add(f"{what}s", f"at least one {what}", list(places))
    found = places or ()
    for index, one in enumerate(found):
        check(f"{what}s[{index}]", one)
    mistakes.each_once(f"{what}s", what, found)
    return found


def check_tags(
    mistakes: Mistakes, tags: Mapping[str, object], keys: NameLimits, values: NameLimits, at_most: int
) -> None:
    """Note what the cloud does not take as a tag, and too many tags: some things carry those of the library too.

    :param keys: what a key may be.
    :param values: what a value may be; that of an output is not known here.
    """
    for key, value in tags.items():
        wrong_key = keys.problem(key)
        wrong_value = values.problem(value) if isinstance(value, str) else None
        if wrong_key or wrong_value:
            argument = ARGUMENT_OF_TAG.get(key, f"tags.{key}")
            mistakes.add(argument, wrong_key or str(wrong_value), key if wrong_key else value)
    every = {*tags, *RESERVED_TAGS}
    if len(every) > at_most:
        mistakes.add("tags", f"fewer: with those of the library {at_most} at most", f"{len(every)} tags")


def retention_of(mistakes: Mistakes, conventions: Conventions, name: str | None) -> RetentionClass:
    """The retention class of this name, the organisation's default for None."""
    classes = conventions.retention.classes
    wanted = conventions.retention.default if name is None else name
    mistakes.require_one_of("retention_class", list(classes), wanted)
    return classes.get(wanted, classes[conventions.retention.default])


NOT_FOR_THE_ASKING = {
    LOG_ZONE: "that bucket is always made",
    SANDBOX_ZONE: "sandboxes are components of their own, which end",
}
"""Zones that a lake's arguments cannot name, and why."""


def zones_of(mistakes: Mistakes, conventions: Conventions, wanted: Sequence[str] | None) -> list[str]:
    """The zones that get a bucket: those wanted, by default all that may be asked for."""
    legal = [zone for zone in conventions.lake.zones if zone not in NOT_FOR_THE_ASKING]
    if wanted is None:
        return legal
    if not wanted:
        mistakes.add("zones", "at least one zone", list(wanted))
    for index, zone in enumerate(wanted):
        if zone in NOT_FOR_THE_ASKING:
            mistakes.add(f"zones[{index}]", f"no {zone!r}: {NOT_FOR_THE_ASKING[zone]}", zone)
        else:
            mistakes.require_one_of(f"zones[{index}]", legal, zone)
    mistakes.each_once("zones", "zone", wanted)
    return [zone for zone in wanted if zone in legal]


def _environment(mistakes: Mistakes, conventions: Conventions, name: str | None) -> Environment:
    names = list(conventions.environments)
    stack = pulumi.get_stack()
    found = conventions.environment_of(stack)
    if name is not None:
        mistakes.require_one_of("environment", names, name)
        if found is not None and name != found.name:
            expected = f"{found.name}, the environment that the stack {stack!r} belongs to"
            mistakes.add("environment", expected, name)
        return conventions.environments.get(name) or Environment().named(name)
    if found is None:
        mistakes.add("environment", f"one of {', '.join(names)}, as the stack's name stands for none of them", stack)
    return found or Environment().named(names[0])


def _check_level(mistakes: Mistakes, conventions: Conventions, environment: Environment, level: str) -> None:
    classification = conventions.classification
    mistakes.require_one_of("data_classification", classification.levels, level)
    if level in classification.levels and classification.is_production_only(level) and not environment.production:
        expected = f"a level below {classification.production_only_from}, as {environment.name} is not production"
        mistakes.add("data_classification", expected, level)


def _check_extra_tags(mistakes: Mistakes, extra: Mapping[str, object]) -> None:
    for key in extra:
        if key in ARGUMENT_OF_TAG:
            mistakes.add(f"tags.{key}", f"the argument {ARGUMENT_OF_TAG[key]} instead of this tag", key)
        elif key in RESERVED_TAGS:
            mistakes.add(f"tags.{key}", "another key: the library sets this one", key)
        elif key != canonical_tag_key(key) and not is_mandated_tag_key(key):
            meant = canonical_tag_key(key)  # "" where no letter of the key can stand in one
            wanted = f"the key {meant!r} (lowercase with hyphens)" if meant else "a key of a-z, 0-9 and hyphens"
            mistakes.add(f"tags.{key}", wanted, key)


def _check_tag_values(mistakes: Mistakes, conventions: Conventions, tags: Mapping[str, object]) -> None:
    # An output's value is not known here; the packs judge it once it is.
    known = {key: value if isinstance(value, str) else None for key, value in tags.items()}
    for key, rule in conventions.tags.required.items():
        argument = ARGUMENT_OF_TAG.get(key, f"tags.{key}")
        if key not in tags:
            if not mistakes.about("domain"):  # it brings owner and cost center
                mistakes.add(argument, "a value: the conventions require this tag", None)
        elif known[key] is not None:
            reason = rule.check(str(known[key]), conventions)
            if reason is not None and argument not in ("environment", "domain", "data_classification"):
                mistakes.add(argument, f"a value that fits: it {reason}", known[key])
