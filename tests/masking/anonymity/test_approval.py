"""An approval is for one plan and one copy, and lasts a while."""

import hashlib
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataops_infra.errors import MaskingError, PlanError
from dataops_infra.masking.anonymity.approval import (
    Approval,
    approval_to_fill_in,
    check_approval,
    dataset_hash,
    read_approval,
)
from dataops_infra.masking.anonymity.measures import Measures
from dataops_infra.masking.plan import Plan
from tests.masking.anonymity.tables import TABLE, plan_for

PLAN = plan_for({"age": "generalise", "ill": "keep"}, ["age"], k=5, l=2, t=0.4, sensitive=["ill"], sharing="external")
DATA = "ab" * 32
MEASURES = {TABLE: Measures(k=6, l=2, entropy_l=1.9, t=0.31, groups=9, rows=90)}
GRANTED, ENDS = date(2026, 11, 1), date(2027, 11, 1)
HASH = "find . -type f ! -path ./_manifest.json -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"


def approval(**changes: Any) -> Approval:
    given = {"plan_hash": PLAN.digest, "dataset_hash": DATA, "k": 5, "l": 2, "t": 0.4, "approver": "Ada Lovelace"}
    return Approval.model_validate({**given, "granted_on": GRANTED, "expires_on": ENDS, **changes})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A published copy: a file, a table in parts, a name with blanks and letters of its own, the manifest."""
    folder = tmp_path / "copy"
    (folder / "orders" / "dt=2026-01-01").mkdir(parents=True)
    for name in (
        "customers.parquet",
        "orders/dt=2026-01-01/b.parquet",
        "orders/a b ü.parquet",
        "_manifest.json",
        "Z.csv",
    ):
        (folder / name).write_bytes(name.encode())
    return folder


def test_an_approval_of_this_copy_covers_it_on_every_day_of_its_term() -> None:
    for day in (GRANTED, ENDS):
        assert check_approval(approval(), PLAN, DATA, [TABLE], MEASURES, day) == []


@pytest.mark.parametrize(
    ("changes", "day", "measures", "mistakes"),
    [
        (
            {"plan_hash": "0" * 64},
            GRANTED,
            MEASURES,
            [f"it is for the plan 000000000000…, and this one is {PLAN.digest[:12]}…"],
        ),
        (
            {"dataset_hash": "0" * 64},
            GRANTED,
            MEASURES,
            ["it is for the copy 000000000000…, and this one is abababababab…"],
        ),
        ({}, date(2027, 11, 2), MEASURES, ["it ended on 2027-11-01, before 2027-11-02: have the copy approved again"]),
        ({}, date(2026, 10, 31), MEASURES, ["it was granted on 2026-11-01, after 2026-10-31"]),
        (
            {"k": 4, "l": None, "t": 0.5},
            GRANTED,
            MEASURES,
            [
                "it promises k = 4, and the plan demands 5",
                "it promises no l, and the plan demands 2",
                "it promises t = 0.5, and the plan demands 0.4",
            ],
        ),
        ({"t": None}, GRANTED, MEASURES, ["it promises no t, and the plan demands 0.4"]),
        (
            {"k": 7, "l": 3, "t": 0.3},
            GRANTED,
            MEASURES,
            [
                "people: k is 6, below 7, which it promises",
                "people: l is 2, below 3, which it promises",
                "people: t is 0.310, above 0.3, which it promises",
            ],
        ),
        ({}, GRANTED, {}, ["people was not measured"]),
    ],
)
def test_every_reason_why_it_does_not_is_told(
    changes: dict[str, Any], day: date, measures: dict[str, Measures], mistakes: list[str]
) -> None:
    assert check_approval(approval(**changes), PLAN, DATA, [TABLE], measures, day) == mistakes


def test_tables_that_the_copy_has_not_are_none_of_it_and_those_it_has_are_measured() -> None:
    two = PLAN.model_copy(update={"quasi_identifiers": {**PLAN.quasi_identifiers, "visits": ("age",)}})
    record = approval(plan_hash=two.digest)
    assert check_approval(record, two, DATA, [TABLE, "items"], MEASURES, GRANTED) == []
    assert check_approval(record, two, DATA, [TABLE, "visits"], MEASURES, GRANTED) == ["visits was not measured"]
    assert check_approval(record, two, DATA, ["items"], {}, GRANTED) == [
        "none of its tables has quasi-identifiers, so nothing can be promised: name one that has"
    ]


def test_nothing_can_be_promised_of_a_plan_without_quasi_identifiers() -> None:
    bare = Plan()
    found = check_approval(approval(plan_hash=bare.digest), bare, DATA, [], {}, GRANTED)
    assert found == [
        "the plan names no quasi-identifiers, so nothing can be promised: declare them",
        "it promises l or t, and the plan names no sensitive column: declare them",
    ]


def test_hash_is_what_coreutils_say(copy: Path) -> None:
    said = subprocess.run(["sh", "-c", HASH], cwd=copy, capture_output=True, text=True, check=True).stdout
    assert dataset_hash(copy) == said.split()[0]
    assert HASH in " ".join((dataset_hash.__doc__ or "").split()).replace("\\\\n", "\\n")


def test_names_with_line_ends_are_not_taken_for_two_names(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    for name in ("a.csv", "b.csv"):
        (two / name).write_bytes(b"x")
    line = f"a.csv\n{hashlib.sha256(b'x').hexdigest()}  b.csv"
    (one / line).write_bytes(b"x")
    assert dataset_hash(one) != dataset_hash(two)


def test_hash_of_names_with_backslashes_is_what_coreutils_say(copy: Path) -> None:
    (copy / "b\\c.csv").write_text("x")
    test_hash_is_what_coreutils_say(copy)


def test_hash_hangs_on_names_and_contents_and_not_on_the_manifest(copy: Path) -> None:
    before = dataset_hash(copy)
    (copy / "_manifest.json").write_text("other")
    (copy / "empty").mkdir()
    assert dataset_hash(copy) == before
    (copy / "orders" / "_manifest.json").write_text("a file like others")
    nested = dataset_hash(copy)
    (copy / "Z.csv").rename(copy / "z.csv")
    renamed = dataset_hash(copy)
    (copy / "z.csv").write_text("changed")
    assert len({before, nested, renamed, dataset_hash(copy)}) == 4


def test_hash_of_one_file_hangs_on_its_name_and_contents(copy: Path) -> None:
    alone = copy.parent / "alone"
    alone.mkdir()
    (alone / "Z.csv").write_bytes(b"Z.csv")
    assert dataset_hash(copy / "Z.csv") == dataset_hash(alone)


def test_hash_refuses_what_is_no_copy(copy: Path) -> None:
    (copy / "link").symlink_to(copy / "Z.csv")
    with pytest.raises(MaskingError, match=r"link is neither a file nor a folder: a copy consists of nothing else$"):
        dataset_hash(copy)
    with pytest.raises(MaskingError, match=r"gone does not exist: there is no copy to hash$"):
        dataset_hash(copy.parent / "gone")


def test_hash_says_which_copy_cannot_be_read(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hashlib.file_digest", refuse)
    with pytest.raises(MaskingError, match=r"copy cannot be read: Permission denied$"):
        dataset_hash(copy)


def test_record_to_fill_in_lacks_only_what_a_person_says(tmp_path: Path) -> None:
    path = tmp_path / "approval.yaml"
    path.write_text(approval_to_fill_in(PLAN, DATA, MEASURES))
    with pytest.raises(PlanError) as caught:
        read_approval(path)
    assert [str(problem) for problem in caught.value.problems] == [
        *(
            "`approver` has no value (give it one)",
            "`recipient` has no value (give it one, or remove the key for the default)",
        ),
        *(f"`{key}` has no value (give it one)" for key in ("granted_on", "expires_on")),
    ]
    said = {"approver": "Ada", "recipient": "ACME", "granted_on": GRANTED, "expires_on": ENDS}
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **said}))
    found = read_approval(path)
    assert (found.k, found.l, found.t, found.approver) == (6, 2, 0.4, "Ada")
    assert check_approval(found, PLAN, DATA, [TABLE], MEASURES, GRANTED) == []


def test_record_to_fill_in_promises_what_the_plan_asks() -> None:
    plan = plan_for({"age": "generalise"}, ["age"], k=3)
    assert "\nl: " not in approval_to_fill_in(plan, DATA, {})
    assert "\nk: 3\n" in approval_to_fill_in(plan, DATA, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "approval.yaml: cannot be read: No such file or directory"),
        ("a: [\n", "approval.yaml:1: is not YAML: did not find expected node content while parsing a flow node"),
        ("!!map []", "approval.yaml:1: "),
        (
            "",
            "approval.yaml: is empty (`dataops mask verify` without --approval prints the record to fill in)",
        ),
    ],
    ids=["none", "no YAML", "tag", "empty"],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "approval.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PlanError) as caught:
        read_approval(path)
    assert len(str(caught.value).splitlines()) == 1
    assert said in str(caught.value)


def test_keys_are_told_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "approval.yaml"
    path.write_text("foo: 1\n")
    with pytest.raises(PlanError) as caught:
        read_approval(path)
    assert "recipient, schema, t)" in str(caught.value)


def test_every_mistake_of_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "approval.yaml"
    path.write_text(
        "schema: dataops.mask-approval/v2\nplan_hash: abc\nk: 1\nt: 1.5\napprover: ' '\n"
        "granted_on: 2026-01-01\nexpires_on: soon\nexpires: 2026-01-02\n"
    )
    with pytest.raises(PlanError) as caught:
        read_approval(path)
    assert [problem.line for problem in caught.value.problems] == [1, 1, 2, 3, 4, 5, 7, 8]


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (date(2026, 10, 31), "`expires_on`: expected a day from granted_on on"),
        (date(2027, 11, 3), "`expires_on`: expected at most 366 days after granted_on"),
    ],
)
def test_terms_are_short_and_forward(ends: date, message: str, tmp_path: Path) -> None:
    path = tmp_path / "approval.yaml"
    document = approval().model_dump(mode="json", by_alias=True)
    path.write_text(yaml.safe_dump({**document, "granted_on": GRANTED, "expires_on": ends}))
    with pytest.raises(PlanError) as caught:
        read_approval(path)
    assert [problem.message for problem in caught.value.problems] == [message]
