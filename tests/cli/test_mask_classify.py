"""``dataops mask classify`` as a person and a CI job meet it."""

import json
import sys
from importlib import util
from pathlib import Path

import polars as pl
import pytest

from dataops_infra.cli import main
from dataops_infra.cli.mask import installed
from dataops_infra.masking.plan import read_plan

NAMES = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances"]
MAILS = [f"planted{i}@secret.example" for i in range(40)]

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: c1
name: shop
version: 1.0.0
status: active
domain: sales
customProperties: [{property: dataClassification, value: internal}]
team: {name: x, members: [{username: x, role: owner}]}
schema:
  - name: people
    physicalType: table
    logicalType: object
    properties:
      - {name: id, logicalType: integer, classification: pii, primaryKey: true, unique: true, required: true}
      - {name: tag1, logicalType: string, classification: public}
  - name: orders
    physicalType: table
    logicalType: object
    properties:
      - name: buyer
        logicalType: integer
        classification: pii
        relationships: [{to: people.id}]
"""


class Place:
    """A folder with a source, and the command run in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys, self.plan = folder, capsys, folder / "plan.yaml"
        source = folder / "source"
        source.mkdir()
        rows = range(40)
        people = {"id": [1000 + i for i in rows], "mail": MAILS, "tag1": [f"{i * 7919:x}" for i in rows]}
        pl.DataFrame(people).write_parquet(source / "people.parquet")
        pl.DataFrame({"buyer": [1000 + i % 9 for i in rows], "n": [1, 2] * 20}).write_parquet(source / "orders.parquet")
        (folder / "dataops.yaml").write_text("domains: {sales: {}}\n")
        (folder / "shop.yaml").write_text(CONTRACT)

    def classify(self, *words: str | Path, source: str | Path = "source") -> tuple[int | str | None, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["mask", "classify", str(source), "--output", "plan.yaml", *map(str, words)])
        out, err = self.capsys.readouterr()
        return ended.value.code, out, err


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATAOPS_CONVENTIONS", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return Place(tmp_path, capsys)


def test_it_writes_a_plan_and_shows_each_decision(place: Place) -> None:
    code, out, err = place.classify()
    assert (code, err) == (0, "")
    assert [line.rstrip() for line in out.splitlines()] == [
        "orders",
        "column  operator  holds       score  reason",
        "buyer   token     identifier  0.80   the name says somebody, told by a number",
        "n       keep      measure     0.70   whole numbers that look like measures or codes",
        "people",
        "column  operator  holds       score  reason",
        "id      token     identifier  0.90   the name says identifiers",
        "mail    email     email       0.99   100% of the values look like email addresses, as the name says",
        "tag1    token     unknown     0.50   nothing here recognises the values",
        "plan.yaml: written; 5 columns: 3 token, 1 email, 1 keep",
    ]
    assert list(read_plan(place.plan).tables) == ["orders", "people"]


def test_no_value_of_the_data_is_shown_or_written(place: Place) -> None:
    for words in ((), ("--overwrite", "--format", "json", "--k", "5")):
        _, out, err = place.classify(*words)
        assert "planted" not in out + err + place.plan.read_text()


def test_json_tells_the_same(place: Place) -> None:
    code, out, _ = place.classify("--format", "json")
    report = json.loads(out)
    assert code == 0
    assert report["plan"]["tables"]["people"]["columns"]["mail"]["operator"] == "email"
    assert {name: report[name] for name in ("schema", "source", "output", "written", "changes", "planHash")} == {
        "schema": "dataops.mask-classify/v1",
        "source": "source",
        "output": "plan.yaml",
        "written": True,
        "changes": [],
        "planHash": read_plan(place.plan).digest,
    }


@pytest.mark.parametrize("given", ["shop.yaml", "contracts"])
def test_contracts_decide_first(place: Place, given: str) -> None:
    (place.folder / "contracts").mkdir()
    (place.folder / "contracts" / "shop.yaml").write_text(CONTRACT)
    code, out, _ = place.classify("--contract", given)
    plan = read_plan(place.plan)
    assert code == 0
    assert plan.tables["people"].columns["tag1"].reason == "the contract says public"
    assert plan.domain_of("orders", "buyer") == plan.domain_of("people", "id")
    assert "foreign key orders (buyer) → people (id): stated by the contract" in out


def test_the_same_again_changes_nothing(place: Place) -> None:
    place.classify()
    before = place.plan.stat().st_mtime_ns
    code, out, err = place.classify()
    assert (code, err) == (0, "")
    assert "Against the plan" not in out
    assert out.splitlines()[-1].startswith("plan.yaml: unchanged; ")
    assert place.plan.stat().st_mtime_ns == before


