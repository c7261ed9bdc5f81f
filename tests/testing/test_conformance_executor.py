"""Each rule of the suite for executors fails for an executor that breaks it."""

from __future__ import annotations

import pytest

from tests.testing.suite_run import failures

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("executor suite")]  # its fixture runs a suite per class

HEAD = """
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import copy_context
from multiprocessing import get_context

from spine.core.errors import OrchestrationError
from spine.orchestration.executors.base import Task, call, check_open, check_workers
from spine.testing.conformance import executor_tasks
from spine.testing.conformance.executor import ExecutorConformance


def quick_context():
    context = get_context("forkserver")
    context.set_forkserver_preload(["spine.testing.conformance.executor_tasks"])
    return context


class Right:
    name = "right"
    in_process = True

    def __init__(self, max_workers):
        self.max_workers = check_workers(max_workers)
        self.pool = self.make_pool(max_workers)
        self.closed = False

    def make_pool(self, max_workers):
        return ThreadPoolExecutor(max_workers)

    def submit(self, task):
        check_open(self.closed, self.name)
        return self.pool.submit(copy_context().run, self.run, task.function, task.checked_arguments())

    def run(self, function, arguments):
        return call(function, arguments)

    def close(self):
        self.closed = True
        self.pool.shutdown(wait=True)


class Asked(Future):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def __getattribute__(self, name):
        asked = ("cancel", "cancelled", "running", "done", "result", "exception")
        return getattr(self.inner, name) if name in asked else super().__getattribute__(name)


class Outcome(Future):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        inner.add_done_callback(self.take)

    def take(self, inner):
        if inner.cancelled():
            return
        error = inner.exception()
        self.set_exception(error) if error else self.set_result(inner.result())

    def cancel(self):
        return self.inner.cancel()

    def cancelled(self):
        return self.inner.cancelled()


class Suite(ExecutorConformance):
    in_process = True
    runs_concurrently = True
    grace_seconds = 0.05

    def make_executor(self, max_workers):
        return self.Made(max_workers)


class TestRight(Suite):
    Made = Right
"""

