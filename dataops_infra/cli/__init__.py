"""`dataops`: one module per command group, imported only when one of its commands is called.

Start-up stays that of typer itself: the help page needs a name and a sentence per group, both of which stand here.
A module of a group offers ``register(app)``, which adds its command or its group of commands.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from dataops_infra.errors import DataopsError

GROUPS: dict[str, tuple[str, str]] = {
    "preview": ("dataops_infra.cli.preview", "Show what a Pulumi program would deploy and every rule it breaks."),
    "policies": ("dataops_infra.cli.policies", "List the policy packs, find them, configure and bundle them."),
    "conventions": ("dataops_infra.cli.conventions", "Show, check and describe dataops.yaml."),
}
"""Command group -> its module and the sentence in ``dataops --help``."""


_CTRL_C = 130
"""What typer exits with after Ctrl-C; ours is 2: the command could not do its work."""


def _not_loaded() -> None:  # pragma: no cover - stands in for a group that this call does not name
    raise AssertionError("a command group that was not named was called")


def _version(show: bool) -> None:
    if show:
        from dataops_infra import __version__

        typer.echo(f"dataops {__version__}")
        raise typer.Exit


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application for one call: only the group that ``arguments`` name is imported."""
    app = typer.Typer(
        name="dataops",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def options(
        debug: bool = typer.Option(False, "--debug", help="Show tracebacks of dataops itself."),
        version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
    ) -> None:
        """Rules of a data platform, written once: applied, enforced at preview, watched.

        Example: dataops preview --stack dev --policy-pack tagging
        """

    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for name, (module, sentence) in GROUPS.items():
        if name == chosen:
            import_module(module).register(app)
        else:
            app.command(name, help=sentence)(_not_loaded)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``dataops``; exits with 0 (fine), 1 (the check failed) or 2 (the command could not do its work)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # `--debug` is understood before and behind the command's name.
    given = ["--debug", *(word for word in given if word != "--debug")] if debug else given
    try:
        build(given)(given, prog_name="dataops")
    except DataopsError as error:
        if debug:
            raise
        typer.echo(f"dataops: {error}", err=True)
        detail = getattr(error, "detail", "")
        if detail:
            typer.echo(detail, err=True)
        sys.exit(2)
    except SystemExit as ended:
        if ended.code != _CTRL_C:
            raise
        typer.echo("dataops: stopped by Ctrl-C", err=True)
        sys.exit(2)
    except Exception as error:
        if debug:
            raise
        typer.echo(
            f"dataops: a mistake in dataops itself ({type(error).__name__}: {error}); "
            "run it again with --debug and report what that prints",
            err=True,
        )
        sys.exit(2)
