"""Masked copies of datasets for tests: made where the data lives, kept current, readable without the source."""

from typing import TYPE_CHECKING

from dataops_infra.foundation.exports import exported

if TYPE_CHECKING:
    from dataops_infra.test_datasets.component import (
        DatasetPlace,
        Firewall,
        FolderGrant,
        GateSettings,
        JobNetwork,
        MaskedTestDataset,
        MaskedTestDatasetArgs,
        MaskingEngine,
        MaskingJob,
        MaskingSettings,
        RunAlarms,
        RunSchedule,
        SubsetOfRows,
        TestDatasetRef,
        WorkerSize,
    )

_PUBLIC = (
    "Firewall",
    "FolderGrant",
    "GateSettings",
    "JobNetwork",
    "MaskedTestDataset",
    "MaskedTestDatasetArgs",
    "MaskingEngine",
    "MaskingJob",
    "MaskingSettings",
    "RunAlarms",
    "RunSchedule",
    "SubsetOfRows",
    "DatasetPlace",
    "TestDatasetRef",
    "WorkerSize",
)
__all__ = [
    "DatasetPlace",
    "Firewall",
    "FolderGrant",
    "GateSettings",
    "JobNetwork",
    "MaskedTestDataset",
    "MaskedTestDatasetArgs",
    "MaskingEngine",
    "MaskingJob",
    "MaskingSettings",
    "RunAlarms",
    "RunSchedule",
    "SubsetOfRows",
    "TestDatasetRef",
    "WorkerSize",
]
__getattr__ = exported(__name__, {"component": _PUBLIC})
