"""Projects with schedules, and applications that host them in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.projects import DEADLINE_SECONDS, Project, clean_environ

PROGRAM = (sys.executable, str(Path(__file__).with_name("application.py")))
FLOWS = """
import time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def load(context, config):
    with (HERE / "ran").open("a") as file:
        file.write(context.run_id + "\\n")

def slow(context, config):
    load(context, config)
    deadline = time.monotonic() + 600
    while not (HERE / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)

workflow_registry.register(Workflow("w", [Step.lambda_("a", load)]))
workflow_registry.register(Workflow("stages", [Step.lambda_("a", slow), Step.lambda_("b", load)]))
"""


def make(folder: Path, schedules: str = "", settings: str = "", database: str = "sqlite:///spine.db") -> Project:
    """Return a project with the workflows `w`, and `stages`, whose first step ends when there is a file `go`."""
    project = Project(folder)
    spine = f'[spine]\nname = "ingest"\ndatabase = "{database}"\nmodules = ["flows"]\n'
    project.write("spine.toml", f"{spine}{settings}\n{schedules}")
    project.write("flows.py", FLOWS)
    return project


def ran(project: Project) -> list[str]:
    """Return the run of each call of a step."""
    path = project.root / "ran"
    return path.read_text().split() if path.exists() else []


@contextmanager
def application(
    project: Project, kind: str, shift: float = 0, environ: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start an application of a kind, `background` or `asyncio`, which is asked to end after the block."""
    process = subprocess.Popen(
        [*PROGRAM, str(shift), kind],
        cwd=project.root,
        env={**clean_environ(), **(environ or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE_SECONDS)
