"""Masked subsets from files to files: every format, its manifest, and the gate's verdict about it afterwards."""

import json
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataops_infra.errors import InvalidInputError, MaskingError
from dataops_infra.masking.run import RunRequest, RunResult, look_at_subset, preview, run
from dataops_infra.masking.sources import open_source
from dataops_infra.masking.subset.request import SubsetRequest
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.masked_runs import KEY, contents, rows_of, write_plan
from tests.support.shop_files import PEOPLE, WRITERS, write_shop

DAY = date(2026, 1, 31)
ASKED = SubsetRequest("customers", rows=20)


def mask(folder: Path, source: Path, asked: SubsetRequest = ASKED, **options: Any) -> RunResult:
    key = {"table": "orders", "columns": ["customer"], "references": "customers", "referenced_columns": ["id"]}
    operators = {"id": "keep", "customer": "keep", "status": "keep"}
    plan = write_plan(folder / "plan.yaml", source, operators, foreign_keys=[key])
    return run(replace(RunRequest(plan, source, folder / "masked", KEY, subset=asked), **options))


def verdict(folder: Path, source: Path, where: str | None = None) -> Any:
    return verify(VerifyRequest(folder / "plan.yaml", source, folder / "masked", DAY, where=where))


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_subset_is_masked_and_verified_in_every_format(tmp_path: Path, suffix: str) -> None:
    source = write_shop(tmp_path / "source", suffix)
    result = mask(tmp_path, source)
    assert result.is_published, result.gate.failed
    assert result.rows == {"customers": 20, "orders": 60}
    copy = open_source(tmp_path / "masked", like=open_source(source))
    ids = [str(value) for value in rows_of(copy.tables["customers"])["id"].to_pylist()]
    whole = pq.read_table(write_shop(tmp_path / "same") / "customers.parquet")
    chosen = look_at_subset(tmp_path / "plan.yaml", source, ASKED)
    assert chosen.counts == result.rows
    customers = [str(value) for value in rows_of(copy.tables["orders"])["customer"].to_pylist()]
    assert {*customers} == {*ids}
    assert len({*ids} & {str(value) for value in whole["id"].to_pylist()}) == 20
    assert [file.relative.as_posix() for file in copy.tables["orders"].files] == [
        f"orders/b.{suffix}",
        f"orders/dt=1/a.{suffix}",
    ]
    assert verdict(tmp_path, source).exit_code == 0


def test_formats_choose_the_same_rows(tmp_path: Path) -> None:
    found = []
    for suffix in WRITERS:
        folder = tmp_path / suffix
        source = write_shop(folder / "source", suffix)
        mask(folder, source)
        copy = open_source(folder / "masked", like=open_source(source))
        found.append([str(value) for value in rows_of(copy.tables["customers"])["id"].to_pylist()])
    assert all(each == found[0] for each in found)


def test_manifest_tells_of_the_subset(tmp_path: Path) -> None:
    result = mask(tmp_path, write_shop(tmp_path / "source"))
    manifest = json.loads((tmp_path / "masked" / "_manifest.json").read_text())
    jsonschema.validate(
        manifest, json.loads(files("dataops_infra.masking").joinpath("manifest.schema.json").read_text())
    )
    assert manifest["subset"] == {
        "root": "customers",
        "rows": 20,
        "keepValues": 50,
        "tables": {"customers": {"rows": 20, "of": PEOPLE}, "orders": {"rows": 60, "of": 450}},
    }
    assert result.manifest == manifest


