"""Where conventions are found, and every mistake of a file told at once."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from dataops_infra.conventions import BUILT_IN, Conventions, load_conventions, read_conventions, rules_digest
from dataops_infra.conventions.loading import expired_exemptions
from dataops_infra.errors import ConventionsError

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def mistakes(tmp_path: Path, content: str) -> list[str]:
    """``line: problem`` for each mistake of a dataops.yaml."""
    path = write(tmp_path / "dataops.yaml", content)
    try:
        read_conventions(path)
    except ConventionsError as error:
        return [f"{problem.line}: {problem}" for problem in error.problems]
    return []


# --- look-up -----------------------------------------------------------------------------------------------------


def test_without_a_file_the_built_in_defaults_hold(folder: Path) -> None:
    loaded = load_conventions(folder, None, {})
    assert (loaded.source, loaded.path, loaded.contracts_folder, loaded.contracts) == (BUILT_IN, None, None, ())
    assert loaded.conventions == Conventions()


@pytest.mark.parametrize("content", ["", "# nothing\n", "{}\n"])
def test_an_empty_file_holds_the_built_in_defaults(folder: Path, content: str) -> None:
    write(folder / "dataops.yaml", content)
    loaded = load_conventions(folder)
    assert loaded.conventions == Conventions()
    assert loaded.digest == rules_digest(Conventions())
    assert loaded.source == "dataops.yaml"


def test_the_nearest_file_upwards_wins(folder: Path) -> None:
    write(folder / "dataops.yaml", "organisation: outer")
    write(folder / "a/dataops.yaml", "organisation: inner")
    program = write(folder / "a/b/__main__.py", "")
    assert load_conventions(program).conventions.organisation == "inner"
    assert load_conventions(program.parent).source == "a/dataops.yaml"
    assert load_conventions(folder / "elsewhere").conventions.organisation == "outer"


def test_a_named_file_goes_before_the_variable_and_this_before_the_nearest(folder: Path) -> None:
    write(folder / "dataops.yaml", "organisation: nearest")
    variable = {"DATAOPS_CONVENTIONS": str(write(folder / "v.yaml", "organisation: variable"))}
    explicit = write(folder / "x.yaml", "organisation: explicit")
    assert load_conventions(folder, explicit, variable).conventions.organisation == "explicit"
    assert load_conventions(folder, None, variable).conventions.organisation == "variable"
    assert load_conventions(folder, None, {"DATAOPS_CONVENTIONS": ""}).conventions.organisation == "nearest"


def test_a_file_outside_the_current_folder_is_shown_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder / "dataops.yaml", "")
    monkeypatch.chdir(write(folder / "b/c", "").parent)
    assert load_conventions(None).source == str(path)


def test_a_named_file_that_does_not_exist_is_an_error_that_says_who_named_it(folder: Path) -> None:
    with pytest.raises(ConventionsError, match=r"^gone\.yaml: is not a file \(named by DATAOPS_CONVENTIONS\)$"):
        load_conventions(folder, None, {"DATAOPS_CONVENTIONS": "gone.yaml"})
    with pytest.raises(ConventionsError, match=r"^gone\.yaml: is not a file$"):
        load_conventions(folder, Path("gone.yaml"))


def test_a_pipe_is_refused_with_the_reason(folder: Path) -> None:
    """`--conventions <(…)`: the packs would have read what the program then waits for."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(ConventionsError, match=r"^pipe: is a pipe, which can be read once: .*; write it to a file$"):
        load_conventions(folder, Path("pipe"))


