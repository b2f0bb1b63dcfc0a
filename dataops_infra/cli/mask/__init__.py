"""``dataops mask``: from a dataset to a copy in which nobody can be found."""

import typer

from dataops_infra.cli.mask.installed import check_installed, spare_pandas

HELP = """\
Mask datasets: a copy in which joins still work and nobody can be found, published only when a gate has proven it.

\b
Examples:
  dataops mask classify data/ --output plan.yaml
  dataops mask run plan.yaml --source data/ --target masked/ --key-file mask.key
  dataops mask verify plan.yaml --source data/ --target masked/ --format html > report.html
"""


def register(app: typer.Typer) -> None:
    """Add the group ``mask`` to ``app``.

    :raises NotInstalledError: the extra ``masking`` is not installed.
    """
    check_installed()
    spare_pandas()
    from dataops_infra.cli.mask import classify, run, statements, synth, verify

    group = typer.Typer(help=HELP, no_args_is_help=True)
    for command in (classify, run, verify, statements, synth):
        command.register(group)
    app.add_typer(group, name="mask")