WRONG = {
    "HasNoProperName": (
        """
    class Made(Right):
        name = "two words"
""",
        {"test_it_is_an_executor"},
    ),
    "DoesNotSayWhereItRuns": (
        """
    class Made(Right):
        in_process = False
""",
        {"test_the_class_says_where_tasks_run"},
    ),
    "IgnoresLimits": (
        """
    keeps_limits = True
    deadline_seconds = 2.0

    class Made(Right):
        pass
""",
        {"test_a_late_task_ends", "test_a_task_that_needs_too_much_memory_fails"},
    ),
    "ClaimsOtherWorkers": (
        """
    class Made(Right):
        def __init__(self, max_workers):
            super().__init__(max_workers)
            self.max_workers = 99
""",
        {"test_max_workers_is_what_was_asked_for"},
    ),
    "TakesNoWorkers": (
        """
    class Made(Right):
        def __init__(self, max_workers):
            super().__init__(max(max_workers, 1))
""",
        {"test_no_workers_are_refused"},
    ),
    "SortsArguments": (
        """
    class Made(Right):
        def run(self, function, arguments):
            return call(function, dict(sorted(arguments.items())))
""",
        {"test_arguments_arrive_as_they_were_given"},
    ),
    "ReturnsWhatTheFunctionDid": (
        """
    class Made(Right):
        def run(self, function, arguments):
            try:
                return function(**arguments)
            except SystemExit as error:
                raise OrchestrationError("left") from error
""",
        {"test_a_result_is_json_values", "test_a_result_that_json_cannot_hold_is_a_typed_error"},
    ),
    "TakesAnyArguments": (
        """
    class Made(Right):
        def submit(self, task):
            check_open(self.closed, self.name)
            return self.pool.submit(copy_context().run, self.run, task.function, task.arguments)
""",
        {"test_arguments_that_json_cannot_hold_are_refused", "test_a_task_has_arguments_of_its_own"},
    ),
    "MixesResultsUp": (
        """
    class Made(Right):
        def run(self, function, arguments):
            return call(function, {"number": 14} if arguments == {"number": 13} else arguments)
""",
        {"test_results_come_in_the_order_of_submission"},
    ),
    "WrapsErrors": (
        """
    class Made(Right):
        def run(self, function, arguments):
            try:
                return call(function, arguments)
            except Exception as error:
                raise RuntimeError(str(error)) from error
""",
        {
            "test_a_result_that_json_cannot_hold_is_a_typed_error",
            "test_an_error_arrives_with_its_type",
            "test_an_error_that_cannot_travel_arrives_as_what_is_known_of_it",
            "test_an_exit_ends_only_its_task",
        },
    ),
    "LetsExitsThrough": (
        """
    class Made(Right):
        def run(self, function, arguments):
            if function is executor_tasks.leave:
                raise SystemExit(3)
            return call(function, arguments)
""",
        {"test_an_exit_ends_only_its_task"},
    ),
    "ClosesOnce": (
        """
    class Made(Right):
        def close(self):
            check_open(self.closed, self.name)
            super().close()
""",
        {"test_close_is_harmless_twice"},
    ),
    "StaysOpen": (
        """
    class Made(Right):
        def close(self):
            self.pool.shutdown(wait=True)
            self.pool = self.make_pool(1)
""",
        {"test_a_closed_executor_takes_nothing_more"},
    ),
    "ClosesAtOnce": (
        """
    grace_seconds = 1.0

    class Made(Right):
        def close(self):
            self.closed = True
            self.pool.shutdown(wait=False)
""",
        {"test_close_waits_for_what_was_submitted", "test_close_completes_what_waits_for_a_worker"},
    ),
    "CancelsAtClose": (
        """
    grace_seconds = 1.0

    class Made(Right):
        def close(self):
            self.closed = True
            self.pool.shutdown(wait=True, cancel_futures=True)
""",
        {"test_close_completes_what_waits_for_a_worker"},
    ),
    "HidesCancelling": (
        """
    deadline_seconds = 2.0

    class Made(Right):
        def submit(self, task):
            return Outcome(super().submit(task))
""",
        {"test_wait_sees_a_cancelled_task"},
    ),
    "HidesTheEnd": (
        """
    deadline_seconds = 2.0

    class Made(Right):
        def submit(self, task):
            return Asked(super().submit(task))
""",
        {"test_wait_sees_a_cancelled_task", "test_the_first_of_several_can_be_waited_for"},
    ),
    "KeepsCancelledTasks": (
        """
    deadline_seconds = 2.0

    class Made(Right):
        def submit(self, task):
            outer = Future()
            def done(inner):
                if not outer.cancelled():
                    outer.set_exception(inner.exception()) if inner.exception() else outer.set_result(inner.result())
            super().submit(task).add_done_callback(done)
            return outer
""",
        {"test_a_task_that_waits_for_a_worker_can_be_cancelled", "test_wait_sees_a_cancelled_task"},
    ),
    "TakesTurns": (
        """
    deadline_seconds = 2.0

    class Made(Right):
        def make_pool(self, max_workers):
            return ThreadPoolExecutor(1)
""",
        {
            "test_the_first_of_several_can_be_waited_for",
            "test_tasks_run_at_the_same_time",
            "test_no_more_tasks_run_than_there_are_workers",
        },
    ),
    "RunsMoreThanItHasWorkers": (
        """
    grace_seconds = 1.0

    class Made(Right):
        def make_pool(self, max_workers):
            return ThreadPoolExecutor(99 if max_workers > 1 else 1)
""",
        {"test_no_more_tasks_run_than_there_are_workers"},
    ),
    "LosesTheContext": (
        """
    class Made(Right):
        def submit(self, task):
            check_open(self.closed, self.name)
            return self.pool.submit(self.run, task.function, task.checked_arguments())
""",
        {"test_a_task_sees_the_project_and_the_step"},
    ),
    "RefusesLambdas": (
        """
    class Made(Right):
        def submit(self, task):
            assert task.reference
            return super().submit(task)
""",
        {"test_a_lambda_runs_in_this_process_only"},
    ),
    "PicklesFunctions": (
        """
    in_process = False
    isolates_crashes = True

    class Made(Right):
        in_process = False

        def make_pool(self, max_workers):
            return ProcessPoolExecutor(max_workers, mp_context=quick_context())

        def submit(self, task):
            check_open(self.closed, self.name)
            return self.pool.submit(task.function, **task.checked_arguments())
""",
        {
            "test_a_result_is_json_values",
            "test_a_result_that_json_cannot_hold_is_a_typed_error",
            "test_an_error_that_cannot_travel_arrives_as_what_is_known_of_it",
            "test_an_exit_ends_only_its_task",
            "test_a_lambda_runs_in_this_process_only",
            "test_a_crash_is_a_retryable_error",
        },
    ),
    "ReturnsNoFuture": (
        """
    in_process = False
    runs_concurrently = False

    class Made(Right):
        in_process = False

        def submit(self, task):
            return super().submit(task).result()
""",
        {
            "test_max_workers_is_what_was_asked_for",
            "test_the_result_arrives_through_a_future",
            "test_arguments_arrive_as_they_were_given",
            "test_a_result_is_json_values",
            "test_a_result_that_json_cannot_hold_is_a_typed_error",
            "test_a_task_has_arguments_of_its_own",
            "test_results_come_in_the_order_of_submission",
            "test_an_error_arrives_with_its_type",
            "test_an_error_that_cannot_travel_arrives_as_what_is_known_of_it",
            "test_an_exit_ends_only_its_task",
            "test_a_closed_executor_takes_nothing_more",
            "test_a_lambda_runs_in_this_process_only",
        },
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_executors"), source)


def test_a_right_executor_passes(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_executor():
    from spine.testing.conformance.executor import ExecutorConformance

    rules = {name for name in vars(ExecutorConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
