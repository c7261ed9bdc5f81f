"""The mark of replaced revisions: one of each partition has none, whatever wrote the revisions, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import utc_now
from spine.core.errors import ConfigError, IntegrityError
from spine.core.scope import Scope, use_scope
from spine.framework.captures import Capture, CaptureNotFoundError, CaptureStore, capture, read_capture
from spine.framework.captures.payloads import MemoryPayloads
from spine.framework.lineage import Direction, Edge, EdgeKind
from spine.storage.captures.forget import forget
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.history import History
from spine.storage.lineage.stale import stale_captures
from spine.storage.lineage.store import SqlLineageStore
from spine.storage.migrate import differences, downgrade, upgrade
from spine.storage.projects import adopt
from tests.projects import DEADLINE_SECONDS
from tests.storage.test_capture_store import draft

WEEKS = [{"week": "1"}, {"week": "2"}]


@pytest.fixture
def store(adapter: DatabaseAdapter) -> SqlCaptureStore:
    return SqlCaptureStore(History(adapter), MemoryPayloads())


def commit(store: SqlCaptureStore, *contents: str, name: str = "otc", week: int = 0) -> list[Capture]:
    return store.commit([draft(content, name, WEEKS[week]) for content in contents])


def marks(adapter: DatabaseAdapter) -> dict[str, list[tuple[int, bool]]]:
    """Return the revisions by name and partition, with whether each is marked as replaced."""
    found: dict[str, list[tuple[int, bool]]] = {}
    columns = "project, name, partition_key, revision, replaced_at"
    for row in adapter.query(f"SELECT {columns} FROM core_captures ORDER BY revision"):
        key = row["partition_key"]
        week = (json.loads(key) if isinstance(key, str) else key).get("week", "-")
        where = "/".join(filter(None, (row["project"], row["name"], week)))
        found.setdefault(where, []).append((row["revision"], row["replaced_at"] is not None))
    return found


def test_a_revision_is_marked_when_a_newer_one_is_committed(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    commit(store, "1")
    commit(store, "1", week=1)
    assert marks(adapter) == {"otc/1": [(1, False)], "otc/2": [(1, False)]}
    commit(store, "2", "2", "3")
    commit(store, "3")
    assert marks(adapter) == {"otc/1": [(1, True), (2, True), (3, False)], "otc/2": [(1, False)]}
    assert [made.revision for made in store.find_all("otc")] == [3, 1]


def test_the_mark_is_the_time_of_the_newer_revision(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    for content in ("1", "2", "3"):
        commit(store, content)
    rows = adapter.query("SELECT captured_at, replaced_at FROM core_captures ORDER BY revision")
    assert [row["replaced_at"] for row in rows] == [*(row["captured_at"] for row in rows[1:]), None]


@pytest.mark.parametrize(("mode", "key"), [("append", None), ("merge", ["id"]), ("replace", None)])
def test_every_mode_leaves_one_current_revision(
    mode: str, key: list[str] | None, store: SqlCaptureStore, adapter: DatabaseAdapter
) -> None:
    scope = Scope()
    scope.provide(CaptureStore, store)  # type: ignore[type-abstract]
    with use_scope(scope):
        for number in (1, 2):
            capture("otc", [{"id": number}], partition=WEEKS[0], mode=mode, key=key)
    assert marks(adapter) == {"otc/1": [(1, True), (2, False)]}


def test_a_commit_that_fails_leaves_the_mark_as_it_was(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    [first] = commit(store, "1")
    with pytest.raises(IntegrityError):
        store.commit([evolve(draft("2", "otc", WEEKS[0]), capture_id=first.capture_id)])
    assert marks(adapter) == {"otc/1": [(1, False)]}


WRITER = """
import sys
from spine.core.adapters.database import get_adapter
from spine.framework.captures.payloads import MemoryPayloads
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.history import History
from tests.storage.test_capture_store import draft
with get_adapter(sys.argv[1]) as adapter:
    store = SqlCaptureStore(History(adapter), MemoryPayloads())
    sys.stdin.readline()
    for number in range(20):
        store.commit([draft(f"{sys.argv[2]}-{number}", "otc", {"week": "1"})])
