"""`spine captures`: captures of runs, and their rows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project

Make = Callable[..., Project]

EVERY_TYPE = """
import datetime
from decimal import Decimal
import pyarrow as pa
from spine.framework.captures import capture
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

def keep(ctx, config):
    capture("kinds", pa.table({
        "day": [datetime.date(2026, 1, 2)],
        "moment": pa.array([datetime.datetime(2026, 1, 2, 3, 4, 5)], pa.timestamp("us", "UTC")),
        "price": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
        "long": pa.array([Decimal(12345678901234567890)], pa.decimal128(38)),
        "id": ["007"],
        "ticker": ["NA"],
        "missing": [float("nan")],
        "nothing": pa.array([None], pa.string()),
        "raw": [b"\\x00\\xff"],
        "\\x1b[31mred": ["\\x1b[31mred\\n"],
        "nested": [{"a": [1, float("inf")]}],
    }))
    return StepResult.ok()

workflow_registry.register(Workflow(name="w", steps=[Step.lambda_("keep", keep)]))
"""


def test_without_captures_it_says_so(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("captures", "list").out == "no captures yet\n"
    assert project.call("captures", "list", "x").out == "no captures called x\n"
    assert project.call("captures", "list", "--json").json == []


def test_every_revision_is_listed_under_the_names_of_the_table(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    project.call("run", "numbers", "-p", "count=4")
    project.call("run", "numbers", "-p", "kind=other")
    rows = project.call("captures", "list", "numbers", "--json").json
    assert [(row["partition_key"], row["revision"], row["row_count"]) for row in rows] == [
        ({"kind": "other"}, 1, 3),
        ({"kind": "plain"}, 1, 3),
        ({"kind": "plain"}, 2, 4),
    ]
    assert "kind=plain" in project.call("captures", "list").out


def test_one_is_shown_with_its_columns_and_origin(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    found = project.call("captures", "show", "numbers", "-p", "kind=plain", "--json").json
    assert found["schema"] == [["n", "int64"]]
    assert found["run_id"] == project.call("runs", "list", "--json").json[0]["run_id"]
    shown = project.call("captures", "show", "numbers", "-p", "kind=plain").out
    assert found["content_hash"] in shown
    assert "int64" in shown


def test_one_is_shown_with_the_whole_path_of_its_file(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    show = ("captures", "show", "numbers", "-p", "kind=plain")
    found = project.call(*show, "--json").json
    assert Path(found["file"]) == project.root / ".spine" / "captures" / found["location"]
    assert Path(found["file"]).is_file()
    assert re.findall(r"^file +(\S+)$", project.call(*show).out, re.MULTILINE) == [found["file"]]


def test_rows_are_read_with_limit_columns_and_revision(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    project.call("run", "numbers", "-p", "count=5")
    read = ("captures", "read", "numbers", "-p", "kind=plain")
    assert project.call(*read, "--json").json == [{"n": n} for n in range(5)]
    assert project.call(*read, "--json", "--revision", "1").json == [{"n": n} for n in range(3)]
    outcome = project.call(*read, "-n", "2", "-c", "n")
    assert outcome.out == "n\n0\n1\n"
    assert outcome.err == "... 3 more rows (-n 5 shows all)\n"
    assert project.call("-q", *read, "-n", "2").err == ""


def test_every_type_is_valid_json_and_loses_nothing(scratch_project: Make) -> None:
    project = scratch_project(flows=EVERY_TYPE)
    assert project.call("run", "w").code == 0
    (row,) = project.call("captures", "read", "kinds", "--json").json
    assert row == {
        "day": "2026-01-02",
        "moment": "2026-01-02T03:04:05+00:00",
        "price": "1.50",
        "long": 12345678901234567890,
        "id": "007",
        "ticker": "NA",
        "missing": None,
        "nothing": None,
        "raw": "00ff",
        "\x1b[31mred": "\x1b[31mred\n",
        "nested": {"a": [1.0, None]},
    }


def test_hostile_columns_and_cells_do_not_reach_the_terminal(scratch_project: Make) -> None:
    project = scratch_project(flows=EVERY_TYPE)
    project.call("run", "w")
    for arguments in (("read", "kinds"), ("read", "kinds", "--json"), ("show", "kinds"), ("read", "kinds", "-c", "x")):
        outcome = project.call("captures", *arguments)
        assert "\x1b" not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "number"), "capture 'number' not found; did you mean 'numbers'?"),
        (("read", "numbers"), "capture 'numbers'"),
        (("read", "numbers", "-p", "kind=other"), "capture 'numbers'"),
        (("read", "numbers", "-p", "kind=plain", "--revision", "9"), "capture 'numbers' has no revision 9"),
        (("read", "numbers", "-p", "kind=plain", "--as-of", "2000-01-01"), "capture 'numbers'"),
        (("read", "numbers", "-p", "kind=plain", "-c", "m"), "capture 'numbers' has no column 'm'; known: n"),
        (("read", "numbers", "-p", "kind=plain", "--as-of", "yesterday"), "Invalid value for '--as-of'"),
        (("show", "\x1b[31m"), "capture"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_2(
    scratch_project: Make, arguments: tuple[str, ...], sentence: str
) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    outcome = project.call("captures", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.sentence.startswith(sentence)
    assert "\x1b" not in outcome.err


def test_a_payload_that_is_gone_is_a_failure_that_names_the_file(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    (payload,) = project.root.glob(".spine/captures/**/*.parquet")
    payload.unlink()
    outcome = project.call("captures", "read", "numbers", "-p", "kind=plain")
    assert outcome.code == 1
    assert f"{payload} is missing" in outcome.sentence


FAILING = """
from spine.framework.captures import capture
from spine.orchestration import Step, Workflow, workflow_registry


