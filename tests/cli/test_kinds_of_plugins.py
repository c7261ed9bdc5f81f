"""Listeners, calendars, executors and run queues of plugins, as `spine.toml` declares them."""

from __future__ import annotations

import json

import pytest

from spine.project import open_project
from tests.projects import wait_until

PLUGIN = """
from spine.plugins import CalendarSpec, ExecutorSpec, ListenerSpec, MigrationSpec, hookimpl


@hookimpl
def spine_register_listeners():
    return [ListenerSpec("file", "spine_acme.kinds:FileListener", config="spine_acme.kinds:Options")]


@hookimpl
def spine_register_calendars():
    return [CalendarSpec("acme-days", "spine_acme.kinds:Holidays", config="spine_acme.kinds:HolidayOptions")]


@hookimpl
def spine_register_executors():
    return [ExecutorSpec("fleet", "spine_acme.kinds:Fleet", config="spine_acme.kinds:FleetOptions")]


@hookimpl
def spine_register_migrations():
    return [MigrationSpec("fleet", "spine_acme:migrations", head="0001")]
"""

KINDS = """
import json
from datetime import date

from attrs import field, frozen
from sqlalchemy import column, insert, table

jobs = table("fleet_jobs", column("run_id"), column("site"))


@frozen
class Options:
    path: str = field(metadata={"help": "The file.", "path": True})


class FileListener:
    def __init__(self, name, path):
        if "broken" in path:
            raise OSError("no such place")
        self.name, self.path = name, path

    def on_event(self, event):
        with open(self.path, "a") as file:
            file.write(json.dumps([event.event_type, sorted(event.payload)]) + "\\n")


@frozen
class HolidayOptions:
    days: tuple[date, ...] = field(default=(), metadata={"help": "Days off."})


class Holidays:
    def __init__(self, name, days=()):
        self.name, self.days = name, days

    def is_business_day(self, day):
        return day not in self.days


@frozen
class FleetOptions:
    max_workers: int = 1
    site: str = "here"


class Fleet:
    name = "fleet"

    def __init__(self, max_workers, site="here"):
        self.max_workers, self.site = max_workers, site

    def submit(self, task):
        raise AssertionError("a run queue is not given tasks by the scheduler")

    def close(self): ...

    def enqueue(self, connection, run_id, queue="default", priority=0, not_before=None):
        connection.execute(insert(jobs).values(run_id=run_id, site=self.site))
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("fleet_jobs", sa.Column("run_id", sa.Text), sa.Column("site", sa.Text))


def downgrade():
    op.drop_table("fleet_jobs")
"""


@pytest.fixture(autouse=True)
def acme(installed_plugin):
    installed_plugin("acme", PLUGIN, modules={"kinds.py": KINDS, "migrations/0001_jobs.py": REVISION})


@pytest.mark.slow
def test_a_listener_is_told_of_a_run_and_what_it_captured(scratch_project):
    project = scratch_project('\n[listeners.events]\ntype = "file"\npath = "events.jsonl"\n')
    assert project.call("run", "numbers").code == 0
    told = [json.loads(line)[0] for line in (project.root / "events.jsonl").read_text().splitlines()]
    assert told[0] == "run.started"
    assert told[-1] == "run.completed"
    assert told.count("step.completed") == 2
    assert "capture.committed" in told


def test_a_listener_that_cannot_be_made_is_a_warning(scratch_project, caplog):
    project = scratch_project('\n[listeners.events]\ntype = "file"\npath = "broken"\n')
    done = project.call("run", "numbers")
    assert done.code == 0
    assert "cannot be made: OSError: no such place" in caplog.text
    assert "listener 'events' receives no events" in caplog.text


def test_a_wrong_option_of_a_listener_is_refused(scratch_project):
    project = scratch_project('\n[listeners.events]\ntype = "file"\npth = "events.jsonl"\n')
    done = project.call("workflows", "list")
    assert (done.code, "unknown key 'pth'; did you mean 'path'" in done.sentence) == (2, True)


CALENDAR = """
[calendars.office]
type = "acme-days"
days = [2030-12-25]

[schedules.daily]
workflow = "numbers"
at = "2030-12-25T06:00"
calendar = "office"
"""


def test_a_schedule_keeps_to_the_holidays_of_a_calendar(scratch_project):
    [moment] = scratch_project(CALENDAR).call("schedules", "show", "daily", "--json").json["next"]
    assert "2030-12-25 is no business day of calendar office" in json.dumps(moment)


QUEUE = """
[executors.far]
type = "fleet"
site = "Oslo"

[scheduler]
executor = "far"

[schedules.often]
workflow = "numbers"
every = "1s"
overlap = "queue"
max_instances = 1
"""


@pytest.mark.slow
def test_each_run_of_a_schedule_is_in_the_queue_once_and_a_worker_goes_on_with_it(scratch_project):
    """The second tick waits for the first run; its job is written when there is room."""
    with open_project(scratch_project(QUEUE).root) as project:
        scheduler = project.application.scheduler()

        def jobs():
            return project.database.query("SELECT run_id, site FROM fleet_jobs")

        wait_until(lambda: scheduler.fire() and jobs())
        wait_until(lambda: scheduler.fire() and scheduler.start_queued())
        [job] = jobs()
        assert job["site"] == "Oslo"
        assert project.proceed(job["run_id"]).status.name == "COMPLETED"
        scheduler.start_queued()
        assert sorted(job["run_id"] for job in jobs()) == sorted({job["run_id"] for job in jobs()})
        assert len(jobs()) == 2


@pytest.mark.slow
def test_a_run_that_lost_its_job_is_handed_over_again_when_the_lease_of_the_queue_is_over(scratch_project):
    with open_project(scratch_project(QUEUE).root) as project:
        scheduler = project.application.scheduler()
        wait_until(lambda: scheduler.fire() and project.database.query("SELECT 1 FROM fleet_jobs"))
        project.database.execute("DELETE FROM fleet_jobs")
        scheduler.recover()
        assert project.database.query("SELECT * FROM fleet_jobs") == []
        project.database.execute("UPDATE core_workflow_runs SET lease_expires_at = '2000-01-01T00:00:00.000000+00:00'")
        scheduler.recover()
        scheduler.recover()
        assert len(project.database.query("SELECT * FROM fleet_jobs")) == 1
