"""Triggers under two schedulers that are killed at random: each occurrence starts one run."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

import pytest

from spine.app import Application, open_project
from spine.project import Project as OpenProject
from tests.projects import SPINE, Project, clean_environ

FLOWS = """
from spine import capture
from spine.orchestration import Step, Workflow, workflow_registry

def make(ctx, config):
    for number in range(ctx.get_param("count")):
        capture("raw", [{"n": number}], partition={"number": str(number)})

def told(ctx, config):
    return {"cause": dict(ctx.schedule.cause)}

for name, step in (("make", make), ("take", told), ("work", told), ("after", told), ("load", told)):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", step)]))
"""
SETTINGS = """\
[spine]
modules = ["flows"]
database = "{url}"
[runs]
lease_seconds = 2
max_crashes = 1000
[scheduler]
workers = 4
[schedules.of_capture]
workflow = "take"
on_capture = "raw"
[schedules.of_event]
workflow = "work"
on_event = "landed"
overlap = "allow"
[schedules.of_end]
workflow = "after"
on_workflow = "work"
max_instances = 4
[schedules.of_file]
workflow = "load"
on_file = "in/*.csv"
overlap = "allow"
"""
NAMES = ("of_capture", "of_event", "of_end", "of_file")
DEADLINE_SECONDS = 900


def check_triggers(folder: Path, url: str, count: int) -> None:
    """Let `count` occurrences of each kind happen while two schedulers are killed every other second."""
    project = Project(folder)
    project.write("flows.py", FLOWS)
    project.write("spine.toml", SETTINGS.format(url=url))
    assert project.call("db", "upgrade").code == 0
    assert project.call("schedules", "list").code == 0  # all count from now
    seed = SystemRandom().randrange(10**6)
    print("seed", seed)
    random, kills = Random(seed), 0
    schedulers = [_start(project) for _ in range(2)]
    with open_project(folder) as application:
        opened, deadline = OpenProject(application), time.monotonic() + DEADLINE_SECONDS
        opened.run("make", {"count": count})
        for number in range(count):
            opened.schedules.emit("landed", str(number))
            project.write(f"in/{number}.csv", str(number))
        while (left := _left(application, count)) and time.monotonic() < deadline:
            time.sleep(random.uniform(1, 4))
            if random.random() < 0.6 or not kills:
                place = random.randrange(2)
                schedulers[place].send_signal(signal.SIGKILL)
                schedulers[place].wait()
                schedulers[place] = _start(project)
                kills += 1
        for scheduler in schedulers:
            scheduler.terminate()
            scheduler.wait(60)
        assert left == {}, f"seed {seed}, {kills} kills, see {folder / 'log'}"
        ticks = application.schedules.history(limit=100 * count)
        assert Counter(tick.status.value for tick in ticks) == {"COMPLETED": 4 * count}
        assert Counter(tick.schedule_name for tick in ticks) == dict.fromkeys(NAMES, count)
        started = Counter(run["schedule_id"] for run in _runs(application) if run["schedule_id"])
        assert set(started.values()) == {count}
        causes = {tick.cause for tick in ticks}
        assert len(causes) == 4 * count


def _start(project: Project) -> subprocess.Popen[bytes]:
    with (project.root / "log").open("ab") as log:
        return subprocess.Popen(
            [SPINE, "-q", "scheduler", "run"], cwd=project.root, env=clean_environ(), stdout=log, stderr=log
        )


def _left(application: Application, count: int) -> dict[str, int]:
    ended = Counter(
        tick.schedule_name for tick in application.schedules.history(limit=100 * count) if not tick.status.is_open
    )
    return {name: count - ended[name] for name in NAMES if ended[name] < count}


def _runs(application: Application) -> list[dict[str, object]]:
    page = OpenProject(application).runs.list(limit=100_000)
    return [dict(row) for row in page]


@pytest.mark.slow
def test_a_hundred_occurrences_start_one_run_each(tmp_path: Path, database_url: str) -> None:
    check_triggers(tmp_path, database_url, 25)


@pytest.mark.soak
def test_a_thousand_occurrences_start_one_run_each(tmp_path: Path, database_url: str) -> None:
    check_triggers(tmp_path, database_url, 250)
