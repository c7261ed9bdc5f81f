"""`current_project()` finds the open project from wherever a plugin's code runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.errors import ConfigError
from spine.core.scope import Scope
from spine.project import current_project, open_project
from spine.testing import make_project

FLOWS = """
from spine.core.adapters.database import get_database
from spine.orchestration import Step, Workflow, workflow_registry
from spine.project import current_project


def look(context, config):
    one = get_database("side").query_one("SELECT 1 AS one")
    return {"root": str(current_project().root), "name": current_project().name, **one}


steps = [Step.lambda_("here", look), Step.lambda_("apart", look, timeout=60)]
workflow_registry.register(Workflow("look", steps))
"""

PLUGIN = """
from spine.plugins import ListenerSpec, hookimpl


@hookimpl
def spine_register_listeners():
    return [ListenerSpec("rooted", "spine_rooted.listener:RootedListener", help="Writes the project's name.")]
"""

LISTENER = """
from spine.project import current_project


class RootedListener:
    def __init__(self, name):
        self.name = name

    def on_event(self, event):
        (current_project().root / "seen.txt").write_text(current_project().name)
"""


def test_a_step_finds_its_project_in_this_process_and_in_another(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", flows=FLOWS, settings='[databases.side]\ntype = "sqlite"\n')
    with open_project(folder) as project:
        context = project.run("look").context
    for step in ("here", "apart"):
        assert context.outputs[step] == {"root": str(folder), "name": "scratch", "one": 1}


def test_a_listener_finds_it(installed_plugin: Callable[..., object], tmp_path: Path) -> None:
    installed_plugin("rooted", PLUGIN, modules={"listener.py": LISTENER})
    folder = make_project(tmp_path / "project", flows=FLOWS, settings='[listeners.r]\ntype = "rooted"\n')
    with open_project(folder) as project:
        project.run("look")  # it fails, as no database is called side, and the listener is told of that too
    assert (folder / "seen.txt").read_text() == "scratch"


def test_without_a_project_it_says_how_to_open_one(spine_scope: Scope) -> None:
    with pytest.raises(ConfigError, match="found no open project: call it inside"):
        current_project()
