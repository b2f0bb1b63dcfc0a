"""``Pulumi.yaml`` and ``Pulumi.<stack>.yaml``: what programs get, and every mistake with its line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.errors import InvalidInputError, PreviewError, ProjectError
from dataops_infra.preview.project import Project, find_project, fits, full_type, load_project
from dataops_infra.preview.stack_config import StackConfig, load_stack, placeholder, stacks_of
from tests.support.pack_processes import PARITY

SALT = "v1:+5ihNhDEDBA=:v1:Vyj5gKbpCO7c39WN:PolzrlKpO+hN/KJHnUJFhPo9wPWqaQ=="
SECURE = "v1:KE3q/mqokQhHKWHG:snVg7fwEGe/19/SqJpGn+MVyE/j3Bnw+/npM0XQ="
NESTED = "v1:FmZzvJsMPrPR7D/2:gwa0lfWtuHth0SnO/AjEEB85br2e2B4KVFQ="
"""Encrypted by the real CLI with the passphrase `parity`: "correct horse" and "nested one"."""
PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "parity"}
SHOP = "name: shop\nruntime: python\n"


def project(folder: Path, text: str = SHOP, **stacks: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(text)
    for stack, content in stacks.items():
        (folder / f"Pulumi.{stack}.yaml").write_text(content)
    return folder


def stack_of(folder: Path, name: str = "dev", *overrides: str, environ: Mapping[str, str] | None = None) -> StackConfig:
    return load_stack(load_project(folder), name, overrides, environ)


def problems_of(folder: Path, name: str = "dev", environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ProjectError) as caught:
        stack_of(folder, name, environ=environ)
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("confg:\n  shop:size: 3\n", "Pulumi.dev.yaml:1: the key 'confg' is not read (did you mean config?)"),
        (
            "config: {}\naws:region: eu-west-1\n",
            "Pulumi.dev.yaml:2: the key 'aws:region' is not read (configuration stands below `config`)",
        ),
        ("5: x\n", "Pulumi.dev.yaml:1: the key 5 is not read (configuration stands below `config`)"),
    ],
)
def test_a_key_of_a_stacks_file_that_nobody_reads_is_noted(text: str, note: str, tmp_path: Path) -> None:
    found = stack_of(project(tmp_path, dev=text))
    assert (dict(found.values), found.notes) == ({}, (note,))


def test_a_project_is_found_at_the_file_in_the_folder_or_above(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop")
    (folder / "deep/er").mkdir(parents=True)
    file = folder / "Pulumi.yaml"
    (folder / "deep/__main__.py").touch()
    starts = (file, folder, folder / "deep/er", folder / "deep/__main__.py")
    assert [find_project(start) for start in starts] == [file] * 4
    (tmp_path / "json").mkdir()
    (tmp_path / "json/Pulumi.json").write_text('{"name": "j", "runtime": {"name": "python"}}')
    assert load_project(tmp_path / "json").file.name == "Pulumi.json"


@pytest.mark.parametrize(
    ("name", "words"), [("gone", "no such folder"), ("", "found neither here nor in a folder above")]
)
def test_no_project_is_one_sentence(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=words):
        find_project(tmp_path / name)


def test_a_project_says_where_its_program_and_its_stacks_are(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    text = "name: 007\nmain: app\nstackConfigDir: stacks\nruntime:\n  name: python\n  options: {virtualenv: .venv}\n"
    loaded = load_project(project(tmp_path, text))
    assert loaded == Project(
        file=tmp_path / "Pulumi.yaml", name="007", runtime="python", options={"virtualenv": ".venv"},
        main=tmp_path / "app", stack_folder=tmp_path / "stacks",
    )  # fmt: skip
    assert loaded.root == tmp_path
    older = load_project(project(tmp_path, SHOP + "config: stacks\n"))
    assert (older.stack_folder, older.main, older.declarations) == (tmp_path / "stacks", tmp_path, {})


def test_every_mistake_of_a_project_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = """
name: "no good"
main: gone
stackConfigDir: [a]
runtime:
  name: python
  options: {virtualenv: 5, toolchain: [uv]}
