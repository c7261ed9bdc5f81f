"""Schedules that captures, ends of runs, files and events trigger, on both databases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, frozen

from spine.app import Application, open_project
from spine.core.errors import ScheduleError
from spine.orchestration import WorkflowStatus, workflow_registry
from spine.orchestration.lease import Lease
from spine.orchestration.records import Batch
from spine.project import Project as OpenProject
from spine.scheduling.causes import caused
from spine.scheduling.file_watch import FileWatch
from spine.scheduling.lint import FindingKind, lint
from spine.scheduling.occurrence import Occurrences
from spine.scheduling.record import from_record
from spine.scheduling.schedule import Schedule
from spine.scheduling.scheduler import Scheduler
from spine.storage.retention import prune
from spine.storage.schedules.occurrences import SqlOccurrences, name_of_files
from spine.testing import FixedClock
from tests.projects import Project, wait_until

FLOWS = """
from spine import capture
from spine.orchestration import Static, Step, StepResult, Workflow, workflow_registry

def make(ctx, config):
    capture("raw", [{"n": ctx.get_param("n", 1)}], partition={"day": ctx.get_param("day", "d1")})

def told(ctx, config):
    return {"cause": dict(ctx.schedule.cause), "chain": list(ctx.schedule.chain)}

def fail(ctx, config):
    return StepResult.fail("broken")

for name, function, keys in (("make", make, ()), ("take", told, ("day",)), ("fail", fail, ()), ("other", told, ())):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", function)], partition_by=keys))

