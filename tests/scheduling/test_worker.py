"""A worker on a real queue, a table of the project's database: what it executes, parks, refuses and gives back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from spine.app import Application, open_project
from spine.app.workers import definition_hashes, make_worker, submit_run
from spine.core.errors import ConfigError, DatabaseConnectionError, OrchestrationError, WorkflowError
from spine.orchestration import Step, Workflow, WorkflowRunner, WorkflowStatus, workflow_registry
from spine.orchestration.lease import Lease
from spine.orchestration.run_queue import QUEUE_LEASE, QueueWorker
from spine.orchestration.run_store import run_store
from spine.orchestration.stop import StopReason
from spine.scheduling.worker import Worker
from spine.storage.workers import Workers
from spine.testing import FixedClock
from tests.projects import DEADLINE_SECONDS, Project, wait_until
from tests.scheduling.table_queue import jobs, make_project
from tests.storage.records import RUN, create

FLOWS = """
import threading
from spine.orchestration import Step, Workflow, workflow_registry

BEGUN, GO, RAN = threading.Event(), threading.Event(), []

def note(context, config):
    RAN.append((context.run_id, config["step"]))

def slow(context, config):
    note(context, config)
    BEGUN.set()
    assert GO.wait(600)

def fail(context, config):
    raise ValueError("no")

def step(name, function):
    return Step.lambda_(name, function, config={"step": name})

def refuse(params, tick=None):
    raise LookupError("no week")

for workflow in (
    Workflow("quick", [step("q", note)]),
    Workflow("slow", [step("a", slow), step("b", note)]),
    Workflow("failing", [step("f", fail)]),
    Workflow("large", [step("l", note)], queue="gpu", priority=7),
    Workflow("limited", [step("l", slow)], limits={"feed": 1}),
    Workflow("unresolved", [step("u", note)], resolve_params=refuse),
):
    workflow_registry.register(workflow)
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str, installed_plugin: Any) -> Project:
    """A project whose executor is the queue, once for each dialect."""
    return make_project(tmp_path / "project", installed_plugin, database_url, FLOWS)


@pytest.fixture
def application(project: Project) -> Iterator[Application]:
    with open_project(project.root) as found:
        yield found


def flows() -> Any:
    import flows  # type: ignore[import-not-found]  # of the open project

    return flows


def submit(application: Application, name: str, **params: Any) -> str:
    return submit_run(application, application.runner(), workflow_registry.get(name), params, None, None)


def status(run_id: str) -> WorkflowStatus:
    run = run_store().get_run(run_id)
    assert run is not None
    return run.status


@contextmanager
def working(worker: Worker, grace_seconds: float = DEADLINE_SECONDS) -> Iterator[list[Any]]:
    """Let a worker work inside the block; the list has what `run` returned, or raised, after it."""
    stop, ends = threading.Event(), []

    def serve() -> None:
        try:
            ends.append(worker.run(stop, grace_seconds))
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=copy_context().run, args=(serve,))
    thread.start()
    try:
        yield ends
    finally:
        stop.set()
        thread.join()


def test_it_executes_the_runs_of_its_queues_and_of_no_others(application: Application) -> None:
    quick, large = submit(application, "quick"), submit(application, "large")
    with working(make_worker(application, ["gpu"], 1)) as ends:
        wait_until(lambda: status(large) is WorkflowStatus.COMPLETED)
    assert ends == [True]
    assert status(quick) is WorkflowStatus.PENDING
    with working(make_worker(application, [], 2)):
        wait_until(lambda: status(quick) is WorkflowStatus.COMPLETED)
    assert jobs(application.adapter) == []


def test_a_run_that_fails_is_done_and_does_not_come_again(application: Application) -> None:
    run_id = submit(application, "failing")
    with working(make_worker(application, [], 1)):
        wait_until(lambda: jobs(application.adapter) == [])
    assert status(run_id) is WorkflowStatus.FAILED


def test_it_lives_while_it_works_and_tells_what_it_does(application: Application) -> None:
    run_id = submit(application, "slow")
    workers = Workers(application.history)
    with working(make_worker(application, [], 1)) as ends:
        wait_until(lambda: [row["runs"] for row in workers.living()] == [[run_id]])
        [row] = workers.living()
        assert (row["queues"], row["concurrency"], row["executor"]) == (["default", "gpu"], 1, "table")
        assert row["workflows"] == definition_hashes()
        flows().GO.set()
    assert ends == [True]
    assert workers.living() == []


