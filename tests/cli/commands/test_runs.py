"""`spine runs`: runs and the results of their steps."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from spine.core.adapters.database import SQLiteAdapter
from spine.core.clock import Clock
from spine.core.scope import current_scope
from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until

Make = Callable[..., Project]


def test_without_runs_it_says_how_to_start_one(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("runs", "list").out == "no runs yet: start one with spine run WORKFLOW\n"
    assert project.call("runs", "list", "--json").json == []
    assert project.call("runs", "show", "latest").code == 2


def test_the_newest_run_comes_first_and_rows_have_the_names_of_the_table(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers", "-p", "count=6")
    project.call("run", "numbers", "-p", "kind=other")
    newest, oldest = project.call("runs", "list", "--json").json
    assert (newest["status"], oldest["status"]) == ("COMPLETED", "FAILED")
    assert newest["partition_key"] == {"kind": "other"}
    assert {"run_id", "workflow_name", "status", "outcome", "started_at", "duration_ms", "params"} <= set(newest)
    assert "numbers" in project.call("runs", "list").out


def test_runs_are_selected_by_workflow_status_and_number(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers", "-p", "count=6")
    project.call("run", "numbers")
    assert len(project.call("runs", "list", "--json", "-n", "1").json) == 1
    assert [row["status"] for row in project.call("runs", "list", "--json", "--status", "failed").json] == ["FAILED"]
    assert project.call("runs", "list", "--json", "--workflow", "other").json == []


@pytest.mark.slow
def test_runs_are_selected_by_failure_age_partition_and_sorted_by_duration(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers", "-p", "count=6")
    project.call("run", "numbers", "-p", "kind=other")

    def statuses(*options: str) -> list[str]:
        return [row["status"] for row in project.call("runs", "list", "--json", *options).json]

    assert statuses("--failed") == statuses("--partition", "kind=plain") == ["FAILED"]
    assert statuses("--since", "2d") == statuses() == ["COMPLETED", "FAILED"]
    assert sorted(statuses("--sort", "duration")) == sorted(statuses())
    assert statuses("--schedule", "none") == []
    assert project.call("runs", "list", "--schedule", "none").out == "no run matches\n"
    assert project.call("runs", "list", "--failed", "--status", "FAILED").code == 2
    assert statuses("--open") == []
    assert project.call("runs", "list", "--failed", "--open").code == 2
    with SQLiteAdapter(project.root / ".spine" / "spine.db") as database:
        database.execute("UPDATE core_workflow_runs SET started_at = '2026-01-01T00:00:00+00:00'")
        database.execute("UPDATE core_workflow_runs SET status = 'WAITING' WHERE status = 'FAILED'")
    assert statuses("--since", "1h") == []
    assert statuses("--open") == ["WAITING"]


def test_a_longer_list_says_how_to_see_the_rest(scratch_project: Make) -> None:
    project = scratch_project()
    for _ in range(2):
        project.call("run", "numbers")
    listed = project.call("runs", "list", "-n", "1")
    newest = project.call("runs", "list", "-n", "1", "--json").json[0]["run_id"]
    assert listed.err == f"... there are more (--before {newest}, or -n 10)\n"


BRANCHES = """
from spine.orchestration import Step, Workflow, workflow_registry

def branch(ctx, config):
    return None

