"""`dataops`: one module per command group, imported only when one of its commands is called.

Start-up stays that of typer itself: the help page needs a name and a sentence per group, both of which stand here.
A module of a group offers ``register(app)``, which adds its command or its group of commands.

Nothing but the quickest of the standard library is imported here: until :func:`main` runs, Ctrl-C is a traceback.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

GROUPS: dict[str, tuple[str, str]] = {
    "preview": ("dataops_infra.cli.preview", "Show what a Pulumi program would deploy and every rule it breaks."),
    "audit": ("dataops_infra.cli.audit", "Judge exported stacks by the policy packs, without program and cloud."),
    "policies": ("dataops_infra.cli.policies", "List the policy packs, find them, configure and bundle them."),
    "mask": ("dataops_infra.cli.mask", "Mask datasets, and prove that nobody can be found in the copy."),
    "conventions": ("dataops_infra.cli.conventions", "Show, check and describe dataops.yaml."),
}
"""Command group -> its module and the sentence in ``dataops --help``."""


_CTRL_C = 130
"""What typer exits with after Ctrl-C; ours is 2: the command could not do its work."""

_WORK = "dataops-work"
"""As in :mod:`dataops_infra.masking.background`, which is not imported for every command."""

_STOPPED = "stopped by Ctrl-C"


def _not_loaded() -> None:  # pragma: no cover - stands in for a group that this call does not name
    raise AssertionError("a command group that was not named was called")


def _version(show: bool) -> None:
    if show:
        import typer

        from dataops_infra import __version__

        typer.echo(f"dataops {__version__}")
        raise typer.Exit


def build(arguments: Sequence[str]) -> "typer.Typer":
    """The application for one call: only the group that ``arguments`` name is imported."""
    import typer

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
    before = _stop_at_once_on_ctrl_c()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # `--debug` is understood before and behind the command's name.
    given = ["--debug", *(word for word in given if word != "--debug")] if debug else given
    from dataops_infra.cli.streams import guarded

    with guarded():
        code = _run(given, debug, before)
    _leave_work_behind(code)
    sys.exit(code)


def _run(given: list[str], debug: bool, on_ctrl_c: object) -> int | str | None:
    """The exit code of one call, after everything was printed."""
    from typer.exceptions import TyperException

    from dataops_infra.errors import DataopsError

    try:
        app = build(given)
        _restore(on_ctrl_c)
        try:
            ended = app(given, prog_name="dataops", standalone_mode=False) or 0
        except SystemExit as left:
            ended = left.code
        sys.stdout.flush()
        return _stopped() if ended == _CTRL_C else ended
    except KeyboardInterrupt:
        return _stopped()
    except TyperException as error:
        from dataops_infra.cli.usage import usage_sentence

        if sentence := usage_sentence(error):
            _say(sentence)
    except DataopsError as error:
        if debug:
            _show_traceback(error, "mask" not in given)
        _say(str(error), *filter(None, [getattr(error, "detail", "")]))
        if error.is_interruption:
            _end_at_once(2)
    except BaseException as error:
        if not (isinstance(error, Exception) or _is_panic(error)):
            raise
        from dataops_infra.cli.usage import unusable_name
        from dataops_infra.open_files import out_of_files

        if isinstance(error, FileNotFoundError) and _is_nowhere():
            _say("the current folder does not exist any more: change into one that does")
        elif sentence := unusable_name(error, given) or out_of_files(error):
            _say(sentence)
        elif "mask" in given:
            _say_without_values(error, debug)
        else:
            hint = "" if debug else "; run it again with --debug and report what that prints"
            if debug:
                _show_traceback(error, True)
            _say(f"a mistake in dataops itself ({type(error).__name__}: {error}){hint}")
    finally:
        _restore(on_ctrl_c)
    return 2


def _show_traceback(error: BaseException, shows_causes: bool) -> None:
    """Where ``error`` was raised, and its causes unless a library's text in one of them may repeat values of data."""
    import traceback

    sys.stderr.write("".join(traceback.format_exception(error, chain=shows_causes)))


def _is_nowhere() -> bool:
    """Whether the current folder was removed, which only asking for its name tells."""
    try:
        os.getcwd()  # noqa: PTH109 - pathlib is slow to import
    except FileNotFoundError:
        return True
    return False


def _is_panic(error: BaseException) -> bool:
    """Whether code in Rust gave up, which Python is told by an exception that is no :class:`Exception`."""
    return type(error).__name__ == "PanicException"


def _say_without_values(error: BaseException, debug: bool) -> None:
    """What went wrong while data were masked: a library's text may repeat values of theirs, so it is never shown."""
    import traceback

    frames = traceback.format_tb(error.__traceback__) if debug else []
    hint = "" if debug else "; run it again with --debug and report what that prints"
    _say(f"a mistake in dataops itself ({type(error).__name__}){hint}", *(frame.rstrip() for frame in frames))


def _say(sentence: str, *details: str) -> None:
    sys.stderr.write("\n".join([f"dataops: {sentence}", *details]) + "\n")
    sys.stderr.flush()


def _stopped() -> int:
    _say(_STOPPED)
    return 2


def _stop_at_once_on_ctrl_c() -> object:
    """Until the command starts there is nothing to tidy up, and Python would print a traceback out of its imports.

    :returns: the handler to restore, or None where Ctrl-C is not Python's to handle (ignored, or another thread's).
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or not _is_main_thread():
        return None
    signal.signal(signal.SIGINT, _end)
    return before


def _end(_number: int, _frame: FrameType | None) -> None:
    # Written by the system call: the interrupted code may be in the middle of printing.
    os.write(2, f"dataops: {_STOPPED}\n".encode())
    os._exit(2)


def _leave_work_behind(code: int | str | None) -> None:
    """End at once where an interrupted command's threads are at work, for which Python would wait: all is tidied up."""
    import threading

    if any(thread.name.startswith(_WORK) for thread in threading.enumerate()):
        _end_at_once(code if isinstance(code, int) else int(code is not None))


def _end_at_once(code: int) -> None:
    """End without Python's own end, which waits for threads and lets libraries wait for theirs."""
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # nobody reads what cannot be written any more
            stream.flush()
    os._exit(code)


def _restore(before: object) -> None:
    if before is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _is_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()