UNUSABLE = "make it a file with the rules; without any dataops.yaml the built-in defaults hold"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: path.symlink_to("rules/acme.yaml"), "is a link to rules/acme.yaml, which is no file"),
        (lambda path: path.symlink_to("dataops.yaml"), "is a link to dataops.yaml, which is no file"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: path.symlink_to("/dev/null"), "is not a file"),
        (os.mkfifo, "is a pipe, which can be read once: a program and its packs read it too; write it to a file"),
    ],
    ids=["dangling-link", "link-to-itself", "folder", "device", "pipe"],
)
def test_what_is_called_dataops_yaml_and_is_no_file_is_told(
    folder: Path, make: Callable[[Path], None], problem: str
) -> None:
    """The built-in defaults would hold in its place, weaker ones perhaps, and nobody would notice."""
    make(folder / "dataops.yaml")
    write(folder / "a/b/__main__.py", "")
    with pytest.raises(ConventionsError) as caught:
        load_conventions(folder / "a/b")
    assert str(caught.value) == f"{folder}/dataops.yaml: {problem} ({UNUSABLE})"


def test_the_other_suffix_is_told_unless_the_right_file_stands_beside_it(folder: Path) -> None:
    write(folder / "dataops.yml", "organisation: acme")
    with pytest.raises(ConventionsError, match=r"^dataops\.yml: is not read \(call it dataops\.yaml\)$"):
        load_conventions(folder / "a")
    write(folder / "a/dataops.yaml", "organisation: inner")
    assert load_conventions(folder / "a").conventions.organisation == "inner"
    write(folder / "dataops.yaml", "organisation: outer")
    assert load_conventions(folder).conventions.organisation == "outer"


def test_a_file_that_may_not_be_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder / "secret.yaml", "")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything, so chmod proves nothing here
    with pytest.raises(ConventionsError, match="may not be read by this user"):
        load_conventions(folder, path)


# --- digest ------------------------------------------------------------------------------------------------------


def test_the_digest_does_not_hang_on_layout_order_or_comments(tmp_path: Path) -> None:
    one = read_conventions(
        write(tmp_path / "1.yaml", "organisation: acme\nsandbox: {grace_days: 3, maximum_days: 9}\n")
    )
    two = read_conventions(
        write(tmp_path / "2.yaml", "# hello\nsandbox:\n  maximum_days: 9\n  grace_days: 3\norganisation: 'acme'\n")
    )
    assert rules_digest(one) == rules_digest(two)
    spelled_out = read_conventions(write(tmp_path / "3.yaml", "naming: {}\ntags: {scope: taggable}\n"))
    assert rules_digest(spelled_out) == rules_digest(Conventions())


@pytest.mark.parametrize(
    "content",
    [
        "organisation: acme",
        "sandbox: {grace_days: 8}",
        "classification: {levels: [public, internal, confidential, masked, pii]}",  # the order means something
    ],
)
def test_the_digest_changes_with_what_the_rules_say(tmp_path: Path, content: str) -> None:
    changed = read_conventions(write(tmp_path / "c.yaml", content))
    assert rules_digest(changed) != rules_digest(Conventions())


def test_the_digest_of_the_built_in_defaults_is_this_one() -> None:
    """Changes only when a default changes: bundles that were published say the digest they act by."""
    assert rules_digest(Conventions()) == "5cddd968f29e5c152de62addb9b68839f65813959383bb0ea6026309f1e1f842"


# --- mistakes ----------------------------------------------------------------------------------------------------

MISTAKES = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", MISTAKES, ids=[case["problem"][:60] for case in MISTAKES])
def test_one_mistake_is_one_problem_with_line_and_fix(tmp_path: Path, case: dict[str, str]) -> None:
    assert mistakes(tmp_path, case["file"]) == [case["problem"]]


