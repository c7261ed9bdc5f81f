"""The numbers of steps of a run that has not ended: those until now, not those of its last end."""

from __future__ import annotations

from pathlib import Path

from spine.project import open_project
from tests.projects import Project as ProjectFolder

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry
from spine.project import current_project

COUNTS = ("completed_steps", "failed_steps", "skipped_steps")
seen = []


def look(context, config):
    found = current_project().runs
    run = found.find(context.run_id)
    [listed] = found.list(status="RUNNING").rows
    [shown] = current_project().overview()["running"]
    seen.append([[row[name] for name in COUNTS] for row in (run, listed, shown)])
    if len(seen) == 1:
        raise ValueError("the first time it fails")
    return {"seen": seen}


steps = [
    Step.lambda_("a", lambda context, config: None),
    Step.lambda_("b", lambda context, config: None, when=lambda context: False),
    Step.lambda_("c", look),
    Step.lambda_("d", lambda context, config: None),
]
workflow_registry.register(Workflow("w", steps))
"""


def test_a_run_counts_the_steps_that_have_ended_while_it_goes_on(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path)
    folder.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    folder.write("flows.py", FLOWS)
    with open_project(tmp_path) as project:
        failed = project.run("w")
        ended = project.runs.find(failed.run_id)
        assert (ended["completed_steps"], ended["failed_steps"], ended["skipped_steps"]) == (1, 1, 1)
        resumed = project.resume(failed.run_id)
        first, again = resumed.context.get_output("c", "seen")
        assert first == [[1, 0, 1]] * 3
        assert again == [[1, 0, 1]] * 3
        ended = project.runs.find(failed.run_id)
        assert (ended["completed_steps"], ended["failed_steps"], ended["skipped_steps"]) == (3, 0, 1)
