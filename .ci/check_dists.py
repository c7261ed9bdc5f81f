"""Build the wheel of each distribution and install it with those it needs into a fresh environment; and a tier."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from commands import run

CONSTRAINTS = Path("constraints-hashed.txt").resolve()

WITHOUT_PLUGINS = """
try:
    from spine.framework.sources import FileSource
except ImportError as error:
    assert "pip install spine-sources-file" in str(error), error
else:
    raise SystemExit("FileSource was imported without spine-sources-file")
"""

WITH_FILE_SOURCE = """
from spine.framework.sources import FileSource
assert FileSource("s", "x.csv").name == "s"
"""

WITH_HTTP_SOURCE = """
from spine.framework.sources import HttpSource
assert HttpSource("s", "https://localhost/x").name == "s"
"""

WITH_CAPTURES = """
import spine
with spine.open_project():
    spine.capture("symbols", [{"symbol": "NA"}])
    assert spine.read_capture("symbols").data == [{"symbol": "NA"}]
"""

WITH_SFTP_SOURCE = """
from spine_sources_sftp.source import SftpSource
error = SftpSource("s", "x.csv", host="127.0.0.1", port=9, username="u", password="p").fetch().error
assert type(error).__name__ == "NetworkError", error
"""

TIER = ("spine-core", "spine-sources-file")  # the lowest
NEW_PLUGINS = ("source", "alert", "database", "step", "executor")

WITH_HOLIDAYS = """
from datetime import date
from spine_calendars_holidays.calendar import HolidayCalendar
assert not HolidayCalendar("munich", country="DE", subdivision="BY").is_business_day(date(2026, 6, 4))
"""

WITH_EXCHANGE = """
from datetime import date
from spine_calendars_exchange.calendar import ExchangeCalendar
assert not ExchangeCalendar("new-york", "XNYS").is_business_day(date(2026, 11, 26))
"""

WITH_POSTGRES = """
from spine.core.adapters.database import PostgreSQLAdapter, get_adapter
assert isinstance(get_adapter("postgresql", host="localhost"), PostgreSQLAdapter)
"""

WITH_APSCHEDULER = """
from apscheduler.schedulers.background import BackgroundScheduler
from spine.project import open_project
from spine_scheduler_apscheduler import host_schedules
with open_project() as project:
    scheduler = BackgroundScheduler()
    host = host_schedules(project, scheduler)
    scheduler.start()
    assert host.stop()
    scheduler.shutdown()
"""

WITH_SLACK = """
from spine.framework.alerts import Alert, SlackChannel
result = SlackChannel("ops", "http://127.0.0.1:9/").send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_EMAIL = """
from spine.framework.alerts import Alert, EmailChannel
result = EmailChannel("night", "127.0.0.1", "a@b.org", ["c@d.org"], smtp_port=9).send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_PAGERDUTY = """
from spine.framework.alerts import Alert, PagerDutyChannel
result = PagerDutyChannel("on-call", "key", url="http://127.0.0.1:9/").send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_SERVICENOW = """
from spine.framework.alerts import Alert, ServiceNowChannel
result = ServiceNowChannel("desk", "http://127.0.0.1:9", "user", "key").send(Alert("ERROR", "t", "m", "s"))
assert type(result.error).__name__ == "NetworkError", result
"""

WITH_DASK = """
import os
from spine.orchestration.executors.base import Task
from spine_executor_dask.executor import DaskExecutor
if __name__ == "__main__":
    executor = DaskExecutor(1)
    assert executor.submit(Task(os.getpid)).result(600) != os.getpid()
    executor.close()
"""

WITH_PROCRASTINATE = """
from spine.orchestration.executors.base import make_executor
from spine.orchestration.run_queue import WorkerQueue
from spine_executor_procrastinate import jobs, service
executor = make_executor("procrastinate", 1)
assert isinstance(executor, WorkerQueue), executor
executor.close()
"""

WITH_OTEL = """
from spine.orchestration.events import RunEnded
from spine.orchestration.status import WorkflowStatus
from spine_observe_otel.listener import OtelListener
listener = OtelListener("traces", "http://127.0.0.1:9/v1/traces")
listener.on_event(RunEnded(run_id="r", status=WorkflowStatus.COMPLETED, workflow="w"))
listener.close()
"""

WITH_OPENLINEAGE = """
import json
from pathlib import Path
from spine.orchestration.events import RunEnded
from spine.orchestration.status import WorkflowStatus
from spine_observe_openlineage.listener import OpenLineageListener
listener = OpenLineageListener("lineage", path="lineage.jsonl")
listener.on_event(RunEnded(run_id="r", status=WorkflowStatus.COMPLETED, workflow="w"))
listener.close()
assert json.loads(Path("lineage.jsonl").read_text())["eventType"] == "COMPLETE"
"""

LIBRARIES = {"spine-scheduler-apscheduler"}  # for applications: without a plugin