both = {"left": [Step.lambda_("a", branch)], "right": [Step.lambda_("b", branch)]}
workflow_registry.register(Workflow("w", [Step.parallel("both", both, max_concurrency=1)]))
"""


def test_the_runs_below_a_run_are_a_tree(scratch_project: Make) -> None:
    project = scratch_project(flows=BRANCHES)
    project.call("run", "w")
    shown = project.call("runs", "show", "latest").out
    assert [line.split()[:2] for line in shown.splitlines() if "w.both." in line] == [
        ["├─", "w.both.left"],
        ["└─", "w.both.right"],
    ]


def test_a_failure_shows_the_last_lines_of_its_step_and_what_to_type_next(scratch_project: Make) -> None:
    flows = FAILING.replace("    return {}", "    for n in range(9):\n        print('line', n)\n    return {}")
    project = scratch_project(flows=flows)
    run = project.call("run", "load")
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    for text in (run.out, project.call("runs", "show", "latest").out):
        lines = [line.strip() for line in text.splitlines()]
        last = lines.index("its last lines:")
        assert [line.rpartition("  ")[2] for line in lines[last + 1 : last + 6]] == [f"line {n}" for n in range(4, 9)]
        assert lines[-2:] == [
            f"the whole log: spine runs logs {run_id} --step load",
            f"resume: spine runs resume {run_id}",
        ]


def test_run_shows_what_steps_log_if_it_is_asked_to(scratch_project: Make) -> None:
    flows = FAILING.replace("    return {}", "    import logging\n    logging.info('loading')\n    return {}")
    project = scratch_project(flows=flows)
    assert "loading" not in project.call("run", "load").err
    assert "INFO: loading\n" in project.run("run", "load", "--logs").err


def test_a_run_is_shown_by_id_by_a_part_of_it_and_as_latest(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    for reference in (run_id, run_id[:12], run_id[-8:], "latest"):
        assert project.call("runs", "show", reference, "--json").json["run_id"] == run_id


def test_one_run_is_one_object_with_everything_that_belongs_to_it(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    found = project.call("runs", "show", "latest", "--json").json
    assert [(step["step_name"], step["status"]) for step in found["steps"]] == [
        ("make", "COMPLETED"),
        ("check", "COMPLETED"),
    ]
    assert [kept["name"] for kept in found["captures"]] == ["numbers"]
    assert found["events"][0]["event_type"] == "run.started"
    assert found["fetches"] == found["rejects"] == []


def test_for_a_person_the_error_and_the_steps_are_there(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers", "-p", "count=6")
    shown = project.call("runs", "show", "latest").out
    assert "error         check: that is too many [VALIDATION]" in shown
    assert "make" in shown
    assert "captures\n" in shown


def test_an_unknown_run_and_one_that_is_not_unique_are_refused(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    project.call("run", "numbers")
    assert project.call("runs", "show", "zzz").sentence == "there is no run 'zzz': list them with spine runs list"
    outcome = project.call("runs", "show", "0")
    assert (outcome.code, outcome.sentence) == (2, "several runs have '0' in their id: give more of it")


FAILING = """
from spine.orchestration import Step, Workflow, workflow_registry

def load(ctx, config):
    return {}["price"]

def item(ctx, n):
    return 1 // (n - 2)

workflow_registry.register(Workflow("load", [Step.lambda_("load", load)]))
workflow_registry.register(Workflow("items", [Step.map("each", lambda ctx: [1, 2, 3], function=item)]))
workflow_registry.register(Workflow("timed", [Step.lambda_("load", load, timeout=60)]))
"""


@pytest.mark.parametrize(
    ("workflow", "kind", "function", "code"),
    [
        ("load", "KeyError", "load", 'return {}["price"]'),
        ("items", "ZeroDivisionError", "item", "return 1 // (n - 2)"),
        ("timed", "KeyError", "load", 'return {}["price"]'),
    ],
)
def test_a_failure_shows_its_class_its_place_and_the_line_of_code(
    scratch_project: Make, workflow: str, kind: str, function: str, code: str
) -> None:
    project = scratch_project(flows=FAILING)
    told = project.call("run", workflow).out
    shown = project.call("runs", "show", "latest").out
    for text in (told, shown):
        assert f"{kind} at " in text
        assert f" in {function}\n" in text
        assert f"{code}\n" in text
    found = project.call("runs", "show", "latest", "--json").json
    assert found["error_type"] == kind
    [step] = found["steps"]
    assert step["failure"]["frames"][-1]["code"] == code


def test_the_traceback_is_shown_where_it_is_asked_for(scratch_project: Make) -> None:
    project = scratch_project(flows=FAILING)
    assert "KeyError: KeyError: 'price'" not in project.call("run", "load").out
    assert "KeyError: KeyError: 'price'" in project.call("--debug", "run", "load").out
    assert "KeyError: KeyError: 'price'" in project.call("runs", "show", "latest", "--traceback").out


def test_items_that_failed_are_listed_with_where_in_the_code(scratch_project: Make) -> None:
    project = scratch_project(flows=FAILING)
    project.call("run", "items")
    [item] = project.call("runs", "show", "latest", "--json").json["failed_items"]
    assert (item["item_index"], item["error_type"]) == (1, "ZeroDivisionError")
    assert item["failure"]["frames"][-1]["code"] == "return 1 // (n - 2)"


def test_a_run_that_has_ended_cannot_be_cancelled(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    run_id = project.call("runs", "show", "latest", "--json").json["run_id"]
    outcome = project.call("runs", "cancel", "latest")
    assert (outcome.code, outcome.sentence) == (1, f"run {run_id} has ended COMPLETED: there is nothing to cancel")


def test_a_filter_that_nothing_matches_says_so(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("runs", "list", "--status", "FAILED").out == "no run matches\n"
    project.call("run", "numbers")
    assert project.call("runs", "list", "--workflow", "other").out == "no run matches\n"


CHILDREN = """
from spine.orchestration import Step, Workflow, workflow_registry

