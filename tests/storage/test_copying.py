"""A copy of a project's history in another database is the same, row by row, whatever happens meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import URL, delete, func, insert, inspect, select, update

from spine.core.adapters.database import DatabaseAdapter, get_adapter
from spine.core.clock import utc_now
from spine.core.errors import DatabaseConnectionError
from spine.orchestration import WorkflowStatus
from spine.orchestration.events import StepStarted
from spine.orchestration.lease import Lease, process_name
from spine.orchestration.records import Batch
from spine.storage.copying import rows as copied_rows
from spine.storage.copying.copy import copy_history
from spine.storage.copying.errors import CopyError, CopyRefusedError
from spine.storage.copying.ledger import ledger
from spine.storage.history import History
from spine.storage.migrate import StoreVersionError, downgrade
from spine.storage.runs.store import SqlRunStore
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.tables.backfills import backfills
from spine.storage.tables.complete import metadata
from spine.storage.tables.runs import definitions, events, executions, logs, runs
from spine.storage.tables.schedules import schedulers
from spine.storage.tables.sources import source_fetches
from spine.storage.workers import Workers
from tests.databases import DIALECTS, PostgresServer
from tests.projects import DEADLINE_SECONDS, clean_environ
from tests.storage.made_up import counts_of, make_up, rows_of
from tests.storage.records import NOW, RUN, STEP, create

New = Callable[[str], DatabaseAdapter]
PROJECT = "prices"

KILLED = """
import os, signal, sys
from spine.core.adapters.database import get_adapter
from spine.storage.copying import rows
from spine.storage.copying.copy import copy_history
from spine.storage.history import History

source, target, phase, after = sys.argv[1:]
rows.BATCH_ROWS = 2

def watch(what, total):
    done = []
    def progress(number):
        done.append(number)
        if what == phase and len(done) == int(after):
            os.kill(os.getpid(), signal.SIGKILL)
    return progress

