"""The work of the fault tests: a project, two runs in it, and what an operator does after a fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from spine.core.adapters.database import get_adapter
from spine.core.clock import Clock, utc_now
from spine.core.errors import SpineError
from spine.core.scope import current_scope
from spine.orchestration import WorkflowResult
from spine.orchestration.events import RunEvent, StepCompleted
from spine.orchestration.status import WorkflowStatus
from spine.project import Project, open_project
from spine.storage.migrate import upgrade
from spine.testing import FixedClock

FLOWS = Path(__file__).with_name("withstand_flows.py")
ROWS = "id,price\n" + "".join(f"{number},{number * 7 % 11}.5\n" for number in range(1, 41))
EXPECTED = {"completes": WorkflowStatus.COMPLETED, "fails": WorkflowStatus.FAILED}
"""The workflows of the work, each run once with its name as the key, and how their runs end."""

_PRICES = "CREATE TABLE withstand_prices (project TEXT, id BIGINT, price TEXT, PRIMARY KEY (project, id))"
_SETTINGS = """
[spine]
name = "{name}"
database = "{url}"
store = "store-{name}"
modules = ["withstand_flows"]
[runs]
max_crashes = 20
grace_seconds = 1
[sources.rows]
type = "file"
path = "rows.csv"
[channels.ops]
type = "console"
throttle_minutes = 0
"""


def make_folder(folder: Path, url: str, name: str = "case") -> Path:
    """Make the folder of a project `name`; its tables are those of `make_tables`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spine.toml").write_text(_SETTINGS.format(url=url, name=name))
    (folder / "rows.csv").write_text(ROWS)
    if not (folder / FLOWS.name).exists():
        shutil.copy(FLOWS, folder)
    return folder


def make_tables(url: str) -> None:
    """Make the tables of the history, and that of the workflows, in an empty database."""
    with get_adapter(url) as adapter:
        upgrade(adapter)
        adapter.execute(_PRICES)


def work(
    folder: Path,
    acknowledge: Callable[[str], None] = lambda _name: None,
    during: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> list[str]:
    """Run both workflows, and return the errors that are not Spine's.

    `acknowledge` gets the name of each step that completed, and of each workflow whose run ended as it should, as soon
    as the caller knows. `during` gives a context for each run, when the project is open.
    """
    raw = []
    listener = Acknowledging(acknowledge)
    for name in EXPECTED:
        try:
            with open_project(folder) as project:
                project.runs.list(limit=1)  # connects, and looks at the tables
                with during():
                    result = project.run(name, key=name, listeners=[listener])
                if is_right(name, result):
                    acknowledge(name)
        except SpineError:
            continue
        except Exception as error:
            raw.append(f"{name}: {type(error).__name__}: {error}")
    return raw


@frozen
class Acknowledging:
    """A listener that reports the completed steps."""

    acknowledge: Callable[[str], None]

    def on_event(self, event: RunEvent) -> None:
        if isinstance(event, StepCompleted):
            self.acknowledge(event.step)


def recover(folder: Path) -> None:
    """Do what an operator does after a fault: recover, run what did not begin, resume what did not end well."""
    with open_project(folder) as project:
        project.recover()
        for name in EXPECTED:
            _finish(project, name)
        current_scope().provide(Clock, FixedClock(utc_now() + timedelta(hours=1)))  # type: ignore[type-abstract]  # a key
        project.application.send_alerts()  # also those that a sender has claimed and not sent


def is_right(name: str, result: WorkflowResult) -> bool:
    """Return True if a run ended as it should, and not because of a fault."""
    return result.status is EXPECTED[name] and (name != "fails" or "no such luck" in str(result.error))


def _finish(project: Project, name: str) -> None:
    result = project.run(name, key=name)
    if not is_right(name, result) and result.status.has_ended and not result.status.is_good:
        project.resume(result.run_id)