"""


@pytest.mark.slow
def test_processes_that_write_at_once_leave_one_current_revision(history_url: str, adapter: DatabaseAdapter) -> None:
    commands = [[sys.executable, "-c", WRITER, history_url, name] for name in "ab"]
    writers = [subprocess.Popen(each, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for each in commands]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=DEADLINE_SECONDS)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    assert marks(adapter) == {"otc/1": [(number, number < 40) for number in range(1, 41)]}


def test_the_database_refuses_a_second_current_revision(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    commit(store, "1", "2")
    with pytest.raises(IntegrityError):
        adapter.execute("UPDATE core_captures SET replaced_at = NULL")


def test_the_current_revision_is_not_forgotten(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    commit(store, "1", "2", "3")
    commit(store, "1", week=1)
    forget(History(adapter), keep=1, before=utc_now())
    assert marks(adapter) == {"otc/1": [(3, False)], "otc/2": [(1, False)]}
    commit(store, "4")
    assert marks(adapter)["otc/1"] == [(3, True), (4, False)]


def read_as_of(store: SqlCaptureStore, at: datetime, partitions: object = None) -> list[int]:
    scope = Scope()
    scope.provide(CaptureStore, store)  # type: ignore[type-abstract]
    options: Any = {"partition": WEEKS[0]} if partitions is None else {"partitions": partitions}
    with use_scope(scope):
        return [made.revision for made in read_capture("otc", as_of=at, **options).captures]


@pytest.mark.parametrize("partitions", [None, "all", {"week": "1"}, [{"week": "1"}]])
def test_a_revision_that_was_forgotten_is_an_error_and_not_the_one_before_it(
    store: SqlCaptureStore, adapter: DatabaseAdapter, partitions: object
) -> None:
    [first], [second] = commit(store, "1"), commit(store, "2")
    [other], [third] = commit(store, "1", week=1), commit(store, "3")
    [made] = commit(store, "1", name="made")
    edges(store, adapter, made, first)
    assert read_as_of(store, second.captured_at, partitions) == [2]
    assert [gone.revision for gone in forget(History(adapter), "otc", keep=1)] == [2]
    assert 1 in read_as_of(store, first.captured_at, partitions)
    assert 3 in read_as_of(store, third.captured_at, partitions)
    with pytest.raises(CaptureNotFoundError, match="forgotten" if not isinstance(partitions, list) else "no partition"):
        read_as_of(store, second.captured_at, partitions)
    assert read_as_of(store, other.captured_at, {"week": "2"}) == [1]


def test_the_revisions_that_are_left_are_told(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    [first] = commit(store, "1")
    for content in "23456":
        commit(store, content)
    [made] = commit(store, "1", name="made")
    edges(store, adapter, made, first)
    forget(History(adapter), "otc", keep=2)
    scope = Scope()
    scope.provide(CaptureStore, store)  # type: ignore[type-abstract]
    with use_scope(scope), pytest.raises(CaptureNotFoundError, match=r"no revision 3; it has 1, 5, 6$"):
        read_capture("otc", partition=WEEKS[0], revision=3)


def test_a_project_is_not_merged_into_one_with_a_current_revision(
    store: SqlCaptureStore, adapter: DatabaseAdapter
) -> None:
    commit(store, "1", "2")
    forget(History(adapter), keep=1)
    other = History(adapter, "other")
    commit(SqlCaptureStore(other, MemoryPayloads()), "1")
    with pytest.raises(ConfigError, match="have a row of the same name, and stay as they are"):
        adopt(other, "")
    assert marks(adapter) == {"otc/1": [(2, False)], "other/otc/1": [(1, False)]}


def test_the_migration_marks_the_rows_that_are_there(store: SqlCaptureStore, adapter: DatabaseAdapter) -> None:
    commit(store, "1", "2", "3", "4")
    forget(History(adapter), keep=3)
    commit(store, "1", week=1)
    commit(store, "1", name="other")
    commit(SqlCaptureStore(History(adapter, "b"), MemoryPayloads()), "1", "2")
    before = adapter.query("SELECT * FROM core_captures ORDER BY capture_id")
    downgrade(adapter, "0015")
    assert len(adapter.query("SELECT * FROM captures")) == 4
    upgrade(adapter)
    assert differences(adapter) == []
    assert marks(adapter) == {
        "otc/1": [(2, True), (3, True), (4, False)],
        "otc/2": [(1, False)],
        "other/1": [(1, False)],
        "b/otc/1": [(1, True), (2, False)],
    }
    assert adapter.query("SELECT * FROM core_captures ORDER BY capture_id") == before
    assert len(adapter.query("SELECT * FROM captures")) == 4
    commit(store, "5")
    assert marks(adapter)["otc/1"] == [(2, True), (3, True), (4, True), (5, False)]


def edges(store: SqlCaptureStore, adapter: DatabaseAdapter, made: Capture, *read: Capture, run: str = "r") -> None:
    at = utc_now()
    found = [Edge(run, "s", 1, Direction.READ, EdgeKind.CAPTURE, each.capture_id, None, at) for each in read]
    found.append(Edge(run, "s", 1, Direction.WRITE, EdgeKind.CAPTURE, made.capture_id, None, at))
    SqlLineageStore(History(adapter)).commit(found)


def stale(adapter: DatabaseAdapter, name: str | None = None) -> list[tuple[str, str, list[tuple[str, int, int]]]]:
    return [
        (
            found.capture.name,
            found.made_by,
            [(each.name, each.revision_read, each.current_revision) for each in found.inputs],
        )
        for found in stale_captures(History(adapter), name)
    ]


def test_a_step_that_read_two_revisions_made_its_captures_from_the_newer(
    store: SqlCaptureStore, adapter: DatabaseAdapter
) -> None:
    first, second = commit(store, "1", "2")
    [made] = commit(store, "1", name="made")
    edges(store, adapter, made, first, second)
    assert stale(adapter) == []
    commit(store, "3")
    assert stale(adapter) == [("made", "r", [("otc", 2, 3)])]
    assert (stale(adapter, "made"), stale(adapter, "otc")) == (stale(adapter), [])


def test_a_replaced_capture_and_one_that_was_confirmed_later_are_not_stale(
    store: SqlCaptureStore, adapter: DatabaseAdapter
) -> None:
    first, second = commit(store, "1", "2")
    old, new = commit(store, "1", "2", name="made")
    [same] = commit(store, "1", name="same")
    edges(store, adapter, old, first)
    edges(store, adapter, same, first)
    assert stale(adapter) == [("same", "r", [("otc", 1, 2)])]
    edges(store, adapter, new, second, run="later")
    edges(store, adapter, same, second, run="later")
    assert stale(adapter) == []


def test_a_partition_without_a_current_revision_makes_nothing_stale(
    store: SqlCaptureStore, adapter: DatabaseAdapter
) -> None:
    first, _second = commit(store, "1", "2")
    [made] = commit(store, "1", name="made")
    edges(store, adapter, made, first)
    adapter.execute("DELETE FROM core_captures WHERE name = 'otc' AND revision = 2")  # by hand
    assert stale(adapter) == []
