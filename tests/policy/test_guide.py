"""The Python of the guide to policy packs runs as it is printed."""

import re
from pathlib import Path

from dataops_infra.policy import build_pack

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "policy-packs.md"


def test_python_of_the_guide_runs() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    exec(compile("\n".join(blocks), str(GUIDE), "exec"), names)
    rules = names["RULES"]
    assert isinstance(rules, tuple)
    assert build_pack(rules)[0].name == "topic-encrypted"