def test_copies_are_the_same_whoever_masks_them(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source, threads=1, target=tmp_path / "one")
    mask(tmp_path, source, threads=3, target=tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_file_without_chosen_rows_is_there_and_empty(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source, SubsetRequest("customers", where="id = 5", few_values=0))
    sizes = {
        path.name: pq.read_metadata(path).num_rows
        for path in sorted((tmp_path / "masked" / "orders").rglob("*.parquet"))
    }
    assert sizes == {"a.parquet": 3, "b.parquet": 0}
    assert verdict(tmp_path, source).exit_code == 0


def test_one_file_has_a_subset(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source") / "customers.parquet"
    plan = write_plan(tmp_path / "plan.yaml", source, {"id": "keep"})
    target = tmp_path / "some.parquet"
    result = run(RunRequest(plan, source, target, KEY, subset=SubsetRequest(fraction=0.1)))
    assert result.rows == {"customers": 15}
    assert verify(VerifyRequest(plan, source, target, DAY)).exit_code == 0


def test_people_outside_of_the_subset_are_found_in_its_texts(tmp_path: Path) -> None:
    """A note may name anybody: whom texts name is learned from the whole source, and judged by it."""
    first = ["Ottilie", "Bertrand", "Friederike", "Leopoldine", "Wendelin", "Adelgunde", "Kunibert", "Mechthild"]
    last = ["Zwetschgenbaum", "Kesselflicker", "Obermoser", "Hinterhuber", "Quastenflosser"]
    names = [(one, other) for one in first for other in last]
    (tmp_path / "source").mkdir()
    pq.write_table(
        pa.table({"id": range(40), "first": [one for one, _ in names], "last": [other for _, other in names]}),
        tmp_path / "source" / "people.parquet",
    )
    texts = [f"Talked to {one} {other} yesterday about the delivery." for one, other in reversed(names)]
    pq.write_table(pa.table({"person": range(40), "text": texts}), tmp_path / "source" / "notes.parquet")
    plan = write_plan(
        tmp_path / "plan.yaml",
        tmp_path / "source",
        {"id": "keep", "person": "keep", "first": "pool", "last": "pool", "text": "text"},
        foreign_keys=[{"table": "notes", "columns": ["person"], "references": "people", "referenced_columns": ["id"]}],
    )
    plan.write_text(
        plan.read_text()
        .replace(
            "      first:\n        operator: pool",
            "      first:\n        operator: pool\n        options: {pool: first_name}",
        )
        .replace(
            "      last:\n        operator: pool",
            "      last:\n        operator: pool\n        options: {pool: last_name}",
        )
    )
    request = RunRequest(
        plan, tmp_path / "source", tmp_path / "masked", KEY, subset=SubsetRequest("people", rows=8, few_values=0)
    )
    result = run(request)
    assert result.is_published
    notes = pq.read_table(tmp_path / "masked" / "notes.parquet")["text"].to_pylist()
    assert len(notes) == 8
    assert not [name for note in notes for name in last if name in note]


def test_condition_that_is_withheld_is_asked_for(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    condition = "email LIKE 'person1%'"
    result = mask(tmp_path, source, SubsetRequest("customers", rows=10, where=condition))
    assert result.manifest["subset"]["where"] is None
    assert "person1" not in (tmp_path / "masked" / "_manifest.json").read_text()
    with pytest.raises(MaskingError, match="give it again with --where"):
        verdict(tmp_path, source)
    assert verdict(tmp_path, source, condition).exit_code == 0
    other = verdict(tmp_path, source, "email LIKE 'person2%'")
    assert other.exit_code == 1


def test_condition_that_is_told_needs_not_be_given(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source, SubsetRequest("customers", where="id < 30"))
    assert verdict(tmp_path, source).exit_code == 0
    assert verdict(tmp_path, source, "id < 30").exit_code == 0
    with pytest.raises(InvalidInputError, match="the copy's manifest tells how its rows were chosen"):
        verdict(tmp_path, source, "id < 31")


def test_condition_for_a_copy_of_all_rows_is_refused(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source, subset=None)
    with pytest.raises(InvalidInputError, match="the copy is no subset by a condition"):
        verdict(tmp_path, source, "id < 30")


def test_source_that_changed_since_is_told(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source)
    table = pq.read_table(source / "customers.parquet")
    more = pa.table({"id": [PEOPLE], "email": ["new@planted.example"]}).cast(table.schema)
    pq.write_table(pa.concat_tables([table, more]), source / "customers.parquet")
    found = verdict(tmp_path, source)
    check = next(check for check in found.gate.checks if check.name == "subset")
    assert (found.exit_code, check.observed) == (1, 1)
    assert check.explanation.startswith("customers: the source has other rows than when the copy was made")


@pytest.mark.parametrize("damage", ["no request", {"root": "customers"}, {"root": 5, "keepValues": 50, "rows": 1}])
def test_damaged_record_of_the_subset_is_refused(tmp_path: Path, damage: object) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source)
    path = tmp_path / "masked" / "_manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"subset": damage}))
    with pytest.raises(MaskingError, match="the copy's manifest is damaged"):
        verdict(tmp_path, source)


def test_record_without_counts_is_refused_by_the_gate(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source)
    path = tmp_path / "masked" / "_manifest.json"
    manifest = json.loads(path.read_text())
    manifest["subset"]["tables"] = 5
    path.write_text(json.dumps(manifest))
    assert [check.name for check in verdict(tmp_path, source).gate.failed] == ["manifest", "subset"]


def test_preview_shows_rows_of_the_subset(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    mask(tmp_path, source)
    request = RunRequest(
        tmp_path / "plan.yaml", source, tmp_path / "masked", KEY, subset=SubsetRequest("customers", where="id = 7")
    )
    shown = {each.table: each.before for each in preview(request, 2)}
    assert shown["customers"]["id"].to_pylist() == [7]


def test_subset_is_told_before_anything_is_masked(tmp_path: Path) -> None:
    source = write_shop(tmp_path / "source")
    plan = write_plan(tmp_path / "plan.yaml", source)
    told: list[tuple[dict[str, int], bool]] = []
    request = RunRequest(plan, source, tmp_path / "masked", KEY, subset=SubsetRequest("customers", rows=9))
    run(request, on_subset=lambda subset: told.append((subset.counts, (tmp_path / ".masked.masking").exists())))
    assert [(counts["customers"], is_begun) for counts, is_begun in told] == [(9, False)]