config:
  a: {type: float}
  b: {type: array}
  c: {type: integer, default: many}
  d: {default: x, secret: true}
  e: {typ: string, secret: maybe}
  aws:region: {type: string, default: eu-west-1}
  aws:tags: {team: data}
"""
    found = [line.removeprefix(f"{tmp_path}/Pulumi.yaml") for line in self_problems(project(tmp_path, text))]
    assert found == [
        ":2: `name` cannot be 'no good' (up to 100 letters, digits, hyphens, underscores, dots)",
        ":3: `main` names gone, which does not exist (a path from the folder of Pulumi.yaml)",
        ":4: `stackConfigDir` must be a path",
        ":7: `virtualenv` must be text",
        ":7: `toolchain` must be text",
        ":9: configuration key 'a' has the unknown type 'float' (one of string, integer, boolean, array, object)",
        ":10: configuration key 'b' is an array without `items` (items: {type: string})",
        ":11: the default of configuration key 'c' is not of type integer",
        ":12: configuration key 'd' is secret and cannot have a plain default"
        " (drop it, and set the value per stack with pulumi config set --secret)",
        ":13: configuration key 'e' has an unknown attribute 'typ' (one of type, description, secret, default, value,"
        " items; a value that is an object stands under `value`)",
        ":13: `secret` of configuration key 'e' must be true or false",
        ":14: configuration key 'aws:region' is of another namespace and cannot have a type"
        " (give its value under `value`)",
        ":14: configuration key 'aws:region' is of another namespace and cannot have a default"
        " (give its value under `value`)",
        ":15: configuration key 'aws:tags' has an unknown attribute 'team' (one of type, description, secret, default,"
        " value, items; a value that is an object stands under `value`)",
    ]


def self_problems(folder: Path) -> list[str]:
    with pytest.raises(ProjectError) as caught:
        load_project(folder)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runtime: python\n", "`name` is missing"),
        ("name: shop\n", "`runtime` is missing"),
        ("name: shop\nruntime: {options: {}}\n", "`runtime` is missing"),
        ("name: shop\nruntime: {name: python, options: [a]}\n", "`runtime.options` must hold keys and values"),
        ("name: [a]\nruntime: python\n", "`name` cannot be ['a']"),
        ("name: shop\nmain: [a]\nruntime: python\n", "`main` must be a path"),
        ("name: shop\nruntime: python\nconfig: [a]\n", "`config` must hold keys and values"),
        ("- a\n", "must hold keys and values"),
        ("just text\n", "must hold keys and values"),
    ],
)
def test_a_wrong_project_says_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    assert said in self_problems(project(tmp_path, text))[0]


@pytest.mark.parametrize(
    ("type_name", "items", "value", "expected"),
    [
        ("string", None, "x", True), ("string", None, 5, False),
        ("integer", None, 5, True), ("integer", None, 5.0, True), ("integer", None, 5.5, False),
        ("integer", None, "-5", True), ("integer", None, "5x", False), ("integer", None, True, False),
        ("integer", None, [], False),
        ("boolean", None, True, True), ("boolean", None, "false", True), ("boolean", None, "yes", False),
        ("object", None, {}, True), ("object", None, "{}", False),
        ("array", {"type": "string"}, ["a"], True), ("array", {"type": "string"}, ["a", 1], False),
        ("array", {"type": "string"}, "a", False), ("array", None, [1, "a"], True),
        ("array", {"type": "array", "items": {"type": "integer"}}, [[1], ["2"]], True),
        ("array", {"type": "array", "items": {"type": "integer"}}, [[1], ["x"]], False),
    ],
)  # fmt: skip
def test_values_fit_their_declared_type(type_name: str, items: Any, value: Any, expected: bool) -> None:
    assert fits(type_name, items, value) is expected


def test_a_type_is_spelled_with_its_items() -> None:
    assert full_type("array", {"type": "array", "items": {"type": "string"}}) == "array<array<string>>"
    assert full_type("array", None) == "array"


def test_values_are_the_text_that_programs_read(tmp_path: Path) -> None:
    config = """
