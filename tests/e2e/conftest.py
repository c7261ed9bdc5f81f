"""Projects for whole runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

FINRA = Path(__file__).parents[2] / "examples" / "finra_weekly"


@pytest.fixture
def finra(tmp_path: Path) -> Project:
    """Return a fresh copy of the example project, without what others have run in it."""
    shutil.copytree(FINRA, tmp_path / "finra", ignore=shutil.ignore_patterns(".spine", "__pycache__"))
    return Project(tmp_path / "finra")


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Return a function that makes a project of settings and one module."""

    def make(settings: str, flows: str, name: str = "project") -> Project:
        project = Project(tmp_path / name)
        project.write("spine.toml", settings)
        project.write("flows.py", flows)
        return project

    return make
