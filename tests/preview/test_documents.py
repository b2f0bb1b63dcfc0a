"""YAML and JSON read as Pulumi reads them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataops_infra.errors import ProjectError
from dataops_infra.preview.documents import read_document


def write(folder: Path, text: str, name: str = "file.yaml") -> Path:
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("on", "on"), ("true", True), ("False", False), ("~", None), ("", None), ("null", None),
        ("5", 5), ("-7", -7), ("010", 8), ("0x1F", 31), ("0b101", 5), ("0o17", 15), ("089", 89.0), ("+1", 1),
        ("1.50", 1.5), ("1e3", 1000.0), (".5", 0.5), ("-.inf", float("-inf")), ("1:30", "1:30"),
        ("2026-01-31", "2026-01-31"), ("1_000", "1_000"), ("'5'", "5"), ("=", "="),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any, tmp_path: Path) -> None:
    document = read_document(write(tmp_path, f"- a\n- {text}\n"))
    assert document.value == ["a", value]
    assert document.text(1) == text.strip("'")
    assert document.line(1) == 2


def test_lines_are_those_of_the_keys_and_fall_back_to_what_stands_around(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, "a:\n  b:\n    - c\n    - {d: 1}\n"))
    assert [document.line(*steps) for steps in ((), ("a",), ("a", "b"), ("a", "b", 1), ("a", "b", 1, "d"))] == [
        1, 1, 2, 4, 4,
    ]  # fmt: skip
    assert document.line("a", "gone", "deeper") == 1
    assert document.text("a") is None


def test_aliases_that_multiply_or_never_end_are_refused(tmp_path: Path) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))

    with pytest.raises(ProjectError, match=r":\d+: holds more than 1,000,000 values once its aliases are written out"):
        read_document(write(tmp_path, f"l0: &l0 lol\n{levels}"))
    for text in ("a: &a [*a]", "a: &a\n  b: {c: *a}", "&a [*a]"):
        with pytest.raises(ProjectError, match="holds an alias of what it stands in"):
            read_document(write(tmp_path, text))


def test_merges_and_aliases_are_followed(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, "base: &base {x: 1, y: 2}\nmore:\n  <<: *base\n  y: 3\nlist: [*base]\n"))
    assert document.value == {"base": {"x": 1, "y": 2}, "more": {"x": 1, "y": 3}, "list": [{"x": 1, "y": 2}]}


@pytest.mark.parametrize("name", ["empty.yaml", "empty.json"])
def test_an_empty_file_is_an_empty_mapping(name: str, tmp_path: Path) -> None:
    assert read_document(write(tmp_path, " \n", name)).value == {}


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.yaml", "a: [1\n", "a.yaml:2: is not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a.yaml", "a: 1\nb: !!python/object:os.system x\n", "a.yaml:2: is not valid YAML: could not determine a"),
        ("a.yaml", "a: \x00", "a.yaml: is not valid YAML: unacceptable character"),
        ("a.json", '{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "a.json: the key 'c' is given twice"),
        ("a.yaml", "a: 1\nb: 2\na: 3\nb: 1\n", "a.yaml:3: the key 'a' is given twice"),
        ("a.yaml", "[" * 5000, "a.yaml: is nested too deeply"),
        ("a.json", '{"a":\n 1,}', "a.json:2: is not valid JSON: "),
        ("a.json", "[" * 200_000, "a.json: is nested too deeply"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(name: str, text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        read_document(write(tmp_path, text, name))
    assert str(caught.value).startswith(f"{tmp_path}/{problem}")


def test_every_double_key_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        read_document(write(tmp_path, "a: 1\nb: 2\na: 3\nb: {c: 1, c: 2}\n"))
    assert [problem.line for problem in caught.value.problems] == [3, 4, 4]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="No such file"):
        read_document(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(ProjectError, match="is not UTF-8 text"):
        read_document(tmp_path / "latin.yaml")


plain = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8)
trees = st.recursive(plain, lambda i: st.lists(i, max_size=3) | st.dictionaries(st.text(max_size=5), i, max_size=3))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees)
def test_what_is_written_is_read_back(tmp_path: Path, value: Any) -> None:
    as_json = write(tmp_path, json.dumps(value), "tree.json")
    assert read_document(as_json).value == value
    as_yaml = write(tmp_path, yaml.safe_dump(value, default_style='"', allow_unicode=False))
    assert str(read_document(as_yaml).value) == str(yaml.safe_load(as_yaml.read_text()))