config:
  size: 5
  ratio: 1.50
  flag: yes
  on: true
  none:
  tilde: ~
  date: 2026-01-31
  account: 012345678901
  "quoted": "5"
  aws:region: eu-west-1
  other:config:key: old
  list: [1, 2.0, true, null, "é", <a>]
  map: {b: {c: 1.5}, a: x}
"""
    values = stack_of(project(tmp_path, dev=config)).values
    assert values == {
        "shop:size": "5", "shop:ratio": "1.50", "shop:flag": "yes", "shop:on": "true", "shop:none": "",
        "shop:tilde": "", "shop:date": "2026-01-31", "shop:account": "012345678901", "shop:quoted": "5",
        "aws:region": "eu-west-1",
        "other:key": "old", "shop:list": '[1,2,true,null,"é","<a>"]', "shop:map": '{"a":"x","b":{"c":1.5}}',
    }  # fmt: skip
    assert list(values) == sorted(values)


def test_json_projects_have_json_stacks(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.json").write_text('{"name": "shop", "runtime": "python"}')
    (tmp_path / "Pulumi.dev.json").write_text('{"config": {"size": 5, "list": [1], "flag": true, "ratio": 1.0}}')
    assert stack_of(tmp_path).values == {
        "shop:size": "5", "shop:list": "[1]", "shop:flag": "true", "shop:ratio": "1",
    }  # fmt: skip


def test_the_project_gives_defaults_and_the_command_line_wins(tmp_path: Path) -> None:
    declared = """
config:
  size: {type: integer, default: 3}
  zones: {type: array, items: {type: string}, default: [a]}
  label: text
  gone: {type: string, default: x}
  aws:region: us-east-1
  aws:retries: {value: 5}
  gcp:optional: {description: "no value"}
"""
    folder = project(tmp_path, SHOP + declared, dev="config:\n  shop:size: 4\n")
    assert stack_of(folder).values == {
        "shop:size": "4", "shop:zones": '["a"]', "shop:label": "text", "shop:gone": "x",
        "aws:region": "us-east-1", "aws:retries": "5",
    }  # fmt: skip
    given = stack_of(folder, "dev", "size=9", 'zones=["b", "c"]', "aws:region=eu-west-1", "new=a=b").values
    assert (given["shop:size"], given["shop:zones"], given["aws:region"], given["shop:new"]) == (
        "9", '["b","c"]', "eu-west-1", "a=b",
    )  # fmt: skip


def test_every_mistake_of_a_stack_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    declared = """
config:
  size: {type: integer}
  zones: {type: array, items: {type: string}}
  token: {type: string, secret: true}
  missing: {type: string}
  absent: {}
"""
    stack = """
config:
  shop:size: many
  shop:zones: [1]
  shop:token: plain
  "a b": 1
