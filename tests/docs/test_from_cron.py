"""docs/how-to/from-cron.md: its commands and settings work on the example that it describes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from spine.orchestration import workflow_registry
from tests.docs.pages import blocks
from tests.projects import Project

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "shell_jobs"
PAGE = (ROOT / "docs" / "how-to" / "from-cron.md").read_text()


@pytest.fixture
def jobs(tmp_path: Path) -> Project:
    shutil.copytree(EXAMPLE, tmp_path / "jobs", ignore=shutil.ignore_patterns(".spine", "work"))
    return Project(tmp_path / "jobs")


def test_its_crontab_and_schedules_are_those_of_the_example() -> None:
    assert blocks(PAGE, "crontab")[0] in (EXAMPLE / "crontab").read_text()
    assert blocks(PAGE, "toml")[0] in (EXAMPLE / "spine.toml").read_text()


def test_its_python_runs() -> None:
    exec(compile(blocks(PAGE, "python")[0], "from-cron.md", "exec"), {"__name__": "from_cron"})
    assert workflow_registry.get("prices").step_names() == ["fetch", "check", "load"]


@pytest.mark.slow
def test_its_commands_work(jobs: Project) -> None:
    for line in blocks(PAGE, "console")[0].splitlines():
        assert jobs.run(*line.split()[2:]).code == 0, line
    with sqlite3.connect(jobs.root / "work" / "prices.db") as database:
        assert database.execute("SELECT count(*) FROM prices").fetchone() == (3,)
    database.close()


def test_a_bad_file_stops_before_it_is_loaded_and_the_fixed_one_goes_on(jobs: Project) -> None:
    failed = jobs.call("run", "prices", "-p", "day=2026-01-06", "--json").json
    assert (failed["status"], failed["error_step"]) == ("FAILED", "check")
    assert failed["error"].endswith("jobs/check.sh ended with exit code 1: line 3 has 4 fields")
    jobs.write("feed/prices_2026-01-06.csv", "symbol,price,currency\nACME,10.75,USD\n")
    jobs.write("work/prices_2026-01-06.csv", "symbol,price,currency\nACME,10.75,USD\n")
    resumed = jobs.call("runs", "resume", failed["run_id"], "--json").json
    assert resumed["status"] == "COMPLETED"
    assert [step["attempt"] for step in resumed["steps"] if step["step_name"] == "fetch"] == [1]


@pytest.mark.slow
def test_a_file_that_is_not_there_yet_is_tried_again(jobs: Project) -> None:
    failed = jobs.call("run", "prices", "-p", "day=2026-02-30", "--json").json
    assert (failed["status"], failed["error_step"]) == ("FAILED", "fetch")
    assert [step["attempt"] for step in failed["steps"] if step["step_name"] == "fetch"] == [3]
    assert failed["error"].endswith("jobs/fetch.sh ended with exit code 75: no prices of 2026-02-30 yet")
