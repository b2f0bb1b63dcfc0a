"""Decrypted configuration stays out of what people read."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataops_infra.errors import PreviewError
from dataops_infra.preview.masking import MASK, Mask
from dataops_infra.preview.run import PreviewRequest, preview
from tests.support.previews import EXPORTS, observed, resource


@pytest.mark.parametrize(
    ("secrets", "text", "masked"),
    [
        (["correct horse"], "not a valid int: 'correct horse'", f"not a valid int: '{MASK}'"),
        (["abc", "abcdef"], "abcdef abc", f"{MASK} {MASK}"),
        (['a"b\nc'], json.dumps({"k": 'a"b\nc'}), f'{{"k": "{MASK}"}}'),
        (["süß"], json.dumps("süß") + " süß", f'"{MASK}" {MASK}'),
        ([".*"], "anything", "anything"),
        (["a.c"], "abc a.c", f"abc {MASK}"),
        (['{"user": "bob", "login": {"keys": ["hunter2", 5]}}'], "user bob: hunter2 {}", f"user bob: {MASK} {{}}"),
        (['{"hunter2"', "[" * 9999], '"hunter2" {', '"hunter2" {'),
        (["-----BEGIN KEY-----\n  MIIEpAIBAAKCAQ\nshort\n"], "MIIEpAIBAAKCAQ\nshort", f"{MASK}\nshort"),
        (["no", "", "true", "False"], "no true False", "no true False"),
        ([], "text", "text"),
    ],
)
def test_secrets_are_masked_as_the_cli_does(secrets: list[str], text: str, masked: str) -> None:
    assert Mask(secrets).text(text) == masked


def test_a_secret_of_several_lines_is_masked_in_the_output() -> None:
    assert Mask(["one\ntwo"]).lines(["a", "one", "two", "b"]) == ("a", MASK, "b")
    assert Mask(["one"]).lines([]) == ()
    assert Mask([]).lines(["a\nb"]) == ("a\nb",)


def test_everything_from_the_program_is_masked_and_names_are_not() -> None:
    found: dict[str, Any] = {
        **observed(resources=[resource(EXPORTS, inputs={"name": "hush", "list": [{"hush": "x hush", "n": 1}]})]),
        "diagnostics": [{"severity": "info", "message": "hush", "urn": "hush"}],
        "policyEvents": [{"message": "hush!", "policy": "hush"}],
        "remediations": [{"policy": "hush", "before": {"a": "hush"}, "after": {"a": ["hush"]}}],
        "functions": [{"function": "hush", "entry": "- result: hush"}],
        "outputs": {"hush": "hush"},
        "error": {
            "kind": "program",
            "message": "hush",
            "detail": "hush",
            "frames": [{"file": "hush.py", "line": 1, "text": "f('hush')"}],
        },
    }
    masked = Mask(["hush"]).observed(found)

    assert masked["resources"][0]["inputs"] == {"name": MASK, "list": [{"hush": f"x {MASK}", "n": 1}]}
    assert masked["diagnostics"] == [{"severity": "info", "message": MASK, "urn": "hush"}]
    assert masked["policyEvents"] == [{"message": f"{MASK}!", "policy": "hush"}]
    assert masked["remediations"] == [{"policy": "hush", "before": {"a": MASK}, "after": {"a": [MASK]}}]
    assert masked["functions"] == [{"function": "hush", "entry": f"- result: {MASK}"}]
    assert masked["outputs"] == {"hush": MASK}
    assert (masked["error"]["message"], masked["error"]["detail"]) == (MASK, MASK)
    assert masked["error"]["frames"] == [{"file": "hush.py", "line": 1, "text": f"f('{MASK}')"}]
    assert Mask(["hush"]).observed({**found, "error": None})["error"] is None
    assert Mask([]).observed(found) is found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    declared = "config: {token: {type: integer, secret: true}}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: shop\nruntime: python\n{declared}")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return tmp_path


def test_no_part_of_a_preview_shows_a_configured_secret(project: Path) -> None:
    (project / "__main__.py").write_text(
        "import pulumi, sys\n"
        "token = pulumi.Config().require('token')\n"
        "print('token is', token)\n"
        "print(token, file=sys.stderr)\n"
        "pulumi.log.warn(f'beware of {token}')\n"
        "pulumi.export('token', token)\n"
        "raise ValueError(token)\n"
    )
    result = preview(PreviewRequest(project, config=("token=7418529630",)))

    assert "7418529630" not in repr(result)
    assert "token is [secret]" in result.program_output


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("last words: 7418529630", "last words: [secret]"),
        # What is cut off would leave a half that nobody recognises.
        ("x" * 495 + "7418529630", "x" * 495 + "[secr"),
    ],
)
def test_the_words_of_a_process_that_died_are_masked(words: str, shown: str, project: Path) -> None:
    (project / "__main__.py").write_text(
        f"import os, sys\nprint({words!r}, file=sys.stderr, flush=True)\nos._exit(5)\n"
    )

    with pytest.raises(PreviewError) as caught:
        preview(PreviewRequest(project, config=("token=7418529630",)))
    assert caught.value.detail == shown
