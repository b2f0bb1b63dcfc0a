"""Plans as files: what may stand in them, and every mistake with its line."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataops_infra.errors import PlanError
from dataops_infra.masking import plan as plan_module
from dataops_infra.masking.plan import ColumnPlan, Plan, TablePlan, read_plan

TABLES = """\
schema: dataops.mask-plan/v1
tables:
  customers:
    columns:
      email: {operator: email, domain: email}
      birth: {operator: generalise}
  a.b:
    columns:
      zip: {operator: token}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(PlanError) as caught:
        read_plan(written(folder, text))
    return [f"{problem.line}: {problem}" for problem in caught.value.problems]


def test_a_plan_without_tables_is_a_plan(tmp_path: Path) -> None:
    assert read_plan(written(tmp_path, "schema: dataops.mask-plan/v1\n")) == Plan()


@pytest.mark.parametrize("text", ["", "\n", "# nothing but a comment\n"])
def test_an_empty_file_is_told_as_such(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == ["0: is empty (make one with: dataops mask classify SOURCE --output PLAN.yaml)"]


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    text = """\
schema: dataops.mask-plan/v2
tables:
  t:
    columns:
      a: {operator: 7}
      b: {opertor: token}
      c: {operator: keep, score: 1.5}
k: 1
foreign_keys:
  - {table: t, columns: [], references: u, referenced_columns: [x]}
"""
    assert mistakes(tmp_path, text) == [
        "1: `schema`: expected 'dataops.mask-plan/v1', got 'dataops.mask-plan/v2'",
        "5: `tables.t.columns.a.operator`: expected text, got 7 (put it in quotes)",
        "6: `tables.t.columns.b.operator` is missing",
        "6: unknown key `tables.t.columns.b.opertor` (did you mean operator?)",
        "7: `tables.t.columns.c.score`: expected less than or equal to 1, got 1.5",
        "8: `k`: expected greater than or equal to 2, got 1",
        "10: `foreign_keys[0].columns`: expected at least one entry, got an empty list",
    ]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("{customers: [birth]}", {"customers": ("birth",)}),
        ("[customers.birth, a.b.zip, customers.email]", {"customers": ("birth", "email"), "a.b": ("zip",)}),
        ("[]", {}),
    ],
)
def test_quasi_identifiers_may_be_a_flat_list(
    tmp_path: Path, stated: str, expected: dict[str, tuple[str, ...]]
) -> None:
    plan = read_plan(written(tmp_path, f"{TABLES}quasi_identifiers: {stated}\nsensitive: {stated}\n"))
    assert (plan.quasi_identifiers, plan.sensitive) == (expected, expected)


def test_a_flat_list_of_one_table_needs_no_table(tmp_path: Path) -> None:
    text = "tables: {t: {columns: {a: {operator: keep}, b.c: {operator: keep}}}}\nquasi_identifiers: [a, b.c, t.a]\n"
    assert read_plan(written(tmp_path, text)).quasi_identifiers == {"t": ("a", "b.c", "a")}


@pytest.mark.parametrize(
    ("stated", "mistake"),
    [
        ("[birth]", "`quasi_identifiers[0]`: 'birth' names no table of the plan (write table.column)"),
        ("[7]", "`quasi_identifiers[0]`: expected table.column (such as customers.birth_date)"),
        ("birth", "`quasi_identifiers`: expected a mapping of keys, got 'birth'"),
    ],
)
def test_a_flat_list_that_names_nothing_is_refused(tmp_path: Path, stated: str, mistake: str) -> None:
    assert mistakes(tmp_path, f"{TABLES}quasi_identifiers: {stated}\n") == [f"10: {mistake}"]


def test_names_keep_the_spaces_around_them(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, 'tables: {" t ": {columns: {" a": {operator: token, domain: " d "}}}}'))
    assert plan == Plan(tables={" t ": TablePlan(columns={" a": ColumnPlan(operator="token", domain=" d ")})})


def test_a_plan_may_be_larger_than_other_documents_but_not_without_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = written(tmp_path, f"# {'x' * 1_100_000}\n{TABLES}")
    assert list(read_plan(large).tables) == ["customers", "a.b"]
    monkeypatch.setattr(plan_module, "MAXIMUM_PLAN_BYTES", 1_000)
    with pytest.raises(PlanError, match="is larger than 1,000 bytes"):
        read_plan(large)


def test_a_missing_plan_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"plan\.yaml: cannot be read: No such file or directory$"):
        read_plan(tmp_path / "plan.yaml")


def test_the_digest_hangs_on_what_is_said_alone(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, TABLES))
    same = read_plan(
        written(tmp_path, "# another comment\n" + TABLES.replace("{operator: email, ", "{operator:  email, "))
    )
    other = read_plan(written(tmp_path, TABLES.replace("operator: token", "operator: keep")))
    assert plan.digest == same.digest
    assert plan.digest != other.digest


FRAGMENTS = st.sampled_from(
    [
        *TABLES.splitlines(keepends=True),
        "k: ",
        "null\n",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a\n",
        "!!python/object:x ",
        ": ",
    ]
)


def test_default_domains_of_different_columns_differ() -> None:
    column = ColumnPlan(operator="token")
    names = (("a.b", "c"), ("a", "b.c"), ('"a.b"', "c"))
    plan = Plan(tables={table: TablePlan(columns={path: column}) for table, path in names})
    assert [plan.domain_of(*each) for each in names] == ['"a.b".c', "a.b.c", '"\\"a.b\\"".c']


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=6)), max_size=12))
def test_hostile_yaml_is_refused_without_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.yaml"
    path.write_bytes("".join(parts).encode("utf-8", "surrogatepass"))
    with suppress(PlanError):
        assert isinstance(read_plan(path), Plan)


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
            ["tables", "columns", "operator", "options", "quasi_identifiers", "k", "t", "foreign_keys", "table", "x"]
        ), inner, max_size=4),
        max_leaves=12,
    )
)  # fmt: skip
def test_any_document_is_a_plan_or_an_error(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    import yaml

    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with suppress(PlanError):
        assert isinstance(read_plan(path), Plan)
