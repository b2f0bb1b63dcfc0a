"""Masked test datasets that members of a sandbox may read: of its cloud, and no more confidential than the sandbox."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi

from dataops_infra.conventions import Classification
from dataops_infra.foundation.inputs import Mistakes
from dataops_infra.foundation.placement import Placement
from dataops_infra.test_datasets.component import TestDatasetRef
from dataops_infra.test_datasets.places import Cloud

_SANDBOXES = {Cloud.AWS: "AwsSandbox", Cloud.GCP: "GcpSandbox"}


def read_test_datasets(
    mistakes: Mistakes, placement: Placement, cloud: Cloud, given: Sequence[pulumi.Input[TestDatasetRef]]
) -> tuple[pulumi.Output[TestDatasetRef], ...]:
    """The datasets of a sandbox's argument ``test_datasets``.

    A ``ref`` of a component is an output: it is judged once it is known, and a wrong one fails the program then, with
    the sentence that a dict would have had.

    :param placement: of the sandbox, whose level is the most that members may read.
    """
    classification, most = placement.conventions.classification, placement.data_classification

    def checked(label: str, ref: Any) -> pulumi.Output[TestDatasetRef]:
        if isinstance(ref, Mapping):
            _check(mistakes, label, classification, most, cloud, ref)
            return pulumi.Output.from_input(cast(TestDatasetRef, ref))

        def check(known: Any) -> TestDatasetRef:
            late = Mistakes(mistakes.component)
            _check(late, label, classification, most, cloud, known)
            late.stop()
            return cast(TestDatasetRef, known)

        output: pulumi.Output[Any] = pulumi.Output.from_input(ref)
        return output.apply(check)

    return tuple(checked(f"test_datasets[{index}]", ref) for index, ref in enumerate(given))


def _check(
    mistakes: Mistakes, label: str, classification: Classification, most: str, cloud: Cloud, ref: Mapping[str, Any]
) -> None:
    theirs = ref.get("cloud")
    if theirs != cloud.value:
        other = next((kind for kind in Cloud if kind.value == theirs), None)
        fix = f"; for this one, take {_SANDBOXES[other]}" if other is not None else ""
        mistakes.add(label, f"the ref of a MaskedTestDataset on {cloud.name}{fix}", theirs)
        return
    level = str(ref.get("data_classification"))
    if level not in classification.levels or classification.rank(level) > classification.rank(most):
        expected = f"a dataset of the level {most} or a lower one: what members of this sandbox may read"
        mistakes.add(label, expected, level)
