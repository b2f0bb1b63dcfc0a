"""No option of ``MaskedTestDataset`` is left out of the examples, on the cloud that has it."""

import re
import runpy
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import pulumi
import pytest

from dataops_infra.test_datasets import component
from tests.support.recording import record

EXAMPLES = sorted(path.parent for path in Path(__file__).parents[2].glob("examples/*_masked_test_dataset*/__main__.py"))


def options(spec: Any, prefix: str = "") -> Iterator[str]:
    """The path of each option (``job.network.vpc``), of a closed set each of its values (``job.engine=glue``)."""
    for name, hint in get_type_hints(spec, localns={**vars(pulumi), "T": Any}).items():
        parts = [part for part in _parts(hint) if isinstance(part, type)]
        inner = next((part for part in parts if is_typeddict(part) and part.__module__ == component.__name__), None)
        choices = next((part for part in parts if issubclass(part, Enum)), None)
        if inner is not None:
            yield from options(inner, f"{prefix}{name}.")
        elif choices is not None:
            yield from (f"{prefix}{name}={choice.value}" for choice in choices)
        else:
            yield f"{prefix}{name}"


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for part in get_args(hint):
        yield from _parts(part)


def given(value: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The same of what a program gave, which is recorded under names of the wire."""
    for name, item in value.items():
        path = prefix + re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)
        yield path
        if isinstance(item, Mapping):
            yield from given(item, f"{path}.")
        elif isinstance(item, str):
            yield f"{path}={item}"


def used_by(example: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The options that an example gives to its test datasets."""
    monkeypatch.chdir(example)  # plans are named from the program's root
    (stack,) = (file.name.split(".")[1] for file in example.glob("Pulumi.*.yaml"))
    made = record(lambda: runpy.run_path(str(example / "__main__.py")), stack_name=stack)
    datasets = made.of_type("dataops-infra:index:MaskedTestDataset")
    assert datasets
    return {path for dataset in datasets for path in given(dataset.inputs)}


def test_every_option_stands_in_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = set(options(component.MaskedTestDatasetArgs))
    assert {"alarms.topic_arn", "job.engine=emr_serverless", "target.s3_lake", "source.folder=owner"} <= wanted
    used = {path for example in EXAMPLES for path in used_by(example, monkeypatch)}
    assert wanted - used == set()
