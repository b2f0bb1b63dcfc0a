"""The document that carries the rules into a policy pack."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataops_infra.conventions import Conventions, compiled, from_compiled, load_conventions, rules_digest
from dataops_infra.conventions.compiled import dated
from dataops_infra.errors import InvalidInputError

REPOSITORY = Path(__file__).parents[2]
AS_OF = date(2026, 11, 22)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded = load_conventions(REPOSITORY)
    return compiled(loaded.conventions, loaded.contracts, "dataops.yaml", AS_OF)


def test_the_document_is_plain_json_with_these_keys(document: dict[str, Any]) -> None:
    assert set(document) == {"schema", "conventions", "contracts", "source", "digest", "asOf"}
    assert (document["schema"], document["source"], document["asOf"]) == (
        "dataops.conventions/v1",
        "dataops.yaml",
        "2026-11-22",
    )
    assert json.loads(json.dumps(document)) == document
    assert [f"{contract['domain']}/{contract['dataset']}" for contract in document["contracts"]] == [
        "growth/campaign-results",
        "growth/consent-log",
        "growth/signups",
    ]


def test_the_rules_come_back_as_they_were(document: dict[str, Any]) -> None:
    loaded = load_conventions(REPOSITORY)
    conventions, contracts, source, digest, as_of = from_compiled(document)
    assert conventions == loaded.conventions
    assert contracts == loaded.contracts
    assert (source, digest, as_of) == ("dataops.yaml", loaded.digest, AS_OF)
    assert conventions.environments["prod"].name == "prod"


def test_a_document_names_a_day_only_where_one_was_named(document: dict[str, Any]) -> None:
    """A published pack judges by it for months: exemptions must expire meanwhile."""
    loaded = load_conventions(REPOSITORY)
    undated = compiled(loaded.conventions, loaded.contracts, "dataops.yaml")
    assert {**undated, "asOf": "2026-11-22"} == document
    assert from_compiled(undated) == from_compiled(document)._replace(as_of=None)
    assert from_compiled(undated).digest == from_compiled(document).digest == undated["digest"]


def test_a_day_is_added_where_none_was_named(document: dict[str, Any]) -> None:
    undated = compiled(Conventions(), (), "x")
    assert dated(undated, document) == {**undated, "asOf": "2026-11-22"}
    assert dated(undated, undated) == undated
    later = {**document, "asOf": "2027-01-01"}
    assert dated(later, document) is later
    for other in ({"schema": "theirs"}, "theirs", None):
        assert dated(other, document) is other


def test_numbers_that_became_floats_on_their_way_change_nothing(document: dict[str, Any]) -> None:
    """A pack receives its config as a protobuf Struct, which has no integers."""
    floats = json.loads(json.dumps(document), parse_int=float)
    assert floats["conventions"]["sandbox"]["maximum_days"] == 30.0
    assert from_compiled(floats) == from_compiled(document)


def test_the_digest_is_that_of_the_rules_that_act_not_the_one_written_down(document: dict[str, Any]) -> None:
    assert from_compiled({**document, "digest": "0" * 64}).digest == document["digest"]
    weaker = json.loads(json.dumps(document))
    weaker["conventions"]["tags"]["required"] = {}
    assert from_compiled(weaker).digest != document["digest"]


def test_the_digest_covers_the_contracts_in_any_order() -> None:
    loaded = load_conventions(REPOSITORY)
    both = rules_digest(loaded.conventions, loaded.contracts)
    assert both == rules_digest(loaded.conventions, loaded.contracts[::-1]) == loaded.digest
    assert both != rules_digest(loaded.conventions, loaded.contracts[1:])
    assert both != rules_digest(loaded.conventions)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "dataops.conventions/v2"}, "what `dataops policies config` prints (dataops.conventions/v1)"),
        ({"extra": 1}, "what `dataops policies config` prints (dataops.conventions/v1)"),
        ({"asOf": "today"}, "Invalid isoformat string: 'today'"),
        ({"asOf": 3.0}, "what `dataops policies config` prints"),
        ({"conventions": {"domans": {}}}, "domans"),
        ({"contracts": [{"id": "x"}]}, "what `dataops policies config` prints"),
        ({"contracts": None}, "what `dataops policies config` prints"),
    ],
)
def test_another_document_is_refused_in_one_sentence(
    document: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        from_compiled({**document, **change})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.none() | st.text() | st.dictionaries(st.text(max_size=5) | st.integers(), st.none(), max_size=3))
def test_anything_else_is_refused(other: Any) -> None:
    with pytest.raises(InvalidInputError):
        from_compiled(other)


def test_a_pack_imports_neither_pulumi_nor_what_only_files_need() -> None:
    """Every pack process pays for this import at its start."""
    code = (
        "import sys, dataops_infra.conventions as c, datetime\n"
        "c.from_compiled(c.compiled(c.Conventions(), (), 'x', datetime.date(2026, 1, 1)))\n"
        "heavy = ('pulumi', 'yaml', 'jsonschema', 'open_data_contract_standard', 'boto3')\n"
        "print([module for module in heavy if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]"


def test_built_in_defaults_compile_without_contracts() -> None:
    rules = from_compiled(compiled(Conventions(), (), "built-in defaults", AS_OF))
    assert (rules.contracts, rules.digest) == ((), rules_digest(Conventions()))
