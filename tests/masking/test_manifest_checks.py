"""A manifest that somebody changed, or that belongs to another copy, is refused, whichever part of it is wrong."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.masking import manifest_checks
from dataops_infra.masking.verify import VerifyRequest, verify
from tests.support.masked_runs import mask, write_people

Manifest = dict[str, Any]
OPERATORS = {"id": "token", "email": "email", "customer": "email", "note": "text", "city": "token"}
FORM = "it is no manifest in the form of manifest.schema.json"
DETECTORS, UNUSUAL = "it tells of other detectors than there are", "its gate says what no check says"
FOUND = "its gate found other things than are found now"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assert mask(folder, write_people(folder / "source"), OPERATORS).is_published
    return folder


def told(made: Path, folder: Path, change: Callable[[Manifest], Any]) -> tuple[float | int | str, str]:
    """What verify says of the manifest after a change."""
    target = folder / "masked"
    shutil.copytree(made / "masked", target)
    path = target / "_manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    checks = verify(VerifyRequest(made / "plan.yaml", made / "source", target, date(2026, 11, 23))).gate.checks
    (check,) = (check for check in checks if check.name == "manifest")
    return check.observed, check.explanation


def check_of(manifest: Manifest, name: str) -> Manifest:
    found: Manifest = next(check for check in manifest["gate"]["checks"] if check["name"] == name)
    return found


def renamed(manifest: Manifest) -> None:
    manifest["gates"] = manifest.pop("gate")


def another_version(manifest: Manifest) -> None:
    manifest["detector"]["dataops-infra"] = "0.0.0"
    manifest["gate"]["checks"].pop()


def old(manifest: Manifest) -> Manifest:
    """As another version made it, whose checks are not compared."""
    manifest["detector"]["dataops-infra"] = "0.0.0"
    return manifest


CHANGES: list[tuple[Callable[[Manifest], Any], int, str]] = [
    (renamed, 2, f"{FORM} (its keys: additionalProperties); {FORM} (its keys: required)"),
    (lambda manifest: manifest.update(keyId="Anna Berg"), 1, f"{FORM} (keyId: pattern)"),
    (lambda manifest: manifest.update(schema="dataops.mask/v2"), 1, f"{FORM} (schema: const)"),
    (lambda manifest: manifest["tables"]["customers"].update(rows="300"), 1, f"{FORM} (tables.customers: type)"),
    (lambda manifest: manifest.update(planHash="0" * 64), 1, "it was made by another plan"),
    (
        lambda manifest: manifest["tables"]["customers"].update(rows=301),
        1,
        "table customers has 300 rows, and the manifest says 301",
    ),
    (
        lambda manifest: manifest["tables"]["customers"]["columns"]["email"].update(operator="keep"),
        1,
        "table customers has other operators or domains than the plan",
    ),
    (lambda manifest: manifest["tables"].pop("orders"), 1, "table orders is only on one side"),
    (
        lambda manifest: manifest.update(poolHashes={"city": "0" * 64}),
        1,
        "it tells of other pools of replacements",
    ),
    (lambda manifest: manifest["gate"].update(verdict="fail"), 1, "it says that the gate did not pass the copy"),
    (lambda manifest: manifest["gate"].update(checks=[]), 1, FOUND),
    (lambda manifest: check_of(manifest, "row-counts").update(observed=7), 1, f"{FOUND} (row-counts)"),
    (lambda manifest: check_of(manifest, "chance-bound").update(verdict="fail"), 1, f"{FOUND} (chance-bound)"),
    (
        lambda manifest: manifest["gate"]["checks"].append(
            {"name": "Anna Berg", "verdict": "pass", "observed": 50, "allowed": 5, "table": "customers"}
        ),
        2,
        f"{FOUND} (a check that is not made now)",
    ),
    (lambda manifest: manifest["detector"].update(note="Anna"), 1, DETECTORS),
    (lambda manifest: manifest["detector"].update(name="Anna"), 1, DETECTORS),
    (lambda manifest: manifest["detector"].update(version="Anna Berg"), 1, DETECTORS),
    (lambda manifest: check_of(manifest, "chance-bound").update(observed="Anna Berg"), 1, UNUSUAL),
    (lambda manifest: check_of(manifest, "chance-bound").update(allowed=10**20), 1, UNUSUAL),
    (lambda manifest: check_of(manifest, "chance-bound").update(observed=float("nan")), 1, UNUSUAL),
    (lambda manifest: check_of(old(manifest), "row-counts").update(name="Anna Berg"), 1, UNUSUAL),
    (lambda manifest: check_of(old(manifest), "row-counts").update(table="Anna Berg"), 1, UNUSUAL),
    (lambda manifest: check_of(old(manifest), "chance-bound").update(column="Anna Berg"), 1, UNUSUAL),
    (lambda manifest: check_of(old(manifest), "chance-bound").pop("table"), 1, UNUSUAL),
]


@pytest.mark.parametrize("said", ["60 matched, 0 unmatched", "valid", "not compared", 2**53, 0.25, -1])
def test_what_checks_say_is_usual(said: object) -> None:
    check = {"name": "joins-kept", "observed": said, "allowed": said, "table": "orders", "column": "customer"}
    assert manifest_checks._is_usual(check, {"orders": frozenset({"customer"})})


@pytest.mark.parametrize(("change", "number", "said"), CHANGES)
def test_a_changed_manifest_is_refused(
    made: Path, tmp_path: Path, change: Callable[[Manifest], Any], number: int, said: str
) -> None:
    observed, explanation = told(made, tmp_path, change)
    assert observed == number
    assert said in explanation
    assert explanation.startswith("the manifest is not of this copy: ")
    assert explanation.endswith("; mask the source again")
    assert "Anna" not in explanation


@pytest.mark.parametrize("change", [lambda _manifest: None, another_version])
def test_a_manifest_of_the_copy_passes_and_other_versions_have_other_checks(
    made: Path, tmp_path: Path, change: Callable[[Manifest], Any]
) -> None:
    assert told(made, tmp_path, change) == (0, "")


def test_of_many_differences_some_are_told(made: Path, tmp_path: Path) -> None:
    def change(manifest: Manifest) -> None:
        manifest["tables"].update({f"t{number}": {"rows": 1, "columns": {}} for number in range(8)})

    observed, explanation = told(made, tmp_path, change)
    assert observed == 8
    assert "; and 3 more; mask the source again" in explanation


def test_a_manifest_that_says_something_twice_is_none(tmp_path: Path) -> None:
    """The first of the two would be published and read by nobody."""
    path = tmp_path / "_manifest.json"
    path.write_text('{"a": {"keyId": "1"}}')
    assert manifest_checks.read_manifest(path) == {"a": {"keyId": "1"}}
    path.write_text('{"a": {"keyId": "Anna Berg", "keyId": "1"}}')
    assert manifest_checks.read_manifest(path) is None


def test_a_manifest_that_is_too_large_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.json").write_text("{}   ")
    assert manifest_checks.read_manifest(tmp_path / "m.json") == {}
    monkeypatch.setattr(manifest_checks, "MAXIMUM_BYTES", 4)
    assert manifest_checks.read_manifest(tmp_path / "m.json") is None
    assert manifest_checks.read_manifest(tmp_path / "none.json") is None


def test_a_manifest_beside_a_file_names_the_file(tmp_path: Path) -> None:
    people = write_people(tmp_path / "source") / "customers.parquet"
    assert mask(tmp_path, people, OPERATORS).is_published
    target = tmp_path / "masked.parquet"
    request = VerifyRequest(tmp_path / "plan.yaml", people, target, date(2026, 11, 23))
    assert verify(request).gate.failed == ()
    path = tmp_path / "masked_manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"file": {"bytes": 1, "sha256": "0" * 64}}))
    (check,) = verify(request).gate.failed
    assert "it is of another file, as an interrupted run leaves it, or the file was changed" in check.explanation


def test_the_rows_of_a_csv_file_are_held_against_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id\n" + "".join(f"{n}\n" for n in range(300)))
    assert mask(tmp_path, tmp_path / "t.csv", {"id": "token"}).is_published
    request = VerifyRequest(tmp_path / "plan.yaml", tmp_path / "t.csv", tmp_path / "masked.csv", date(2026, 11, 23))
    assert verify(request).gate.failed == ()
    path = tmp_path / "masked_manifest.json"
    manifest = json.loads(path.read_text())
    manifest["tables"]["t"]["rows"] = 4111111111111111
    path.write_text(json.dumps(manifest))
    (check,) = verify(request).gate.failed
    assert "table t has 300 rows, and the manifest says 4,111,111,111,111,111" in check.explanation


def test_a_manifest_in_another_encoding_is_none(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "masked"
    shutil.copytree(made / "masked", target)
    path = target / "_manifest.json"
    path.write_text(path.read_text(), encoding="utf-16")
    checks = verify(VerifyRequest(made / "plan.yaml", made / "source", target, date(2026, 11, 23))).gate.checks
    assert [check.explanation for check in checks if check.name == "manifest" and FORM in check.explanation]
