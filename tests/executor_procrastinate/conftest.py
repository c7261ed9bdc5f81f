"""Databases with the queue's tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

SETTINGS = """\
[spine]
name = "fleet"
database = "{url}"
modules = ["flows"]
[scheduler]
executor = "procrastinate"
[executors.procrastinate]
type = "procrastinate"
poll_seconds = 0.5
heartbeat_seconds = 0.5
stalled_seconds = 3
"""

FLOWS = """
from spine import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("w", [Step.lambda_("a", lambda context, config: None)], queue="large", priority=7))
"""


@pytest.fixture
def settings(new_postgres_database: Callable[[], str]) -> str:
    """The `spine.toml` of a project on a new database."""
    return SETTINGS.format(url=new_postgres_database())


@pytest.fixture
def folder(tmp_path: Path, settings: str) -> Project:
    """A project on a new database, with its tables."""
    found = Project(tmp_path)
    found.write("spine.toml", settings)
    found.write("flows.py", FLOWS)
    done = found.call("db", "upgrade")
    assert done.code == 0, done.err
    return found