def keep(ctx, config):
    capture("kept", [{"n": 1}])
    raise ValueError("no")


workflow_registry.register(Workflow("w", [Step.lambda_("keep", keep)]))
"""


def test_captures_are_verified_and_damage_is_named_with_exit_1(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("captures", "verify").out == "no captures yet\n"
    project.call("run", "numbers")
    sound = project.call("captures", "verify", "numbers")
    assert (sound.code, sound.out) == (0, "1 files of 1 revisions are as they were written\n")
    [path] = (project.root / ".spine" / "captures").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:100])
    outcome = project.call("captures", "verify", "--json")
    [damaged] = outcome.json["damaged"]
    assert (outcome.code, outcome.json["files"], outcome.json["revisions"]) == (1, 1, 1)
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    assert (damaged["name"], damaged["run_id"], damaged["file"]) == ("numbers", run_id, str(path))
    assert f"revision 1 of run {run_id}: its file {path}" in project.call("captures", "verify").out
    project.call("run", "numbers")
    assert project.call("captures", "verify").code == 0


def test_files_without_a_capture_are_listed_and_removed(scratch_project: Make) -> None:
    project = scratch_project(flows=FAILING)
    project.call("run", "w")
    [path] = (project.root / ".spine" / "captures").rglob("*.parquet")
    now = ("captures", "gc")
    assert project.call(*now).out == "no files to remove\n", "it is younger than an hour"
    os.utime(path, (0, 0))
    [listed] = project.call(*now, "--dry-run", "--json").json
    assert listed == {
        "location": f"kept/{path.name}",
        "kind": "payload",
        "byte_count": path.stat().st_size,
        "modified_at": listed["modified_at"],
        "removed": False,
    }
    assert "this was a dry run" in project.call(*now, "--dry-run").out
    assert path.exists()
    assert "removed 1 files" in project.call(*now).out
    assert not path.exists()
    assert project.call(*now, "--json").json == []


CHAIN = """
from spine.framework.captures import capture, read_capture
from spine.orchestration import Step, Workflow, workflow_registry

def first(ctx, config):
    capture("raw", [{"n": ctx.params["n"]}])

def following(source, name):
    def step(ctx, config):
        capture(name, [{"n": row["n"] + 1} for row in read_capture(source).data])
    return step

workflow_registry.register(Workflow("load", [Step.lambda_("s", first)], defaults={"n": 1}))
for source, name in (("raw", "clean"), ("clean", "total"), ("total", "report")):
    workflow_registry.register(Workflow(name, [Step.lambda_("s", following(source, name))]))
"""


@pytest.mark.slow
def test_what_was_made_from_a_stale_capture_is_stale_in_turn(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("flows.py", CHAIN)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    for workflow in ("load", "clean", "total", "report"):
        project.run("run", workflow)
    project.run("run", "load", "-p", "n:=5")
    rows = project.call("captures", "stale", "--json").json
    assert [(row["name"], row["in_turn"]) for row in rows] == [("clean", False), ("report", True), ("total", True)]
    assert [row["inputs"][0]["name"] for row in rows] == ["raw", "total", "clean"]
    shown = project.call("captures", "stale").out
    assert shown.index("clean") < shown.index("stale in turn") < shown.index("report") < shown.index("total     ")
    assert "warning: stale: clean; and in turn: report, total: spine captures stale" in project.call("status").out
    assert [row["name"] for row in project.call("captures", "stale", "total", "--json").json] == ["total"]
    project.run("run", "--stale")
    assert project.call("captures", "stale").out == "no capture is stale\n"
