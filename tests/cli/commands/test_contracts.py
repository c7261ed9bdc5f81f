"""What the command line shows of contracts: with runs and captures, and in `spine doctor`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project

FLOWS = """
from spine import Step, Workflow, capture, workflow_registry
from spine.orchestration import Workflow


def load(context, config):
    return {"rows": capture("prices", [{"symbol": symbol} for symbol in context.params["symbols"]]).row_count}


def each(context, item):
    capture("prices", [{"symbol": item}], partition={"item": item})


workflow_registry.register(Workflow("daily", [Step.lambda_("load", load)], defaults={"symbols": ["A", "B"]}))
workflow_registry.register(Workflow("mapped", [Step.map("all", "symbols", function=each)]))
"""
CONTRACT = """
[spine]
modules = ["flows"]

[contracts.prices]
columns = { symbol = "string" }
checks = [
    { check = "not_null", columns = "symbol" },
    { check = "one_of", columns = "symbol", values = ["A"], severity = "warn" },
    { check = "matches", columns = "symbol", pattern = "[A-Z]", severity = "warn" },
]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("flows.py", FLOWS)
    made.write("spine.toml", CONTRACT)
    return made


@pytest.mark.slow
def test_a_run_tells_its_warnings_at_its_end_and_while_it_runs(project: Project) -> None:
    outcome = project.run("run", "daily", "-p", 'symbols:=["A", "b"]')
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    assert f"  2 warnings of contracts: spine runs show {run_id}\n" in outcome.out
    assert "  2 warnings\n" in outcome.err
    assert "WARNING: capture prices breaks contract 'prices': one_of(symbol): 1 of 2 rows" in outcome.err
    assert project.call("run", "daily", "--json").json["contract_warnings"] == 1
    assert "warning" not in project.call("run", "daily", "-p", 'symbols:=["A"]').out


def test_warnings_of_items_of_a_map_step_count_too(project: Project) -> None:
    outcome = project.call("run", "mapped", "-p", 'symbols:=["A", "B", "c"]', "--json")
    assert (outcome.code, outcome.json["contract_warnings"]) == (0, 3)
    [ended] = [
        event
        for event in project.call("runs", "show", "latest", "--json").json["events"]
        if event["event_type"] == "step.completed"
    ]
    assert ended["payload"]["warning_count"] == 3


def test_a_run_is_shown_with_the_checks_that_did_not_pass_and_the_number_of_the_others(project: Project) -> None:
    project.call("run", "daily")
    shown = project.call("runs", "show", "latest").out
    table = shown.partition("\nquality\n")[2].splitlines()
    assert table[0].split() == ["capture_name", "contract", "check", "severity", "observed", "expected", "such", "as"]
    assert " ".join(table[1].split()) == "prices prices one_of(symbol) warn 1 of 2 rows one of A symbol=B"
    assert table[2:] == ["3 checks passed"]
    found = project.call("runs", "show", "latest", "--json").json["quality"]
    assert [(row["check_name"], row["passed"], row["failed_rows"]) for row in found] == [
        ("columns", True, None),
        ("not_null(symbol)", True, 0),
        ("one_of(symbol)", False, 1),
        ("matches(symbol)", True, 0),
    ]


def test_a_run_without_contracts_shows_none(project: Project) -> None:
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.call("run", "daily")
    assert "quality" not in project.call("runs", "show", "latest").out
    assert "quality" not in project.call("captures", "show", "prices").out


def test_a_revision_is_shown_with_the_checks_that_were_made_on_it(project: Project) -> None:
    project.call("run", "daily", "-p", 'symbols:=["B"]')
    project.call("run", "daily", "-p", 'symbols:=["A"]')
    assert project.call("captures", "show", "prices").out.endswith("\nquality\n4 checks passed\n")
    first = project.call("captures", "show", "prices", "--revision", "1", "--json").json
    assert [row["check_name"] for row in first["quality"] if not row["passed"]] == ["one_of(symbol)"]


def test_control_codes_of_data_and_columns_do_not_reach_the_terminal(project: Project) -> None:
    project.call("run", "daily", "-p", 'symbols:=["\\u001b[31mred\\u0007"]')
    for command in (("runs", "show", "latest"), ("captures", "show", "prices")):
        assert "[31mred" in project.call(*command).out
        assert "\x1b" not in project.call(*command).out


@pytest.mark.parametrize(
    ("check", "status", "says"),
    [
        ('check = "function", function = "flows:no_such"', "fail", "function 'flows:no_such' of a contract cannot be"),
        ('check = "function", function = "no_such:f"', "fail", "ModuleNotFoundError: No module named 'no_such'"),
        ('check = "matches", columns = "symbol", pattern = "(a"', "fail", "the pattern '(a' is not valid: "),
        ('check = "references", columns = "symbol", capture = "known"', "warn", "capture 'known' was not made yet"),
        (
            'check = "references", columns = "symbol", capture = "prices", to = "name"',
            "fail",
            "capture 'prices' has no column 'name'",
        ),
        ('check = "references", columns = "symbol", capture = "prices"', "ok", "1 declared"),
        ('check = "function", function = "flows:load"', "ok", "1 declared"),
    ],
)
def test_doctor_looks_at_what_contracts_refer_to(project: Project, check: str, status: str, says: str) -> None:
    project.call("run", "daily")
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n[contracts."pri*"]\nchecks = [{{ {check} }}]\n')
    outcome = project.call("doctor", "--json")
    found = [row for row in outcome.json if row["check"].startswith("contract")]
    [row] = [row for row in found if says in row["says"]]
    assert (row["status"], bool(row["fix"])) == (status, status != "ok")
    assert len(found) == (1 if status == "ok" else 2)
    assert outcome.code == (1 if status == "fail" else 0)


def test_doctor_tells_a_contract_that_is_about_no_capture(project: Project) -> None:
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n[contracts.price]\ncolumns = { symbol = "string" }\n')
    assert "about none" not in project.call("doctor").out, "there is no capture yet"
    project.call("run", "daily")
    [found, _] = [row for row in project.call("doctor", "--json").json if row["check"].startswith("contract")]
    assert (found["check"], found["status"]) == ("contract price", "warn")
    assert found["says"] == "it is about none of the captures that there are; did you mean 'prices'?"


def test_doctor_tells_a_contract_with_a_wrong_key(project: Project) -> None:
    project.write("spine.toml", '[contracts.a]\ncolums = {}\n[contracts."b c"]\n')
    outcome = project.call("doctor", "--json")
    said = [row["says"] for row in outcome.json if row["status"] == "fail"]
    assert any("contracts.a: unknown key 'colums'; did you mean 'columns'?" in text for text in said)
    assert any("spine.toml: contracts: contract name 'b c' is not valid" in text for text in said)
