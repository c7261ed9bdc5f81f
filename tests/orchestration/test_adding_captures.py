"""Steps that append to a capture while another process captures it, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.app import open_project
from spine.project import Project as OpenProject
from tests.projects import Project

FLOWS = """
from pathlib import Path
from attrs import evolve
from spine import capture
from spine.core.scope import current_scope
from spine.framework.captures import CaptureStore
from spine.orchestration import RetryPolicy, Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def by_another(made):
    "Commit the rows as another process would, in a revision of its own."
    store = current_scope().get(CaptureStore, None)
    store.commit([evolve(made, follows=None, run_id="other", content_hash="0" * 64)])

def add(ctx, config):
    made = capture("p", [{"n": ctx.get_param("n", 0)}], mode="append")
    if ctx.get_param("n", 0) and not (HERE / "done").exists():
        (HERE / "done").touch()
        by_another(made)
    return {"revision": made.revision}

def add_item(ctx, item):
    return capture("p", [{"n": item}], mode="append").row_count

retry = RetryPolicy(max_attempts=2, initial_delay_seconds=0.01)
workflow_registry.register(Workflow("once", [Step.lambda_("add", add)]))
items = Step.map("items", lambda ctx: [1, 2], function=add_item, max_concurrency=2)
workflow_registry.register(Workflow("items", [items]))
workflow_registry.register(Workflow("again", [Step.lambda_("add", add, retry_policy=retry)]))
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    made = Project(tmp_path)
    made.write("flows.py", FLOWS)
    made.write("spine.toml", f'[spine]\nmodules = ["flows"]\ndatabase = "{database_url}"\n')
    assert made.call("db", "upgrade").code == 0
    return made


def test_a_conflict_fails_the_step_and_adds_nothing_and_the_run_can_be_resumed(project: Project) -> None:
    with open_project(project.root) as application:
        opened = OpenProject(application)
        assert opened.run("once").status.name == "COMPLETED"
        failed = opened.run("once", {"n": 1})
        assert failed.status.name == "FAILED"
        assert "capture 'p' has got revision 2 by another process" in str(failed.error)
        assert [made.revision for made in opened.captures.list("p")] == [1, 2]
        [step] = opened.runs.steps(failed.run_id)
        assert (step["status"], step["outputs"]) == ("FAILED", {})


def test_items_that_add_to_one_partition_are_told_what_to_do_instead(project: Project) -> None:
    with open_project(project.root) as application:
        failed = OpenProject(application).run("items")
        assert failed.status.name == "FAILED"
        assert (
            "revision 1 by another item since this step read revision 0, and nothing was added: let the items return "
            "their rows, or give each a partition of its own"
        ) in str(failed.error)  # before the number of items that were not tried, if any


def test_a_step_with_retry_adds_to_the_revision_of_the_other_process(project: Project) -> None:
    with open_project(project.root) as application:
        opened = OpenProject(application)
        opened.run("again")
        done = opened.run("again", {"n": 1})
        assert done.status.name == "COMPLETED"
        statuses = [step["status"] for step in opened.runs.steps(done.run_id)]
        assert statuses == ["FAILED", "COMPLETED"]
        assert [made.revision for made in opened.captures.list("p")] == [1, 2, 3]