copy_history(*(History(get_adapter(url), "prices") for url in (source, target)), watch=watch)
"""


@pytest.fixture(params=permutations(DIALECTS), ids="-to-".join)
def pair(request: pytest.FixtureRequest, new_store: New) -> tuple[History, History]:
    """A history of a project with made-up rows, and a database with tables on the other dialect."""
    source, target = (History(new_store(dialect), PROJECT) for dialect in request.param)
    make_up(source)
    return source, target


@pytest.fixture
def sqlite(new_store: New) -> tuple[History, History]:
    """The same, both on SQLite."""
    source, target = (History(new_store("sqlite"), PROJECT) for _ in range(2))
    make_up(source)
    return source, target


def url_of(adapter: Any) -> str:
    if adapter.db_type == "sqlite":
        return f"sqlite:///{adapter.path}"
    parts = {name: getattr(adapter.config, name) for name in ("username", "host", "port", "database")}
    query = {"host": parts.pop("host")} if parts["host"].startswith("/") else {}
    return URL.create("postgresql", **parts, query=query).render_as_string(hide_password=False)


def has_ledger(adapter: DatabaseAdapter) -> bool:
    return inspect(adapter.engine).has_table(ledger.name)


@pytest.mark.slow
def test_every_row_of_every_table_is_the_same_on_the_other_dialect(
    pair: tuple[History, History], new_store: New
) -> None:
    source, target = pair
    back = History(new_store(source.adapter.db_type), PROJECT)
    before = rows_of(source.adapter)
    copied = copy_history(source, target)
    copy_history(target, back)
    assert all(before.values())
    assert copied.tables == {name: len(rows) for name, rows in before.items()}
    assert not copied.was_continued
    assert repr(rows_of(target.adapter)) == repr(rows_of(back.adapter)) == repr(before)
    assert not has_ledger(target.adapter)


def test_a_copy_in_batches_is_the_same(pair: tuple[History, History], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copied_rows, "BATCH_ROWS", 2)
    source, target = pair
    copy_history(source, target)
    assert rows_of(target.adapter) == rows_of(source.adapter)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phase", "after"), [("rows copied", 1), ("rows copied", 20), ("rows copied", 45), ("rows compared", 9)]
)
def test_a_copy_that_was_killed_is_continued(phase: str, after: int, pair: tuple[History, History]) -> None:
    source, target = pair
    program = [sys.executable, "-c", KILLED, url_of(source.adapter), url_of(target.adapter), phase, str(after)]
    done = subprocess.run(program, env=clean_environ(), capture_output=True, text=True, timeout=DEADLINE_SECONDS)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert has_ledger(target.adapter)
    counted: dict[str, int] = {}
    copied = copy_history(source, target, watch=lambda what, total: counted.update({what: total}) or (lambda _: None))
    everything = sum(copied.tables.values())
    assert copied.was_continued
    assert 0 <= counted["rows copied"] < everything == counted["rows compared"]
    assert rows_of(target.adapter) == rows_of(source.adapter)
    assert not has_ledger(target.adapter)


@pytest.mark.slow
def test_a_copy_is_continued_after_the_server_was_down(
    own_postgres: PostgresServer, new_store: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copied_rows, "BATCH_ROWS", 2)
    source = History(new_store("sqlite"), PROJECT)
    make_up(source)
    seen: list[int] = []

    def watch(what: str, _total: int) -> Callable[[int], None]:
        def progress(rows: int) -> None:
            seen.append(rows)
            if len(seen) == 10:
                own_postgres.halt()

        return progress

    with get_adapter(own_postgres.url) as adapter:
        target = History(adapter, PROJECT)
        with pytest.raises(DatabaseConnectionError):
            copy_history(source, target, watch=watch)
        own_postgres.restart()
        assert copy_history(source, target).was_continued
        assert rows_of(adapter) == rows_of(source.adapter)


def test_a_run_that_starts_meanwhile_is_noticed_and_copied_by_the_next_call(pair: tuple[History, History]) -> None:
    source, target = pair

    def watch(what: str, _total: int) -> Callable[[int], None]:
        if what == "rows copied":
            run = evolve(RUN, run_id="aaa", status=WorkflowStatus.COMPLETED)
            SqlRunStore(source).release("aaa", create(SqlRunStore(source), run).fence)
        return lambda _rows: None

    with pytest.raises(
        CopyError, match=r"has changed while it was copied \(.*core_workflow_runs.*run the command again"
    ):
        copy_history(source, target, watch=watch)
    assert "aaa" not in str(rows_of(target.adapter))
    assert copy_history(source, target).was_continued
    assert rows_of(target.adapter) == rows_of(source.adapter)
    assert "aaa" in str(rows_of(target.adapter))


def change(history: History, *statements: Any) -> None:
    with history.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def when_copied(action: Callable[[], object]) -> Callable[[str, int], Callable[[int], None]]:
    """Do something after the last row is copied and before any is compared."""

    def watch(what: str, total: int) -> Callable[[int], None]:
        done = []

        def progress(rows: int) -> None:
            done.append(rows)
            if what == "rows copied" and sum(done) == total:
                action()

        return progress

    return watch


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (update(runs).values(params={"a": 1.0}), "row prices-run_id-0 of core_workflow_runs differs in params"),
        (update(runs).values(params={"a": True}), "row prices-run_id-0 of core_workflow_runs differs in params"),
        (update(runs).values(error="x"), "row prices-run_id-0 of core_workflow_runs differs in error"),
        (update(logs).values(message="x"), "row 1 of core_run_logs differs in message"),
    ],
)
def test_a_difference_is_named_and_the_next_call_begins_anew(
    statement: Any, told: str, pair: tuple[History, History]
) -> None:
    source, target = pair
    change(source, update(runs).values(params={"a": 1}))
    with pytest.raises(CopyError) as caught:
        copy_history(source, target, watch=when_copied(lambda: change(target, statement)))
    assert str(caught.value) == (
        f"{told} (source {source.adapter.location}, target {target.adapter.location}): let nothing write to either of "
        "them, and run the command again"
    )
    assert copy_history(source, target).was_continued
    assert rows_of(target.adapter) == rows_of(source.adapter)


@pytest.mark.slow
@pytest.mark.parametrize("renumbered", [False, True])
def test_rows_that_are_missing_or_too_many_are_named(renumbered: bool, pair: tuple[History, History]) -> None:
    source, target = pair
    if renumbered:
        make_up(History(target.adapter, "other"))
    own = events.c.run_id.startswith(PROJECT)
    newest = select(func.max(events.c.id)).where(own).scalar_subquery()
    with pytest.raises(CopyError, match="row 3 of core_workflow_events is missing in the target"):
        copy_history(
            source, target, watch=when_copied(lambda: change(target, delete(events).where(events.c.id == newest)))
        )
    with pytest.raises(CopyRefusedError, match=r"something else has written since \(core_workflow_events\): give a"):
        copy_history(source, target)


def test_rows_that_only_the_target_has_are_told(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    extra = insert(events).values(run_id="prices-run_id-0", event_type="x", timestamp=NOW, payload={})
    with pytest.raises(CopyError, match=r"core_workflow_events has 3 rows in .* and 4 in .*: let nothing write to"):
        copy_history(source, target, watch=when_copied(lambda: change(target, extra)))


def test_definitions_of_others_are_no_difference(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    mine = {"definition_hash": "prices-definition_hash-0", "definition": {}, "created_at": NOW}
    change(source, update(definitions).values(definition={}))
    change(target, insert(definitions).values([mine, {**mine, "definition_hash": "theirs"}]))
    assert copy_history(source, target).tables[definitions.name] == 3


def test_what_a_run_wrote_to_an_unfinished_copy_is_never_deleted(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    with pytest.raises(CopyError):
        copy_history(source, target, watch=when_copied(lambda: change(source, delete(events))))
    create(SqlRunStore(target), evolve(RUN, run_id="mine"))
    with pytest.raises(CopyRefusedError, match=r"an unfinished copy of .*, to which something else has written since"):
        copy_history(source, target)
    assert SqlRunStore(target).get_run("mine") is not None


def test_a_target_with_a_history_of_the_project_is_refused(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    create(SqlRunStore(target))
    before = rows_of(target.adapter)
    told = r"has a history of the project 'prices' already \(core_workflow_runs\): give a database without one"
    with pytest.raises(CopyRefusedError, match=told):
        copy_history(source, target)
    assert rows_of(target.adapter) == before
    assert not has_ledger(target.adapter)


def test_an_unfinished_copy_of_another_source_is_refused(sqlite: tuple[History, History], new_store: New) -> None:
    source, target = sqlite
    with pytest.raises(CopyError):
        copy_history(source, target, watch=when_copied(lambda: change(source, delete(events))))
    other = History(new_store("sqlite"), PROJECT)
    make_up(other)
    with pytest.raises(CopyRefusedError, match=r"has an unfinished copy of .*: continue that one, or give another"):
        copy_history(other, target)


def test_the_rows_of_other_projects_stay_on_both_sides(pair: tuple[History, History]) -> None:
    source, target = pair
    make_up(History(source.adapter, "other"), 2)
    make_up(History(target.adapter, "third"), 4)
    kept = rows_of(target.adapter)
    copy_history(source, target)
    after = rows_of(target.adapter)
    assert "other" not in str(after)
    for name, rows in kept.items():
        assert [row for row in after[name] if row in rows] == rows
    assert counts_of(target) == counts_of(source)
    for table in (events, logs):
        mine = [row for row in after[table.name] if row["run_id"].startswith(PROJECT)]
        theirs = [row for row in rows_of(source.adapter)[table.name] if row["run_id"].startswith(PROJECT)]
        assert [{**row, "id": 0} for row in mine] == [{**row, "id": 0} for row in theirs]
        assert [row["id"] for row in mine] == [5, 6, 7]


@pytest.mark.slow
def test_two_projects_move_one_after_the_other(pair: tuple[History, History]) -> None:
    source, target = pair
    other = History(source.adapter, "other")
    make_up(other, 2)
    copy_history(source, target)
    copy_history(other, History(target.adapter, "other"))
    assert repr(rows_of(target.adapter)) == repr(rows_of(source.adapter))


def test_a_run_in_the_copy_gets_numbers_of_its_own(pair: tuple[History, History]) -> None:
    source, target = pair
    copy_history(source, target)
    store = SqlRunStore(target)
    run = create(store, evolve(RUN, run_id="after"))
    step = evolve(STEP, run_id="after", step_id="after-1")
    store.commit(
        Batch("after", run.fence, steps=[step], events=[StepStarted(run_id="after", step="ingest", attempt=1)])
    )
    numbers = [row["id"] for row in rows_of(target.adapter)[events.name]]
    assert len(set(numbers)) == len(numbers) > 3
    assert min(row["id"] for row in rows_of(target.adapter)[events.name] if row["run_id"] == "after") == 4


def lives(history: History, kind: str) -> None:
    """Let work of the project go on: in another process of another host, or in this one."""
    soon = utc_now() + timedelta(minutes=1)
    if kind == "run":
        create(SqlRunStore(history), evolve(RUN, run_id="alive"), Lease("other/boot/1/1"))
    elif kind == "scheduler":
        Schedulers(history, "/srv/prices", "x").enter()
    elif kind == "worker":
        Workers(history).enter("/srv/prices", "queue", ["default"], 1, {})
    elif kind == "backfill":
        held = {"status": "RUNNING", "lease_owner": "other/boot/1/1", "lease_expires_at": soon}
        change(history, update(backfills).values(held))
    else:
        change(history, update(executions).values(status="RUNNING", process=process_name()))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("run", "run alive of w is being run by other/boot/1/1: wait until it has ended"),
        ("scheduler", r"a scheduler of the project runs in /srv/prices \(.*\): stop it, and run the command again"),
        ("worker", r"a worker of the project runs in /srv/prices \(.*\): stop it, and run the command again"),
        ("backfill", "backfill prices-id-0 of prices-workflow_name-0 is being run by other/boot/1/1: wait until"),
        ("execution", "execution prices-id-0 of prices-pipeline-0 is being run by .*: wait until it has ended"),
    ],
)
def test_a_copy_is_refused_while_work_goes_on(kind: str, told: str, sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    lives(source, kind)
    with pytest.raises(CopyRefusedError, match=told):
        copy_history(source, target)
    assert not any(rows_of(target.adapter).values())


@pytest.mark.slow
def test_runs_that_wait_or_whose_process_is_gone_are_copied(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    gone = f"{process_name().rpartition('/')[0]}/1"
    create(SqlRunStore(source), evolve(RUN, run_id="killed"), Lease(gone))
    change(source, update(executions).values(status="RUNNING", process=gone))
    copy_history(source, target)
    assert [run.run_id for run in SqlRunStore(target).abandoned()] == ["killed"]


def test_text_that_only_sqlite_keeps_is_written_as_an_escape(new_store: New) -> None:
    source, target = (History(new_store(dialect), PROJECT) for dialect in DIALECTS)
    make_up(source)
    source.adapter.execute("UPDATE core_alerts SET title = 'a' || char(0) || 'b'")
    copy_history(source, target)
    assert {row["title"] for row in rows_of(target.adapter)["core_alerts"]} == {"a\\x00b"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "value"), [("etag", "a\0b"), ("status", "x" * 17), ("source_name", "a\0b"), ("source_name", "x" * 201)]
)
def test_a_row_that_the_target_refuses_is_named(column: str, value: str, new_store: New) -> None:
    source, target = (History(new_store(dialect), PROJECT) for dialect in DIALECTS)
    make_up(source)
    statement = f"UPDATE core_source_fetches SET {column} = ? WHERE id = 'prices-id-1'"
    source.adapter.execute(statement, (value,))
    told = r"PostgreSQL database .* refuses row prices-id-1 of core_source_fetches: .*; correct the row in the source"
    with pytest.raises(CopyError, match=told):
        copy_history(source, target)
    change(source, update(source_fetches).values({column: "fine"}))
    assert copy_history(source, target).was_continued
    assert rows_of(target.adapter) == rows_of(source.adapter)


def test_tables_are_made_in_an_empty_target(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    downgrade(target.adapter, "base")
    copy_history(source, target)
    assert rows_of(target.adapter) == rows_of(source.adapter)


@pytest.mark.parametrize("side", [0, 1], ids=["source", "target"])
def test_tables_of_another_version_are_refused(side: int, sqlite: tuple[History, History]) -> None:
    downgrade(sqlite[side].adapter, "0014")
    with pytest.raises(StoreVersionError, match=r"has tables of version 0014, not .*: run spine db upgrade with it as"):
        copy_history(*sqlite)


def test_a_source_without_the_project_is_refused(sqlite: tuple[History, History]) -> None:
    source, target = (History(each.adapter, "rates") for each in sqlite)
    told = "has no history of the project 'rates', it has these projects: 'prices'; correct the name in"
    with pytest.raises(CopyRefusedError, match=told):
        copy_history(source, target)
    assert not has_ledger(target.adapter)


def test_a_database_is_not_copied_to_itself(sqlite: tuple[History, History]) -> None:
    source, _ = sqlite
    with pytest.raises(CopyRefusedError, match="is the source and the target: give another target"):
        copy_history(source, source)


def test_each_table_says_whose_its_rows_are() -> None:
    conditions = [str(copied_rows.belongs_to(table, PROJECT)) for table in metadata.sorted_tables]
    assert all("project = " in condition for condition in conditions)


@pytest.mark.slow
def test_two_copies_at_once_do_not_mix(pair: tuple[History, History], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copied_rows, "BATCH_ROWS", 2)
    source, target = pair
    begun = []

    def watch(what: str, _total: int) -> Callable[[int], None]:
        def progress(_rows: int) -> None:
            if what == "rows copied" and not begun:
                begun.append(copy_history(source, target))

        return progress

    with pytest.raises(CopyRefusedError, match="another process copies the history of the project to"):
        copy_history(source, target, watch=watch)
    assert rows_of(target.adapter) == rows_of(source.adapter)


def test_a_copy_that_a_newer_version_continues_has_its_new_tables(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    with pytest.raises(CopyError):
        copy_history(source, target, watch=when_copied(lambda: change(source, delete(logs))))
    change(target, delete(ledger).where(ledger.c.table_name == schedulers.name), delete(schedulers))
    assert copy_history(source, target).was_continued
    assert rows_of(target.adapter) == rows_of(source.adapter)


def test_a_copy_that_another_process_ended_meanwhile_says_so(sqlite: tuple[History, History]) -> None:
    source, target = sqlite
    with pytest.raises(CopyRefusedError, match="another process copies the history of the project to"):
        copy_history(source, target, watch=when_copied(lambda: copy_history(source, target)))
    assert rows_of(target.adapter) == rows_of(source.adapter)
