"""Code that provokes each error of docs/how-to/troubleshooting.md, by the name of its class."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from spine.app import open_project
from spine.cli.failure import sentence
from spine.core.adapters.database import get_adapter
from spine.core.errors import SpineError
from spine.core.scope import Scope
from spine.framework.pipelines import pipeline
from spine.framework.sources import FileSource, HttpSource
from spine.orchestration import Daily, Step, Workflow, WorkflowResult, WorkflowRunner, workflow_registry
from spine.orchestration.lease import Lease
from spine.orchestration.run_store import RunStore
from spine.storage.history import History
from spine.storage.migrate import ensure_schema
from spine.storage.runs.store import SqlRunStore
from spine.testing import FakePlugin
from tests.http_peer import Answer, HttpPeer
from tests.projects import Project
from tests.storage.records import RUN

PROVOKE: dict[str, Callable[[Place], object]] = {}
"""By class: raises the error, or returns it, or what the command line said."""


@frozen
class Said:
    """The class and the sentence of an error that was shown or recorded."""

    name: str
    sentence: str

    @classmethod
    def of(cls, found: object) -> Said:
        """Return what an error says, or the one that failed a run."""
        if isinstance(found, Said):
            return found
        if isinstance(found, WorkflowResult):
            failure = found.step_executions[-1].failure or {}
            return cls(failure["type"].rpartition(".")[2], failure["message"])
        assert isinstance(found, Exception)
        return cls(type(found).__name__, sentence(found))


@frozen
class Place:
    """A project without workflows, in an empty folder, and what stands around it."""

    project: Project
    peer: HttpPeer
    install: Callable[..., FakePlugin]
    scope: Scope

    def settings(self, text: str) -> None:
        self.project.write("spine.toml", text)

    def said(self, *arguments: str) -> Said:
        """Return the last line of the traceback of a command that fails."""
        last = self.project.call("--debug", *arguments).err.splitlines()[-1]
        name, _, sentence = last.partition(": ")
        return Said(name.rpartition(".")[2], sentence)

    @contextmanager
    def opened(self) -> Iterator[Any]:
        with open_project(self.project.root) as application:
            yield application


def provokes(name: str) -> Callable[[Callable[[Place], object]], Callable[[Place], object]]:
    def add(function: Callable[[Place], object]) -> Callable[[Place], object]:
        PROVOKE[name] = function
        return function

    return add


def _run(function: Any, **options: Any) -> Any:
    return WorkflowRunner().execute(Workflow("prices", [Step.lambda_("load", function, **options)]))


# Settings


@provokes("ConfigError")
def _(place: Place) -> object:
    place.settings("[scheduler]\nworker = 4\n")
    return place.said("scheduler", "run")


@provokes("InvalidConfigError")
def _(place: Place) -> object:
    place.settings("[scheduler]\nworkers = 0\n")
    return place.said("scheduler", "run")


@provokes("MissingConfigError")
def _(place: Place) -> object:
    place.settings('[sources.prices]\ntype = "file"\n')
    return place.said("sources", "fetch", "prices")


@provokes("UnsetVariableError")
def _(place: Place) -> object:
    place.settings('[channels.ops]\ntype = "slack"\nwebhook_url = { env = "SLACK_WEBHOOK" }\n')
    return place.said("alerts", "test", "ops")


@provokes("WrongArgumentError")
def _(place: Place) -> object:
    from spine.framework.alerts import ConsoleChannel

    return ConsoleChannel("ops", min_severity="LOUD")


@provokes("StoreVersionError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    with place.opened() as application:
        application.adapter.execute("UPDATE core_schema_version SET version_num = '9999'")
    return place.said("runs", "list")


# Plugins


@provokes("PluginNotInstalledError")
def _(place: Place) -> object:
    from spine.plugins.catalog import Catalog

    return Catalog([]).load_class("source", "file")


@provokes("UnknownKindError")
def _(place: Place) -> object:
    place.settings('[sources.prices]\ntype = "flie"\npath = "prices.csv"\n')
    return place.said("sources", "fetch", "prices")


@provokes("PluginDisabledError")
def _(place: Place) -> object:
    place.settings('[plugins]\ndisabled = ["sources-file"]\n[sources.prices]\ntype = "file"\npath = "prices.csv"\n')
    return place.said("sources", "fetch", "prices")


SOURCE_PLUGIN = """
from spine.plugins import SourceSpec, hookimpl