SNIPPETS = {
    "spine-core": WITHOUT_PLUGINS,
    "spine-sources-file": WITH_FILE_SOURCE,
    "spine-sources-http": WITH_HTTP_SOURCE,
    "spine-sources-sftp": WITH_SFTP_SOURCE,
    "spine-calendars-holidays": WITH_HOLIDAYS,
    "spine-calendars-exchange": WITH_EXCHANGE,
    "spine-db-postgres": WITH_POSTGRES,
    "spine-executor-procrastinate": WITH_PROCRASTINATE,
    "spine-scheduler-apscheduler": WITH_APSCHEDULER,
    "spine-alerts-slack": WITH_SLACK,
    "spine-alerts-email": WITH_EMAIL,
    "spine-alerts-pagerduty": WITH_PAGERDUTY,
    "spine-alerts-servicenow": WITH_SERVICENOW,
    "spine-executor-dask": WITH_DASK,
    "spine-observe-otel": WITH_OTEL,
    "spine-observe-openlineage": WITH_OPENLINEAGE,
}


def main(distributions: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        needed = sorted({*TIER, *distributions}.union(*map(needed_by, distributions)))
        wheels = {name: build(name, Path(folder) / "wheels") for name in needed}
        for name in distributions:
            check(name, wheels, Path(folder) / name)
            print(f"{name}: built, installed alone with {' and '.join(needed_by(name)) or 'nothing'}, works")
        check_tier(Path(folder) / "wheels", Path(folder) / "basic")
        print("spine-core[basic]: installed from a folder of wheels, captures work")
        check_new_plugins(wheels["spine-core"], Path(folder) / "new-plugins")
        print(f"spine plugins new: {', '.join(NEW_PLUGINS)} built, installed with core and pytest, pass their tests")


def build(name: str, target: Path) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), f"./{name}")
    return next(target.glob(f"{name.replace('-', '_')}-*.whl"))


def needed_by(name: str) -> list[str]:
    """Return the distributions of this repository that another one depends on."""
    project = tomllib.loads((Path(name) / "pyproject.toml").read_text())["project"]
    return [match[0] for text in project["dependencies"] if (match := re.match(r"spine-[a-z-]+", text))]


def check(name: str, wheels: dict[str, Path], folder: Path) -> None:
    python, spine = folder / "bin" / "python", folder / "bin" / "spine"
    expected = {"spine-core", name, *needed_by(name)}
    install(folder, *(str(wheels[each]) for each in expected))
    listed = json.loads(run(str(spine), "plugins", "list", "--json"))
    assert {plugin["distribution"] for plugin in listed} == expected - LIBRARIES, listed
    assert all(plugin["state"] in ("ok", "builtin") for plugin in listed), listed
    run(str(spine), "init", str(folder / "project"))
    if name in SNIPPETS:
        run(str(python), "-c", SNIPPETS[name], folder=folder / "project")
    run(str(spine), "--project", str(folder / "project"), "run", "hello")


def check_tier(wheels: Path, folder: Path) -> None:
    """Install the lowest tier as the README says, and keep a capture."""
    venv.create(folder)
    pinned = ("--constraint", str(CONSTRAINTS.with_name("constraints.txt")))
    run(*pip_for(folder), "install", *pinned, "--find-links", str(wheels), "spine-core[basic]")
    spine, project = str(folder / "bin" / "spine"), folder / "project"
    run(spine, "init", str(project))
    run(str(folder / "bin" / "python"), "-c", WITH_CAPTURES, folder=project)
    [tier] = [
        row["says"] for row in json.loads(run(spine, "doctor", "--json", folder=project)) if row["check"] == "tier"
    ]
    assert tier.startswith("basic; intermediate lacks spine-alerts-email, "), tier


def check_new_plugins(core: Path, folder: Path) -> None:
    """Make plugins as a third party, with core's wheel and pytest only; the last one is installed editable."""
    python, spine = str(folder / "bin" / "python"), str(folder / "bin" / "spine")
    install(folder, f"{core}[testing]")
    pip = pip_for(folder)
    for kind in NEW_PLUGINS:
        run(spine, "plugins", "new", kind, "mine", "--into", str(folder))
        made = folder / f"spine-{kind}-mine"
        if kind == NEW_PLUGINS[-1]:
            run(*pip, "install", "--editable", ".[test]", folder=made)
        else:
            run(*pip, "wheel", "--no-deps", "--wheel-dir", "dist", ".", folder=made)
            run(*pip, "install", *map(str, (made / "dist").glob("*.whl")))
        run(python, "-m", "pytest", folder=made)
    run(spine, "plugins", "check")
    listed = {plugin["name"]: plugin["state"] for plugin in json.loads(run(spine, "plugins", "list", "--json"))}
    assert listed == {"core": "builtin", **{f"{kind}-mine": "ok" for kind in NEW_PLUGINS}}, listed


def install(folder: Path, *wheels: str) -> None:
    """Install wheels into a new environment; every archive, theirs too, must have a known hash."""
    venv.create(folder)
    hashes = {wheel: hashlib.sha256(Path(wheel.partition("[")[0]).read_bytes()).hexdigest() for wheel in wheels}
    wanted = folder / "wheels.txt"
    wanted.write_text("".join(f"{wheel} --hash=sha256:{digest}\n" for wheel, digest in hashes.items()))
    known = ("--require-hashes", "--constraint", str(CONSTRAINTS), "--requirement", str(wanted))
    run(*pip_for(folder), "install", *known)
    run(*pip_for(folder), "check")


def pip_for(folder: Path) -> tuple[str, ...]:
    """Return the command of this environment's own pip, at work in another one."""
    return (sys.executable, "-m", "pip", "--python", str(folder), "--quiet", "--disable-pip-version-check")


if __name__ == "__main__":
    main(sys.argv[1:])
