"""Answers to functions and outputs of other stacks, as people write them down."""

from pathlib import Path

import pytest

from dataops_infra.errors import ProjectError
from dataops_infra.preview.given_files import read_answers, read_stack_outputs


def given(folder: Path, text: str, name: str = "given.yaml") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_answers_know_where_they_stand(tmp_path: Path) -> None:
    first = "- function: aws:ec2/getAmi:getAmi\n  args: {mostRecent: true}\n  result: {id: ami-1}\n"
    path = given(tmp_path, f"{first}\n- {{function: a:b, result: 1}}\n")
    assert read_answers(path) == [
        {
            "function": "aws:ec2/getAmi:getAmi", "args": {"mostRecent": True}, "result": {"id": "ami-1"},
            "file": str(path), "line": 1,
        },
        {"function": "a:b", "result": 1, "file": str(path), "line": 5},
    ]  # fmt: skip


def test_answers_may_be_json_or_nothing(tmp_path: Path) -> None:
    assert read_answers(given(tmp_path, "")) == []
    path = given(tmp_path, '[{"function": "a:b", "result": null}]', "given.json")
    assert read_answers(path) == [{"function": "a:b", "result": None, "file": str(path), "line": 0}]


def test_every_mistake_of_an_answers_file_is_told(tmp_path: Path) -> None:
    path = given(
        tmp_path, "- function: getAmi\n- function: a:b\n  reslt: 1\n- text\n- {function: a:b, args: 3, result: 1}\n"
    )
    with pytest.raises(ProjectError) as refused:
        read_answers(path)
    assert str(refused.value).splitlines() == [
        f"{path}:1: answer 1 needs `function` (a token such as aws:ec2/getAmi:getAmi)",
        f"{path}:1: answer 1 needs `result`",
        f"{path}:3: answer 2 has an unknown key 'reslt' (did you mean result?)",
        f"{path}:2: answer 2 needs `result`",
        f"{path}:4: answer 3 must hold keys and values (function, args (optional) and result)",
        f"{path}:5: `args` of answer 4 must hold keys and values",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("function: a:b\n", "must be a list of answers"),
        ("- {function: a:b, result: 1, zzz: 1}\n", "unknown key 'zzz' (one of function, args, result)"),
        ("- [\n", "is not valid YAML"),
    ],
)
def test_answers_of_another_shape_are_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as refused:
        read_answers(given(tmp_path, text))
    assert said in str(refused.value)


def test_stack_outputs_by_stack(tmp_path: Path) -> None:
    path = given(tmp_path, "o/network/dev:\n  vpc: vpc-1\n  token: {<secret>: x}\n7: {}\n")
    assert read_stack_outputs(path) == {"o/network/dev": {"vpc": "vpc-1", "token": {"<secret>": "x"}}, "7": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n", "must hold stacks and their outputs (organization/project/stack: {output: value})"),
        ("a: {}\nb: 1\nc: 2\n", "given.yaml:2: the outputs of b must hold keys and values\n"),
    ],
)
def test_stack_outputs_of_another_shape_are_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as refused:
        read_stack_outputs(given(tmp_path, text))
    assert said in str(refused.value)
