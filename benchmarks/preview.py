"""`dataops preview` beside the SDK's own test mocks and, where it is installed, beside the real CLI."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measuring import Cost, run
from benchmarks.programs import write_program
from dataops_infra.pack_folders import PACKS

DATAOPS = Path(sys.executable).with_name("dataops")
EVERY_PACK = [word for pack in PACKS for word in ("--policy-pack", pack)]


@dataclass(frozen=True)
class Comparison:
    """One size: the median run of ours and of a peer."""

    resources: int
    peer: str
    ours: Cost
    theirs: Cost

    @property
    def ratio(self) -> float:
        """Our seconds over the peer's."""
        return self.ours.seconds / self.theirs.seconds

    @property
    def pack_mb(self) -> list[float]:
        """Peak memory of each pack's process, in the order of the packs."""
        return [self.ours.peak_mb[f"pack {pack}"] for pack in PACKS]

    @property
    def memory_ratio(self) -> float:
        """Peak memory of the program's process under our engine over the peer's."""
        return self.ours.peak_mb["program"] / self.theirs.peak_mb["program"]


def _role(command: str) -> str:
    if "pulumi.policy" in command:
        # The last argument is the pack's folder.
        return f"pack {Path(command.split()[-1]).name}"
    if "job.json" in command or "under_mocks.py" in command:
        return "program"
    return "dataops"


def _middle(runs: list[Cost]) -> Cost:
    """The run with the median time (the lower of the two middle ones)."""
    return sorted(runs, key=lambda cost: cost.seconds)[(len(runs) - 1) // 2]


def against_mocks(folder: Path, resources: int, rounds: int) -> Comparison:
    """The program under ``dataops preview`` with every pack, in turn with it under the SDK's mocks."""
    program = write_program(folder / f"mocks-{resources}", resources)
    preview: list[str | Path] = [DATAOPS, "preview", program, "--stack", "dev", *EVERY_PACK]
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(run([sys.executable, "under_mocks.py", "__main__.py"], program, _role))
        ours.append(run([*preview, "--format", "json", "--output", program / "report.json"], program, _role))
    return Comparison(resources, "mocks", _middle(ours), _middle(theirs))


def against_cli(folder: Path, resources: int, rounds: int) -> Comparison | None:
    """The same packs under the real CLI; None where ``pulumi`` is not on PATH."""
    if shutil.which("pulumi") is None:
        return None
    program = write_program(folder / f"cli-{resources}", resources)
    preview: list[str | Path] = [DATAOPS, "preview", program, "--stack", "dev", *EVERY_PACK]
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(run([*preview, "--engine", "pulumi"], program, _role))
        ours.append(run(preview, program, _role))
    return Comparison(resources, "pulumi", _middle(ours), _middle(theirs))


def help_page(folder: Path, rounds: int) -> tuple[float, float]:
    """Median seconds of ``dataops --help`` and of the help page of an empty typer application."""
    empty = folder / "empty_app.py"
    empty.write_text(
        "import typer\n\napp = typer.Typer()\n\n\n@app.command()\ndef nothing() -> None:\n    ...\n\n\napp()\n"
    )
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(run([sys.executable, empty, "--help"], folder, _role).seconds)
        ours.append(run([DATAOPS, "--help"], folder, _role).seconds)
    return median(ours), median(theirs)


SIZES = {1_000: 5, 10_000: 3}
"""Resources -> how many rounds; a round runs ours and the peer in turn."""
HELP_ROUNDS = 15
FIXED_SECONDS = 1.5
"""What the target allows on top of the ratio: starting the packs and reading the result."""

_SECTION = """\
## `dataops preview` with every pack ({packs}) beside the SDK's own test mocks without policy

A generated program of S3 buckets with public-access blocks inside components. The peer imports the same program under
`pulumi.runtime.set_mocks`; it checks nothing and reports nothing. "Beyond" is the ratio after the {fixed} s that the
target allows for starting the packs and reading the result.

| resources | time ratio | beyond {fixed} s | memory ratio | packs | ours | mocks | program, ours | program, mocks |
|---|---|---|---|---|---|---|---|---|
{rows}

Ratio at {large:,} over ratio at {small:,} resources: **{growth:.2f}**.

## `dataops --help` beside an empty typer application

**{help_ratio:.2f}** ({help_ours:.3f} s and {help_peer:.3f} s, medians of {help_rounds}).

## Beside `pulumi preview` with the same packs

{cli}
"""


def section(folder: Path) -> str:
    """The measurements as a section of docs/benchmarks.md."""
    rows = [against_mocks(folder, size, rounds) for size, rounds in SIZES.items()]
    cli = [row for size in (10, 1_000) if (row := against_cli(folder, size, 3)) is not None]
    help_ours, help_peer = help_page(folder, HELP_ROUNDS)
    against = "\n".join(
        f"- {row.resources:,} resources: **{1 / row.ratio:.1f} times** faster "
        f"({row.ours.seconds:.2f} s and {row.theirs.seconds:.2f} s)"
        for row in cli
    )
    return _SECTION.format(
        packs=", ".join(PACKS),
        fixed=FIXED_SECONDS,
        rows="\n".join(map(_row, rows)),
        large=rows[-1].resources,
        small=rows[0].resources,
        growth=rows[-1].ratio / rows[0].ratio,
        help_ratio=help_ours / help_peer,
        help_ours=help_ours,
        help_peer=help_peer,
        help_rounds=HELP_ROUNDS,
        cli=against or "Not measured in this run: `pulumi` was not on PATH.",
    )


def _row(measured: Comparison) -> str:
    ours, theirs = measured.ours, measured.theirs
    beyond = (ours.seconds - FIXED_SECONDS) / theirs.seconds
    cells = [f"{measured.resources:,}", f"**{measured.ratio:.2f}**", f"{beyond:.2f}", f"{measured.memory_ratio:.2f}"]
    cells += [" / ".join(f"{peak:.0f}" for peak in measured.pack_mb) + " MB"]
    cells += [f"{cost.seconds:.2f} s" for cost in (ours, theirs)]
    cells += [f"{cost.peak_mb['program']:.0f} MB" for cost in (ours, theirs)]
    return "| " + " | ".join(cells) + " |"
