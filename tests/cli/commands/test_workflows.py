"""`spine workflows`: registered workflows."""

from __future__ import annotations

from collections.abc import Callable

from tests.projects import Project

Make = Callable[..., Project]


def test_the_list_says_what_each_is_for(scratch_project: Make) -> None:
    project = scratch_project()
    (row,) = project.call("workflows", "list", "--json").json
    assert (row["name"], row["domain"], row["steps"], row["partition_by"]) == ("numbers", "maths", 2, ["kind"])
    assert "Makes numbers." in project.call("workflows", "list").out


def test_without_workflows_it_says_where_they_are_registered(scratch_project: Make) -> None:
    shown = scratch_project(flows="").call("workflows", "list").out
    assert shown == "no workflows: register one in a module that [spine] modules names\n"


def test_one_is_shown_with_its_steps(scratch_project: Make) -> None:
    project = scratch_project()
    found = project.call("workflows", "show", "numbers", "--json").json
    assert [step["name"] for step in found["steps"]] == ["make", "check"]
    assert found["definition_hash"]
    shown = project.call("workflows", "show", "numbers").out
    assert "numbers.make" in shown
    assert "kind=plain" in shown


def test_an_unknown_one_is_refused_with_the_closest(scratch_project: Make) -> None:
    for arguments in (("workflows", "show", "number"), ("run", "number")):
        outcome = scratch_project().call(*arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.sentence == "workflow 'number' not found; did you mean 'numbers'?"


def test_the_database_of_a_load_is_checked(scratch_project: Make) -> None:
    flows = """
from spine.orchestration import Step, Workflow, workflow_registry
load = Step.load("load", capture="numbers", database="warehose", table="numbers")
workflow_registry.register(Workflow("loads", [load]))
"""
    warehouse = '[databases.warehouse]\ntype = "sqlite"\npath = "warehouse.db"\n'
    project = scratch_project(flows=flows, settings=f'[spine]\nmodules = ["flows"]\n{warehouse}')
    outcome = project.call("workflows", "check")
    assert outcome.code == 1
    said = "step 'load' writes into database 'warehose', which does not exist; did you mean 'warehouse'?"
    assert said in outcome.out
    assert said in project.call("doctor").out


def test_two_projects_in_one_process_with_modules_of_the_same_name_keep_apart(scratch_project: Make) -> None:
    one = scratch_project(name="one")
    two = scratch_project(name="two", flows="")
    assert len(one.call("workflows", "list", "--json").json) == 1
    assert two.call("workflows", "list", "--json").json == []
    assert one.call("run", "numbers").code == 0
    assert two.call("run", "numbers").code == 2
