"""A run in the foreground whose step does not end by itself."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.projects import DEADLINE_SECONDS, Project, wait_until

FLOWS = """
import time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

def cling(context, config):
    while True:
        try:
            Path(__file__).with_name("begun").touch()
            time.sleep(600)
        except BaseException:
            pass

def sleep(context, config):
    Path(__file__).with_name("begun").touch()
    time.sleep(600)

workflow_registry.register(Workflow("clings", [Step.lambda_("a", cling)]))
workflow_registry.register(Workflow("sleeps", [Step.lambda_("a", sleep)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("workflow", ["clings", "sleeps"])
def test_sigterm_leaves_a_run_to_other_processes_and_says_how_to_resume_it(workflow: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n[runs]\ngrace_seconds = 0.2\n')
    project.write("flows.py", FLOWS)
    process = project.start("run", workflow)
    wait_until((tmp_path / "begun").exists)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143
    run = project.call("runs", "show", "latest", "--json").json
    assert (run["status"], run["steps"][0]["status"]) == ("PENDING", "CANCELLED")
    assert f"stopped; resume with: spine runs resume {run['run_id']}" in said