@pytest.mark.slow
def test_at_its_stop_runs_park_after_their_step_and_another_worker_goes_on(application: Application) -> None:
    run_id = submit(application, "slow")
    worker = make_worker(application, [], 1)
    with working(worker) as ends:
        assert flows().BEGUN.wait(DEADLINE_SECONDS)
        waiter = threading.Thread(target=lambda: (worker.stopping.wait(DEADLINE_SECONDS), flows().GO.set()))
        waiter.start()
    waiter.join()
    assert (ends, status(run_id), len(worker)) == ([True], WorkflowStatus.PENDING, 0)
    with working(make_worker(application, [], 1)):
        wait_until(lambda: status(run_id) is WorkflowStatus.COMPLETED)
    assert [(run_id, "a"), (run_id, "b")] == flows().RAN


def test_a_run_that_does_not_stop_within_the_grace_is_left_pending_and_the_worker_is_gone(
    application: Application,
) -> None:
    run_id = submit(application, "slow")
    with working(make_worker(application, [], 1), grace_seconds=0.1) as ends:
        assert flows().BEGUN.wait(DEADLINE_SECONDS)
    assert (ends, status(run_id)) == ([False], WorkflowStatus.PENDING)
    assert (run := run_store().get_run(run_id)) is not None
    assert (run.lease_owner, run.execution.crashes) == (None, 0)
    assert Workers(application.history).living() == []
    flows().GO.set()  # its step can commit nothing
    wait_until(lambda: jobs(application.adapter) == [])


