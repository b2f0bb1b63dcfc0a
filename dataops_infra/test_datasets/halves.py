"""What one cloud does for a masked test dataset, and which module does it. Only that cloud's SDK is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import pulumi

from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.test_datasets.places import Cloud
from dataops_infra.test_datasets.terms import Terms

_SDKS = {Cloud.AWS: "pulumi_aws", Cloud.GCP: "pulumi_gcp"}


@dataclass(frozen=True)
class Made:
    """What a cloud's half made.

    :param facts: the fields of ``TestDatasetRef``; a value may be an output.
    :param usable: a value of each child, all known at preview, that together stand for a dataset that can be used.
    :param role: who the job is.
    :param job: name of the job.
    :param alarm: what tells of refused, failed and missed runs.
    """

    facts: Mapping[str, pulumi.Input[str]]
    usable: Sequence[pulumi.Output[Any]]
    role: pulumi.Output[str]
    job: pulumi.Output[str]
    alarm: pulumi.Output[str]


class Half(Protocol):
    """A module ``dataops_infra.test_datasets.<cloud>``."""

    def plan(self, mistakes: Mistakes, name: str, terms: Terms) -> Any:
        """Check what only this cloud can judge and derive every name; nothing is registered.

        :raises ComponentInputError: with everything that is wrong, what ``mistakes`` held before included.
        """

    def build(self, dataset: pulumi.ComponentResource, name: str, plan: Any) -> Made:
        """Create the children of ``dataset`` from what :meth:`plan` gave."""


def half_of(cloud: Cloud) -> Half:
    """The module for ``cloud``.

    :raises ModuleNotFoundError: the SDK of the cloud is not installed; the text says how to install it.
    """
    try:
        return cast(Half, import_module(f"dataops_infra.test_datasets.{cloud.value}"))
    except ModuleNotFoundError as error:
        if error.name != _SDKS[cloud]:
            raise
        wanted = f'pip install "dataops-infra[{cloud.value}]"'
        raise ModuleNotFoundError(
            f"MaskedTestDataset needs {error.name}, which is not installed: {wanted}", name=error.name
        ) from None
