"""`spine pipelines`: the transformations that steps run."""

from __future__ import annotations

from collections.abc import Callable

from tests.projects import Project

Make = Callable[..., Project]

SPECIFIED = '''
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import pipeline

@pipeline("p", spec=PipelineSpec(required_params={"week": ParamDef("week", str, "which \\x1b[31mweek")}))
def p(params):
    """Does \\x1b[31mthings."""
'''


def test_the_list_says_what_each_does(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("pipelines", "list", "--json").json == [
        {"name": "numbers.make", "description": "Make some numbers."}
    ]
    assert "Make some numbers." in project.call("pipelines", "list").out


def test_without_pipelines_it_says_where_they_are_registered(scratch_project: Make) -> None:
    assert scratch_project(flows="").call("pipelines", "list").out.startswith("no pipelines: register one in a module")


def test_one_is_shown_with_its_parameters_and_without_control_codes(scratch_project: Make) -> None:
    project = scratch_project(flows=SPECIFIED)
    shown = project.call("pipelines", "show", "p").out
    assert "week" in shown
    assert "\x1b" not in shown
    assert project.call("pipelines", "show", "p", "--json").json["name"] == "p"


def test_an_unknown_one_is_refused_with_the_closest(scratch_project: Make) -> None:
    outcome = scratch_project().call("pipelines", "show", "numbers.mak")
    assert outcome.code == 2
    assert "did you mean 'numbers.make'?" in outcome.sentence
