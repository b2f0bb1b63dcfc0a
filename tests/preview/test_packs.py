"""Packs as the command line names them: found, checked, configured."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.conventions import Conventions, compiled
from dataops_infra.errors import InvalidInputError, PreviewError, ProjectError
from dataops_infra.preview.engine.records import PackSpec
from dataops_infra.preview.packs import Pack, read_pack_config, resolve_packs

HERE = Path(sys.executable)


def pack(folder: Path, yaml: str | None = "runtime: python\nversion: 1.10\n", main: str = "__main__.py") -> Path:
    (folder / main).parent.mkdir(parents=True, exist_ok=True)
    (folder / main).touch()
    if yaml is not None:
        (folder / "PulumiPolicy.yaml").write_text(yaml)
    return folder


def resolve(base: Path, *wanted: str, configs: Sequence[str] = ()) -> list[Pack]:
    def never() -> Path:
        raise AssertionError("a pack that nobody wanted was made")

    known: dict[str, Callable[[], Path]] = {"tagging": lambda: base / "ours/tagging", "data_lake": never}
    return resolve_packs(wanted, configs, known, base)


def test_packs_are_found_by_name_path_and_file(tmp_path: Path) -> None:
    ours, own = pack(tmp_path / "ours/tagging"), pack(tmp_path / "own")
    assert resolve(tmp_path, "tagging", "own") == [
        Pack("tagging", ours, HERE, "1.10"),
        Pack("own", own, HERE, "1.10"),
    ]
    assert resolve(tmp_path, "own/PulumiPolicy.yaml", str(ours)) == [
        Pack("own", own, HERE, "1.10"),
        Pack("tagging", ours, HERE, "1.10"),
    ]


def test_names_may_be_written_with_hyphens_or_underscores(tmp_path: Path) -> None:
    lake = pack(tmp_path / "lake")
    for known, name in [("data_lake", "data-lake"), ("data-lake", "data_lake")]:
        [found] = resolve_packs([name], [], {known: lambda: lake}, tmp_path)
        assert found.folder == lake


def test_a_pack_may_keep_its_program_and_environment_elsewhere(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "v")], check=True)
    yaml = "runtime: {name: python, options: {virtualenv: ../v}}\nmain: src\n"
    [found] = resolve(tmp_path, str(pack(tmp_path / "own", yaml, "src/__main__.py")))
    assert found == Pack("own", tmp_path / "own/src", tmp_path / "own/../v/bin/python", "")
    pack(tmp_path / "own", "runtime: python\nmain: src/__main__.py\n")
    assert resolve(tmp_path, "own")[0].folder == tmp_path / "own/src"


def test_packs_in_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for area in "abc":
        pack(tmp_path / area / "rules")
    assert [p.name for p in resolve(tmp_path, "a/rules", "b/rules", "c/rules")] == ["rules", "rules-2", "rules-3"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            ("taging",),
            "--policy-pack: expected the folder of a pack, or a name (did you mean tagging? Packs: tagging, data-lake)",
        ),
        (("packs/none",), "or a name (packs: tagging, data-lake), got 'packs/none'"),
        (("",), "--policy-pack: expected the folder of a pack, or a name (packs: tagging, data-lake), got ''"),
        (("own", "own"), "--policy-pack: expected each pack once, got 'own'"),
        (("own", "./own/PulumiPolicy.yaml"), "--policy-pack: expected each pack once"),
        (("~nobody-of-this-name/own",), "or a name (packs: tagging, data-lake), got '~nobody-of-this-name/own'"),
    ],
)
def test_a_pack_that_is_not_there_or_twice_is_refused(wanted: tuple[str, ...], said: str, tmp_path: Path) -> None:
    pack(tmp_path / "own")
    with pytest.raises(InvalidInputError) as caught:
        resolve(tmp_path, *wanted)
    assert said in str(caught.value)


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is played."""
    own, looked_at = pack(tmp_path / "own"), Path.stat

    def stat(path: Path, **options: Any) -> Any:
        if path.parent == own:
            raise PermissionError(13, "Permission denied", str(path))
        return looked_at(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(InvalidInputError) as caught:
        resolve(tmp_path, "own")
    assert str(caught.value) == "--policy-pack: expected a folder that this user may read, got 'own'"


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        (
            None,
            "PulumiPolicy.yaml: does not exist (a policy pack is a folder with PulumiPolicy.yaml: `runtime: python`)",
        ),
        ("", "PulumiPolicy.yaml: `runtime` is missing"),
        ("- a\n", "PulumiPolicy.yaml:1: `runtime` is missing"),
        ("a: 1\nruntime: nodejs\n", "PulumiPolicy.yaml:2: its runtime is 'nodejs'"),
        ("runtime: {name: python, options: 5}\n", "PulumiPolicy.yaml:1: `runtime.options` must hold keys and values"),
        ("runtime: [python\n", "PulumiPolicy.yaml:2: is not valid YAML"),
        ("runtime: python\nmain: gone\n", "PulumiPolicy.yaml:2: its program "),
    ],
)
def test_a_folder_that_is_no_pack_says_why(yaml: str | None, said: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        resolve(tmp_path, str(pack(tmp_path / "own", yaml)))
    assert str(caught.value).startswith(f"{tmp_path}/own/{said}")


def test_a_missing_environment_is_an_error_where_the_real_cli_hangs(tmp_path: Path) -> None:
    yaml = "runtime:\n  name: python\n  options: {virtualenv: gone}\n"
    with pytest.raises(PreviewError, match=r"^policy pack own: .*own/gone, which does not exist; run python -m venv"):
        resolve(tmp_path, str(pack(tmp_path / "own", yaml)))


def test_each_pack_gets_its_configuration(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack(tmp_path / name)
    (tmp_path / "a.json").write_text('{"tags": {"enforcementLevel": "mandatory", "keys": ["owner"]}}')
    found = resolve(tmp_path, "a", "b", configs=["a.json", ""])
    assert [p.config for p in found] == [{"tags": {"enforcementLevel": "mandatory", "keys": ["owner"]}}, {}]
    with pytest.raises(InvalidInputError, match=r'once per --policy-pack \("" for none\) or not at all; 2 packs'):
        resolve(tmp_path, "a", "b", configs=["a.json"])
    with pytest.raises(ProjectError, match=r"gone\.json: cannot be read"):
        resolve(tmp_path, "a", configs=["gone.json"])


@pytest.mark.parametrize(
    ("name", "text", "config"),
    [
        ("c.json", '{"all": "advisory", "b": {"limit": 5}}', {"all": "advisory", "b": {"limit": 5}}),
        ("c.yaml", "all: disabled\n", {"all": "disabled"}),
        ("c.json", "{}", {}),
        ("c.yaml", "{}", {}),
    ],
)
def test_a_configuration_is_json_or_yaml(name: str, text: str, config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert read_pack_config(tmp_path / name) == config


@pytest.mark.parametrize(
    ("name", "text", "problems"),
    [
        ("c.json", "{", ["c.json:1: is not valid JSON: Expecting property name enclosed in double quotes"]),
        ("c.json", "[]", ["c.json: must be an object"]),
        *(
            (name, text, [f'{name}: is empty (did the command that wrote it fail? `--policy-pack-config ""`'])
            for name, text in [
                ("c.json", ""),
                ("c.json", " \n"),
                ("c.json", "null"),
                ("c.yaml", ""),
                ("c.yaml", "# nothing\n"),
                ("c.yaml", "null\n"),
                ("c", ""),
            ]
        ),
        (
            "c.yaml",
            "a: mandatry\nb: 5\nc: {enforcementLevel: off}\nd: {enforcementLevel: 1}\ne: {keys: []}\n",
            [
                "c.yaml:1: a: 'mandatry' is no enforcement level (did you mean mandatory?)",
                "c.yaml:2: b: must be a level or an object (levels: advisory, mandatory, remediate, disabled)",
                "c.yaml:3: c: 'off' is no enforcement level (levels: advisory, mandatory, remediate, disabled)",
                "c.yaml:4: d: 1 is no enforcement level (levels: advisory, mandatory, remediate, disabled)",
            ],
        ),
    ],
)
def test_every_mistake_of_a_configuration_is_told(name: str, text: str, problems: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ProjectError) as caught:
        read_pack_config(tmp_path / name)
    found = [line.removeprefix(f"{tmp_path}/") for line in str(caught.value).splitlines()]
    assert len(found) == len(problems)
    assert all(line.startswith(problem) for line, problem in zip(found, problems, strict=True))


WRONG = "conventions: expected what `dataops policies config` prints (dataops.conventions/v1), got "


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('{"a": {"conventions": {"x": 1}}}', [f"c.json: a: {WRONG}['x']"]),
        ('{"a": {"conventions": {"x": 1}}, "b": {"conventions": {"x": 1}}}', [f"c.json: a: {WRONG}['x']"]),
        (
            '{"a": {"conventions": null}, "b": {"conventions": [1]}, "c": "advisory", "d": {"limit": 1}}',
            [f"c.json: a: {WRONG}'NoneType'", f"c.json: b: {WRONG}'list'"],
        ),
    ],
)
def test_conventions_that_a_pack_of_ours_cannot_read_are_told_with_file_and_policy(
    text: str, problems: list[str], tmp_path: Path
) -> None:
    (tmp_path / "c.json").write_text(text)
    pack(tmp_path / "ours/tagging")
    with pytest.raises(ProjectError) as caught:
        resolve(tmp_path, "tagging", configs=["c.json"])
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == problems
    # Another pack's property of that name is its own affair.
    assert resolve(tmp_path, str(pack(tmp_path / "own")), configs=["c.json"])[0].config == json.loads(text)


def test_conventions_that_name_no_day_are_judged_on_the_one_that_is_printed(tmp_path: Path) -> None:
    rules = compiled(Conventions(), (), "x", date(2026, 11, 22))
    undated, other_day = compiled(Conventions(), (), "y"), compiled(Conventions(), (), "z", date(2027, 1, 1))
    config = {
        "a": {"conventions": undated, "limit": 1},
        "b": {"conventions": other_day},
        "c": {"conventions": "theirs"},
        "d": "advisory",
        "e": {"limit": 2},
    }
    (tmp_path / "c.json").write_text(json.dumps(config))
    [found] = resolve(tmp_path, str(pack(tmp_path / "own")), configs=["c.json"])
    assert found.job_entry(None)["config"] == config
    dated = {**config, "a": {"conventions": {**undated, "asOf": "2026-11-22"}, "limit": 1}}
    assert found.job_entry(rules)["config"] == found.config_on_day_of(rules) == dated


def test_a_pack_stands_in_the_job_as_the_engine_reads_it(tmp_path: Path) -> None:
    [found] = resolve(tmp_path, str(pack(tmp_path / "own")))
    assert PackSpec(**found.job_entry(None)) == PackSpec(
        "own", str(tmp_path / "own"), [sys.executable], {}, {}, "1.10", None
    )
    assert PackSpec(**found.job_entry({"digest": "d"})).conventions == {"digest": "d"}
