"""`spine metrics`, and `/metrics` of real schedulers and workers, read by the parser of prometheus_client."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from spine.project import open_project
from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project, wait_until
from tests.prometheus import decreased, names_of, scrape, series_of, value

FLOWS = """
import time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def fail(context, config):
    raise ValueError("no")

workflow_registry.register(Workflow("good", [Step.lambda_("a", lambda context, config: {})]))
def wait(context, config):
    (HERE / "begun").touch()
    while not (HERE / "go").exists():
        time.sleep(0.02)

workflow_registry.register(Workflow("bad", [Step.lambda_("b", fail)]))
workflow_registry.register(Workflow("slow", [Step.lambda_("c", wait)]))
"""
NIGHTLY = '[schedules.often]\nworkflow = "good"\nevery = "1s"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("spine.toml", '[spine]\nname = "shop"\nmodules = ["flows"]\n')
    made.write("flows.py", FLOWS)
    return made


@contextmanager
def serving(project: Project, *arguments: str) -> Iterator[str]:
    """Start a service with --health, and give its URL; it ends by SIGTERM."""
    process = project.start(*arguments, "--health", "0")
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("health: http://127.0.0.1:"), line + process.stderr.read()
        yield line.split()[1].rpartition("/")[0]
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE_SECONDS)


def test_the_command_prints_what_happened(project: Project) -> None:
    project.call("run", "good")
    project.call("run", "bad")
    outcome = project.call("metrics")
    assert (outcome.code, outcome.err) == (0, "")
    for workflow, status in (("good", "COMPLETED"), ("bad", "FAILED")):
        labels = {"project": "shop", "workflow": workflow, "status": status}
        assert value(outcome.out, "spine_runs_ended_total", **labels) == 1


@pytest.mark.slow
def test_a_run_whose_process_was_killed_is_abandoned_and_its_recovery_a_takeover(project: Project) -> None:
    process = project.start("run", "slow")
    wait_until(lambda: (project.root / "begun").exists())
    process.kill()
    process.communicate(timeout=DEADLINE_SECONDS)
    labels = {"project": "shop", "workflow": "slow"}
    before = project.call("metrics").out
    assert value(before, "spine_runs_abandoned", **labels) == 1
    assert value(before, "spine_run_takeovers_total", **labels) == 0
    project.write("go", "")
    assert project.call("runs", "recover").code == 0
    after = project.call("metrics").out
    assert value(after, "spine_runs_abandoned", **labels) == 0
    assert value(after, "spine_run_takeovers_total", **labels) == 1
    assert value(after, "spine_runs_ended_total", **labels, status="COMPLETED") == 1


def test_as_json_it_has_the_same_series(project: Project) -> None:
    project.call("run", "good")
    text = project.call("metrics").out
    found = project.call("metrics", "--json").json
    samples = {
        (sample["name"], frozenset(sample["labels"].items())) for family in found for sample in family["samples"]
    }
    assert samples == set(series_of(text))


def test_a_file_is_replaced_as_a_whole_and_nothing_else_is_left(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "textfile"
    folder.mkdir()
    file = folder / "spine.prom"
    file.write_text("old")
    outcome = project.call("metrics", "--to", str(file))
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert "spine_info" in names_of(file.read_text())
    assert list(folder.iterdir()) == [file]
    assert file.stat().st_mode & stat.S_IRUSR


def test_a_file_that_cannot_be_written_is_one_sentence_and_keeps_its_content(project: Project, tmp_path: Path) -> None:
    outcome = project.call("metrics", "--to", str(tmp_path / "none" / "spine.prom"))
    assert outcome.code == 1
    assert outcome.sentence.endswith("No such file or directory: give --to a file in a folder that can be written")


@pytest.mark.slow
def test_while_the_database_is_away_the_file_keeps_its_content(tmp_path: Path, own_postgres: PostgresServer) -> None:
    made = Project(tmp_path / "project")
    made.write("spine.toml", f'[spine]\ndatabase = "{own_postgres.url}"\n')
    assert made.call("db", "upgrade").code == 0
    file = tmp_path / "spine.prom"
    assert made.call("metrics", "--to", str(file)).code == 0
    before = file.read_text()
    own_postgres.halt()
    assert made.call("metrics", "--to", str(file)).code == 1
    assert file.read_text() == before


def test_an_empty_project_has_metrics(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.write("spine.toml", "[spine]\n")
    assert value(made.call("metrics").out, "spine_queue_runs", queue="default") == 0


def test_a_module_that_cannot_be_imported_does_not_hide_the_metrics(project: Project) -> None:
    project.call("run", "good")
    project.write("flows.py", "raise RuntimeError('broken')")
    outcome = project.call("metrics")
    assert outcome.code == 0
    assert value(outcome.out, "spine_runs_ended_total", project="shop", workflow="good", status="COMPLETED") == 1


def test_a_project_gives_the_text_that_the_command_prints(project: Project) -> None:
    project.call("run", "good")
    with open_project(project.root, with_modules=False) as opened:
        assert names_of(opened.metrics()) == names_of(project.call("metrics").out)


@pytest.mark.slow
def test_a_scheduler_serves_its_health_and_the_metrics_of_its_project(project: Project) -> None:
    project.write("spine.toml", f'[spine]\nname = "shop"\nmodules = ["flows"]\n{NIGHTLY}')
    with serving(project, "scheduler", "run") as url:
        wait_until(lambda: scrape(f"{url}/readyz")[0] == 200)
        assert scrape(f"{url}/healthz") == (200, '{"status": "ok"}\n')
        seen = []

        def has_run() -> bool:
            seen.append(scrape(f"{url}/metrics")[1])
            found = series_of(seen[-1])
            labels = {"project": "shop", "workflow": "good", "status": "COMPLETED"}
            return found.get(("spine_runs_ended_total", frozenset(labels.items())), 0) >= 2

        wait_until(has_run)
        assert value(seen[-1], "spine_schedulers", project="shop") == 1
        assert value(seen[-1], "spine_schedule_active", project="shop", schedule="often") == 1
        assert value(seen[-1], "spine_schedule_lateness_seconds_count", project="shop", schedule="often") >= 2
        for earlier, later in pairwise(seen):
            assert decreased(earlier, later) == []


@pytest.mark.slow
def test_a_scheduler_that_is_asked_by_another_name_says_nothing(project: Project) -> None:
    with serving(project, "scheduler", "run") as url:
        code, text = scrape(f"{url}/metrics", Host="evil.example")
        assert (code, json.loads(text)["status"]) == (421, "unknown host")


@pytest.mark.slow
def test_a_scheduler_stays_alive_and_becomes_ready_again_when_its_database_comes_back(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    made = Project(tmp_path)
    made.write("spine.toml", f'[spine]\ndatabase = "{own_postgres.url}"\n')
    assert made.call("db", "upgrade").code == 0
    with serving(made, "scheduler", "run") as url:
        wait_until(lambda: scrape(f"{url}/readyz")[0] == 200)
        own_postgres.halt()
        assert (scrape(f"{url}/readyz")[0], scrape(f"{url}/healthz")[0]) == (503, 200)
        wait_until(lambda: scrape(f"{url}/metrics")[0] == 503)
        own_postgres.restart()
        wait_until(lambda: scrape(f"{url}/readyz")[0] == 200)
        assert scrape(f"{url}/metrics")[0] == 200
