"""A project in which each command has something to print, and a call of each command with --json."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from attrs import field, frozen

from spine.app.health_file import HealthFile
from spine.core.clock import utc_now
from spine.framework.captures import capture
from spine.framework.dispatcher import get_dispatcher
from spine.project import open_project
from spine.scheduling.backfill import BackfillOptions, Choice, Order
from spine.scheduling.scheduler import Status
from spine.storage.workers import Workers
from spine.testing.command_line import Outcome
from tests.projects import DEADLINE_SECONDS, Project, wait_until

TOML = """
[spine]
name = "shop"
modules = ["flows"]

[databases.shop]
type = "sqlite"
path = "shop.db"

[databases.broken]
type = "postgresql"
host = { env = "NOT_SET_ANYWHERE" }

[sources.prices]
type = "file"
path = "prices.csv"
domain = "shop.prices"
schema = { price = "float64" }

[sources.orders]
type = "database"
database = "shop"
query = "SELECT id, at FROM orders WHERE at > :cursor ORDER BY at"
cursor = "at"
initial = ""

[contracts.prices]
columns = { symbol = "string", price = "float64" }
checks = [
    { check = "in_range", columns = "price", min = 0, severity = "quarantine" },
    { check = "in_range", columns = "price", min = 2, severity = "warn" },
]

[channels.team]
type = "console"
min_severity = "WARNING"

[channels.away]
type = "webhook"
url = "http://127.0.0.1:1/"

[alerts]
on_failure = "ERROR"

[schedules.nightly]
workflow = "daily"
cron = "30 2 * * *"
timezone = "Europe/Berlin"
params = { day = "2026-01-05" }

[schedules.every]
workflow = "copies"
every = "1h"

