"""Scripts that run maps on a cluster that is started here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.projects import DEADLINE_SECONDS, Project, clean_environ

FLOWS = """
import spine

def double(context, item):
    return 2 * item

spine.workflow_registry.register(spine.Workflow("w", [
    spine.Step.map("each", "items", function=double, executor="dask", max_concurrency=1),
], defaults={"items": [1, 2]}))
"""
SCRIPT = """
import spine
print("begins")
with spine.open_project() as project:
    result = project.run("w")
    print(result.status.name, result.context.get_output("each", "results"))
"""


@pytest.mark.slow
def test_a_script_that_works_at_its_top_level_is_not_run_again_in_the_workers(
    make_project: Callable[..., Project],
) -> None:
    project = make_project(FLOWS)
    project.write("script.py", SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=project.root,
        env=clean_environ(),
        text=True,
        capture_output=True,
        timeout=DEADLINE_SECONDS,
    )
    assert (done.returncode, done.stdout) == (0, "begins\nCOMPLETED [2, 4]\n"), done.stderr
    assert len(project.call("runs", "list", "--json").json) == 1
