"""Declared parameters of a workflow on the command line, in `spine.toml` and in the environment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

FLOWS = """
from spine.framework.params import ParamDef
from spine.orchestration import Step, Workflow, workflow_registry

def load(ctx, config):
    return {"live": ctx.get_param("live")}

params = [ParamDef("day", str, "the day to load"), ParamDef("live", bool, "publish, too", default=False)]
workflow_registry.register(Workflow("prices", [Step.lambda_("load", load)], params=params))
workflow_registry.register(Workflow("plain", [Step.lambda_("load", load)]))
"""
SCHEDULE = '[schedules.nightly]\nworkflow = "prices"\nevery = "1d"\nparams = { day = "x", live = true }\n'


@pytest.fixture
def prices(scratch_project: Callable[..., Project]) -> Project:
    return scratch_project(SCHEDULE, FLOWS)


@pytest.mark.slow
def test_a_text_on_the_command_line_becomes_the_declared_type(prices: Project) -> None:
    assert prices.call("run", "prices", "-p", "day=1", "-p", "live=true", "--json").json["params"]["live"] is True


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "workflow 'prices': missing parameters: day"),
        (
            ("-p", "day=1", "-p", "live=maybe"),
            "workflow 'prices': live must be bool, not str (expected: true or false)",
        ),
        (("-p", "dya=1"), "workflow 'prices': unknown parameter 'dya'; did you mean 'day'?"),
    ],
)
def test_a_wrong_one_is_refused_before_a_run_is_made(
    prices: Project, arguments: tuple[str, ...], sentence: str
) -> None:
    for command in ("run", "plan"):
        outcome = prices.call(command, "prices", *arguments)
        assert (outcome.code, outcome.sentence) == (2, sentence)
    assert prices.call("runs", "list", "--json").json == []


def test_the_environment_sets_a_boolean_of_a_schedule(prices: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINE__SCHEDULES__NIGHTLY__PARAMS__LIVE", "false")
    assert prices.call("schedules", "trigger", "nightly").code == 0
    [run] = prices.call("runs", "list", "--json").json
    assert run["params"] == {"day": "x", "live": False}


@pytest.mark.parametrize("command", [("run", "prices", "--help"), ("workflows", "show", "prices")])
def test_they_are_shown(prices: Project, command: tuple[str, ...]) -> None:
    shown = prices.call(*command).out
    assert "Required parameters:\n  day (str): the day to load\n" in shown
    assert "Optional parameters:\n  live (bool): publish, too (default: False)\n" in shown


def test_help_says_where_there_are_none_or_no_workflow(prices: Project) -> None:
    assert "Workflow plain declares no parameters: it accepts any.\n" in prices.call("run", "plain", "--help").out
    assert "workflow 'price' not found; did you mean 'prices'?\n" in prices.call("run", "price", "--help").out