"""
    assert problems_of(project(tmp_path, SHOP + declared, dev=stack)) == [
        "Pulumi.dev.yaml: stack 'dev' gives no value for 'absent', 'missing'"
        " (pulumi config set, or --config key=value)",
        "Pulumi.dev.yaml:3: shop:size must be of type integer",
        "Pulumi.dev.yaml:4: shop:zones must be of type array<string>",
        "Pulumi.dev.yaml:5: shop:token is declared secret and must be encrypted (pulumi config set --secret)",
        "Pulumi.dev.yaml:6: 'a b' is no configuration key (namespace:name)",
    ]
    folder = project(tmp_path, SHOP + declared, dev="")
    given = stack_of(folder, "dev", "size=1", "zones=[]", "token=t", "missing=m", "absent=a")
    assert given.secrets == {"shop:token"}
    with pytest.raises(ProjectError, match=r"shop:zones must be of type array<string>"):
        stack_of(folder, "dev", "size=1", "zones=[", "token=t", "missing=m", "absent=a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n", "Pulumi.dev.yaml: must hold keys and values"),
        ("config: [a]\n", "Pulumi.dev.yaml:1: `config` must hold keys and values"),
        ("config: {a: 1\n", "Pulumi.dev.yaml:2: is not valid YAML"),
    ],
)
def test_a_wrong_stack_file_says_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    assert problems_of(project(tmp_path, dev=text))[0].startswith(said)


def test_stacks_are_the_files_that_exist(tmp_path: Path) -> None:
    folder = project(tmp_path, dev="", prod="", **{"prod.deploy": ""})
    assert stacks_of(load_project(folder)) == ["dev", "prod"]
    assert problems_of(folder, "stage") == [
        "Pulumi.stage.yaml: there is no stack 'stage': its file does not exist (stacks here: dev, prod)"
    ]
    (folder / "Pulumi.stage.yml").write_text("")
    assert "rename Pulumi.stage.yml: Pulumi reads Pulumi.stage.yaml" in problems_of(folder, "stage")[0]


def test_a_project_without_stack_files_has_every_stack(tmp_path: Path) -> None:
    folder = project(tmp_path)
    assert stack_of(folder, "anything") == StackConfig("anything", "organization", folder / "Pulumi.anything.yaml")


@pytest.mark.parametrize(
    ("name", "organization"), [("dev", "organization"), ("acme/dev", "acme"), ("acme/shop/dev", "acme")]
)
def test_a_stack_may_be_named_with_its_organisation(name: str, organization: str, tmp_path: Path) -> None:
    found = stack_of(project(tmp_path, dev=""), name)
    assert (found.stack, found.organization) == ("dev", organization)


@pytest.mark.parametrize("name", ["", "a b", "acme/other/dev", "a/b/c/d", "../dev", "acme//dev"])
def test_a_stack_of_another_form_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"^--stack: expected a stack"):
        stack_of(project(tmp_path, dev=""), name)


@pytest.mark.parametrize(("override", "shown"), [("size", "size"), ("=x", ""), ("a b=x", "a b"), ("a:b:c=s3", "a:b:c")])
def test_an_override_of_another_form_is_refused_without_its_value(override: str, shown: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        stack_of(project(tmp_path, dev=""), "dev", override)
    assert str(caught.value) == f"--config: expected key=value, got {shown!r}"


ENCRYPTED = f"""
encryptionsalt: {SALT}
config:
  shop:password:
    secure: {SECURE}
  shop:db: {{user: admin, deep: [{{password: {{secure: "{NESTED}"}}}}]}}
  shop:plain: 1