def test_all_mistakes_of_a_file_come_at_once_by_line(tmp_path: Path) -> None:
    content = """\
organisation: Acme
domans: {}
retention:
  default: long
  classes:
    standard: {minimum_days: 9, maximum_days: 8}
    other: {maximum_days: x}
classification: {levels: [low, high]}
exemptions:
  - {policy: a-b, resource: "urn:x", owner: o, expires: 2027-13-01}
organisation: acme
"""
    assert mistakes(tmp_path, content) == [
        "1: `organisation`: expected 2 to 20 lowercase letters, digits and hyphens that begin with a letter, "
        "got 'Acme'",
        "2: unknown key `domans` (did you mean domains?)",
        "4: `retention.default`: 'long' is not declared (legal here: standard, other)",
        "6: `retention.classes.standard.minimum_days`: minimum_days (9) is more than maximum_days (8)",
        "7: `retention.classes.other.maximum_days`: expected a whole number, got 'x'",
        "8: `classification.levels`: lacks 'confidential', which classification.customer_managed_key_from is where "
        "none is given (declare it or set classification.customer_managed_key_from)",
        "8: `classification.levels`: lacks 'masked', which sandbox.classification_at_most is where none is "
        "given (declare it or set sandbox.classification_at_most)",
        "8: `classification.levels`: lacks 'pii', which classification.production_only_from is where none is "
        "given (declare it or set classification.production_only_from)",
        "10: '2027-13-01' is no legal value: month must be in 1..12 (put quotes around it if it is meant as text)",
        "10: `exemptions[0].reason` is missing",
        "11: key `organisation` stands twice (first on line 1)",
    ]


@pytest.mark.parametrize(
    ("content", "only"),
    [
        # What is taken out to look further makes no mistakes of its own.
        ("classification:\n  levels: [A]\n  production_only_from: secret\n", "2: `classification.levels[0]`"),
        ("retention:\n  default: mine\n  classes:\n    mine: 3\n", "4: `retention.classes.mine`"),
        ("tags:\n  required:\n    owner: 1\ndomains: {growth: {owner: X}}\n", "3: `tags.required.owner`"),
    ],
)
def test_a_mistake_that_only_follows_from_another_is_not_told(tmp_path: Path, content: str, only: str) -> None:
    [found] = mistakes(tmp_path, content)
    assert found.startswith(only)


def test_a_default_that_breaks_a_rule_of_the_file_is_told_at_its_beginning(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "# strict\ntags: {required: {environment: {pattern: 'env-.*'}}}\n")
    reason = "must match env-.* (tags.required.environment says so)"
    assert found == [f"2: `environments.{name}`: {name!r} {reason}" for name in ("dev", "prod", "staging")]


def test_the_error_reads_as_path_line_message(folder: Path) -> None:
    path = write(folder / "dataops.yaml", "domans: {}\nsandbx: {}\n")
    with pytest.raises(ConventionsError) as caught:
        load_conventions(folder)
    assert str(caught.value) == (
        "dataops.yaml:1: unknown key `domans` (did you mean domains?)\n"
        "dataops.yaml:2: unknown key `sandbx` (did you mean sandbox?)"
    )
    assert path.exists()


def test_conventions_made_in_python_are_checked_too() -> None:
    with pytest.raises(ValueError, match="'secret' is not declared"):
        Conventions.model_validate({"sandbox": {"classification_at_most": "secret"}})


# --- dates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "lines"), [("2027-01-31", []), ("2027-02-01", [2])])
def test_an_exemption_counts_through_its_last_day(tmp_path: Path, day: str, lines: list[int]) -> None:
    content = 'exemptions:\n- {policy: a-b, resource: "urn:x", owner: team, reason: r, expires: 2027-01-31}\n'
    path = write(tmp_path / "dataops.yaml", content)
    found = expired_exemptions(path, read_conventions(path), date.fromisoformat(day))
    assert [problem.line for problem in found] == lines
    assert all(str(problem).startswith("the exemption from a-b expired on 2027-01-31") for problem in found)


# --- the reference -----------------------------------------------------------------------------------------------


def test_the_reference_conventions_are_right() -> None:
    loaded = load_conventions(REPOSITORY)
    conventions = loaded.conventions
    assert conventions.organisation == "acme"
    assert (conventions.domain("growth").owner, conventions.domain("growth").cost_center) == ("growth-data", "cc-1234")
    assert [name for name, environment in conventions.environments.items() if environment.production] == ["prod"]
    assert conventions.regions.aws == ("eu-west-1", "eu-central-1")
    assert conventions.exemptions == ()
    # What the file spells out are the defaults, where it does not name things of its own.
    for section in ("naming", "lake", "retention", "classification", "sandbox"):
        assert getattr(conventions, section) == getattr(Conventions(), section)
