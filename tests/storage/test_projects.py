"""Two projects with the same names on one database: neither sees or changes rows of the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import func, select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import utc_now
from spine.core.errors import ConfigError
from spine.framework.alerts.route import RoutedAlert, route_of
from spine.framework.captures import Capture
from spine.framework.captures.payloads import MemoryPayloads
from spine.framework.lineage import Direction, Edge, EdgeKind
from spine.framework.rejects import Reject
from spine.framework.sources.cache import CachedResponse
from spine.framework.sources.fetches import FetchRecord, FetchStatus
from spine.framework.sources.result import SourceType
from spine.framework.sources.state import SourceState, encode
from spine.orchestration.lease import Lease
from spine.orchestration.records import UnknownRunError
from spine.orchestration.status import WorkflowStatus
from spine.scheduling.firing import NewRun
from spine.scheduling.record import to_record
from spine.scheduling.schedule import Schedule
from spine.storage.alerts import queries as alert_queries
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.alerts.unsent import UnsentCounts, count_unsent
from spine.storage.captures.store import SqlCaptureStore, count_captures
from spine.storage.clock_repair import repair_times
from spine.storage.history import History
from spine.storage.lineage.store import SqlLineageStore
from spine.storage.named_databases import list_connections, record_connection
from spine.storage.projects import adopt, list_projects, owned_tables
from spine.storage.retention import prune
from spine.storage.runs import queries
from spine.storage.runs.store import SqlRunStore
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.schedules.store import SqlScheduleStore
from spine.storage.sources.cache import SqlSourceCache
from spine.storage.sources.catalog import record_source
from spine.storage.sources.fetches import SqlFetchStore
from spine.storage.sources.rejects import SqlRejectStore
from spine.storage.sources.state import SqlSourceStateStore
from spine.storage.tables.captures import captures
from spine.storage.tables.runs import runs
from tests.storage.alerting import Listed, declare, failure
from tests.storage.records import RUN, create

KEPT = timedelta(days=1)


def fill(history: History, run_id: str) -> None:
    """Store one row of each kind; all but the ids are the same for every project."""
    runs, alerts = SqlRunStore(history), SqlAlertStore(history)
    create(runs, evolve(RUN, run_id=run_id, idempotency_key="k"), Lease(run_id), limit=1)
    schedules = SqlScheduleStore(history, alerts)
    schedules.sync([to_record(Schedule(name="s", workflow="w", every="1h"), utc_now(), declared=True)])
    started = evolve(RUN, run_id=f"{run_id}-of-s", schedule_id=schedules.get("s").id)
    schedules.trigger(schedules.get("s"), NewRun(started, {}), schedules.now(), Lease(run_id))
    channel = Listed(throttle_minutes=5)
    declare(alerts, channel)
    alert = failure(run_id=run_id)
    alerts.add(RoutedAlert(alert, (route_of(channel),)))
    SqlCaptureStore(history, MemoryPayloads()).commit([capture(run_id)])
    SqlFetchStore(history).record(
        FetchRecord("otc", SourceType.FILE, "otc.csv", FetchStatus.SUCCESS, utc_now(), utc_now(), 1, run_id=run_id)
    )
    SqlSourceCache(history).put(CachedResponse("key", "otc", "otc.csv", None, run_id, None, utc_now(), None))
    SqlRejectStore(history).commit([Reject("otc", run_id, "x")])
    SqlSourceStateStore(history).commit([SourceState("otc", encode(run_id))])
    SqlLineageStore(history).commit([Edge(run_id, "s", 1, Direction.WRITE, EdgeKind.CAPTURE, f"c-{run_id}")])
    record_source(history, "otc", "file", {"path": run_id}, None)
    record_connection(history, "db", "sqlite", {"host": run_id}, None)
    Schedulers(history, f"/{run_id}", run_id).enter()


def capture(run_id: str) -> Capture:
    return Capture(
        name="otc",
        partition={},
        revision=0,
        content_hash=run_id,
        schema=[],
        row_count=1,
        byte_count=1,
        location=run_id,
        run_id=run_id,
        capture_id=f"c-{run_id}",
        captured_at=utc_now(),
    )


def rows_of(history: History) -> dict[str, list[Any]]:
    with history.reader.connect() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table).where(history.own(table))).all()))
            for table in owned_tables()
        }


def leave(history: History, run_id: str) -> None:
    """Let what `fill` has started end: the scheduler, and the processes of the runs."""
    Schedulers(history, f"/{run_id}", run_id).leave()
    with history.engine.begin() as connection:
        connection.execute(update(runs).where(history.own(runs)).values(lease_owner=None))


@pytest.fixture
def mine(adapter: DatabaseAdapter) -> History:
    found = History(adapter, "mine")
    fill(found, "m1")
    fill(History(adapter, "other"), "o1")
    return found


@pytest.fixture
def other(mine: History) -> History:
    return History(mine.adapter, "other")


def test_every_table_with_names_or_times_of_its_own_belongs_to_a_project(mine: History) -> None:
    empty = {name for name, rows in rows_of(mine).items() if not rows}
    told_elsewhere = {"core_executions", "core_alert_silences", "core_schedule_calls", "core_workers"}
    assert empty == {*told_elsewhere, "core_backfills", "core_emitted_events", "core_quality_results"}


def test_the_readers_show_the_rows_of_their_project(mine: History) -> None:
    ids = {"m1", "m1-of-s"}
    assert {row["run_id"] for row in queries.list_runs(mine)} == ids
    assert {row["run_id"] for row in queries.list_running(mine)} == ids
    assert queries.find_run(mine, "latest")["project"] == "mine"
    with pytest.raises(UnknownRunError):
        queries.find_run(mine, "o1")
    assert [row["source_name"] for row in queries.source_fetches_of(mine, "otc", limit=9)] == ["otc"]
    assert [row["run_id"] for row in alert_queries.list_alerts(mine)] == ["m1"]
    assert len(alert_queries.list_deliveries(mine)) == len(alert_queries.list_channels(mine)) == 1
    with pytest.raises(alert_queries.UnknownAlertError):
        alert_queries.find_alert(mine, alert_queries.find_alert(History(mine.adapter, "other"), "latest")["id"])
    assert count_unsent(mine, utc_now() - KEPT) == UnsentCounts(waiting=1)
    assert count_captures(mine) == 1
    [kept] = SqlCaptureStore(mine, MemoryPayloads()).list_captures()
    assert (kept.capture_id, kept.revision) == ("c-m1", 1)
    assert [row["host"] for row in list_connections(mine)] == ["m1"]
    state, response = SqlSourceStateStore(mine).get("otc"), SqlSourceCache(mine).get("key")
    assert state is not None
    assert state.value == encode("m1")
    assert response is not None
    assert response.etag == "m1"
    assert [reject.reason for reject in SqlRejectStore(mine).list_rejects()] == ["m1"]
    assert list_projects(mine) == ["mine", "other"]


def test_the_view_of_current_captures_shows_all_projects(mine: History) -> None:
    found = mine.adapter.query("SELECT project, name, revision FROM captures ORDER BY project")
    assert [tuple(row.values()) for row in found] == [("mine", "otc", 1), ("other", "otc", 1)]


def test_runs_are_found_recovered_and_cancelled_by_their_project(mine: History) -> None:
    store = SqlRunStore(mine)
    assert store.get_run("o1") is None
    assert not store.request_cancel("o1")
    with pytest.raises(UnknownRunError):
        store.acquire("o1", Lease("thief"), force=True)
    assert (found := store.find_by_key("k")) is not None
    assert found.run_id == "m1"
    assert {run.run_id for run in store.abandoned()} <= {"m1", "m1-of-s"}


def test_limits_are_counted_for_each_project(mine: History) -> None:
    assert SqlRunStore(History(mine.adapter, "third")).create(evolve(RUN, run_id="t1"), {}, {"limit": 1}, Lease("t"))


WRITES: dict[str, Callable[[History], object]] = {
    "sync": lambda mine: SqlScheduleStore(mine, SqlAlertStore(mine)).sync([]),
    "pause": lambda mine: SqlScheduleStore(mine, SqlAlertStore(mine)).pause("s"),
    "channels": lambda mine: SqlAlertStore(mine).sync_channels([]),
    "resolve": lambda mine: SqlAlertStore(mine).resolve(alert_queries.find_incident(mine, "latest")["id"]),
    "cancel": lambda mine: SqlRunStore(mine).request_cancel("o1"),
    "prune": lambda mine: prune(mine, utc_now() + KEPT),
    "repair": lambda mine: repair_times(mine, -1e6),
    "state": lambda mine: SqlSourceStateStore(mine).delete("otc"),
    "cache": lambda mine: SqlSourceCache(mine).put(
        CachedResponse("key", "otc", "otc.csv", None, "new", None, utc_now(), None)
    ),
    "fill": lambda mine: fill(History(mine.adapter, "third"), "t1"),
    "capture": lambda mine: SqlCaptureStore(mine, MemoryPayloads()).commit([evolve(capture("m2"), capture_id="m2")]),
    "leave": lambda mine: Schedulers(mine, "/m1", "m1").leave(),
}


@pytest.mark.parametrize("name", WRITES)
def test_no_write_of_a_project_changes_the_rows_of_another(name: str, mine: History, other: History) -> None:
    before = rows_of(other)
    WRITES[name](mine)
    assert rows_of(other) == before


def test_two_projects_fire_their_own_schedules(mine: History, other: History) -> None:
    store = SqlScheduleStore(mine, SqlAlertStore(mine))
    late = utc_now() + timedelta(hours=3)
    assert [record.id for record in store.due(late, 10)] == [store.get("s").id]
    assert len(store.history()) == len(store.history("s")) == 1
    assert store.get("s").id != SqlScheduleStore(other, SqlAlertStore(other)).get("s").id


def test_a_delivery_is_sent_by_its_project(mine: History, other: History) -> None:
    [ids] = SqlAlertStore(other).due().values()
    assert SqlAlertStore(mine).claim(ids[0], 60.0) is None
    assert ids[0] not in [each for found in SqlAlertStore(mine).due().values() for each in found]


def test_a_renamed_project_adopts_its_history(mine: History, other: History) -> None:
    renamed = History(mine.adapter, "renamed")
    with pytest.raises(ConfigError, match="the database has no project 'm': it has 'mine', 'other'"):
        adopt(renamed, "m")
    with pytest.raises(ConfigError, match=r"a scheduler of the project runs in /m1 \(.*\): stop it"):
        adopt(renamed, "mine")
    Schedulers(mine, "/m1", "m1").leave()
    with pytest.raises(ConfigError, match=r"run m1.* of w is being run by m1: wait until it has ended"):
        adopt(renamed, "mine")
    assert not any(rows_of(renamed).values())
    leave(mine, "m1")
    kept = rows_of(other)
    assert adopt(renamed, "mine")["core_workflow_runs"] == 2
    assert {row["run_id"] for row in queries.list_runs(renamed)} == {"m1", "m1-of-s"}
    assert rows_of(other) == kept
    assert not any(rows_of(mine).values())


def test_a_project_that_has_run_under_its_new_name_adopts_its_history(mine: History, other: History) -> None:
    leave(mine, "m1")
    renamed = History(mine.adapter, "renamed")
    declare(SqlAlertStore(renamed), Listed(throttle_minutes=7))
    record_source(renamed, "otc", "file", {"path": "now"}, None)
    record_connection(renamed, "db", "sqlite", {"host": "now"}, None)
    kept = rows_of(renamed)
    assert adopt(renamed, "mine")["core_workflow_runs"] == 2
    after = rows_of(renamed)
    for table in ("core_alert_channels", "core_sources", "core_database_connections"):
        assert after[table] == kept[table]
    assert not any(rows_of(mine).values())


@pytest.mark.slow
def test_two_projects_with_rows_of_one_name_stay_apart(mine: History, other: History) -> None:
    leave(other, "o1")
    before = rows_of(mine), rows_of(other)
    with pytest.raises(ConfigError, match="have a row of the same name, and stay as they are"):
        adopt(mine, "other")
    assert (rows_of(mine), rows_of(other)) == before


def test_a_run_that_succeeds_resolves_the_alerts_of_its_project(mine: History, other: History) -> None:
    alerts = SqlAlertStore(mine)
    with mine.engine.begin() as connection:
        alerts.end_run(connection, evolve(RUN, run_id="m1", status=WorkflowStatus.COMPLETED), [])
    assert alert_queries.list_alerts(other, only_open=True) != []


def test_without_a_condition_a_query_would_see_both(mine: History) -> None:
    with mine.reader.connect() as connection:
        assert connection.execute(select(func.count()).select_from(captures)).scalar_one() == 2
