"""Options of the whole suite."""

import signal
import threading

import pytest


def pytest_configure() -> None:
    # A shell without job control starts `make test &` with Ctrl-C ignored, which every child would inherit.
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the inventories from what the programs deploy now")
