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
