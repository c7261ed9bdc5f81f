"""`spine partitions`, `spine backfill` and `spine backfills`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from spine.app import open_project as open_application
from spine.core.adapters.database import SQLiteAdapter
from spine.orchestration.lease import Lease, process_name
from spine.orchestration.registry import workflow_registry
from spine.orchestration.run_store import run_store
from spine.project.partitions import Backfills
from spine.scheduling.backfill import Backfill, BackfillOptions
from spine.testing import FixedClock
from tests.projects import Project

Make = Callable[..., Project]

FLOWS = """
from pathlib import Path
from spine.orchestration import Daily, Static, Step, Workflow, workflow_registry

HERE = Path(__file__).parent

def load(context, config):
    with (HERE / "ran").open("a") as file:
        file.write(" ".join(context.partition.values()) + "\\n")
    if (HERE / "fails" / context.partition.get("day", "")).is_file():
        raise ValueError("no file of that day")

def register(name, partitions, **options):
    workflow_registry.register(Workflow(name, [Step.lambda_("load", load)], partitions=partitions, **options))

def resolve(params):
    if params["day"] == "2026-01-07":
        raise RuntimeError("the calendar is gone")
    return {**params, "day": "2026-01-05"} if params["day"] == "2026-01-08" else params

register("prices", Daily("day", start="2026-01-05"), version=VERSION)
register("trades", Daily("day") * Static("market", ["NYSE", "AMEX"]))
register("markets", Static("market", ["NYSE", "AMEX"]))
register("resolved", Daily("day"), resolve_params=resolve)
workflow_registry.register(Workflow("plain", [Step.lambda_("load", load)]))
"""
RANGE = ("--from", "2026-01-05", "--to", "2026-01-08")
ELSEWHERE = Lease("other-host/1/1", 600)


@pytest.fixture
def project(scratch_project: Make) -> Project:
    return scratch_project(flows=FLOWS.replace("VERSION", "1"))


def fail_on(project: Project, *days: str) -> None:
    for path in (project.root / "fails").glob("*"):
        path.unlink()
    for day in days:
        project.write(f"fails/{day}", "")


def ran(project: Project) -> list[str]:
    path = project.root / "ran"
    return sorted(path.read_text().splitlines()) if path.exists() else []


def states(project: Project, *arguments: str) -> dict[str, str]:
    rows = project.call("partitions", "prices", *arguments, "--json").json
    return {row["partition"]["day"]: row["state"] for row in rows}


@pytest.fixture
def held(project: Project) -> Callable[..., str]:
    """A function that leaves an open run of a partition, as of another process, and returns its id."""

    def hold(day: str) -> str:
        with open_application(project.root) as application:
            workflow = workflow_registry.get("prices")
            run = application.runner().prepare(workflow, {"day": day})
            kept = run_store().create(run, workflow.to_dict(), {}, ELSEWHERE)
            assert kept is not None
            return kept.run_id

    return hold


def test_the_partitions_are_shown_with_the_state_of_their_last_run(
    project: Project, fixed_clock: FixedClock, held: Callable[..., str]
) -> None:
    fixed_clock.set(datetime(2026, 1, 10, 23, tzinfo=UTC))
    fail_on(project, "2026-01-06")
    for day in ("2026-01-05", "2026-01-06"):
        project.call("run", "prices", "-p", f"day={day}")
    held("2026-01-07")
    assert states(project) == {
        "2026-01-05": "completed",
        "2026-01-06": "failed",
        "2026-01-07": "running",
        "2026-01-08": "missing",
        "2026-01-09": "missing",
    }
    assert states(project, "--since", "2026-01-06", "--until", "2026-01-06") == {"2026-01-06": "failed"}
    shown = project.call("partitions", "prices").out.splitlines()
    assert shown[0].split() == ["day", "state", "run_id", "completed_at"]
    assert shown[-1] == "5 partitions: 1 completed, 1 failed, 1 running, 2 missing"


def test_a_partition_of_today_or_later_is_shown_and_run_again_if_it_has_a_run(
    project: Project, fixed_clock: FixedClock
) -> None:
    fixed_clock.set(datetime(2026, 1, 7, 9, tzinfo=UTC))
    fail_on(project, "2026-01-07", "2030-01-01")
    for day in ("2026-01-05", "2026-01-07", "2030-01-01"):
        project.call("run", "prices", "-p", f"day={day}")
    failed = {"2026-01-07": "failed", "2030-01-01": "failed"}
    assert states(project) == {"2026-01-05": "completed", "2026-01-06": "missing", **failed}
    assert project.call("backfill", "prices", "--failed", "--dry-run").out.split() == [
        "day", *failed, "2", "partitions", "would", "run"
    ]  # fmt: skip
    assert states(project, "--until", "2026-01-05") == {"2026-01-05": "completed"}
    assert states(project, "--since", "2026-02-01") == {"2030-01-01": "failed"}


def test_a_calendar_leaves_out_the_days_that_it_closes(project: Project, fixed_clock: FixedClock) -> None:
    fixed_clock.set(datetime(2026, 1, 13, 9, tzinfo=UTC))
    project.write("holidays.csv", "2026-01-06,Epiphany\n2026-12-25\n")
    with (project.root / "spine.toml").open("a") as file:
        file.write('\n[calendars.bank]\ntype = "file"\npath = "holidays.csv"\n')
    declared = FLOWS.replace('"2026-01-05")', '"2026-01-05", calendar="bank")').replace("VERSION", "1")
    project.write("flows.py", declared)
    open_days = ["2026-01-05", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-12"]
    assert list(states(project)) == open_days
    assert project.call("backfill", "prices", "--dry-run").out.split()[1:-4] == open_days
    project.call("run", "prices", "-p", "day=2026-01-10")
    fail_on(project, "2026-01-11")
    project.call("run", "prices", "-p", "day=2026-01-11")
    found = states(project)
    assert found["2026-01-10"] == "completed", "a day that was run is there"
    assert "2026-01-11" not in found, "one that failed, such as a weekend before there was a calendar, needs no repair"
    project.write("flows.py", declared.replace('"bank"', '"banc"'))
    refused = project.run("partitions", "prices")
    assert (refused.code, refused.err) == (2, "Error: spine.toml declares no calendar 'banc'; did you mean 'bank'?\n")


def test_a_range_that_ends_before_it_begins_is_refused(project: Project) -> None:
    for command, begin, end in (("backfill", "--from", "--to"), ("partitions", "--since", "--until")):
        refused = project.call(command, "prices", begin, "2026-01-09", end, "2026-01-05")
        assert (refused.code, refused.err) == (
            2,
            "Error: the range ends on 2026-01-05, before it begins on 2026-01-09: exchange the two\n",
        )


def test_a_partition_of_another_version_is_stale(project: Project) -> None:
    project.call("run", "prices", "-p", "day=2026-01-05")
    project.write("flows.py", FLOWS.replace("VERSION", "2"))
    rows = project.run(
        "partitions", "prices", "--until", "2026-01-06", "--json"
    ).json  # another process, for the module
    assert [row["state"] for row in rows] == ["stale", "missing"]


def test_the_range_begins_with_the_earliest_run_where_no_start_is_declared(
    project: Project, fixed_clock: FixedClock
) -> None:
    fixed_clock.set(datetime(2026, 1, 10, tzinfo=UTC))
    nothing = project.call("partitions", "trades")
    assert (nothing.code, nothing.out) == (
        0,
        "no partition is complete, and none has a run: give the range with --since and --until\n",
    )
    project.call("run", "trades", "-p", "day=2026-01-08", "-p", "market=AMEX")
    rows = project.call("partitions", "trades", "--json").json
    assert [(*row["partition"].values(), row["state"]) for row in rows] == [
        ("2026-01-08", "NYSE", "missing"),
        ("2026-01-08", "AMEX", "completed"),
        ("2026-01-09", "NYSE", "missing"),
        ("2026-01-09", "AMEX", "missing"),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("partitions", "plain"), "workflow 'plain' declares no partitions: give it partitions=Daily(PARAMETER)"),
        (("partitions", "price"), "did you mean 'prices'"),
        (("partitions", "prices", "--since", "soon"), "'soon' is no date: give it as 2026-01-31"),
        (("partitions", "markets", "--since", "2026-01-05"), "partitions by market have no dates"),
        (("backfill", "prices", *RANGE, "-p", "day=2026-01-05"), "limit the backfill by --from and --to"),
        (("backfill", "trades", *RANGE, "-p", "market=NYSE"), "limit the backfill by --only market=VALUE"),
        (("backfill", "trades", *RANGE, "--only", "market=NYSEE"), "'NYSEE' is no value of 'market'; did you mean"),
        (("backfill", "trades", *RANGE, "--only", "day=2026-01-05"), "limit one of market"),
        (("backfill", "trades", *RANGE, "--only", "market"), "'market' is not key=value"),
        (("backfills", "show", "nothing"), "there is no backfill 'nothing': list them with spine backfills list"),
    ],
)
def test_what_is_not_possible_is_one_sentence(project: Project, arguments: tuple[str, ...], says: str) -> None:
    refused = project.call(*arguments)
    assert refused.code == 2
    assert says in refused.err
    assert refused.err.count("\n") <= 5
    assert ran(project) == []


def test_looking_makes_no_database(project: Project) -> None:
    assert project.call("partitions", "prices", "--until", "2026-01-08").code == 0
    assert project.call("backfill", "prices", *RANGE, "--dry-run").code == 0
    assert not (project.root / ".spine").exists()


def test_a_backfill_runs_what_is_missing_once(project: Project) -> None:
    project.call("run", "prices", "-p", "day=2026-01-06")
    done = project.call("backfill", "prices", *RANGE, "--max-parallel", "2")
    assert (done.code, done.out) == (0, "prices: COMPLETED, 3 of 3 partitions done\n")
    assert ran(project) == ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]
    assert set(states(project, "--until", "2026-01-08").values()) == {"completed"}
    again = project.call("backfill", "prices", *RANGE)
    assert (again.code, again.out) == (0, "nothing to run: the range has no such partition\n")


@pytest.mark.parametrize(
    ("choice", "days"),
    [
        ((), ["2026-01-07", "2026-01-08"]),
        (("--missing",), ["2026-01-07", "2026-01-08"]),
        (("--failed",), ["2026-01-06"]),
        (("--missing", "--failed"), ["2026-01-06", "2026-01-07", "2026-01-08"]),
        (("--all",), ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]),
        (("--all", "--order", "newest"), ["2026-01-08", "2026-01-07", "2026-01-06", "2026-01-05"]),
    ],
)
def test_the_plan_has_the_partitions_that_were_asked_for(
    project: Project, choice: tuple[str, ...], days: list[str]
) -> None:
    fail_on(project, "2026-01-06")
    for day in ("2026-01-05", "2026-01-06"):
        project.call("run", "prices", "-p", f"day={day}")
    before = ran(project)
    planned = project.call("backfill", "prices", *RANGE, *choice, "--dry-run", "--json").json
    assert [key["day"] for key in planned["partitions"]] == days
    assert project.call("backfills", "list", "--json").json == []
    assert ran(project) == before


def test_listed_values_are_limited_and_parameters_are_passed(project: Project) -> None:
    done = project.call("backfill", "trades", *RANGE, "--only", "market=AMEX", "-p", "note=again", "--json")
    assert done.json["status"] == "COMPLETED"
    assert ran(project) == [f"2026-01-0{number} AMEX" for number in (5, 6, 7, 8)]
    assert project.call("runs", "show", "latest", "--json").json["params"]["note"] == "again"
    assert project.call("backfill", "markets").code == 0
    assert ran(project)[-2:] == ["AMEX", "NYSE"]


def test_a_failed_partition_is_in_the_summary_and_is_resumed(project: Project) -> None:
    fail_on(project, "2026-01-06")
    failed = project.call("backfill", "prices", *RANGE)
    [shown] = project.call("backfills", "list", "--json").json
    lines = failed.out.splitlines()
    assert failed.code == 1
    assert lines[0] == "prices: FAILED, 3 of 4 partitions done, 1 failed"
    assert lines[1].startswith("  day=2026-01-06  FAILED  ")
    assert lines[1].endswith("no file of that day")
    assert lines[2] == f"  resume: spine backfills resume {shown['id']}"
    fail_on(project)
    resumed = project.call("backfills", "resume", "latest")
    assert (resumed.code, resumed.out) == (0, "prices: COMPLETED, 4 of 4 partitions done\n")
    runs = project.call("runs", "list", "--json").json
    assert len(runs) == 4
    assert {run["backfill_id"] for run in runs} == {shown["id"]}
    complete = project.call("backfills", "resume", shown["id"][:13])
    assert (complete.code, complete.err) == (
        1,
        f"Error: backfill {shown['id']} is COMPLETED: there is nothing to resume\n",
    )


def test_a_partition_whose_run_cannot_be_made_is_told_and_the_others_run(project: Project) -> None:
    failed = project.call("backfill", "resolved", *RANGE, "--json")
    assert failed.code == 1
    assert ran(project) == ["2026-01-05", "2026-01-06"]
    told = {one["partition"]["day"]: one["error"] for one in failed.json["refused"]}
    assert told["2026-01-07"] == "RuntimeError: the calendar is gone"
    assert "makes partition day=2026-01-05 of it" in told["2026-01-08"]
    assert failed.json["counts"]["left"] == 2


def test_a_backfill_is_shown_with_its_runs(project: Project) -> None:
    project.call("backfill", "prices", *RANGE)
    found = project.call("backfills", "show", "latest", "--json").json
    assert [run["partition"]["day"] for run in found["runs"]] == [key["day"] for key in found["partitions"]]
    assert found["counts"] == {
        **dict.fromkeys(("unchanged", "failed", "cancelled", "running", "elsewhere", "left"), 0),
        "total": 4,
        "completed": 4,
    }
    assert found["options"] == {"choices": ["missing"], "max_parallel": 8, "order": "oldest"}
    assert found["lease_owner"] is None
    shown = project.call("backfills", "show", "latest").out
    assert "4 of 4 partitions done" in shown
    assert shown.count("  COMPLETED  ") >= 4


def begin(project: Project, lease: Lease) -> Backfill:
    """Store a backfill that a process holds, as if that process had just begun it."""
    with open_application(project.root) as opened:
        backfills = Backfills(opened)
        planned = backfills.plan("prices", BackfillOptions(), "2026-01-05", "2026-01-08")
        return backfills.store.add(planned, lease)


def test_a_backfill_whose_process_died_is_pending_and_is_resumed(project: Project) -> None:
    kept = begin(project, Lease("gone/1/1", 0))
    [row] = project.call("backfills", "list", "--json").json
    assert (row["status"], row["counts"]["left"], row["is_abandoned"]) == ("PENDING", 4, True)
    listed = project.call("backfills", "list").out
    assert "PENDING (process gone)" in listed
    assert f"resume: spine backfills resume {kept.id}\n" in listed
    assert "PENDING (process gone)" in project.call("backfills", "show", "latest").out
    assert project.call("backfills", "resume", kept.id).code == 0
    assert len(ran(project)) == 4


def test_a_backfill_that_another_process_executes_is_not_resumed(project: Project) -> None:
    kept = begin(project, ELSEWHERE)
    refused = project.call("backfills", "resume", kept.id)
    assert refused.code == 1
    assert f"backfill {kept.id} is being executed by other-host/1/1" in refused.err
    assert ran(project) == []


def test_a_backfill_that_no_process_executes_is_cancelled_at_once_and_can_be_resumed(project: Project) -> None:
    kept = begin(project, Lease("gone/1/1", 0))
    cancelled = project.call("backfills", "cancel", kept.id)
    assert (cancelled.code, cancelled.out.splitlines()[0]) == (0, "prices: CANCELLED, 0 of 4 partitions done, 4 left")
    again = project.call("backfills", "cancel", kept.id)
    assert (again.code, again.err) == (
        1,
        f"Error: backfill {kept.id} has ended CANCELLED: there is nothing to cancel\n",
    )
    assert project.call("backfills", "resume", kept.id).code == 0


def test_a_backfill_that_failed_is_given_up_and_is_then_no_longer_to_be_done(project: Project) -> None:
    fail_on(project, "2026-01-06")
    project.call("backfill", "prices", *RANGE)
    [shown] = project.call("backfills", "list", "--json").json
    told = f"spine backfills resume {shown['id']}, or give it up: spine backfills cancel"
    assert told in project.call("status").out
    given_up = project.call("backfills", "cancel", "latest")
    assert (given_up.code, given_up.out.splitlines()[0]) == (0, "prices: CANCELLED, 3 of 4 partitions done, 1 failed")
    assert "spine backfills resume" not in project.call("status").out
    assert project.call("backfills", "cancel", "latest").code == 1
    fail_on(project)
    assert project.call("backfills", "resume", "latest").code == 0


def test_a_partition_that_another_run_completed_meanwhile_counts_and_is_not_run_again(project: Project) -> None:
    kept = begin(project, Lease("gone/1/1", 0))
    project.call("run", "prices", "-p", "day=2026-01-06")
    done = project.call("backfills", "resume", kept.id, "--json").json
    assert (done["status"], done["counts"]["completed"], done["counts"]["elsewhere"]) == ("COMPLETED", 3, 1)
    assert ran(project) == ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]


def test_a_busy_partition_is_refused_to_a_run_with_the_run_that_has_it(
    project: Project, held: Callable[..., str]
) -> None:
    holder = held("2026-01-05")
    refused = project.call("run", "prices", "-p", "day=2026-01-05")
    assert refused.code == 1
    assert f"run {holder} of partition day=2026-01-05 has not ended" in refused.err
    assert f"spine runs show {holder}" in refused.err


def test_the_output_is_json_alone(project: Project) -> None:
    fail_on(project, "2026-01-06")
    found = json.loads(project.call("backfill", "prices", *RANGE, "--json").out)
    assert found["status"] == "FAILED"


def test_doctor_tells_a_backfill_that_no_process_executes(project: Project) -> None:
    kept = begin(project, Lease("gone/1/1", 0))
    [found] = [row for row in project.call("doctor", "--json").json if row["check"] == "backfill"]
    assert (found["status"], found["fix"]) == ("warn", f"spine backfills resume {kept.id}")


def test_runs_of_a_backfill_without_a_process_name_the_backfill_alone(project: Project) -> None:
    project.call("backfill", "prices", *RANGE)
    with SQLiteAdapter(project.root / ".spine" / "spine.db") as database:
        gone = "lease_owner = 'gone/1/1', lease_expires_at = '2026-01-01T00:00:00+00:00', completed_at = NULL"
        database.execute(f"UPDATE core_backfills SET status = 'RUNNING', {gone}")
        database.execute(f"UPDATE core_workflow_runs SET status = 'RUNNING', {gone} WHERE partition_key LIKE '%-07%'")
    backfill = project.call("backfills", "list", "--json").json[0]["id"]
    resume = f"spine backfills resume {backfill}"
    for command in (("status",), ("runs", "list"), ("runs", "show", "latest"), ("backfills", "show", "latest")):
        shown = project.call(*command).out
        assert "spine runs re" not in shown
        if command != ("runs", "show", "latest"):
            assert shown.count(resume) == 1
    assert "prices: PENDING (process gone), 3 of 4 partitions done, 1 interrupted: " in project.call("status").out
    assert "  RUNNING (process gone)  " in shown
    run_id = next(run["run_id"] for run in project.call("runs", "list", "--json").json if run["is_abandoned"])
    assert f"its process has ended: {resume}\n" in project.call("runs", "show", run_id).out
    fixes = {row["fix"] for row in project.call("doctor", "--json").json if row["check"] in ("run", "backfill")}
    assert fixes == {resume}


def test_a_run_that_a_worker_executes_is_not_interrupted_when_the_process_of_its_backfill_is_gone(
    project: Project,
) -> None:
    project.call("backfill", "prices", *RANGE)
    with SQLiteAdapter(project.root / ".spine" / "spine.db") as database:
        database.execute(
            "UPDATE core_backfills SET status = 'RUNNING', completed_at = NULL, lease_owner = 'gone/1/1',"
            " lease_expires_at = '2026-01-01T00:00:00+00:00'"
        )
        database.execute(
            "UPDATE core_workflow_runs SET status = 'RUNNING', completed_at = NULL, lease_owner = ?,"
            " lease_expires_at = '2999-01-01T00:00:00+00:00' WHERE partition_key LIKE '%-07%'",
            (process_name(),),
        )
        database.execute(
            "UPDATE core_workflow_runs SET status = 'PENDING', completed_at = NULL, lease_owner = NULL"
            " WHERE partition_key LIKE '%-08%'"
        )
    shown = project.call("backfills", "show", "latest").out
    assert "2 of 4 partitions done, 1 running, 1 waiting\n" in shown
    assert "RUNNING (process gone)" not in shown
    assert "PENDING (process gone), 2 of 4 partitions done, 1 running, 1 waiting: " in project.call("status").out
    found = project.call("backfills", "show", "latest", "--json").json
    assert (found["is_abandoned"], found["waiting"], found["interrupted"]) == (True, 1, 0)
    assert [run["is_abandoned"] for run in found["runs"]] == [False] * 4


def test_a_backfill_that_is_asked_to_end_says_so(project: Project) -> None:
    begin(project, Lease(process_name(), 600))
    with SQLiteAdapter(project.root / ".spine" / "spine.db") as database:
        database.execute("UPDATE core_backfills SET cancel_requested_at = created_at")
    assert "RUNNING (cancelling)" in project.call("backfills", "list").out
    assert "RUNNING (cancelling)" in project.call("backfills", "show", "latest").out
