"""Plans against data: every mistake at once, each with its line in the plan's file."""

from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import PlanError
from dataops_infra.masking.binding import bind, check_plan, make_operator, options_of, value_type
from dataops_infra.masking.keys import MasterKey
from dataops_infra.masking.learned import Learned
from dataops_infra.masking.operators.redact import RedactOptions
from dataops_infra.masking.plan import ColumnPlan, Plan, read_plan
from dataops_infra.masking.plan_checks import WITHOUT_TABLE

CUSTOMERS = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("email", pa.string()),
        pa.field("born", pa.date32()),
        pa.field("items", pa.list_(pa.struct({"code": pa.string()}))),
        pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
    ]
)
ORDERS = pa.schema({"customer_id": pa.int32(), "n": pa.float64()})
AGAIN = "(classify again and review the change)"
SCHEMAS = {"customers": CUSTOMERS, "orders": ORDERS}
RIGHT = """\
tables:
  customers:
    columns:
      id: {operator: token, domain: c, type: int64}
      email: {operator: email}
      born: {operator: shift_date, options: {subject: id}}
      items[].code: {operator: token}
      kind: {operator: keep}
  orders:
    columns:
      customer_id: {operator: token, domain: c}
      n: {operator: keep}
foreign_keys:
  - {table: orders, columns: [customer_id], references: customers, referenced_columns: [id]}
"""


def mistakes(folder: Path, text: str, schemas: dict[str, pa.Schema] | None = None) -> list[str]:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        check_plan(read_plan(path), schemas or SCHEMAS, path)
    except PlanError as error:
        return [f"{problem.line}: {problem}" for problem in error.problems]
    return []


def test_a_right_plan_has_no_mistakes_and_binds(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RIGHT) == []
    maskers = bind(read_plan(tmp_path / "plan.yaml"), SCHEMAS, MasterKey(b"k" * 32), Learned())
    assert list(maskers) == ["customers", "orders"]
    assert list(maskers["customers"].operators) == ["id", "email", "born", "items[].code", "kind"]
    assert [bound.per_value for bound in maskers["customers"].operators.values()] == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("planned", "found"),
    [
        ("string", pa.large_string()),
        ("string", pa.string_view()),
        ("large_string", pa.string()),
        ("string", pa.dictionary(pa.int32(), pa.large_string())),
        ("dictionary<values=string, indices=int8, ordered=0>", pa.string()),
        ("dictionary<values=string, indices=int8, ordered=0>", pa.dictionary(pa.int32(), pa.string())),
        ("binary", pa.large_binary()),
        ("binary_view", pa.binary()),
    ],
    ids=str,
)
def test_the_layout_of_a_type_is_none_of_the_plans_matters(tmp_path: Path, planned: str, found: pa.DataType) -> None:
    """Another version of a writer, or another format, holds the same texts in another layout."""
    text = f'tables: {{t: {{columns: {{c: {{operator: keep, type: "{planned}"}}}}}}}}\n'
    assert mistakes(tmp_path, text, {"t": pa.schema({"c": found})}) == []


@pytest.mark.parametrize(
    ("planned", "found"),
    [
        ("string", pa.large_binary()),
        ("dictionary<values=string, indices=int8, ordered=0>", pa.dictionary(pa.int8(), pa.int64())),
        ("int32", pa.int64()),
    ],
    ids=str,
)
def test_another_type_is_told_in_any_layout(tmp_path: Path, planned: str, found: pa.DataType) -> None:
    text = f'tables: {{t: {{columns: {{c: {{operator: keep, type: "{planned}"}}}}}}}}\n'
    assert mistakes(tmp_path, text, {"t": pa.schema({"c": found})}) == [
        f"1: t.c was {planned} when the plan was made and is {found} now {AGAIN}"
    ]


def test_one_operator_can_be_made_alone(tmp_path: Path) -> None:
    mistakes(tmp_path, RIGHT)
    plan = read_plan(tmp_path / "plan.yaml")
    made = make_operator(plan, "customers", "email", pa.string(), MasterKey(b"k" * 32), Learned())
    assert made.apply(pa.array(["a@b.org", None]), None).is_valid().to_pylist() == [True, False]  # type: ignore[arg-type]


