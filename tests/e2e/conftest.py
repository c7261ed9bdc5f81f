"""Projects for whole runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that makes a project of settings and one module."""

    def make(settings: str, flows: str, name: str = "project") -> Project:
        project = Project(tmp_path / name)
        project.write("spine.toml", settings)
        project.write("flows.py", flows)
        return project

    return make
