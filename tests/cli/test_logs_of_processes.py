"""Log lines of the processes of steps on stderr: as those of this process, without secrets."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.projects import DEADLINE_SECONDS, Project, wait_until

SETTINGS = """
[spine]
modules = ["flows"]
[alerts]
on_failure = "none"
[scheduler]
executor = "{executor}"
[sources.weeks]
type = "http"
url = "http://127.0.0.1:9/weeks"
headers = {{ Authorization = {{ file = "token" }} }}
"""
FLOWS = """
import logging
import pathlib
from spine import Step, Workflow, pipeline, workflow_registry

logger = logging.getLogger("flows")

def work(*_given):
    token = pathlib.Path("token").read_text()
    logger.info("%s is the token", token)
    logger.warning("%s was refused\\nas it is old", token)

pipeline("work")(lambda params: work())
workflow_registry.register(Workflow("here", [Step.lambda_("s", work)]))
workflow_registry.register(Workflow("own", [Step.lambda_("s", work, timeout=3600)]))
workflow_registry.register(Workflow("elsewhere", [Step.pipeline("s", "work", executor="processes")]))
"""


def make(folder: Path, executor: str = "threads", more: str = "") -> Project:
    project = Project(folder)
    project.write("spine.toml", SETTINGS.format(executor=executor) + more)
    project.write("flows.py", FLOWS)
    project.write("token", "hunter2hunter2")
    return project


@pytest.mark.slow
@pytest.mark.parametrize("workflow", ["here", "own", "elsewhere"])
def test_a_run_shows_the_warnings_of_its_steps_and_with_logs_the_rest(tmp_path: Path, workflow: str) -> None:
    project = make(tmp_path)
    assert project.run("-q", "run", workflow).err == "WARNING: ******** was refused\n  as it is old\n"
    said = project.run("-q", "run", workflow, "--logs").err
    assert said == "INFO: ******** is the token\nWARNING: ******** was refused\n  as it is old\n"


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_each_line_of_a_service_is_json_with_its_step(tmp_path: Path, executor: str) -> None:
    project = make(tmp_path, executor, '[schedules.often]\nworkflow = "own"\nevery = "1s"\n')
    process = project.start("scheduler", "run", "--log-format", "json")
    wait_until(lambda: any(row["status"] == "COMPLETED" for row in project.call("schedules", "history", "--json").json))
    process.send_signal(signal.SIGTERM)
    said = [json.loads(line) for line in process.communicate(timeout=DEADLINE_SECONDS)[1].splitlines()]
    [first, *_] = [line for line in said if line["logger"] == "flows"]
    assert (first["level"], first["message"], first["step"]) == ("WARNING", "******** was refused\nas it is old", "s")