below = Workflow("below", [Step.lambda_("a", lambda ctx, config: None)])
workflow_registry.register(Workflow("above", [Step.workflow("sub", below)]))
"""


def test_the_latest_run_is_the_newest_that_no_run_started(scratch_project: Make) -> None:
    project = scratch_project(flows=CHILDREN)
    project.call("run", "above")
    assert project.call("runs", "show", "latest", "--json").json["workflow_name"] == "above"


TALKING = """
import logging
from pathlib import Path
from time import sleep
from spine.orchestration import Step, Workflow, workflow_registry

def step(context, config):
    logging.getLogger("jobs").info("begun")
    while not Path(__file__).with_name("go").exists():
        sleep(0.01)
    print("printed")

workflow_registry.register(Workflow("w", [Step.lambda_("a", step)]))
"""


@pytest.fixture
def talking(scratch_project: Make) -> Iterator[tuple[Project, subprocess.Popen[str]]]:
    """A project with a run in another process, which has logged a line and waits for the file `go`."""
    project = scratch_project(flows=TALKING)
    running = project.start("run", "w")
    wait_until(lambda: "begun" in project.call("runs", "logs", "latest").out)
    yield project, running
    project.write("go", "")
    running.communicate()


@pytest.mark.slow
def test_logs_are_followed_until_the_run_of_another_process_has_ended(
    talking: tuple[Project, subprocess.Popen[str]],
) -> None:
    project, running = talking
    following = project.start("runs", "logs", "latest", "--follow", "--json")
    assert following.stdout is not None
    first = following.stdout.readline()
    assert running.poll() is None
    project.write("go", "")
    rest, _ = following.communicate(timeout=DEADLINE_SECONDS)
    lines = [json.loads(line) for line in (first, *rest.splitlines())]
    assert [(line["logger"], line["message"]) for line in lines] == [("jobs", "begun"), ("stdout", "printed")]
    assert following.returncode == 0


@pytest.mark.slow
def test_ctrl_c_ends_the_following_with_130(talking: tuple[Project, subprocess.Popen[str]]) -> None:
    following = talking[0].start("runs", "logs", "latest", "-f")
    assert following.stdout is not None
    assert "begun" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    _, told = following.communicate(timeout=DEADLINE_SECONDS)
    assert (following.returncode, told.strip()) == (130, "interrupted")


def test_following_a_run_that_has_ended_shows_its_log_once(scratch_project: Make) -> None:
    project = scratch_project(flows=TALKING)
    project.write("go", "")
    project.call("run", "w")
    followed = project.call("runs", "logs", "latest", "-f")
    assert followed.code == 0
    assert followed.out == project.call("runs", "logs", "latest").out
    assert len(followed.out.splitlines()) == 2


def test_the_error_of_a_fetch_is_shown_with_its_run(scratch_project: Make) -> None:
    flows = """
from spine.framework.sources import source_registry
from spine.orchestration import Step, Workflow, workflow_registry

def read(ctx, config):
    return {"found": source_registry.get("lost").fetch().success}