@hookimpl
def spine_register_sources():
    return [SourceSpec("ftp", "spine_no_such:Thing", config="spine_no_such:Options")]
"""


@provokes("PluginBrokenError")
def _(place: Place) -> object:
    from spine.plugins.catalog import current_catalog

    place.install("ftp", "import ftp_client\n", distribution="spine-sources-ftp")
    return current_catalog().load_class("source", "ftp")


@provokes("PluginIncompatibleError")
def _(place: Place) -> object:
    from spine.plugins.catalog import current_catalog

    place.install("ftp", SOURCE_PLUGIN, distribution="spine-sources-ftp", requires=["spine-core>=99"])
    return current_catalog().load_class("source", "ftp")


@provokes("PluginConflictError")
def _(place: Place) -> object:
    from spine.plugins.catalog import current_catalog

    place.install("ftp", SOURCE_PLUGIN, distribution="spine-sources-ftp")
    place.install("ftps", SOURCE_PLUGIN, distribution="spine-sources-ftps")
    return current_catalog().load_class("source", "ftp")


@provokes("PluginError")
def _(place: Place) -> object:
    from spine.config.faults import Faults

    place.install("ftp", "import ftp_client\n", distribution="spine-sources-ftp")
    place.settings('[spine]\nname = "prices"\n')
    faults = Faults(collected=True)
    with open_project(place.project.root, {}, faults):
        return faults.error_of("plugins")


# Sources


@provokes("SourceNotFoundError")
def _(place: Place) -> object:
    place.settings('[sources.prices]\ntype = "file"\npath = "prices.csv"\n')
    return place.said("sources", "fetch", "prices")


@provokes("SourceUnavailableError")
def _(place: Place) -> object:
    place.peer.usual = Answer(503, "", {"Retry-After": "0"})
    return HttpSource("prices", f"{place.peer.url}/prices", max_attempts=1).fetch().error


@provokes("SourceError")
def _(place: Place) -> object:
    place.peer.usual = Answer(400, "no such column")
    return HttpSource("prices", f"{place.peer.url}/prices", max_attempts=1).fetch().error


@provokes("ParseError")
def _(place: Place) -> object:
    place.project.write("prices.csv", "symbol,price\nACME,1\nBOLT,2,3\n")
    return FileSource("prices", str(place.project.root / "prices.csv")).fetch().error


@provokes("UnknownSourceError")
def _(place: Place) -> object:
    place.settings('[sources.prices]\ntype = "file"\npath = "prices.csv"\n')
    return place.said("sources", "fetch", "price")


@provokes("NetworkError")
def _(place: Place) -> object:
    return HttpSource("prices", "http://127.0.0.1:9/prices", max_attempts=1).fetch().error


@provokes("TimeoutError")
def _(place: Place) -> object:
    place.peer.usual = Answer(raw=lambda _send, closing: (closing.wait(), None)[1])
    return HttpSource("prices", f"{place.peer.url}/prices", max_attempts=1, read_timeout=0.2).fetch().error


@provokes("RateLimitError")
def _(place: Place) -> object:
    place.peer.usual = Answer(429, "", {"Retry-After": "600"})
    return HttpSource("prices", f"{place.peer.url}/prices", max_attempts=1).fetch().error


@provokes("AuthenticationError")
def _(place: Place) -> object:
    place.peer.usual = Answer(401, "")
    return HttpSource("prices", f"{place.peer.url}/prices", max_attempts=1).fetch().error


@provokes("AuthorizationError")
def _(place: Place) -> object:
    place.peer.usual = Answer(403, "")
    return HttpSource("prices", f"{place.peer.url}/prices", max_attempts=1).fetch().error


@provokes("TransientError")
def _(place: Place) -> object:
    from spine.framework.alerts import Alert, SlackChannel

    place.peer.usual = Answer(200, "<html>Service window</html>")
    return SlackChannel("ops", f"{place.peer.url}/x").send(Alert("ERROR", "t", "m", "s")).error


# Data


@provokes("ValidationError")
def _(place: Place) -> object:
    return Step.wait("pause")


@provokes("SchemaError")
def _(place: Place) -> object:
    import pyarrow as pa

    from spine.framework.captures import capture

    first, second = ({"price": [1]}, {"prise": [2]})
    return capture("prices", (pa.RecordBatch.from_pydict(columns) for columns in (first, second)))


@provokes("ContractViolationError")
def _(place: Place) -> object:
    from spine.framework.captures import capture
    from spine.framework.contracts import Check, contract

    contract("prices", checks=[Check("not_null", "symbol")])
    return capture("prices", [{"symbol": "ACME", "price": 1}, {"symbol": None, "price": 3}])


@provokes("ConstraintError")
def _(place: Place) -> object:
    from spine.core.adapters.database import SQLiteAdapter, database_registry
    from spine.framework.loads import load

    database_registry.register("warehouse", SQLiteAdapter)
    return load("warehouse", "prices", [{"symbol": "ACME"}, {"symbol": "ACME"}], mode="merge", key="symbol")


@provokes("CaptureNotFoundError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("captures", "read", "prices")


@provokes("CaptureConflictError")
def _(place: Place) -> object:
    from spine.core.scope import current_scope
    from spine.framework.captures import CaptureStore, MemoryCaptureStore, capture
    from spine.framework.work import Work, use_work

    place.settings('[spine]\nname = "prices"\n')
    with place.opened():
        capture("prices", [{"price": 1}])
        with use_work(Work(run_id="r", step="s")):
            made = capture("prices", [{"price": 2}], mode="append")
        capture("prices", [{"price": 3}])
        current_scope().get(CaptureStore, MemoryCaptureStore).commit([made])  # type: ignore[type-abstract]  # a key
    return None


def _captured(place: Place) -> Path:
    from spine.framework.captures import capture

    place.settings('[spine]\nname = "prices"\n')
    with place.opened():
        capture("prices", [{"price": 1}])
    [file] = (place.project.root / ".spine" / "captures" / "prices").glob("*.parquet")
    return file


@provokes("DamagedCaptureError")
def _(place: Place) -> object:
    _captured(place).unlink()
    return place.said("captures", "read", "prices")


@provokes("StorageError")
def _(place: Place) -> object:
    from spine.framework.captures import PayloadStore

    place.project.write("store", "a file where a folder should be")
    import pyarrow as pa

    return PayloadStore(place.project.root / "store").write("prices", "0" * 64, pa.table({"price": [1]}))


@provokes("DamagedHistoryError")
def _(place: Place) -> object:
    _captured(place)
    with sqlite3.connect(place.project.root / ".spine" / "spine.db") as database:
        database.execute("UPDATE core_captures SET captured_at = 'yesterday'")
    database.close()
    return place.said("captures", "list")


# Databases


@provokes("DatabaseConnectionError")
def _(place: Place) -> object:
    return get_adapter("postgresql://spine@127.0.0.1:9/spine").connect()


@provokes("QueryError")
def _(place: Place) -> object:
    with get_adapter("sqlite", path=str(place.project.root / "w.db")) as adapter:
        return adapter.query("SELECT price FROM prices")


@provokes("IntegrityError")
def _(place: Place) -> object:
    with get_adapter("sqlite", path=str(place.project.root / "w.db")) as adapter:
        adapter.execute("CREATE TABLE prices (symbol TEXT PRIMARY KEY)")
        return adapter.insert_many("prices", [{"symbol": "ACME"}, {"symbol": "ACME"}])


@provokes("DatabaseError")
def _(place: Place) -> object:
    path = str(place.project.root / "w.db")
    with get_adapter("sqlite", path=path) as first, get_adapter("sqlite", path=path, timeout=0.1) as second:
        first.execute("CREATE TABLE prices (price INTEGER)")
        with first.transaction():
            return second.insert("prices", {"price": 1})


def _store(place: Place) -> SqlRunStore:
    adapter = get_adapter("sqlite", path=str(place.project.root / "spine.db"))
    ensure_schema(adapter)
    store = SqlRunStore(History(adapter))
    place.scope.provide(RunStore, store)  # type: ignore[type-abstract]
    return store


@provokes("FenceError")
def _(place: Place) -> object:
    from spine.orchestration.lease import LostLeaseError

    runs, errors = _store(place), []
    adapter = get_adapter("sqlite", path=str(place.project.root / "spine.db"))

    def write(context: Any, config: Any) -> None:
        runs.acquire(context.run_id, Lease("another/boot/1/1"), force=True)
        try:
            with adapter.transaction(fence=context):
                raise AssertionError("not reached")
        except SpineError as error:
            errors.append(error)
            raise

    try:
        _run(write)
    except LostLeaseError:
        return errors[0]
    return None


@provokes("UnknownBackfillError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("backfills", "show", "0199")


@provokes("PartitionBusyError")
def _(place: Place) -> object:
    runs = _store(place)
    workflow = Workflow("prices", [Step.lambda_("a", lambda context, config: None)], partitions=Daily("day"))
    runner = WorkflowRunner(store=runs)
    runs.create(runner.prepare(workflow, {"day": "2026-01-05"}), workflow.to_dict(), {}, runner.lease)
    return runner.execute(workflow, {"day": "2026-01-05"})


@provokes("LostBackfillError")
def _(place: Place) -> object:
    from spine.scheduling.backfill import Backfill, BackfillOptions
    from spine.storage.backfills import SqlBackfillStore

    adapter = get_adapter("sqlite", path=str(place.project.root / "spine.db"))
    ensure_schema(adapter)
    store = SqlBackfillStore(History(adapter, "prices"))
    begun = store.add(Backfill("prices", [{"day": "2026-01-05"}], {}, BackfillOptions(), store.now()), Lease("one/1"))
    return store.renew(begun.id, Lease("another/1"))


@provokes("LostLeaseError")
def _(place: Place) -> object:
    runs = _store(place)
    return _run(lambda context, config: runs.acquire(context.run_id, Lease("another/boot/1/1"), force=True) and None)


@provokes("LeaseError")
def _(place: Place) -> object:
    runs = _store(place)
    return _run(lambda context, config: runs.acquire(context.run_id, Lease("another/boot/1/1")))


def _copy(place: Place, watch: Callable[[str, int], Callable[[int], None]] | None = None) -> object:
    """Copy the history of the project, which has emitted an event, to copy.db."""
    from spine.app.copying import copy_project
    from spine.storage.copying.copy import unwatched

    place.settings('[spine]\nname = "prices"\n')
    assert place.project.call("emit", "landed", "--key", "1").code == 0
    with place.opened() as application:
        return copy_project(application, "sqlite:///.spine/spine.db", "sqlite:///copy.db", watch or unwatched)


@provokes("CopyRefusedError")
def _(place: Place) -> object:
    with get_adapter("sqlite", path=str(place.project.root / "copy.db")) as adapter:
        ensure_schema(adapter)
        SqlRunStore(History(adapter, "prices")).create(RUN, {}, {}, Lease("one/1"))
    return _copy(place)


@provokes("CopyError")
def _(place: Place) -> object:
    def watch(what: str, _total: int) -> Callable[[int], None]:
        if what == "rows copied":
            assert place.project.call("emit", "landed", "--key", "2").code == 0
        return lambda _rows: None

    return _copy(place, watch)


@provokes("StoreGoneError")
def _(place: Place) -> object:
    from spine.storage.schedules.check import WriteCheck

    place.settings('[spine]\nname = "prices"\n')
    with place.opened() as application:
        check = WriteCheck(application.adapter)
        (place.project.root / ".spine" / "spine.db").unlink()
        return check()


# Pipelines and workflows


@provokes("PipelineNotFoundError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("pipelines", "show", "prices.load")


@provokes("BadParamsError")
def _(place: Place) -> object:
    from spine.framework.params import ParamDef, date_format

    params = [ParamDef("day", str, "the day to load, as YYYY-MM-DD", validator=date_format)]
    return Workflow("prices", [Step.lambda_("load", print)], params=params).params_of({"day": "monday"})


@provokes("PipelineError")
def _(place: Place) -> object:
    @pipeline("prices.load")
    def load(params: Any) -> Any:
        return 7

    return WorkflowRunner().execute(Workflow("prices", [Step.pipeline("load", "prices.load")]))


@provokes("UnknownWorkflowError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("run", "prices")


@provokes("UnknownRunError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("runs", "show", "0199")


@provokes("ChangedWorkflowError")
def _(place: Place) -> object:
    _store(place)
    failing = Step.lambda_("load", lambda context, config: 1 / 0)
    workflow_registry.register(Workflow("prices", [failing]))
    run_id = WorkflowRunner().execute(workflow_registry.get("prices")).run_id
    workflow_registry.register(Workflow("prices", [failing, Step.lambda_("check", print)]), replace=True)
    return WorkflowRunner().resume(run_id)


HELLO = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("hello", [Step.lambda_("hello", lambda context, config: None)]))
"""


