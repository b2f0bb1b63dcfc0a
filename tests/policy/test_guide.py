"""The pack of the guide to policy packs runs as it is printed."""

import re
from pathlib import Path

from tests.support.analyzer import analyzer

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "policy-packs.md"


def blocks() -> tuple[str, str, str]:
    """The rules, the program of the pack and the unit test, as the guide prints them."""
    rules, program, test = re.findall(
        r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return rules, program, test


def test_the_unit_test_of_the_guide_holds_for_its_rules() -> None:
    rules, _, test = blocks()
    exec(compile(f"{rules}\n{test}", str(GUIDE), "exec"), {})


def test_the_pack_of_the_guide_starts_and_has_its_rule(tmp_path: Path) -> None:
    rules, program, _ = blocks()
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\nversion: 0.0.1\n")
    (tmp_path / "my_rules.py").write_text(rules)
    (tmp_path / "__main__.py").write_text(program)
    with analyzer(tmp_path) as pack:
        assert pack.info.name == "my-pack"
        assert "topic-encrypted" in {policy.name for policy in pack.info.policies}