@pytest.mark.parametrize("arguments", [(), ("--overwrite",)])
def test_a_plan_with_other_reasons_alone_is_unchanged(place: Place, arguments: tuple[str, ...]) -> None:
    place.classify()
    changed = place.plan.read_text().replace("score: 0.", "score: 0.1", 1)
    assert changed != place.plan.read_text()
    place.plan.write_text(changed)
    code, out, err = place.classify(*arguments)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("plan.yaml: unchanged; ")
    assert place.plan.read_text() == changed


def edited(place: Place) -> str:
    place.classify()
    text = place.plan.read_text()
    changed = text.replace("tag1: {operator: token", "tag1: {operator: keep").replace('      "n": ', "      old: ")
    place.plan.write_text(changed)
    return changed


def test_an_edited_plan_is_not_touched(place: Place) -> None:
    changed = edited(place)
    code, out, err = place.classify()
    assert code == 2
    assert "Against the plan that is there:" in out
    assert "  people.tag1: operator keep → token" in out
    assert "  orders.old went" in out
    assert "  orders.n came: keep (whole numbers that look like measures or codes)" in out
    assert out.splitlines()[-1].startswith("plan.yaml: not written; ")
    assert err == (
        "dataops: plan.yaml holds another plan, which was not touched; "
        "change it by hand, or give --overwrite to lose what people changed in it\n"
    )
    assert place.plan.read_text() == changed


def test_overwrite_replaces_an_edited_plan(place: Place) -> None:
    place.classify()
    right = place.plan.read_text()
    edited_text = right.replace("tag1: {operator: token", "tag1: {operator: keep")
    place.plan.write_text(edited_text)
    code, out, _ = place.classify("--overwrite")
    assert code == 0
    assert "  people.tag1: operator keep → token" in out
    assert place.plan.read_text() == right


def test_a_plan_with_mistakes_is_kept_unless_told_otherwise(place: Place) -> None:
    broken = "schema: dataops.mask-plan/v1\ntables: [\n"
    place.plan.write_text(broken)
    code, _, err = place.classify()
    assert code == 2
    assert err.startswith("dataops: --output: expected a new file, or a plan without mistakes (with --overwrite this")
    assert place.plan.read_text() == broken
    assert place.classify("--overwrite")[0] == 0
    assert list(read_plan(place.plan).tables) == ["orders", "people"]


@pytest.mark.parametrize("text", ["", "tables: {old: {columns: {a: {operator: keep}}}}\n"], ids=["empty", "no schema"])
def test_an_empty_file_or_a_plan_without_its_schema_may_go(place: Place, text: str) -> None:
    place.plan.write_text(text)
    assert place.classify("--overwrite")[0] == 0
    assert list(read_plan(place.plan).tables) == ["orders", "people"]


@pytest.mark.parametrize("name", ["notes.yaml", "mask.key", "source/people.parquet", "source/plan.yaml"])
def test_what_is_no_plan_is_never_overwritten(place: Place, name: str) -> None:
    path = place.folder / name
    if "source" not in name:
        path.write_text("- a list\n")
    before = path.read_bytes() if path.exists() else None
    code, _, err = place.classify("--overwrite", "--output", name)
    assert (code, err.startswith("dataops: --output: expected a ")) == (2, True)
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_k_generalises_quasi_identifiers(place: Place) -> None:
    pl.DataFrame({"sex": ["m", "f"] * 20, "zip": [f"{i:05d}" for i in range(40)]}).write_parquet("source/more.parquet")
    assert place.classify("--k", "3")[0] == 0
    plan = read_plan(place.plan)
    assert (plan.k, plan.quasi_identifiers) == (3, {"more": ("sex", "zip")})


def test_cities_stay_in_their_pool_where_others_are_generalised(place: Place) -> None:
    born = [f"19{50 + i}-02-03" for i in range(40)]
    people = {"born": born, "city": [f"Town {i}" for i in range(40)]}
    pl.DataFrame(people).rename({"born": "birth_date"}).write_csv("source/more.csv")
    assert place.classify("--k", "3")[0] == 0
    plan = read_plan(place.plan)
    assert (plan.k, plan.quasi_identifiers) == (3, {"more": ("birth_date",)})
    assert [column.operator for column in plan.tables["more"].columns.values()] == ["generalise", "pool"]