workflow_registry.register(Workflow("reading", [Step.lambda_("read", read)]))
"""
    project = scratch_project('[sources.lost]\ntype = "file"\npath = "lost.csv"\n', flows)
    project.call("run", "reading")
    [fetch] = project.call("runs", "show", "latest", "--json").json["fetches"]
    assert "lost.csv does not exist" in fetch["error"]
    assert "lost.csv does not exist" in project.call("runs", "show", "latest").out


@pytest.fixture
def abandoned(scratch_project: Make) -> Project:
    """Return a project with a run whose process was killed."""
    project = scratch_project()
    project.call("run", "numbers")
    with SQLiteAdapter(str(project.root / ".spine" / "spine.db")) as database:
        database.execute(
            "UPDATE core_workflow_runs SET status = ?, lease_owner = ?, lease_expires_at = ?",
            ("RUNNING", "elsewhere/1/2", "2020-01-01 00:00:00"),
        )
    return project


def test_a_run_whose_process_is_gone_does_not_look_alive(abandoned: Project) -> None:
    [row] = abandoned.call("runs", "list", "--json").json
    assert (row["status"], row["is_abandoned"]) == ("RUNNING", True)
    table = abandoned.call("runs", "list").out
    assert "RUNNING (process gone)" in table
    assert table.splitlines()[-1] == f"resume: spine runs resume {row['run_id']}"
    assert "status        RUNNING (process gone)\n" in abandoned.call("runs", "show", "latest").out
    assert abandoned.call("runs", "show", "latest", "--json").json["is_abandoned"]


@pytest.mark.parametrize("command", [("watch", "latest"), ("logs", "-f", "latest")])
def test_who_follows_a_run_is_told_that_its_process_is_gone(
    abandoned: Project, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    [row] = abandoned.call("runs", "list", "--json").json

    def resumed(*_: object) -> bool:
        with SQLiteAdapter(str(abandoned.root / ".spine" / "spine.db")) as database:
            database.execute("UPDATE core_workflow_runs SET status = ?", ("COMPLETED",))
        return False

    clock = current_scope().provide(Clock, FixedClock(jumps=True))  # type: ignore[type-abstract]  # a protocol
    monkeypatch.setattr(clock, "wait", resumed)
    told = f"its process has ended: spine runs resume {row['run_id']}, unless a scheduler does"
    assert abandoned.call("runs", *command).err.splitlines().count(told) == 1


FAMILY = """
from spine.orchestration import Step, Workflow, workflow_registry

called = Workflow("called", [Step.lambda_("c", lambda ctx, config: None)])
many = Workflow("many", [Step.lambda_("m", lambda ctx, config: None)])
both = {"left": [Step.lambda_("a", lambda ctx, config: None)], "right": [Step.workflow("b", called)]}
workflow_registry.register(
    Workflow("w", [Step.parallel("both", both), Step.map("each", lambda ctx: range(30), many)])
)
"""


def test_watch_tells_the_steps_of_branches_but_not_of_many_items(scratch_project: Make) -> None:
    project = scratch_project()
    project.write("flows.py", FAMILY)
    project.write("spine.toml", '[spine]\nmodules = ["flows"]\n')
    project.run("run", "w")
    lines = [line.split()[:2] for line in project.call("runs", "watch", "latest").err.splitlines()]
    assert sorted(lines[:3]) == [["left.a", "completed"], ["right.b", "completed"], ["right.called.c", "completed"]]
    assert lines[3:] == [["both", "completed"], ["each", "completed"]]


def test_durations_of_an_interrupted_run_say_that_it_did_not_run_all_the_time(abandoned: Project) -> None:
    [row] = abandoned.call("runs", "list", "--json").json
    with SQLiteAdapter(abandoned.root / ".spine" / "spine.db") as database:
        database.execute("UPDATE core_workflow_steps SET status = 'RUNNING', completed_at = NULL, duration_ms = NULL")
    resumed = abandoned.call("runs", "resume", row["run_id"])
    assert " after its first start\n" in resumed.out
    shown = abandoned.call("runs", "show", "latest").out
    assert " s from start to end, with the time in which no process ran it\n" in shown
    assert re.search(r"CANCELLED .* up to \S+ s", shown) or re.search(r"CANCELLED .* up to \d+ min", shown)


def test_captures_are_shown_with_their_partition(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers")
    captures = project.call("runs", "show", "latest").out.split("captures\n")[1].splitlines()
    assert captures[0].split()[:2] == ["name", "partition_key"]
    assert captures[1].split()[:2] == ["numbers", "kind=plain"]


@pytest.mark.slow
def test_the_time_of_a_run_that_was_resumed_after_a_failure_says_what_it_has(scratch_project: Make) -> None:
    flows = """
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry


def look(context, config):
    (Path(__file__).parent / "there").read_text()


workflow_registry.register(Workflow("numbers", [Step.lambda_("look", look)]))
"""
    project = scratch_project(flows=flows)
    assert project.call("run", "numbers").code == 1
    assert "no process ran it" not in project.call("runs", "show", "latest").out
    project.write("there", "")
    assert project.call("runs", "resume", "latest").code == 0
    assert (
        " s from start to end, with the time in which no process ran it\n" in project.call("runs", "show", "latest").out
    )


def test_a_run_that_has_not_begun_says_what_it_waits_for_and_when_it_was_created(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers", "--detach")
    shown = project.call("runs", "show", "latest").out
    assert "waits for     a scheduler or worker with room, or spine runs resume\n" in shown
    assert "\ncreated " in shown
    assert "\nstarted " not in shown
