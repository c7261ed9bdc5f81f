"""The ports of a project, implemented in SQL; a port and its store are imported when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.core.scope import Scope
    from spine.framework.captures.store import CaptureStore, CommittedCaptures
    from spine.framework.contracts.result import QualityResultStore
    from spine.framework.dispatcher import Dispatcher, ExecutionStore, StagedStore
    from spine.framework.lineage.store import LineageStore
    from spine.framework.rejects import RejectStore
    from spine.framework.sources.cache import SourceCache
    from spine.framework.sources.fetches import FetchStore
    from spine.framework.sources.state import SourceStateStore
    from spine.orchestration.run_store import RunStore


def provide_stores(scope: Scope, application: Application) -> None:
    """Register a store in the application's database for each port."""

    def captures() -> CaptureStore:
        from spine.storage.captures.store import SqlCaptureStore

        return SqlCaptureStore(application.history, application.payloads)

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

    stores: dict[str, Callable[[], Any]] = {
        "spine.framework.captures.store:CommittedCaptures": partial(_committed, application),
        "spine.framework.captures.store:CaptureStore": captures,
        "spine.framework.sources.fetches:FetchStore": fetches,
        "spine.framework.sources.cache:SourceCache": cache,
        "spine.framework.rejects:RejectStore": rejects,
        "spine.framework.sources.state:SourceStateStore": states,
        "spine.framework.lineage.store:LineageStore": partial(_lineage, application),
        "spine.framework.contracts.result:QualityResultStore": partial(_quality_results, application),
        "spine.orchestration.run_store:RunStore": runs,
        "spine.framework.dispatcher:StagedStore": staged,
        "spine.framework.dispatcher:ExecutionStore": partial(_executions, application),
        "spine.framework.alerts.store:AlertStore": lambda: application.alerts,
        "spine.framework.alerts.outbox:AlertOutbox": lambda: application.alerts,
        "spine.framework.dispatcher:Dispatcher": _dispatcher,
    }
    for port, make in stores.items():
        scope.defer(port, make)


def _committed(application: Application) -> CommittedCaptures:
    from spine.framework.captures.store import CommittedCaptures

    def captures() -> CaptureStore | None:
        from spine.storage.captures.store import SqlCaptureStore

        history = application.databases.readable()
        return None if history is None else SqlCaptureStore(history, application.payloads)

    return CommittedCaptures(captures)


def _dispatcher() -> Dispatcher:
    from spine.framework.dispatcher import Dispatcher

    return Dispatcher()


def _executions(application: Application) -> ExecutionStore:
    from spine.storage.runs.executions import SqlExecutionStore

    return SqlExecutionStore(application.history)


def _lineage(application: Application) -> LineageStore:
    from spine.storage.lineage.store import SqlLineageStore

    return SqlLineageStore(application.history)


def _quality_results(application: Application) -> QualityResultStore:
    from spine.storage.contracts.store import SqlQualityResultStore

    return SqlQualityResultStore(application.history)