@pytest.mark.parametrize(
    ("source", "words", "said"),
    [
        ("nowhere", (), "dataops: nowhere does not exist\n"),
        ("empty", (), "dataops: empty holds no data; tables are files ending in "),
        ("source", ("--contract", "gone.yaml"), "dataops: gone.yaml: cannot be read: No such file or directory\n"),
        ("source", ("--contract", "other.yaml"), "dataops: the contracts describe invoices, and the source has none"),
        ("source", ("--contract", "wrong"), "dataops: wrong/a.yaml: is not a data contract (begin with kind: DataCon"),
        ("source", ("--conventions", "gone.yaml"), "dataops: gone.yaml: "),
        ("source", ("--output", "source"), "dataops: --output: expected a file of its own"),
        ("source", ("--output", "no/plan.yaml"), "dataops: --output: expected a file in a folder that exists"),
        ("source", ("--contract", "none"), "dataops: --contract: expected a folder with dataset contracts (*.yaml)"),
        ("source", ("--contract", "shop.yaml", "--output", "shop.yaml"), "dataops: --output: expected a file of its"),
    ],
)  # fmt: skip
def test_errors_are_for_people(place: Place, source: str, words: tuple[str, ...], said: str) -> None:
    (place.folder / "empty").mkdir()
    (place.folder / "other.yaml").write_text(
        CONTRACT.split("  - name: orders")[0].replace("name: people", "name: invoices")
    )
    (place.folder / "none").mkdir()
    (place.folder / "none" / "contract.json").write_text("{}")
    (place.folder / "wrong").mkdir()
    (place.folder / "wrong" / "a.yaml").write_text("")
    code, out, err = place.classify(*words, source=source)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert not place.plan.exists()


def test_presidio_votes_where_it_is_asked(place: Place) -> None:
    assert place.classify("--presidio")[0] == 0


def test_without_presidio_there_is_no_vote(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if "presidio" in name else find(name, *more))
    code, _, err = place.classify("--presidio")
    assert code == 2
    assert err == ("dataops: --presidio needs presidio, which is not installed: pip install 'dataops-infra[ner]'\n")


def test_without_the_extra_it_says_what_to_install(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda _name: None)
    code, _, err = place.classify()
    assert code == 2
    assert "dataops-infra[masking]" in err


def test_names_of_columns_do_not_act_on_a_terminal(place: Place) -> None:
    pl.DataFrame({"[red]\x1b[2Jx": MAILS}).write_parquet("source/more.parquet")
    code, out, _ = place.classify()
    assert code == 0
    assert "\x1b" not in out
    assert "[red]\\x1b[2Jx" in out
    assert list(read_plan(place.plan).tables["more"].columns) == ["[red]\x1b[2Jx"]


def test_only_the_first_columns_of_a_wide_table_are_drawn(place: Place) -> None:
    pl.DataFrame({f"c{i}": [i] for i in range(250)}).write_parquet("source/wide.parquet")
    code, out, _ = place.classify()
    assert code == 0
    assert "… and 50 more columns, all in the plan" in out
    assert len(read_plan(place.plan).tables["wide"].columns) == 250


def test_an_output_without_arrows_gets_escapes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place.folder / "out.txt"
    with path.open("w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        code, _, _ = place.classify("--contract", "shop.yaml")
    assert code == 0
    assert r"foreign key orders (buyer) \u2192 people (id)" in path.read_text("ascii")


def test_a_partition_by_a_masked_column_is_told_as_run_tells_it(place: Place) -> None:
    folder = place.folder / "source" / "people" / "tag1=a"
    folder.mkdir(parents=True)
    (place.folder / "source" / "people.parquet").rename(folder / "a.parquet")
    said = (
        "plan.yaml: people.tag1 is masked, but the table is partitioned by it, and names of folders are not masked "
        "(write the table without partitions by tag1, or keep the column if it is safe)\n"
    )
    assert [place.classify()[::2] for _ in range(2)] == [(0, said)] * 2
    place.plan.write_text(place.plan.read_text().replace("tag1: {operator: token", "tag1: {operator: keep"))
    code, _, err = place.classify()
    assert code == 2
    assert "partitioned" not in err


def test_of_many_changes_the_first_are_told(place: Place) -> None:
    wide = {f"c{number:03}": [1, 2] for number in range(60)}
    pl.DataFrame(wide).write_parquet(place.folder / "source" / "orders.parquet")
    place.classify()
    pl.DataFrame({"n": [1, 2]}).write_parquet(place.folder / "source" / "orders.parquet")
    code, out, _ = place.classify()
    assert code == 2
    assert "orders.c019 went" in out
    assert "orders.c020 went" not in out
    assert "more, all told by --format json" in out