"""


def test_secrets_are_decrypted_at_any_depth(tmp_path: Path) -> None:
    found = stack_of(project(tmp_path, dev=ENCRYPTED), environ=PASSPHRASE)
    assert found.values == {
        "shop:db": '{"deep":[{"password":"nested one"}],"user":"admin"}',
        "shop:password": "correct horse",
        "shop:plain": "1",
    }
    assert found.secrets == {"shop:db", "shop:password"}
    assert found.secret_texts == {"correct horse", "nested one"}
    assert (dict(found.unknown), found.notes) == ({}, ())


def test_the_passphrase_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text("parity\n")
    folder = project(tmp_path, dev=ENCRYPTED)
    environ = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "phrase")}
    assert stack_of(folder, environ=environ).values["shop:password"] == "correct horse"
    with pytest.raises(PreviewError, match=r"PASSPHRASE_FILE=.*gone: No such file"):
        stack_of(folder, environ={"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "gone")})
    (tmp_path / "phrase").write_bytes(b"\xff")
    with pytest.raises(PreviewError, match="is not UTF-8 text"):
        stack_of(folder, environ=environ)


@pytest.mark.parametrize(
    ("head", "environ", "why"),
    [
        (f"encryptionsalt: {SALT}", {}, "PULUMI_CONFIG_PASSPHRASE is not set"),
        ("secretsprovider: awskms://alias/x\nencryptedkey: AbC", PASSPHRASE, "awskms holds their key"),
        ("", PASSPHRASE, "a service holds their key"),
        (f"secretsprovider: gcpkms://x\nencryptionsalt: {SALT}", PASSPHRASE, "gcpkms holds their key"),
    ],
)
def test_secrets_that_cannot_be_opened_are_unknown(
    head: str, environ: dict[str, str], why: str, tmp_path: Path
) -> None:
    text = ENCRYPTED.replace(f"encryptionsalt: {SALT}", head)
    declared = "config:\n  password: {type: integer, secret: true}\n"
    found = stack_of(project(tmp_path, SHOP + declared, dev=text), environ=environ)
    password, db = placeholder("shop:password"), placeholder("shop:db")
    assert found.unknown == {"shop:db": db, "shop:password": password}
    assert found.secrets == {"shop:db", "shop:password"}
    assert found.values["shop:password"] == password
    assert json.loads(found.values["shop:db"]) == {"user": "admin", "deep": [{"password": db}]}
    assert found.notes == (f"secrets of stack 'dev' are unknown here: {why}",)


def test_a_stack_without_secrets_needs_no_passphrase(tmp_path: Path) -> None:
    folder = project(tmp_path, dev=f"encryptionsalt: {SALT}\nconfig:\n  a: 1\n")
    assert stack_of(folder).notes == ()
    assert stack_of(folder, environ={"PULUMI_CONFIG_PASSPHRASE": "wrong"}).values == {"shop:a": "1"}


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        (ENCRYPTED, {"PULUMI_CONFIG_PASSPHRASE": "wrong"}, ":2: the passphrase does not open this stack's secrets"),
        (ENCRYPTED, {"PULUMI_CONFIG_PASSPHRASE": ""}, ":2: the passphrase does not open this stack's secrets"),
        (ENCRYPTED.replace(SALT, "v2:x"), PASSPHRASE, ":2: `encryptionsalt` is not of the form v1:<salt>"),
        (ENCRYPTED.replace(SALT, "v1:?:v1:a:b"), PASSPHRASE, ":2: `encryptionsalt` is not base64"),
        (ENCRYPTED.replace(SECURE, "plain"), PASSPHRASE, ":4: the secret in shop:password is not of the form v1:"),
        (
            ENCRYPTED.replace(SECURE, SECURE[:-8] + "AAAAAAA="),
            PASSPHRASE,
            ":4: the secret in shop:password was encrypted",
        ),
        (ENCRYPTED.replace(SECURE, "v1:a:b"), PASSPHRASE, ":4: the secret in shop:password is not base64"),
    ],
)
def test_what_cannot_be_decrypted_is_named_with_its_line(
    text: str, environ: dict[str, str], said: str, tmp_path: Path
) -> None:
    [problem] = problems_of(project(tmp_path, dev=text), environ=environ)
    assert problem.startswith(f"Pulumi.dev.yaml{said}")


def test_environments_of_the_pulumi_cloud_are_noted(tmp_path: Path) -> None:
    [note] = stack_of(project(tmp_path, dev="environment: [base]\nconfig: {a: 1}\n")).notes
    assert note.startswith("Pulumi.dev.yaml imports Pulumi ESC environments, which are not read here")


@pytest.mark.parametrize(
    ("project_config", "stack", "expected"),
    [
        ("", "config: {pulumi:autonaming: {mode: verbatim}}", {"mode": "verbatim"}),
        ("config: {pulumi:autonaming: {value: {pattern: '${name}'}}}\n", "", {"pattern": "${name}"}),
        ("", 'config: {pulumi:autonaming: \'{"mode": "default"}\'}', {"mode": "default"}),
        ("", "", None),
    ],
)
def test_autonaming_is_handed_on_as_data(project_config: str, stack: str, expected: Any, tmp_path: Path) -> None:
    assert stack_of(project(tmp_path, SHOP + project_config, dev=stack)).autonaming == expected


@pytest.mark.skipif(not PARITY.is_dir(), reason="the recordings (../shared/parity) are not on this machine")
def test_the_recorded_programs_get_the_recorded_keys() -> None:
    cases = sorted(path.parent for path in PARITY.glob("*/recorded.json"))
    assert len(cases) >= 35
    for case in cases:
        told = json.loads((case / "recorded.json").read_text())["configure_stack"]
        loaded = load_project(case)
        found = load_stack(loaded, told["stack"], (), PASSPHRASE)
        assert (loaded.name, sorted(found.values)) == (told["project"], told["configKeys"])
        assert sorted(found.secrets) == told["configSecretKeys"]
