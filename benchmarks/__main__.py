"""``make bench``: measure, print, and write docs/benchmarks.md (ratios first; times are of this machine and run)."""

import argparse
import datetime
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks import graph
from benchmarks.audit import ROUNDS, TARGET, Throughput, throughput
from benchmarks.preview import Comparison, against_cli, against_mocks, help_page
from dataops_infra.pack_folders import PACKS

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PACKAGES = ("pulumi", "pulumi-aws", "pulumi-policy", "grpcio", "protobuf", "typer")
SIZES = {1_000: 5, 10_000: 3}
"""Resources -> how many rounds; a round runs ours and the peer in turn."""
HELP_ROUNDS = 15
FIXED_SECONDS = 1.5
"""What the target allows on top of the ratio: starting the packs and reading the result."""


_PAGE = """\
# Benchmarks

Written by `make bench`. Ratios are ours over the peer's, measured in turn in one run; below 1 is faster.

Machine: {machine}, {cores} cores, Python {python}, {system}. Date: {date}. {packages}.

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

{graph}
## Beside `pulumi preview` with the same packs

{cli}

## `dataops audit` of {exports} exports with every pack

One worker per core beside one worker on one core, stacks per second in steady state, medians of {audit_rounds}:
**{audit_ratio:.2f}** of {audit_cores} cores times the single-stack rate (target: at least {audit_target});
{audit_parallel:.1f} and {audit_single:.1f} stacks a second.
"""


def _row(measured: Comparison) -> str:
    ours, theirs = measured.ours, measured.theirs
    beyond = (ours.seconds - FIXED_SECONDS) / theirs.seconds
    cells = [f"{measured.resources:,}", f"**{measured.ratio:.2f}**", f"{beyond:.2f}", f"{measured.memory_ratio:.2f}"]
    cells += [" / ".join(f"{peak:.0f}" for peak in measured.pack_mb) + " MB"]
    cells += [f"{cost.seconds:.2f} s" for cost in (ours, theirs)]
    cells += [f"{cost.peak_mb['program']:.0f} MB" for cost in (ours, theirs)]
    return "| " + " | ".join(cells) + " |"


def _page(rows: list[Comparison], help_seconds: tuple[float, float], cli: list[Comparison], audited: Throughput) -> str:
    by_size = {row.resources: row for row in rows}
    small, large = by_size[min(by_size)], by_size[max(by_size)]
    against = "\n".join(
        f"- {row.resources:,} resources: **{1 / row.ratio:.1f} times** faster "
        f"({row.ours.seconds:.2f} s and {row.theirs.seconds:.2f} s)"
        for row in cli
    )
    return _PAGE.format(
        machine=platform.machine(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        system=platform.system(),
        date=datetime.datetime.now(datetime.UTC).date(),
        packages=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        packs=", ".join(PACKS),
        fixed=FIXED_SECONDS,
        rows="\n".join(map(_row, rows)),
        large=large.resources,
        small=small.resources,
        growth=large.ratio / small.ratio,
        help_ratio=help_seconds[0] / help_seconds[1],
        help_ours=help_seconds[0],
        help_peer=help_seconds[1],
        help_rounds=HELP_ROUNDS,
        graph=graph.section(),
        cli=against or "Not measured in this run: `pulumi` was not on PATH.",
        exports=audited.exports,
        audit_rounds=ROUNDS,
        audit_ratio=audited.ratio,
        audit_cores=audited.cores,
        audit_target=TARGET,
        audit_parallel=audited.parallel,
        audit_single=audited.single,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of resources")
    parser.add_argument("--dry-run", action="store_true", help="print the page, leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dataops-bench-") as name:
        folder = Path(name)
        rows = [against_mocks(folder, size, SIZES.get(size, 3)) for size in arguments.sizes]
        cli = [row for size in (10, 1_000) if (row := against_cli(folder, size, 3)) is not None]
        page = _page(rows, help_page(folder, HELP_ROUNDS), cli, throughput(folder / "audit"))
    print(page)
    if not arguments.dry_run:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