[schedules.landed]
workflow = "copies"
on_event = "landed"
"""

FLOWS = '''
import logging
import time
from pathlib import Path

from spine import Step, Workflow, capture, read_capture, source, workflow_registry
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import pipeline
from spine.orchestration import Daily, ErrorPolicy, StepResult


def load(context, config):
    logging.getLogger("shop").warning("loading %s", context.params["day"])
    return {"rows": capture("prices", source("prices").fetch().to_result().unwrap()).row_count}


def clean(context, config):
    return {"rows": capture("prices.clean", read_capture("prices").table).row_count}


def orders(context, config):
    return {"rows": len(source("orders").fetch().to_result().unwrap())}


def fail(context, config):
    raise ValueError("it broke")


def wait(context, config):
    while not Path("go").exists():
        time.sleep(0.02)


def double(context, config):
    if context.params["item"] == 2:
        raise ValueError("two is refused")
    return {"twice": 2 * context.params["item"]}


@pipeline("greetings.make", spec=PipelineSpec({"who": ParamDef("who", str, "Who is greeted.")}))
def greet(params):
    """Make a greeting."""
    return {"greeting": f"Hello, {params['who']}!"}


each = Workflow("each", [Step.lambda_("double", double)])
workflow_registry.register(
    Workflow(
        "daily",
        [
            Step.lambda_("load", load),
            Step.lambda_("clean", clean),
            Step.load("table", capture="prices.clean", database="shop", table="prices", mode="replace_partition"),
        ],
        partitions=Daily("day", start="2026-01-05"),
    )
)
workflow_registry.register(Workflow("copies", [Step.lambda_("orders", orders)], description="Copies orders."))
workflow_registry.register(Workflow("fails", [Step.lambda_("fail", fail)]))
workflow_registry.register(Workflow("greets", [Step.pipeline("make", "greetings.make", {"who": "Ada"})]))
workflow_registry.register(
    Workflow("many", [Step.map("each", "numbers", each, on_error=ErrorPolicy.CONTINUE)], defaults={"numbers": [1, 2]})
)
workflow_registry.register(Workflow("flaky", [Step.lambda_("fail", fail)], partitions=Daily("day")))
workflow_registry.register(Workflow("waits", [Step.lambda_("wait", wait)]))
workflow_registry.register(Workflow("unsound", [Step.pipeline("lost", "no.such")]))
'''

CSV = "symbol,price\nACME,10.25\nBOLT,1.5\nCORE,-1\n"

# Calls by the path of the command, in this order: the later ones find what the earlier ones have done.
CALLS = {
    "doctor": "",
    "config show": "",
    "plugins list": "",
    "plugins show": "core",
    "plugins check": "",
    "init": "other",
    "workflows list": "",
    "workflows show": "daily",
    "workflows graph": "daily",
    "workflows check": "",
    "pipelines list": "",
    "pipelines show": "greetings.make",
    "pipelines history": "",
    "plan": "daily -p day=2026-01-05",
    "run": "daily -p day=2026-01-06",
    "status": "",
    "runs list": "",
    "runs show": "latest",
    "runs items": "{many}",
    "runs logs": "latest",
    "runs affected": "{daily}",
    "runs watch": "latest",
    "runs resume": "{failed}",
    "runs wake": "",
    "runs recover": "",
    "runs report": "latest --html report.html",
    "runs park": "{open}",
    "runs cancel": "{open} --grace 0",
    "partitions": "daily --until 2026-01-10",
    "backfill": "flaky --from 2026-01-07 --to 2026-01-08",
    "backfills list": "",
    "backfills show": "latest",
    "backfills resume": "latest",
    "backfills cancel": "latest",
    "emit": "landed --key 2026-01-05",
    "sources list": "",
    "sources show": "prices",
    "sources history": "prices",
    "sources fetch": "prices",
    "sources preview": "prices",
    "sources check": "",
    "sources state list": "",
    "sources state show": "orders",
    "sources state set": "orders 2026-01-05 --type str",
    "sources state reset": "orders",
    "captures list": "",
    "captures show": "prices -p day=2026-01-05",
    "captures read": "prices -p day=2026-01-05",
    "captures export": "prices -p day=2026-01-05 --to out.csv",
    "captures diff": "prices 1 2 -p day=2026-01-05",
    "captures lineage": "prices.clean -p day=2026-01-05",
    "captures stale": "",
    "captures verify": "",
    "captures gc": "--older-than 1h --dry-run",
    "captures forget": "scratch --keep 1 --dry-run",
    "schedules list": "",
    "schedules show": "nightly",
    "schedules history": "",
    "schedules next": "nightly",
    "schedules lint": "",
    "schedules add": "hourly --workflow copies --every 1h",
    "schedules pause": "hourly",
    "schedules resume": "hourly",
    "schedules trigger": "hourly",
    "schedules remove": "hourly",
    "db copy": "sqlite:///.spine/spine.db sqlite:///copy.db",
    "scheduler run": "--status",
    "workers list": "",
    "alerts list": "",
    "alerts show": "latest",
    "alerts channels": "",
    "alerts history": "",
    "alerts route": "--explain",
    "alerts test": "team",
    "alerts flush": "",
    "alerts retry": "latest",
    "alerts ack": "{alert}",
    "alerts silence": "--match source=daily --until 2h --comment because",
    "alerts resolve": "{alert}",
    "metrics": "",
    "history prune": "--older-than 400d --dry-run",
    "db list": "",
    "db status": "",
    "db check": "",
    "db adopt": "old-name",
    "db upgrade": "",
    "db downgrade": "head --yes",
}


@frozen
class Shop:
    """The project with its history, and the ids that the calls name."""

    project: Project
    ids: dict[str, str]
    started: list[subprocess.Popen[str]] = field(factory=list)

    def close(self) -> None:
        """Let the processes end that were started."""
        self.project.write("go", "")
        for process in self.started:
            process.communicate(timeout=DEADLINE_SECONDS)

    def call(self, path: str) -> Outcome:
        """Call a command with --json, after what it needs."""
        before = _BEFORE.get(path)
        if before is not None:
            before(self)
        arguments = shlex.split(CALLS[path].format(**self.ids))
        return self.project.call(*path.split(), *arguments, "--json")


def _beat(shop: Shop) -> None:
    now = utc_now()
    HealthFile(shop.project.root).write(Status(now, now, 3, 0, 0, None))


def _start(shop: Shop) -> None:
    shop.started.append(shop.project.start("run", "waits"))
    wait_until(lambda: any(row["status"] == "RUNNING" for row in _runs(shop.project, "waits")))
    shop.ids["open"] = _runs(shop.project, "waits")[0]["run_id"]


def _enter(shop: Shop) -> None:
    with open_project(shop.project.root) as opened:
        Workers(opened.application.history).enter(str(shop.project.root), "procrastinate", ["default"], 2, {})


def _leave_open(shop: Shop) -> None:
    stop = threading.Event()
    stop.set()
    with open_project(shop.project.root) as opened:
        options = BackfillOptions((Choice.ALL,), 1, Order.OLDEST)
        planned = opened.backfills.plan("daily", options, "2026-01-05", "2026-01-06", only={}, params={})
        opened.backfills.run(planned, stop, lambda _progress: None)


_BEFORE: dict[str, Callable[[Shop], None]] = {
    "scheduler run": _beat,
    "runs park": _start,
    "workers list": _enter,
    "backfills cancel": _leave_open,
}


def prepare(root: Path) -> Shop:
    """Make the project with a history."""
    project = Project(root)
    project.write("flows.py", FLOWS)
    project.write("spine.toml", '[spine]\nname = "old-name"\nmodules = ["flows"]\n')
    project.write("prices.csv", CSV)
    _make_orders(root)
    _run(project, "greets")
    project.write("spine.toml", TOML)
    ids = {"daily": _run(project, "daily", "-p", "day=2026-01-05")}
    project.write("prices.csv", CSV.replace("10.25", "10.50"))
    for arguments in (("daily", "-p", "day=2026-01-05"), ("copies",), ("greets",)):
        _run(project, *arguments)
    ids["many"] = _run(project, "many")
    ids["failed"] = _run(project, "fails")
    ids["alert"] = project.call("alerts", "list", "--json").json[0]["id"]
    project.call("schedules", "list")  # they are stored, and see the event
    project.call("emit", "landed", "--key", "first")
    with open_project(root) as opened:
        get_dispatcher().submit("greetings.make", {"who": "Ada"})
        capture("prices", [{"symbol": "ACME", "price": 10.75}], partition={"day": "2026-01-05"})
        for number in range(2):
            capture("scratch", [{"number": number}])
        scheduler = opened.application.scheduler()
        scheduler.fire()
        scheduler.pool.wait(60)
        scheduler.park(60)
    orphan = project.write(f".spine/captures/prices/{'0' * 64}.parquet", b"PAR1")
    os.utime(orphan, (0, 0))
    return Shop(project, ids)


def _make_orders(root: Path) -> None:
    shop = sqlite3.connect(root / "shop.db")
    with shop:
        shop.execute("CREATE TABLE orders (id INTEGER, at TEXT)")
        shop.execute("INSERT INTO orders VALUES (1, '2026-01-05')")
    shop.close()


def _run(project: Project, *arguments: str) -> str:
    found = project.call("run", *arguments, "--json").json
    assert "run_id" in found, found
    return str(found["run_id"])


def _runs(project: Project, workflow: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = project.call("runs", "list", "--workflow", workflow, "--json").json
    return found
