"""Dataset contracts: what the reference ones say, and every mistake of a file at once."""

import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_infra.conventions import (
    Conventions,
    DatasetContract,
    contract_files,
    load_contracts,
    load_conventions,
)
from dataops_infra.conventions.contract_files import check_contracts, read_contract
from dataops_infra.errors import ContractError

REPOSITORY = Path(__file__).parents[2]
CONVENTIONS = Conventions.model_validate({"domains": {"growth": {}, "sales": {}}})

VALUE = "`customProperties[1].value`"
MINIMAL: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "c1",
    "name": "orders",
    "version": "1.0.0",
    "domain": "growth",
    "customProperties": [{"property": "dataClassification", "value": "internal"}],
    "team": {"members": [{"username": "growth-data", "role": "owner"}]},
    "schema": [{"name": "orders", "properties": [{"name": "id", "logicalType": "string"}]}],
}


def contract(tmp_path: Path, content: str | dict[str, Any]) -> DatasetContract:
    path = tmp_path / "contract.yaml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return read_contract(path, CONVENTIONS)


def mistakes(tmp_path: Path, content: str | dict[str, Any]) -> list[str]:
    try:
        contract(tmp_path, content)
    except ContractError as error:
        return [f"{problem.line}: {problem}" for problem in error.problems]
    return []


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The minimal contract with another value at ``path``; None removes it."""
    document = copy.deepcopy(MINIMAL)
    holder: Any = document
    for part in path[:-1]:
        holder = holder[part]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


# --- what contracts say ------------------------------------------------------------------------------------------


def test_the_reference_contracts_are_right() -> None:
    loaded = load_conventions(REPOSITORY)
    assert [(c.name, c.classification, c.owner, c.retention_class) for c in loaded.contracts] == [
        ("growth/campaign-results", "internal", "growth-data", "standard"),
        ("growth/consent-log", "pii", "privacy-office", "regulated"),
        ("growth/signups", "pii", "growth-data", "standard"),
    ]
    signups = loaded.contracts[2]
    assert signups.purposes == ("campaign-measurement", "fraud-prevention")
    email = signups.tables[0].column("email")
    assert email is not None
    assert (email.classification, email.physical_type, email.required) == ("pii", "varchar(320)", True)
    assert signups.tables[0].column("gone") is None
    assert signups.locations[0].uri == "s3://acme-prod-growth-lake-curated/curated/growth/signups/v1/"
    assert loaded.contracts[0].locations[0].uri == "projects/acme-data-prod/datasets/growth_curated"


def test_a_column_without_a_level_has_that_of_what_it_lies_in() -> None:
    consents = load_conventions(REPOSITORY).contracts[1]
    assert {column.name: column.classification for column in consents.columns} == {
        "person_pseudonym": "masked",
        "given_at": "confidential",
        "channel": "confidential",
        "channel.kind": "confidential",
        "channel.ip_address": "pii",
        "purposes": "confidential",
        "purposes[]": "confidential",
    }


def test_the_dataset_is_as_confidential_as_its_most_confidential_part(tmp_path: Path) -> None:
    column = ("schema", 0, "properties", 0, "classification")
    assert contract(tmp_path, changed(column, "pii")).classification == "pii"
    assert contract(tmp_path, changed(column, "public")).classification == "internal"
    only_columns = changed(column, "masked")
    del only_columns["customProperties"]
    assert contract(tmp_path, only_columns).classification == "masked"


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    minimal = contract(tmp_path, MINIMAL)
    assert (minimal.retention_class, minimal.purposes, minimal.locations, minimal.status) == ("standard", (), (), None)
    assert minimal.tables[0].physical_name == "orders"


def test_the_older_list_of_team_members_is_read_too(tmp_path: Path) -> None:
    team = [
        {"username": "old", "role": "Owner", "dateOut": "2025-01-01"},
        {"username": "new", "role": "Owner", "dateIn": "2025-01-01"},
        {"username": "x"},
    ]
    assert contract(tmp_path, changed(("team",), team)).owner == "new"


def test_yaml_dates_count_as_the_text_that_the_standard_wants(tmp_path: Path) -> None:
    text = yaml.safe_dump(MINIMAL) + "contractCreatedTs: 2026-01-31T12:00:00+00:00\n"
    assert contract(tmp_path, text).dataset == "orders"


# --- mistakes ----------------------------------------------------------------------------------------------------


MISTAKES = yaml.safe_load(Path(__file__).with_name("contract_mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", MISTAKES, ids=[str(case["at"]) + str(case["value"])[:40] for case in MISTAKES])
def test_one_mistake_is_told_with_its_line(tmp_path: Path, case: dict[str, Any]) -> None:
    assert mistakes(tmp_path, changed(tuple(case["at"]), case["value"])) == case["problems"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("retentionClass", "standrd", f"{VALUE}: 'standrd' is no retention class (did you mean standard?)"),
        ("purposes", "all", f"{VALUE}: expected a list of purposes in words"),
        ("purposes", [], f"{VALUE}: expected a list of purposes in words"),
        ("purposes", ["a", " "], f"{VALUE}: expected a list of purposes in words"),
        ("purpose", ["a"], "`customProperties[1].property`: 'purpose' is not read (did you mean purposes?)"),
        ("puposes", ["a"], "`customProperties[1].property`: 'puposes' is not read (did you mean purposes?)"),
        ("retention", 5, None),
        ("dataClassification", "pii", "`customProperties[1].property`: dataClassification stands twice"),
        ("colour", "green", None),
    ],
)  # fmt: skip
def test_our_custom_properties_are_checked(tmp_path: Path, name: str, value: Any, expected: str | None) -> None:
    own = [*MINIMAL["customProperties"], {"property": name, "value": value}]
    found = [line.split(": ", 1)[1] for line in mistakes(tmp_path, changed(("customProperties",), own))]
    assert found == ([expected] if expected else [])


def test_a_vendor_may_call_its_property_as_it_likes(tmp_path: Path) -> None:
    own = [*MINIMAL["customProperties"], {"property": "retention_class", "value": "x", "vendor": "collibra"}]
    assert contract(tmp_path, changed(("customProperties",), own)).retention_class == "standard"


def test_schema_and_meaning_are_told_in_one_pass(tmp_path: Path) -> None:
    document = changed(("domain",), "grwth")
    document["schema"][0]["properties"].append({"name": "email", "clasification": "pii", "classification": "secret"})
    document["kind"] = "Data"
    document["team"] = {"members": []}
    assert [line.split(": ")[1] for line in mistakes(tmp_path, document)] == [
        "`kind`",
        "`domain`",
        "`team`",
        "`schema[0].properties[1].clasification`",
        "`schema[0].properties[1].classification`",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["0: is not a data contract (begin with kind: DataContract)"]),
        ("- a\n", ["1: is not a data contract (begin with kind: DataContract)"]),
        ("a: [", ["1: is not YAML: did not find expected node content while parsing a flow node"]),
        ("a: &x 1\nb: *x\n", ["2: alias *x is refused (write the value out where it is meant)"]),
    ],
)
def test_a_file_that_is_no_contract_says_so(tmp_path: Path, content: str, expected: list[str]) -> None:
    assert mistakes(tmp_path, content) == expected


def test_where_schema_and_models_disagree_the_models_complaint_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract_files, "schema_complaints", lambda _: [])
    assert mistakes(tmp_path, changed(("status",), 3)) == ["19: `status`: Input should be a valid string"]


# --- folders -----------------------------------------------------------------------------------------------------


def test_a_folder_is_read_whole_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for name, dataset in (("b.yaml", "b"), ("sub/a.yml", "a")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(yaml.safe_dump(changed(("name",), dataset)))
    (tmp_path / "README.md").write_text("not a contract")
    (tmp_path / ".#b.yaml").write_text("what an editor leaves behind")
    assert [found.dataset for found in load_contracts(tmp_path, CONVENTIONS)] == ["a", "b"]
    assert load_contracts(None, CONVENTIONS) == ()


def test_what_is_called_a_contract_and_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.yml")
    contracts, errors = check_contracts(tmp_path, CONVENTIONS)
    assert contracts == ()
    assert [str(error) for error in errors] == [
        f"{tmp_path}/{name}: is not a file (remove it: every *.yaml here is a contract)"
        for name in ("folder.yaml", "gone.yaml", "pipe.yml")
    ]


def test_contracts_that_are_no_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "dataops.yaml").write_text("")
    (tmp_path / "contracts").write_text("")
    with pytest.raises(ContractError) as caught:
        _ = load_conventions(tmp_path).contracts
    expected = "contracts: is not a folder (put the dataset contracts into a folder of this name)"
    assert str(caught.value) == f"{tmp_path}/{expected}"


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may list everything, so the refusal is played; without it the contracts were taken for none."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.yaml").write_text(yaml.safe_dump(MINIMAL))
    (tmp_path / ".git").mkdir()
    listed = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name in {"sub", ".git"}:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    contracts, errors = check_contracts(tmp_path, CONVENTIONS)
    assert contracts == ()
    assert [str(error) for error in errors] == [
        f"{tmp_path}/sub: cannot be listed: Permission denied (let this user read the folder of the contracts)"
    ]


def test_a_key_without_a_value_is_told_without_the_advice_to_quote_it(tmp_path: Path) -> None:
    text = yaml.safe_dump(MINIMAL, sort_keys=False).replace("version: 1.0.0", "version:")
    assert mistakes(tmp_path, text) == ["5: `version`: has no value (give it one, or remove the key)"]


def test_the_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(changed(("domain",), "grwth")))
    (tmp_path / "b.yaml").write_text("")
    with pytest.raises(ContractError) as caught:
        load_contracts(tmp_path, CONVENTIONS)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"{tmp_path}/a.yaml:")
    assert lines[1] == f"{tmp_path}/b.yaml: is not a data contract (begin with kind: DataContract)"


def test_two_contracts_for_one_dataset_are_an_error(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump(MINIMAL))
    contracts, errors = check_contracts(tmp_path, CONVENTIONS)
    assert [found.name for found in contracts] == ["growth/orders"]
    assert [str(error) for error in errors] == [
        f"{tmp_path}/b.yaml: describes growth/orders, as a.yaml does (keep one contract per dataset)"
    ]
