"""What goes wrong on the way: sentences for states of the server, errors of this side, and a server that goes away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from dataops_infra.errors import MaskingError
from dataops_infra.masking.places import open_place
from dataops_infra.masking.places.postgresql import session as sessions
from dataops_infra.masking.places.postgresql import tables
from dataops_infra.masking.places.postgresql.address import read_address
from dataops_infra.masking.places.postgresql.feeding import Feed
from dataops_infra.masking.places.postgresql.session import LOST, OF_DRIVER, Failure, connected
from dataops_infra.masking.places.postgresql.unfit import unfit
from dataops_infra.masking.progress import QUIET
from tests.masking.places.postgresql.conftest import Pair
from tests.masking.places.postgresql.test_loading import PEOPLE, copy_of, deliver, people, refused


@pytest.mark.parametrize(
    ("state", "told", "said"),
    [
        ("22001", {"TABLE_NAME": "t", "COLUMN_NAME": "c"}, "masked values are longer than t.c takes; choose"),
        (
            "22P02",
            {"CONTEXT": 'COPY t, line 5, column c: "hunter2"'},
            "a table.c does not take the masked values; choose",
        ),
        ("23503", {"TABLE_NAME": "t"}, "rows of t refer to rows that are not there (a constraint); give"),
        ("25006", {}, "the database is read-only"),
        ("40P01", {}, "another session stood in the way (deadlock); try again when nobody uses the tables"),
        ("53100", {}, "the server's disk is full"),
        ("57014", {}, "the statement was cancelled"),
        ("57P01", {}, "the connection was lost"),
        (LOST, {}, "the connection was lost"),
        (OF_DRIVER, {}, "a table cannot be sent: the driver knows no way for one of its types"),
        ("XX001", {"TABLE_NAME": "t"}, "t could not be loaded (SQLSTATE XX001)"),
    ],
)
def test_states_are_told_as_sentences(state: str, told: dict[str, str], said: str) -> None:
    sentence = unfit(Failure(state, told))
    assert sentence.startswith(said)
    assert "hunter2" not in sentence


def test_a_column_with_a_line_break_is_told_up_to_it() -> None:
    assert Failure("22P02", {"CONTEXT": "COPY t, line 1, column a\nSQL statement"}).column == "a"
    assert Failure("22P02", {"CONTEXT": "SQL function"}).column == ""


def batch(rows: int = 2) -> pa.RecordBatch:
    return pa.record_batch({"n": list(range(rows))})


def test_a_feed_gives_everything_in_order_and_counts_it() -> None:
    counted: list[int] = []

    class Steps:
        def begin(self, step: str, rows: int | None) -> None: ...

        def advance(self, rows: int) -> None:
            counted.append(rows)

    with Feed(iter([batch(2), batch(0), batch(3)]), Steps()) as feed:
        assert [each.num_rows for each in feed.batches()] == [2, 0, 3]
        feed.raise_own()
    assert counted == [2, 0, 3]


def test_what_fails_on_this_side_is_kept_and_raised_again() -> None:
    def made() -> Iterator[pa.RecordBatch]:
        yield batch()
        raise MaskingError("it is damaged")

    with Feed(made(), QUIET) as feed:
        given = feed.batches()
        assert next(given).num_rows == 2
        with pytest.raises(MaskingError, match="it is damaged"):
            next(given)
        with pytest.raises(MaskingError, match="it is damaged"):
            feed.raise_own()


def test_a_feed_that_nobody_wants_any_more_ends() -> None:
    made: list[int] = []

    def endless() -> Iterator[pa.RecordBatch]:
        while True:
            made.append(1)
            yield batch()

    with Feed(endless(), QUIET) as feed:
        assert next(feed.batches()).num_rows == 2
    assert len(made) < 10


class Interrupted(BaseException):
    """What a signal raises."""


def test_an_interruption_goes_up_and_leaves_the_target_as_it_was(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both, copy = pair(PEOPLE), copy_of(tmp_path, people=people(10))

    class Steps:
        def begin(self, step: str, rows: int | None) -> None: ...

        def advance(self, rows: int) -> None:
            raise Interrupted

    with pytest.raises(Interrupted):
        open_place(both.target()).deliver(copy, Steps(), is_overwritten=False)

    assert both.in_target("SELECT count(*) FROM people; SELECT to_regclass('_dataops_manifest') IS NULL") == "0\nt"


def test_a_server_that_hangs_up_is_told(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both, copy = pair(PEOPLE), copy_of(tmp_path, people=people(10))

    class Steps:
        def begin(self, step: str, rows: int | None) -> None: ...

        def advance(self, rows: int) -> None:
            running = "FROM pg_stat_activity WHERE application_name = 'dataops mask'"
            both.in_target(f"SELECT pg_terminate_backend(pid) {running}")

    with pytest.raises(MaskingError) as raised:
        open_place(both.target()).deliver(copy, Steps(), is_overwritten=False)

    assert str(raised.value).endswith("the connection was lost; the target is as it was")
    assert both.in_target("SELECT count(*) FROM people") == "0"


def test_settings_that_the_server_refuses_are_told(pair: Callable[..., Pair], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sessions.SETTINGS, "no_such_setting", "x")
    with (
        pytest.raises(MaskingError, match=r"refuses the settings of a session .42704."),
        connected(read_address(pair(PEOPLE).target()), is_read_only=True),
    ):
        pass


@pytest.mark.parametrize("what", ["fetch", "check_target"])
def test_a_catalogue_that_cannot_be_read_is_told(
    pair: Callable[..., Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def failing(*_arguments: object) -> None:
        raise Failure("57014", {})

    monkeypatch.setattr("dataops_infra.masking.places.postgresql.choosing.read_database", failing)
    place = open_place(pair(PEOPLE).target())
    with pytest.raises(MaskingError, match=r"SQLSTATE 57014"):
        _ = place.fetch(tmp_path, QUIET) if what == "fetch" else place.check_target(is_overwritten=False)


def test_a_type_without_a_binary_form_is_told(
    pair: Callable[..., Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = pair("CREATE TABLE people (id integer, mail text, note aclitem)")
    monkeypatch.setattr(tables, "_TYPES", tables._TYPES.replace("t.typsend = 0", "t.typname = 'aclitem'"))
    said = refused(both.target(), copy_of(tmp_path, people=people()))
    assert "public.people.note has the type aclitem, which has no binary form; leave it out" in said


def test_tables_that_others_empty_keep_nothing_of_a_copy(pair: Callable[..., Pair], tmp_path: Path) -> None:
    both, copy = pair(PEOPLE), copy_of(tmp_path, people=people(3))
    deliver(both.target(), copy)
    both.in_target("TRUNCATE people; DROP TABLE _dataops_manifest")
    deliver(both.target(), copy)
    assert both.in_target("SELECT count(*) FROM people") == "3"