def test_a_run_of_another_definition_is_refused_once_aloud_and_stays_for_others(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    mine = workflow_registry.get("quick")
    other = Workflow("quick", [*mine.steps, flows().step("more", flows().note)])
    workflow_registry.register(other, replace=True)
    run_id = submit(application, "quick")
    workflow_registry.register(mine, replace=True)
    worker = make_worker(application, [], 1)
    with caplog.at_level(logging.INFO, "spine.scheduling"):
        for _ in range(2):
            worker.execute(run_id)
            assert (run := run_store().get_run(run_id)) is not None
            assert (run.status, run.lease_owner) == (WorkflowStatus.PENDING, "queue")
    [said] = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert said.startswith(f"run {run_id} is left to another worker: this process has another definition of workflow ")
    workflow_registry.register(other, replace=True)
    worker.execute(run_id)
    assert status(run_id) is WorkflowStatus.COMPLETED


def test_a_run_that_nobody_has_the_code_of_is_enqueued_less_and_less_often(
    project: Project, fixed_clock: FixedClock
) -> None:
    """A thousand runs that a deployment left behind must not keep the workers from the others."""
    with open_project(project.root) as application:
        run_id = submit(application, "quick")
        workflow_registry.clear()
        worker, pauses = make_worker(application, [], 1), []
        for _ in range(62):
            worker.execute(run_id)
            assert Workers(application.history).waiting()[0]["runs"] == 1
            assert run_store().abandoned() == []
            run = run_store().get_run(run_id)
            assert run is not None
            assert run.lease_expires_at is not None
            pauses.append((run.lease_expires_at - fixed_clock.now()).total_seconds())
            fixed_clock.advance(pauses[-1])
            run_store().hand_over(run_id, worker.queue)
        assert pauses == [*range(1, 60), 60, 60, 60]


def test_a_run_of_a_workflow_that_it_has_not_is_left_too(application: Application) -> None:
    run_id = submit(application, "quick")
    kept = workflow_registry.get("quick")
    workflow_registry.clear()
    worker = make_worker(application, [], 1)
    assert worker.queues == ["default"]  # a worker without any workflow executes nothing, and breaks nothing
    worker.execute(run_id)
    assert status(run_id) is WorkflowStatus.PENDING
    workflow_registry.register(kept)
    worker.execute(run_id)
    assert status(run_id) is WorkflowStatus.COMPLETED


def test_a_child_run_that_its_parent_left_is_ended_whatever_its_code(application: Application) -> None:
    ended = evolve(RUN, status=WorkflowStatus.FAILED, run_id="above")
    create(run_store(), ended)
    child = create(run_store(), evolve(RUN, run_id="below", parent_run_id="above", workflow_name="inner"))
    run_store().release("below", child.fence)
    worker = make_worker(application, [], 1)
    run_store().hand_over("below", worker.queue)
    worker.execute("below")
    assert status("below") is WorkflowStatus.CANCELLED


@pytest.mark.slow
def test_a_run_whose_limit_is_reached_is_given_back_and_comes_again(application: Application) -> None:
    first, second = (submit(application, "limited") for _ in range(2))
    with working(make_worker(application, [], 2)):
        wait_until(lambda: len(flows().RAN) == 1)
        wait_until(lambda: jobs(application.adapter) != [] and len(jobs(application.adapter)) == 1)
        [done] = {run_id for run_id, _step in flows().RAN}
        [waits] = {first, second} - {done}
        flows().GO.set()
        wait_until(lambda: status(waits) is WorkflowStatus.COMPLETED)
    assert status(done) is WorkflowStatus.COMPLETED


def test_the_error_with_which_the_queue_ended_is_raised_after_its_runs_have_parked(application: Application) -> None:
    run_id = submit(application, "slow")
    worker = make_worker(application, [], 1)
    with working(worker) as ends:
        assert flows().BEGUN.wait(DEADLINE_SECONDS)
        flows().GO.set()
        worker.queue.ends_with = LookupError("no queue")  # type: ignore[attr-defined]
        wait_until(lambda: bool(ends))
    assert [type(end) for end in ends] == [LookupError]
    assert status(run_id) in (WorkflowStatus.PENDING, WorkflowStatus.COMPLETED)


def test_runs_of_a_queue_that_ended_at_once_have_their_grace(application: Application) -> None:
    """The queue's own threads go on although `work` raised."""

    class Broken:
        name = "broken"

        def enqueue(self, *_how: Any) -> None:
            raise AssertionError

        def work(self, worker: QueueWorker) -> None:
            thread = threading.Thread(target=copy_context().run, args=(worker.execute, run_id))
            thread.start()
            assert flows().BEGUN.wait(DEADLINE_SECONDS)
            threading.Thread(target=lambda: (worker.stopping.wait(600), flows().GO.set())).start()
            raise LookupError("no queue")

    run_id = submit(application, "slow")
    worker = make_worker(application, [], 1)
    worker.queue = Broken()  # type: ignore[assignment]  # has other arguments
    with working(worker) as ends:
        wait_until(lambda: bool(ends))
    assert [type(end) for end in ends] == [LookupError]
    assert status(run_id) is WorkflowStatus.PENDING
    assert (run := run_store().get_run(run_id)) is not None
    assert run.execution.crashes == 0


def test_a_job_that_was_taken_while_the_database_is_away_comes_again(application: Application) -> None:
    """As is the job of a worker that was killed before it had the lease."""
    run_id = submit(application, "quick")
    worker, tries = make_worker(application, [], 1), []

    def before(_run_id: str) -> None:
        tries.append(run_id)
        if len(tries) == 1:
            raise DatabaseConnectionError("away")

    worker.queue.before = before  # type: ignore[attr-defined]
    with working(worker):
        wait_until(lambda: status(run_id) is WorkflowStatus.COMPLETED)
        wait_until(lambda: jobs(application.adapter) == [])
    assert len(tries) == 2


def test_the_job_of_a_run_that_was_pruned_is_dropped(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    make_worker(application, [], 1).execute("gone")
    assert "no run 'gone'" in caplog.text
    assert "its job is dropped" in caplog.text


def test_the_job_of_a_run_that_was_cancelled_in_the_queue_is_done(application: Application) -> None:
    run_id = submit(application, "quick")
    assert application.runner().cancel(run_id).status is WorkflowStatus.CANCELLED  # at once: nobody executes it
    make_worker(application, [], 1).execute(run_id)
    assert (status(run_id), flows().RAN) == (WorkflowStatus.CANCELLED, [])


def test_a_second_job_of_a_run_that_goes_on_here_is_done(application: Application) -> None:
    run_id = submit(application, "slow")
    worker = make_worker(application, [], 1)
    with working(worker):
        assert flows().BEGUN.wait(DEADLINE_SECONDS)
        worker.execute(run_id)
        assert [(run_id, "a")] == flows().RAN
        flows().GO.set()
        wait_until(lambda: status(run_id) is WorkflowStatus.COMPLETED)


def test_the_job_of_a_run_that_was_enqueued_again_before_its_end_here_comes_again(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was released, and recovered, before the thread of its last step returned; its job must not be lost."""
    run_id = submit(application, "slow")
    worker = make_worker(application, [], 1)
    errors: list[BaseException] = []
    proceed = worker.runner.proceed

    def slowly(*arguments: Any, **options: Any) -> Any:
        result = proceed(*arguments, **options)
        if result.status is WorkflowStatus.PENDING and not errors:
            run_store().hand_over(run_id, worker.queue)
            with pytest.raises(OrchestrationError, match="is about to end in this process") as caught:
                worker.execute(run_id)
            errors.append(caught.value)
        return result

    monkeypatch.setattr(WorkflowRunner, "proceed", lambda _self, *args, **kwargs: slowly(*args, **kwargs))
    with working(worker):
        assert flows().BEGUN.wait(DEADLINE_SECONDS)
        worker._going[run_id].request(StopReason.PARK)
        flows().GO.set()
        wait_until(lambda: status(run_id) is WorkflowStatus.COMPLETED)
    assert len(errors) == 1


@pytest.mark.slow
def test_a_request_to_park_leaves_the_run_to_the_next_job(application: Application, project: Project) -> None:
    run_id = submit(application, "slow")
    with working(make_worker(application, [], 1)):
        assert flows().BEGUN.wait(DEADLINE_SECONDS)
        assert project.call("runs", "park", run_id).code == 0
        assert (asked := run_store().get_run(run_id)) is not None
        assert asked.park_requested_at is not None
        flows().GO.set()
        wait_until(lambda: status(run_id) is WorkflowStatus.COMPLETED)
    assert [(run_id, "a"), (run_id, "b")] == flows().RAN


def test_a_run_in_the_queue_cannot_be_parked(application: Application, project: Project) -> None:
    run_id = submit(application, "quick")
    outcome = project.call("runs", "park", run_id)
    assert outcome.code == 1
    assert outcome.err == f"Error: run {run_id} is in the queue: only a run that a process executes can be parked\n"


@pytest.mark.slow
def test_a_worker_recovers_runs_whose_process_died(application: Application) -> None:
    run_id = submit(application, "quick")
    worker = make_worker(application, [], 1)
    taken = run_store().acquire(run_id, Lease("elsewhere/1/1", 0.0, handed_by=QUEUE_LEASE.owner))
    assert taken is not None
    application.adapter.execute("DELETE FROM jobs")
    with working(worker):
        wait_until(lambda: status(run_id) is WorkflowStatus.COMPLETED)


def test_of_many_runs_each_is_executed_once(application: Application) -> None:
    run_ids = [submit(application, "quick") for _ in range(20)]
    with working(make_worker(application, [], 3)):
        wait_until(lambda: jobs(application.adapter) == [])
    assert sorted(run_id for run_id, _step in flows().RAN) == sorted(run_ids)
    assert {status(run_id) for run_id in run_ids} == {WorkflowStatus.COMPLETED}


def test_a_workflow_whose_parameters_cannot_be_resolved_is_not_enqueued(application: Application) -> None:
    with pytest.raises(Exception, match="no week"):
        submit(application, "unresolved")
    assert jobs(application.adapter) == []
    assert application.adapter.query("SELECT run_id FROM core_workflow_runs") == []


def test_a_workflow_that_no_other_process_can_find_is_refused(application: Application) -> None:
    lone = Workflow("lone", [Step.lambda_("a", lambda _context, _config: None)])
    with pytest.raises(WorkflowError, match=r"'lone' is not registered as it is, .* register it in a module"):
        submit_run(application, application.runner(), lone, {}, None, None)
    assert jobs(application.adapter) == []


def test_an_executor_without_a_queue_is_refused(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.write("spine.toml", "[spine]\n")
    with open_project(tmp_path) as application:
        with pytest.raises(ConfigError, match=r"scheduler\.executor: 'threads' has no queue for workers: set it to "):
            make_worker(application, [], 1)
        assert application.adapter.query("SELECT * FROM core_workers") == []
