"""Pictures of the report for the README, drawn by rich from real runs."""

import io
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from dataops_infra.pack_folders import PACKS, pack_folder
from dataops_infra.preview.model import PreviewResult
from dataops_infra.preview.reports import tree
from dataops_infra.preview.run import PreviewRequest, preview

ROOT = Path(__file__).parents[1]
AS_OF = date(2026, 12, 1)
"""A picture must not change from day to day."""
COLUMNS = 100

_SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""rich's own frame fetches fonts from elsewhere; this one uses those of the reader."""


@dataclass(frozen=True)
class Picture:
    """A run and the file that shows it."""

    file: str
    folder: Path
    stack: str
    packs: tuple[str, ...]

    @property
    def title(self) -> str:
        """The command that shows the same."""
        packs = "".join(f" --policy-pack {pack}" for pack in self.packs)
        return f"dataops preview {self.folder.relative_to(ROOT)}{packs}"


EXAMPLES = ROOT / "examples"
EVERY_PACK = tuple(name.replace("_", "-") for name in PACKS)
PICTURES = (
    Picture("preview.svg", EXAMPLES / "aws_sandbox", "dev", EVERY_PACK),
    Picture("preview-broken.svg", EXAMPLES / "breaks_the_rules", "dev", ("tagging",)),
    Picture("preview-way-out.svg", EXAMPLES / "personal_data_leaves_production", "prod", ("pii",)),
)


def svg(result: PreviewResult, title: str) -> str:
    """The tree of ``result`` as a picture of a terminal, without the seconds."""
    console = Console(record=True, file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
    tree.show(result, console, timed=False)
    return _exported(console, title)


def _exported(console: Console, title: str) -> str:
    text = console.export_svg(title=title, code_format=_SVG, unique_id="preview")
    return "".join(line.rstrip() + "\n" for line in text.splitlines() if line.strip())


def write_pictures(folder: Path) -> None:
    """Run the programs and draw what came out.

    :raises DataopsError: a run could not be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        request = PreviewRequest(
            directory=picture.folder,
            stack=picture.stack,
            packs=picture.packs,
            known_packs={name: partial(pack_folder, name) for name in PACKS},
            as_of=AS_OF,
        )
        (folder / picture.file).write_text(svg(preview(request), picture.title), encoding="utf-8")
    (folder / "masked.svg").write_text(masked_svg(), encoding="utf-8")


def masked_svg() -> str:
    """Three rows before and after masking, and what a run says at its end, without the seconds."""
    console = Console(record=True, file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "shop").symlink_to(EXAMPLES / "masked_shop" / "shop")
        (work / "mask.key").touch(mode=0o600)
        (work / "mask.key").write_text(bytes(range(32)).hex())
        _said(work, "classify shop/customers.csv --output plan.yaml")
        run = "run plan.yaml --source shop/customers.csv --target masked.csv --key-file mask.key"
        for words in (f"{run} --preview 3", run):
            console.print(f"[bold]$ dataops mask {words}[/]", highlight=False)
            console.print(Text.from_ansi(re.sub(r" in [\d.,]+ s, [\d.,]+ rows/s", "", _said(work, words)).strip()))
            console.print()
    return _exported(console, "dataops mask")


def _said(folder: Path, words: str) -> str:
    """What ``dataops mask`` prints on a terminal.

    :raises subprocess.CalledProcessError: it failed.
    """
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    environment |= {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "COLUMNS": str(COLUMNS)}
    program = [sys.executable, "-c", "from dataops_infra.cli import main; main()", "mask", *words.split()]
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
