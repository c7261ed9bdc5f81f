"""A run in the foreground whose step cannot be interrupted."""

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

workflow_registry.register(Workflow("clings", [Step.lambda_("a", cling)]))
"""


@pytest.mark.slow
def test_sigterm_leaves_a_run_to_other_processes_and_is_no_crash(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n[runs]\ngrace_seconds = 0.2\n')
    project.write("flows.py", FLOWS)
    process = project.start("run", "clings")
    wait_until((tmp_path / "begun").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 143
    run = project.call("runs", "show", "latest", "--json").json
    assert (run["status"], run["steps"][0]["status"]) == ("PENDING", "CANCELLED")
