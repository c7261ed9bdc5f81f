"""The memory store's own: tests/storage/test_run_store.py holds what it has in common with the SQL one."""

from __future__ import annotations

from spine.core.scope import Scope, use_scope
from spine.framework.rejects import Reject, reject_store
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.records import Batch
from spine.orchestration.run_store import RunStore, run_store
from tests.storage.records import create


def test_without_a_project_runs_are_kept_in_memory_once_a_scope() -> None:
    assert isinstance(run_store(), MemoryRunStore)
    assert run_store() is run_store()
    before = run_store()
    with use_scope(Scope()):
        assert run_store() is not before


def test_a_project_brings_its_own_store(own_scope: Scope) -> None:
    given = own_scope.provide(RunStore, MemoryRunStore())  # type: ignore[type-abstract]
    assert run_store() is given


def test_what_was_staged_goes_to_the_scopes_stores() -> None:
    store = MemoryRunStore()
    create(store)
    store.commit(Batch("r1", 1, staged=[Reject("otc", "blank", "x")]))
    assert [reject.raw for reject in reject_store().list_rejects()] == ["x"]