@provokes("WorkflowError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\nmodules = ["flows"]\n')
    place.project.write("flows.py", HELLO)
    run_id = place.project.call("run", "hello", "--json").json["run_id"]
    return place.said("runs", "resume", run_id)


@provokes("NotComputedError")
def _(place: Place) -> object:
    from spine.orchestration.outputs import NotComputedError

    errors = []

    def check(context: Any, config: Any) -> None:
        try:
            context.get_output("load")
        except NotComputedError as error:
            errors.append(error)

    steps = [Step.lambda_("load", print), Step.lambda_("check", check, dry_run="call")]
    WorkflowRunner(dry_run=True).execute(Workflow("prices", steps))
    return errors[0]


def hog(context: Any, config: Any) -> None:
    bytes(2**30)


@provokes("MemoryLimitError")
def _(place: Place) -> object:
    return _run(hog, max_memory=200_000_000)


def die(context: Any, config: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@provokes("OrchestrationError")
def _(place: Place) -> object:
    return _run(die, timeout=60)


@provokes("LimitReachedError")
def _(place: Place) -> object:
    from spine.orchestration.lease import LimitReachedError

    runs, errors = _store(place), []
    workflow = Workflow("prices", [Step.lambda_("load", print)], limits={"market-api": 1})
    workflow_registry.register(workflow)
    runner = WorkflowRunner(park_waits=True)
    waiting = runner.prepare(workflow)
    runs.create(waiting, workflow.to_dict(), {}, Lease("another/boot/1/1", seconds=0))

    def try_another(context: Any, config: Any) -> None:
        try:
            runner.execute_prepared(waiting.run_id)
        except LimitReachedError as error:
            errors.append(error)

    WorkflowRunner().execute(Workflow("first", [Step.lambda_("load", try_another)], limits={"market-api": 1}))
    return errors[0]


# Schedules and alerts


@provokes("ScheduleError")
def _(place: Place) -> object:
    from spine.scheduling.schedule import Schedule

    return Schedule(name="nightly", workflow="prices", cron="0 25 * * *")


@provokes("UnknownScheduleError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("schedules", "show", "nightly")


@provokes("HungCallError")
def _(place: Place) -> object:
    from threading import Event

    from spine.scheduling.project_call import ProjectCalls

    end = Event()
    calls = ProjectCalls(0.0)
    try:
        return calls.wait("resolve_params of workflow 'prices'", end.wait)
    finally:
        end.set()
        calls.close(60)


@provokes("EndedProcessError")
def _(place: Place) -> object:
    from spine.scheduling.call_guard import CallGuard

    class Ended:
        """A store that knows of three processes that ended."""

        def begin_call(self, schedule_id: str, process: str) -> int:
            return 3

    guard = CallGuard(Ended())  # type: ignore[arg-type]
    return guard.call("id", "nightly", "resolve_params of workflow 'prices'", lambda: None)


@provokes("UnknownAlertError")
def _(place: Place) -> object:
    place.settings('[spine]\nname = "prices"\n')
    return place.said("alerts", "show", "0199")


@provokes("SetAsideError")
def _(place: Place) -> object:
    from spine.framework.alerts import Alert, ConsoleChannel
    from spine.framework.alerts.outbox import Delivery, DeliveryStatus
    from spine.framework.alerts.route import RoutedAlert
    from spine.framework.alerts.sender import AlertSender

    alert = Alert("ERROR", "t", "m", "s")

    class Outbox:
        """An outbox with a delivery that three processes did not finish."""

        def claim(self, delivery_id: str, seconds: float) -> Delivery:
            return Delivery(delivery_id, alert, "ops", DeliveryStatus.PENDING, attempt=4, unfinished=3)

        def finish(self, *_: object) -> None: ...

    sender = AlertSender(Outbox(), ConsoleChannel, RoutedAlert)  # type: ignore[arg-type]
    return sender.send({"ops": ["id"]})[0].error


# Errors that code raises


def _raised(name: str, *arguments: Any) -> None:
    from spine.core import errors

    def load(context: Any, config: Any) -> None:
        raise getattr(errors, name)(*arguments)

    PROVOKE[name] = lambda _place: _run(load)


_raised("AuthError", "the certificate of the broker has expired")
_raised("SpineError", "the broker has no prices of 2026-01-05")
