"""A run from start to end: what is published, when, and with which manifest."""

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import MaskingError, PlanError
from dataops_infra.masking.formats import base
from dataops_infra.masking.gate.judging import judge
from dataops_infra.masking.gate.model import Check, GateReport, Verdict
from dataops_infra.masking.run import RunRequest, preview, run
from dataops_infra.masking.sources import open_source
from tests.support.masked_runs import KEY, contents, mask, rows_of, write_people, write_plan


def manifest_of(path: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(path.read_text())
    schema = json.loads(files("dataops_infra.masking").joinpath("manifest.schema.json").read_text())
    jsonschema.validate(manifest, schema)
    return manifest


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Check(
        "own-row-survivors", Verdict.FAIL, 3, 0, table="customers", column="email", examples=("xxx@xxx.xxx",)
    )
    monkeypatch.setattr("dataops_infra.masking.run.judge", lambda *_args, **_more: GateReport((failed,)))


def test_folder_is_published_with_its_layout_and_manifest(tmp_path: Path) -> None:
    result = mask(tmp_path, write_people(tmp_path / "source"))
    target = tmp_path / "masked"
    assert (result.is_published, result.exit_code) == (True, 0)
    assert sorted(contents(target)) == [
        "_manifest.json",
        "customers.parquet",
        "orders/b.parquet",
        "orders/dt=2026-01-01/a.parquet",
    ]
    manifest = manifest_of(target / "_manifest.json")
    assert manifest == result.manifest
    assert manifest["keyId"] == KEY.key_id
    assert manifest["planHash"] == result.plan.digest
    assert manifest["tables"]["customers"] == {
        "rows": 300,
        "columns": {
            "id": {"operator": "keep", "domain": None, "injective": True},
            "email": {"operator": "token", "domain": "customers.email", "injective": True},
            "city": {"operator": "token", "domain": "customers.city", "injective": True},
            "note": {"operator": "token", "domain": "customers.note", "injective": True},
        },
    }
    assert manifest["detector"] == {
        "name": "presidio-analyzer",
        "version": version("presidio-analyzer"),
        "presidio-analyzer": version("presidio-analyzer"),
        "plain-scan": "5",
        "dataops-infra": version("dataops-infra"),
    }
    assert "file" not in manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["masked", "plan.yaml", "source"]


def test_file_is_published_with_its_manifest_beside_it(tmp_path: Path) -> None:
    source = write_people(tmp_path / "source") / "customers.parquet"
    result = mask(tmp_path, source, target=tmp_path / "out.parquet")
    assert result.rows == {"customers": 300}
    assert manifest_of(tmp_path / "out_manifest.json") == result.manifest
    assert rows_of(open_source(tmp_path / "out.parquet").tables["out"]).num_rows == 300


def test_file_keeps_its_format(tmp_path: Path) -> None:
    source = write_people(tmp_path / "source") / "customers.parquet"
    with pytest.raises(MaskingError, match=r"out\.csv must end in \.parquet"):
        mask(tmp_path, source, target=tmp_path / "out.csv")


def test_copies_are_byte_for_byte_the_same_whoever_masks_them(tmp_path: Path) -> None:
    source = write_people(tmp_path / "source")
    mask(tmp_path, source, target=tmp_path / "one", threads=1)
    mask(tmp_path, source, target=tmp_path / "two", threads=3)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_values_do_not_hang_on_row_groups_or_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask(tmp_path, write_people(tmp_path / "a", row_group=7), target=tmp_path / "one")
    monkeypatch.setattr(base, "BATCH_ROWS", 11)
    mask(tmp_path, write_people(tmp_path / "b", row_group=300), target=tmp_path / "two")
    for table in ("customers", "orders"):
        one, two = (rows_of(open_source(tmp_path / name).tables[table]) for name in ("one", "two"))
        assert one.equals(two.combine_chunks())


def test_refused_copy_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_people(tmp_path / "source")
    refuse(monkeypatch)
    result = mask(tmp_path, source)
    assert (result.is_published, result.exit_code) == (False, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yaml", "source"]


def test_refused_copy_leaves_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_people(tmp_path / "source")
    mask(tmp_path, source)
    before = contents(tmp_path / "masked")
    refuse(monkeypatch)
    assert not mask(tmp_path, source, is_overwritten=True).is_published
    assert contents(tmp_path / "masked") == before


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_former_copy_is_replaced_on_demand_only(tmp_path: Path, kind: str) -> None:
    source = write_people(tmp_path / "source")
    source = source if kind == "folder" else source / "customers.parquet"
    mask(tmp_path, source)
    with pytest.raises(MaskingError, match="exists; choose another, or replace a former copy with --overwrite"):
        mask(tmp_path, source)
    mask(tmp_path, source, {"email": "redact"}, is_overwritten=True)
    copy = open_source(tmp_path / ("masked" if kind == "folder" else "masked.parquet"))
    name = "customers" if kind == "folder" else "masked"
    assert set(rows_of(copy.tables[name]).column("email").to_pylist()) == {"[redacted]"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("when", ["before", "behind"])
def test_source_that_changes_during_the_run_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    source = write_people(tmp_path / "source")

    def meddle(*given: Any, **more: Any) -> GateReport:
        if when == "before":  # other columns than those that the gate is about to read
            pq.write_table(pa.table({"x": [1]}), source / "customers.parquet")
        report = judge(*given, **more)
        with (source / "customers.parquet").open("ab") as file:
            file.write(b"more")
        return report

    monkeypatch.setattr("dataops_infra.masking.run.judge", meddle)
    with pytest.raises(MaskingError, match=r"customers\.parquet changed during the run"):
        mask(tmp_path, source)
    assert not (tmp_path / "masked").exists()


def test_null_in_a_column_without_nulls_is_refused_before_the_run(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("a", pa.string(), nullable=False)])
    pq.write_table(pa.table([pa.array(["x"])], schema), tmp_path / "t.parquet")
    with pytest.raises(PlanError, match=r"t\.a.*null"):
        mask(tmp_path, tmp_path / "t.parquet", {"a": "drop"})


def test_schema_that_changed_against_the_plan_names_the_columns(tmp_path: Path) -> None:
    source = write_people(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    table = pq.read_table(source / "customers.parquet")
    pq.write_table(
        table.append_column("nickname", table.column("city")).drop_columns("note"), source / "customers.parquet"
    )
    with pytest.raises(PlanError, match="nickname") as error:
        run(RunRequest(plan, source, tmp_path / "masked", KEY))
    assert "note" in str(error.value)


def test_steps_are_told_in_order(tmp_path: Path) -> None:
    told: list[tuple[str, int | None]] = []
    done: list[int] = []

    class Watcher:
        def begin(self, step: str, rows: int | None) -> None:
            told.append((step, rows))

        def advance(self, rows: int) -> None:
            done.append(rows)

    source = write_people(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    run(RunRequest(plan, source, tmp_path / "masked", KEY), Watcher())
    assert told == [("Learning", None), ("Masking", 600), ("Judging", 600), ("Publishing", None)]
    assert sum(done) == 1200


def test_preview_shows_first_rows_and_writes_nothing(tmp_path: Path) -> None:
    source = write_people(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    shown = preview(RunRequest(plan, source, tmp_path / "masked", KEY), 2)
    assert [(each.table, each.before.num_rows, each.after.num_rows) for each in shown] == [
        ("customers", 2, 2),
        ("orders", 2, 2),
    ]
    emails = [each.column("email").to_pylist() for each in (shown[0].before, shown[0].after)]
    assert emails[0] == ["person0@planted.example", "person1@planted.example"]
    assert not set(emails[0]) & set(emails[1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yaml", "source"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_the_copy_of_a_folder_is_not_called_like_a_file(tmp_path: Path, name: str) -> None:
    source = write_people(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    with pytest.raises(MaskingError) as told:
        run(RunRequest(plan, source, tmp_path / name, KEY))
    assert str(told.value) == (
        f"the target {tmp_path / name} is called like a file, and the copy of a folder is a folder: "
        f"call it {tmp_path / 'out'}"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yaml", "source"]


def test_an_operator_that_can_read_no_value_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("tier\n" + "gold\nsilver\n" * 20)
    plan = tmp_path / "plan.yaml"
    plan.write_text("tables:\n  people:\n    columns:\n      tier: {operator: shift_date}\n")
    for look in (lambda request: run(request), lambda request: preview(request, 1)):
        with pytest.raises(
            PlanError, match=r"plan\.yaml:4: people\.tier: shift_date moves dates, and none of 40 texts"
        ):
            look(RunRequest(plan, tmp_path / "people.csv", tmp_path / "masked.csv", KEY))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.csv", "plan.yaml"]