def test_options_are_those_of_the_operator() -> None:
    assert options_of(ColumnPlan(operator="redact", options={"with": "x"})) == RedactOptions.model_validate(
        {"with": "x"}
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(pa.string(), pa.string()), (pa.dictionary(pa.int8(), pa.large_string()), pa.large_string())],
    ids=str,
)
def test_a_dictionary_has_the_type_of_its_values(kind: pa.DataType, expected: pa.DataType) -> None:
    assert value_type(kind) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "      email: {operator: email}\n      born: {operator: shift_date, options: {subject: id}}\n",
            "      gone1: {operator: keep}\n      gone2: {operator: keep}\n",
            [
                f"3: table customers has columns the plan does not know: email, born {AGAIN}",
                f"5: table customers has lost columns of the plan: gone1, gone2 {AGAIN}",
            ],
        ),
        (
            "type: int64",
            "type: string",
            [f"4: customers.id was string when the plan was made and is int64 now {AGAIN}"],
        ),
        (
            "operator: email",
            "operator: emial",
            ["5: customers.email: there is no operator emial (did you mean email?)"],
        ),
        (
            "n: {operator: keep}",
            "n: {operator: email}",
            ["12: orders.n: email takes text, and this column is double (choose another operator)"],
        ),
        (
            "{operator: shift_date, options: {subject: id}}",
            "{operator: shift_date, options: {subject: idd, days: 0}}",
            ["6: customers.born: options.days of shift_date: expected greater than or equal to 1"],
        ),
        (
            "{operator: shift_date, options: {subject: id}}",
            "{operator: shift_date, options: {subjct: id, day: 3, bounds: 2}}",
            [
                "6: customers.born: shift_date has no option subjct (did you mean subject?)",
                "6: customers.born: shift_date has no option day (did you mean days?)",
                "6: customers.born: shift_date has no option bounds (legal here: day_first, days, keep_time, subject)",
            ],
        ),
        (
            "{operator: keep}\n  orders:",
            "{operator: generalise}\n  orders:",
            [
                "8: customers.kind: generalise learns from k and quasi_identifiers: list the column there and give the "
                "plan a k, or give it `to:` a fixed rule"
            ],
        ),
        (
            "      email: {operator: email}\n      born: {operator: shift_date, options: {subject: id}}\n",
            "      email: {operator: presidio, options: {operator: mask, params: {chars: 3}}}\n"
            "      born: {operator: generalise, options: {to: {band: 5}}}\n",
            [
                "5: customers.email: options of presidio: params of mask: chars_to_mask: Field required; "
                "chars: Extra inputs are not permitted",
                "6: customers.born: options of generalise: band, prefix and round do not fit date32[day]: use year, "
                "quarter, month, decade or hour (choose another operator)",
            ],
        ),
        (
            "{operator: email}",
            "{operator: fpe, options: {shape: pattern}}",
            ["5: customers.email: options of fpe: a pattern and `shape: pattern` go together (give both or neither)"],
        ),
        (
            "customer_id: {operator: token, domain: c}",
            "customer_id: {operator: fpe, options: {mode: fictional, shape: phone}}",
            [
                "11: orders.customer_id: fpe with shape phone needs 11 digits, and int32 holds 9 "
                "(choose another operator)",
                "14: orders.customer_id and customers.id are joined, so they need the same operator with the same "
                "options",
            ],
        ),
        (
            "{subject: id}",
            "{subject: idd}",
            ["6: customers.born: shift_date looks at the column idd, which does not exist (did you mean id?)"],
        ),
        (
            "{subject: id}",
            "{subject: 'items[].code'}",
            ["6: customers.born: shift_date looks at items[].code, which has several values for each of its own"],
        ),
        (
            "id: {operator: token, domain: c, type: int64}",
            "id: {operator: drop}",
            [
                "4: customers.id: drop leaves nulls, which this column forbids (choose redact or token)",
                "14: orders.customer_id and customers.id are joined, so they need the same operator with the same "
                "options",
            ],
        ),
        (
            "customer_id: {operator: token, domain: c}",
            "customer_id: {operator: token}",
            ["14: orders.customer_id and customers.id are joined, so they need the same domain (give both c)"],
        ),
        (
            "references: customers",
            "references: customer",
            ["14: the plan has no table customer (did you mean customers? Else take the foreign key out)"],
        ),
        (
            "referenced_columns: [id]",
            "referenced_columns: [idd]",
            ["14: table customers has no column idd in the plan (did you mean id?)"],
        ),
        (
            "referenced_columns: [id]",
            "referenced_columns: [id, email]",
            ["14: 1 columns cannot refer to 2 (name as many on both sides)"],
        ),
        (
            "  orders:\n",
            "  order:\n",
            [
                "2: table orders is in the source but not in the plan (classify again and review the change)",
                "9: table order is in the plan but not in the source (did you mean orders?)",
                "14: the plan has no table orders (did you mean order? Else take the foreign key out)",
            ],
        ),
    ],
)
def test_mistakes_are_told_where_they_stand(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert RIGHT.count(old) == 1
    found = mistakes(tmp_path, RIGHT.replace(old, new))
    assert found == [line.replace("2: table orders", "1: table orders") for line in expected]


@pytest.mark.parametrize(
    ("demands", "expected"),
    [
        ("k: 5\n", ["15: k is demanded of no columns (list them in quasi_identifiers)"]),
        ("l: 2\nt: 0.5\n", [
            "15: l is demanded of no columns (list them in sensitive)",
            "16: t is demanded of no columns (list them in sensitive)",
        ]),
        ("l: 2\nsensitive: [customers.kind]\n", [
            "15: l is demanded of groups that no column makes (list quasi_identifiers)",
        ]),
        ("quasi_identifiers: [customers.borm]\n", [
            "15: table customers has no column borm in the plan (did you mean born?)",
        ]),
        ("quasi_identifiers: {customer: [born]}\n", ["15: the plan has no table customer (did you mean customers?)"]),
        ("quasi_identifiers: [customers.born]\nsensitive: [customers.born]\n", [
            "16: customers.born is called sensitive and a quasi-identifier "
            "(a value cannot both make a group and be hidden in it)",
        ]),
        ("k: 2\nl: 2\nquasi_identifiers: [customers.email]\nsensitive: [customers.kind]\n", []),
        ("k: 2\nquasi_identifiers: [customers.born, 'customers.items[].code']\n", [
            "6: customers.born is a quasi-identifier, and shift_date gives equal values different replacements: use "
            "generalise, drop, or an operator that hangs on the value alone",
            "16: customers.items[].code cannot be a quasi-identifier or sensitive: name columns with one number, date, "
            "text or truth value per row",
        ]),
    ],
)  # fmt: skip
def test_what_is_demanded_must_be_there(tmp_path: Path, demands: str, expected: list[str]) -> None:
    assert mistakes(tmp_path, RIGHT + demands) == expected


def test_joined_columns_need_an_injective_operator(tmp_path: Path) -> None:
    schemas = {"a": pa.schema({"x": pa.string()}), "b": pa.schema({"y": pa.string()})}
    text = """\
tables:
  a: {columns: {x: {operator: token, domain: d, options: {length: 10}}}}
  b: {columns: {y: {operator: token, domain: d, options: {length: 10}}}}
foreign_keys: [{table: a, columns: [x], references: b, referenced_columns: [y]}]
"""
    assert mistakes(tmp_path, text, schemas) == [
        "4: a.x and b.y are joined, and token may give different values the same replacement "
        "(choose token, or take the foreign key out)"
    ]
    wrong = mistakes(tmp_path, text.replace("length: 10", "length: 1"), schemas)
    assert [line.split(":")[0] for line in wrong] == ["2", "3"]


@pytest.mark.parametrize(
    ("operator", "domain", "is_told"),
    [("token", "d", True), ("token", "e", True), ("fpe", "d", False), ("keep", "d", False)],
)
def test_texts_and_numbers_are_not_joined_by_token(tmp_path: Path, operator: str, domain: str, is_told: bool) -> None:
    schemas = {"a": pa.schema({"x": pa.string()}), "b": pa.schema({"y": pa.int64()})}
    text = f"""\
tables:
  a: {{columns: {{x: {{operator: {operator}, domain: d}}}}}}
  b: {{columns: {{y: {{operator: {operator}, domain: {domain}}}}}}}
foreign_keys: [{{table: a, columns: [x], references: b, referenced_columns: [y]}}]
"""
    told = [
        "4: a.x (string) and b.y (int64) are joined, and token replaces texts and numbers differently: no row would "
        "find its partner (store both as one type, or give both fpe with options {shape: digits} if all have seven "
        "digits or more)"
    ]
    assert mistakes(tmp_path, text, schemas) == (told if is_told else [])


def test_joined_columns_may_both_be_kept(tmp_path: Path) -> None:
    schemas = {"a": pa.schema({"x": pa.string()}), "b": pa.schema({"y": pa.string()})}
    text = """\
tables: {a: {columns: {x: {operator: keep}}}, b: {columns: {y: {operator: keep}}}}
foreign_keys: [{table: a, columns: [x], references: b, referenced_columns: [y]}]
"""
    assert mistakes(tmp_path, text, schemas) == []


def test_repeated_columns_are_refused(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string()), ("a", pa.string())])
    text = "tables: {t: {columns: {a: {operator: keep}}}}\n"
    assert mistakes(tmp_path, text, {"t": schema}) == [
        "1: table t has several columns called a (rename them: a plan knows columns by name)"
    ]


def test_a_table_that_went_is_told_with_what_to_do(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RIGHT, {"customers": CUSTOMERS})[0] == (
        f"9: table orders is in the plan but not in the source ({WITHOUT_TABLE})"
    )


def test_drift_names_the_first_columns_and_counts_the_others(tmp_path: Path) -> None:
    schema = pa.schema({f"c{i}": pa.string() for i in range(50)})
    [line] = mistakes(tmp_path, "tables: {t: {columns: {}}}\n", {"t": schema})
    assert line.endswith(f"{', '.join(schema.names[:20])} and 30 more (classify again and review the change)")


def test_a_plan_without_a_file_has_mistakes_without_lines() -> None:
    with pytest.raises(PlanError) as caught:
        check_plan(Plan(), {"t": pa.schema({})}, Path("nowhere.yaml"))
    assert [problem.line for problem in caught.value.problems] == [0]


def test_an_option_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    found = mistakes(tmp_path, RIGHT.replace("{subject: id}", "{subject: id, days: SECRET-VALUE}"))
    assert len(found) == 1
    assert "SECRET-VALUE" not in found[0]
