"""The ports of a project, implemented in SQL; each module is imported when its port is first used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from spine.framework.alerts.outbox import AlertOutbox
from spine.framework.alerts.store import AlertStore
from spine.framework.captures.store import CaptureStore, CommittedCaptures
from spine.framework.contracts.result import QualityResultStore
from spine.framework.dispatcher import Dispatcher, ExecutionStore, StagedStore
from spine.framework.lineage.store import LineageStore
from spine.framework.rejects import RejectStore
from spine.framework.sources.cache import SourceCache
from spine.framework.sources.fetches import FetchStore
from spine.framework.sources.state import SourceStateStore
from spine.orchestration.run_store import RunStore

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.core.scope import Scope


def provide_stores(scope: Scope, application: Application) -> None:
    """Register a store in the application's database for each port."""

    def captures() -> CaptureStore:
        from spine.storage.captures.store import SqlCaptureStore

        return SqlCaptureStore(application.history, application.payloads)

    def committed() -> CaptureStore | None:
        from spine.storage.captures.store import SqlCaptureStore

        history = application.databases.readable()
        return None if history is None else SqlCaptureStore(history, application.payloads)

    def fetches() -> FetchStore:
        from spine.storage.sources.fetches import SqlFetchStore

        return SqlFetchStore(application.history)

    def cache() -> SourceCache:
        from spine.storage.sources.cache import SqlSourceCache

        return SqlSourceCache(application.history)

    def rejects() -> RejectStore:
        from spine.storage.sources.rejects import SqlRejectStore

        return SqlRejectStore(application.history)

    def states() -> SourceStateStore:
        from spine.storage.sources.state import SqlSourceStateStore

        return SqlSourceStateStore(application.history)

    def runs() -> RunStore:
        from spine.storage.runs.store import SqlRunStore

        return SqlRunStore(application.history, application.alerts)

    def staged() -> StagedStore:
        from spine.storage.runs.staged import SqlStagedStore

        return SqlStagedStore(application.history)

    # mypy has no type for a mapping from protocols to their factories
    stores: dict[Any, Any] = {
        CommittedCaptures: lambda: CommittedCaptures(committed),
        CaptureStore: captures,
        FetchStore: fetches,
        SourceCache: cache,
        RejectStore: rejects,
        SourceStateStore: states,
        LineageStore: partial(_lineage, application),
        QualityResultStore: partial(_quality_results, application),
        RunStore: runs,
        StagedStore: staged,
        ExecutionStore: partial(_executions, application),
        AlertStore: lambda: application.alerts,
        AlertOutbox: lambda: application.alerts,
        Dispatcher: Dispatcher,
    }
    for port, make in stores.items():
        scope.defer(port, make)


def _executions(application: Application) -> ExecutionStore:
    from spine.storage.runs.executions import SqlExecutionStore

    return SqlExecutionStore(application.history)


def _lineage(application: Application) -> LineageStore:
    from spine.storage.lineage.store import SqlLineageStore

    return SqlLineageStore(application.history)


def _quality_results(application: Application) -> QualityResultStore:
    from spine.storage.contracts.store import SqlQualityResultStore

    return SqlQualityResultStore(application.history)