days = Static("day", ["d1", "d2", "d3"])
workflow_registry.register(Workflow("locked", [Step.lambda_("a", told)], partitions=days))
resolved = Workflow("resolved", [Step.lambda_("a", told)], resolve_params=lambda params: params)
workflow_registry.register(resolved)
"""


@define
class Service:
    """A project with a scheduler whose beats a test calls."""

    application: Application
    scheduler: Scheduler
    watch: FileWatch

    def run(self, workflow: str, **params: Any) -> str:
        result = OpenProject(self.application).run(workflow, params)
        return result.run_id

    def emit(self, name: str, key: str | None = None) -> bool:
        return bool(OpenProject(self.application).schedules.emit(name, key)["is_new"])

    def beat(self) -> list[tuple[str, str]]:
        """Decide and execute what is due; return the ticks, oldest first."""
        is_going = True
        while is_going:
            is_going = bool(self.scheduler.fire()) | self.scheduler.start_queued()
            wait_until(lambda: len(self.scheduler.pool) == 0)
        return [
            (tick.schedule_name, tick.status.value) for tick in reversed(self.application.schedules.history(limit=50))
        ]

    def newest(self) -> dict[str, Any]:
        runs = OpenProject(self.application).runs
        shown = runs.find("latest")
        [step] = runs.steps(shown["run_id"])
        return {"params": shown["params"], "partition": shown["partition_key"], **step["outputs"]}


@frozen
class LookedEarlier:
    """Occurrences that were counted before another scheduler decided some."""

    now: Occurrences

    def open_ticks(self, schedule_id: str) -> int:
        return 0

    def undecided(self, *arguments: Any) -> Any:
        return self.now.undecided(*arguments)

    def waiting(self) -> Any:
        return self.now.waiting()


def make_service(folder: Path, url: str, schedules: str) -> Iterator[Service]:
    project = Project(folder)
    project.write("flows.py", FLOWS)
    project.write("closed.csv", "2026-12-25\n")
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\ndatabase = "{url}"\n{schedules}')
    assert project.call("db", "upgrade").code == 0
    with open_project(folder) as application:
        scheduler = application.scheduler()
        watched = {
            name_of_files(record.id): str(record.definition.get("on_file"))
            for record in application.schedules.list_schedules()
        }
        yield Service(application, scheduler, FileWatch(folder, watched, SqlOccurrences(application.history)))
        scheduler.pool.park(10)


@pytest.fixture
def service(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, fixed_clock: FixedClock
) -> Iterator[Service]:
    yield from make_service(tmp_path, database_url, request.param)


def declared(schedules: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", [schedules], indirect=True)


TAKE = '[schedules.take]\nworkflow = "take"\non_capture = "raw"\nparams = { revision = "{revision}" }\n'


@declared(TAKE)
def test_each_new_revision_of_a_capture_starts_one_run_about_its_partition(
    service: Service, fixed_clock: FixedClock
) -> None:
    assert service.beat() == []
    fixed_clock.advance(1)
    service.run("make")
    assert service.beat() == [("take", "COMPLETED")]
    found = service.newest()
    assert (found["params"], found["partition"]) == ({"day": "d1", "revision": "1"}, {"day": "d1"})
    assert (found["cause"]["capture"], found["chain"]) == ("raw", ["take"])
    service.run("make")  # equal content is no revision
    assert len(service.beat()) == 1
    service.run("make", n=2)
    service.run("make", day="d2")
    assert service.beat() == [("take", "COMPLETED")] * 3


@declared(TAKE)
def test_what_was_captured_before_the_schedule_counts_or_while_it_was_paused_starts_nothing(
    service: Service, fixed_clock: FixedClock
) -> None:
    fixed_clock.advance(1)
    service.application.schedules.pause("take")
    service.run("make")
    fixed_clock.advance(1)
    service.application.schedules.resume("take", None)
    assert service.beat() == []
    fixed_clock.advance(1)
    service.run("make", n=2)
    assert service.beat() == [("take", "COMPLETED")]


@declared('[schedules.s]\nworkflow = "locked"\non_capture = "raw"\n')
def test_a_queued_tick_of_a_busy_partition_does_not_hold_up_those_behind_it(
    service: Service, fixed_clock: FixedClock
) -> None:
    pool, workflow = service.scheduler.pool, workflow_registry.get("locked")
    record = evolve(pool.runner.prepare(workflow, {"day": "d1"}), status=WorkflowStatus.RUNNING)
    busy = pool.runs.create(record, workflow.to_dict(), {}, Lease("other-host/1/1", 1_000_000))
    assert busy is not None
    fixed_clock.advance(1)
    for day in ("d1", "d2", "d3"):
        service.run("make", day=day)
        fixed_clock.advance(1)
    service.scheduler.fire()
    for _tick in range(2):
        service.scheduler.start_queued()
        wait_until(lambda: len(pool) == 0)
    states = [tick.status.value for tick in reversed(service.application.schedules.history("s"))]
    assert states == ["PENDING", "COMPLETED", "COMPLETED"]
    pool.runs.commit(Batch(busy.run_id, busy.fence, run=evolve(busy, status=WorkflowStatus.COMPLETED)))
    fixed_clock.advance(2)
    assert service.beat() == [("s", "COMPLETED")] * 3


@declared(TAKE + 'overlap = "queue"\n')
def test_a_revision_is_not_forgotten_before_the_run_about_it_has_ended(
    service: Service, fixed_clock: FixedClock
) -> None:
    captures = OpenProject(service.application).captures
    fixed_clock.advance(1)
    for number in (1, 2, 3):
        service.run("make", n=number)
        fixed_clock.advance(2 * 86_400)  # no scheduler ran
    assert captures.forget("raw", keep=1) == []
    service.scheduler.fire()  # one begins, the others wait for room
    wait_until(lambda: len(service.scheduler.pool) == 0)
    assert [made.revision for made in captures.forget("raw", keep=1)] == [1]
    assert service.beat() == [("take", "COMPLETED")] * 3
    assert [made.revision for made in captures.forget("raw", keep=1)] == [2]


@declared(
    '[schedules.after]\nworkflow = "other"\non_workflow = "fail"\nwhen = ["failed"]\nparams = { of = "{run_id}" }\n'
)
def test_the_end_of_a_run_starts_one_run_if_it_ended_as_asked(service: Service, fixed_clock: FixedClock) -> None:
    fixed_clock.advance(1)
    failed = service.run("fail")
    service.run("make")
    assert service.beat() == [("after", "COMPLETED")]
    assert service.newest()["params"] == {"of": failed}
    assert service.newest()["cause"] == {"run_id": failed, "outcome": "failed"}


@declared(
    '[alerts]\non_failure = "none"\n[schedules.after]\nworkflow = "other"\non_workflow = "fail"\nwhen = ["failed"]\n'
)
def test_a_run_is_not_pruned_before_the_schedule_after_it_has_looked(service: Service, fixed_clock: FixedClock) -> None:
    history = service.application.history
    fixed_clock.advance(1)
    failed = service.run("fail")
    fixed_clock.advance(10 * 86_400)  # no scheduler ran
    assert prune(history, fixed_clock.now())["core_workflow_runs"] == 0
    assert service.beat() == [("after", "COMPLETED")]
    assert service.newest()["cause"]["run_id"] == failed
    fixed_clock.advance(2 * 86_400)
    service.beat()
    assert prune(history, fixed_clock.now())["core_workflow_runs"] == 2


@declared('[schedules.after]\nworkflow = "other"\non_workflow = "make"\n')
def test_a_run_that_completed_is_no_failed_one(service: Service, fixed_clock: FixedClock) -> None:
    fixed_clock.advance(1)
    service.run("fail")
    assert service.beat() == []
    service.run("make")
    assert service.beat() == [("after", "COMPLETED")]


ON_WEEKDAYS = '[schedules.s]\nworkflow = "other"\non_event = "landed"\ncalendar = "{}"\n'
OWN_DAYS = ON_WEEKDAYS.format("own") + '[calendars.own]\ntype = "file"\npath = "closed.csv"\n'


def to_next(clock: FixedClock, weekday: int) -> None:
    clock.advance(86_400 * ((weekday - clock.now().weekday()) % 7 or 7))


@pytest.mark.parametrize("service", [ON_WEEKDAYS.format("weekdays"), OWN_DAYS], indirect=True, ids=["core", "own"])
def test_what_happens_on_a_day_that_the_calendar_closes_is_a_skipped_tick(
    service: Service, fixed_clock: FixedClock
) -> None:
    to_next(fixed_clock, 5)
    service.emit("landed", "on Saturday")
    wait_until(lambda: service.beat() == [("s", "SKIPPED")])
    [tick] = service.application.schedules.history(limit=9)
    assert str(tick.skip_reason).startswith(f"{fixed_clock.now():%Y-%m-%d} is no business day of calendar")
    to_next(fixed_clock, 4)
    service.emit("landed", "on Friday")
    to_next(fixed_clock, 5)  # no scheduler looked before
    wait_until(lambda: service.beat() == [("s", "SKIPPED"), ("s", "COMPLETED")])


@declared('[schedules.landed]\nworkflow = "other"\non_event = "landed"\nparams = { day = "{event_key}" }\n')
def test_an_event_starts_one_run_for_each_key(service: Service, fixed_clock: FixedClock) -> None:
    fixed_clock.advance(1)
    assert service.emit("landed", "2026-01-05")
    assert not service.emit("landed", "2026-01-05")
    assert service.emit("another", "2026-01-05")
    assert service.beat() == [("landed", "COMPLETED")]
    assert service.newest()["params"] == {"day": "2026-01-05"}
    assert service.emit("landed")
    assert service.emit("landed")
    assert len(service.beat()) == 3


@declared('[schedules.files]\nworkflow = "other"\non_file = "in/*.csv"\nparams = { path = "{file}" }\n')
def test_a_file_starts_one_run_when_it_no_longer_changes_and_its_content_is_new(
    service: Service, fixed_clock: FixedClock, tmp_path: Path
) -> None:
    fixed_clock.advance(1)
    files = Project(tmp_path)
    files.write("in/a.csv", "1")
    assert service.watch.look() == 0  # it may still grow
    files.write("in/a.csv", "12")
    assert service.watch.look() == 0
    assert service.watch.look() == 1
    assert service.watch.look() == 0
    assert service.beat() == [("files", "COMPLETED")]
    assert service.newest()["params"] == {"path": "in/a.csv"}
    files.write("in/same.csv", "12")
    files.write("in/b.txt", "3")
    assert [service.watch.look() for _ in range(3)] == [0, 0, 0]
    files.write("in/a.csv", "123")
    assert [service.watch.look() for _ in range(2)] == [0, 1]
    again = FileWatch(tmp_path, service.watch.patterns, service.watch.occurrences)  # another process
    assert [again.look() for _ in range(3)] == [0, 0, 0]
    assert service.beat() == [("files", "COMPLETED")] * 2


@declared('[schedules.files]\nworkflow = "other"\non_file = "in/*"\n')
def test_a_name_that_is_no_text_a_folder_and_a_file_that_vanishes_start_nothing(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "in" / "folder").mkdir(parents=True)
    (tmp_path / "in" / os.fsdecode(b"\xff.csv")).write_text("1")
    gone = Project(tmp_path).write("in/gone", "1")
    assert service.watch.look() == 0
    gone.unlink()
    assert service.watch.look() == 0


CYCLE = """
[schedules.one]
workflow = "make"
on_workflow = "take"
[schedules.two]
workflow = "take"
on_workflow = "make"
"""


@declared(CYCLE)
def test_a_cycle_of_triggers_ends_after_one_round_with_a_failed_tick_and_an_alert(
    service: Service, fixed_clock: FixedClock
) -> None:
    fixed_clock.advance(1)
    service.run("make")
    ticks = service.beat()
    fixed_clock.advance(1)
    assert ticks == service.beat() == [("two", "COMPLETED"), ("one", "COMPLETED"), ("two", "FAILED")]
    [tick] = service.application.schedules.history("two", limit=1)
    assert tick.error is not None
    assert "triggers form a cycle, and it ends here: two -> one -> two" in tick.error
    [alert] = [row for row in OpenProject(service.application).alerts.list() if "could not start" in row["title"]]
    assert alert["source"] == "take"


STORM = '[schedules.storm]\nworkflow = "other"\non_event = "landed"\nqueue_limit = 3\n'


@pytest.mark.slow
@declared(STORM)
def test_a_storm_fills_the_queue_no_further_than_its_limit_and_loses_nothing(
    service: Service, fixed_clock: FixedClock
) -> None:
    fixed_clock.advance(1)
    for number in range(30):
        service.emit("landed", str(number))
    service.scheduler.fire()
    assert len(service.application.schedules.history(limit=50)) == 4
    assert service.beat() == [("storm", "COMPLETED")] * 30


@declared(STORM)
def test_two_schedulers_that_looked_for_room_at_once_lose_nothing(service: Service, fixed_clock: FixedClock) -> None:
    fixed_clock.advance(1)
    record, scheduler = service.application.schedules.get("storm"), service.scheduler
    assert scheduler.occurrences is not None
    looked, started = LookedEarlier(scheduler.occurrences), []
    for first in (0, 4):
        for number in range(first, first + 4):
            service.emit("landed", str(number))
        firing = caused(record, from_record(record), looked, scheduler._runs, None, fixed_clock.now())
        assert firing is not None
        started += scheduler.store.fire([firing], scheduler.pool.runner.lease)
    for run_id in started:
        scheduler.pool.submit(run_id)
    assert service.beat() == [("storm", "COMPLETED")] * 8


@declared(STORM)
def test_the_time_since_which_a_schedule_looks_moves_on_and_starts_nothing_again(
    service: Service, fixed_clock: FixedClock
) -> None:
    fixed_clock.advance(1)
    service.emit("landed", "a")
    assert len(service.beat()) == 1
    for _day in range(3):
        fixed_clock.advance(86_400)
        service.beat()
    record = service.application.schedules.get("storm")
    assert record.last_tick_at is not None
    assert 86_000 < (fixed_clock.now() - record.last_tick_at).total_seconds() < 2 * 86_400 + 3600
    service.emit("landed", "b")
    assert len(service.beat()) == 2


@declared('[schedules.s]\nworkflow = "resolved"\non_event = "landed"\n')
def test_an_old_occurrence_is_not_lost_while_resolve_params_works(service: Service, fixed_clock: FixedClock) -> None:
    fixed_clock.advance(1)
    service.emit("landed")
    fixed_clock.advance(3 * 86_400)  # no scheduler ran
    wait_until(lambda: service.beat() == [("s", "COMPLETED")])


@declared(TAKE)
def test_an_occurrence_whose_tick_is_old_starts_nothing_after_a_prune_and_a_long_stop(
    service: Service, fixed_clock: FixedClock
) -> None:
    fixed_clock.advance(1)
    service.run("make")
    service.beat()
    [first] = service.application.schedules.history(limit=9)
    fixed_clock.advance(40 * 86_400)
    history, month = service.application.history, timedelta(days=30)
    for left in (["take"], []):  # the first beat moves the time since which the schedule looks
        prune(history, fixed_clock.now() - month)
        assert service.beat() == [(name, "COMPLETED") for name in left]
        assert all(tick.id == first.id for tick in service.application.schedules.history(limit=9))


@declared(STORM)
def test_a_tick_by_hand_has_no_values_of_an_occurrence(service: Service) -> None:
    assert OpenProject(service.application).schedules.trigger("storm").status.name in ("COMPLETED", "FAILED")
    with pytest.raises(ScheduleError, match="is no tick of schedule 'storm': it has none by time"):
        OpenProject(service.application).schedules.tick_of("other", "2026-01-05T06:00")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"on_event": "x", "cron": "@daily"}, "cannot be given together"),
        ({"on_event": ""}, "on_event is empty"),
        ({"on_event": "x", "when": "failed"}, "when belongs to on_workflow"),
        ({"on_workflow": "x", "when": "ended"}, "when 'ended' is not valid: use completed, unchanged, failed"),
        ({"on_event": "x", "params": {"a": "{file}"}}, "there is no value '{file}'"),
        ({"on_event": "x", "params": {"a": "{event_key:%Y}"}}, "is a text and has no format"),
        ({"on_event": "a\nb"}, "on_event"),
    ],
)
def test_triggers_that_cannot_be_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Exception) as caught:
        Schedule(name="s", workflow="w", **options)
    assert sentence in str(caught.value)


def test_lint_finds_cycles_of_ends_and_captures(fixed_clock: FixedClock) -> None:
    schedules = [
        Schedule(name="one", workflow="make", on_workflow="take"),
        Schedule(name="two", workflow="take", on_capture="raw"),
        Schedule(name="three", workflow="other", on_capture="raw"),
    ]
    found = lint(schedules, fixed_clock.now(), makers={"raw": ["make"]})
    assert [finding.kind for finding in found] == [FindingKind.CYCLE]
    assert found[0].text.endswith(("one -> two -> one", "two -> one -> two"))
    assert lint(schedules, fixed_clock.now()) == []


def test_lint_finds_a_schedule_that_ticks_only_on_closed_days(fixed_clock: FixedClock) -> None:
    schedule = Schedule(name="s", workflow="w", cron="0 6 * * SAT", calendar="weekdays")
    [finding] = lint([schedule], fixed_clock.now())
    assert finding.kind is FindingKind.CLOSED
    assert "each of its next" in finding.text
