"""Rules for every executor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from spine.core.errors import (
    ConfigError,
    OrchestrationError,
    RateLimitError,
    SourceNotFoundError,
    SpineError,
    ValidationError,
    categorize_error,
    get_retry_after,
    is_retryable,
)
from spine.core.errors import TimeoutError as SpineTimeoutError
from spine.core.names import validate_name
from spine.core.scope import current_scope
from spine.framework.work import Work, use_work
from spine.orchestration.executors.base import Executor, Limits, Task
from spine.orchestration.isolation.memory import MemoryLimitError
from spine.testing.conformance import executor_tasks as tasks
from spine.testing.conformance.gate import Gate


class ExecutorConformance:
    """Subclass it as `Test...`, define `make_executor`, and set the flags of the executor's capabilities.

    `in_process`: tasks run in this process, and see its project and step.
    `in_background`: `submit` returns before the task is done.
    `runs_concurrently`: several tasks run at once. Implies `in_background`.
    `isolates_crashes`: a task that ends its process fails alone, or with those in the same process.
    `keeps_limits`: a task's limits of time and memory hold, since it has a process of its own.

    A result that does not come within `deadline_seconds` is a fault; for `grace_seconds` the suite waits to check that
    something does not happen.
    """

    in_process = False
    in_background = False
    runs_concurrently = False
    isolates_crashes = False
    keeps_limits = False
    deadline_seconds = 60.0
    grace_seconds = 0.2

    def make_executor(self, max_workers: int) -> Executor:
        """Return a new executor with that many workers."""
        raise NotImplementedError("define make_executor(self, max_workers)")

    @contextmanager
    def executor(self, max_workers: int = 2) -> Iterator[Executor]:
        """Make an executor and close it at the end."""
        executor = self.make_executor(max_workers)
        try:
            yield executor
        finally:
            executor.close()

    def result(self, future: Future[Any]) -> Any:
        """Return the result of a future, or raise its error; a test fails if there is none in time."""
        self.wait(future)
        return future.result(0)

    def error(self, future: Future[Any]) -> BaseException | None:
        """Return the error of a future, None if it has a result."""
        self.wait(future)
        return future.exception(0)

    def wait(self, future: Future[Any]) -> None:
        assert isinstance(future, Future), "submit() must return a concurrent.futures.Future"
        try:
            future.exception(self.deadline_seconds)
        except TimeoutError:
            pytest.fail(
                f"a task was not done after {self.deadline_seconds} s: each future must get a result or an error"
            )

    def test_it_is_an_executor(self) -> None:
        """It has `name`, `max_workers`, `submit` and `close`, and its name follows the rule for names."""
        with self.executor() as executor:
            assert isinstance(executor, Executor), "define name, max_workers, submit() and close() in the class"
            validate_name(executor.name, "the executor's name")

    def test_the_class_says_where_tasks_run(self) -> None:
        """The class has `in_process = True` if tasks run in this process, otherwise False or no `in_process`."""
        with self.executor() as executor:
            said = getattr(type(executor), "in_process", False)
        assert said is self.in_process, f"write in_process = {self.in_process} in the class: workflows are checked"

    def test_max_workers_is_what_was_asked_for(self) -> None:
        """`max_workers` is the number of tasks that may run at once: as requested, or one if tasks take turns."""
        with self.executor(3) as executor:
            expected = 3 if self.runs_concurrently else 1
            assert executor.max_workers == expected, f"max_workers must be {expected} for an executor made with 3"

    def test_no_workers_are_refused(self) -> None:
        """`max_workers=0` raises a ConfigError when the executor is made, not when it is used."""
        error = _raised(lambda: self.make_executor(0).close())
        assert isinstance(error, ConfigError), f"max_workers=0 gave {error!r}: call check_workers() in __init__()"

    def test_the_result_arrives_through_a_future(self) -> None:
        """`submit` returns a `concurrent.futures.Future` with the function's result."""
        with self.executor() as executor:
            future = executor.submit(Task(tasks.square, {"number": 7}))
            assert self.result(future) == 49, "the future must have the function's result"

    def test_arguments_arrive_as_they_were_given(self) -> None:
        """Every kind of JSON value arrives unchanged: texts, large integers, nesting, the order of keys."""
        given = {
            "text": "é \u2028 \U0001f40d 007",
            "large": 12345678901234567890,
            "float": 0.1,
            "whole": 1.0,
            "none": None,
            "nested": {"b": [{"z": 1, "a": [True, False, []]}], "a": {}},
        }
        with self.executor() as executor:
            got = self.result(executor.submit(Task(tasks.give, given)))
        assert repr(got) == repr(given), "arguments and results must keep types, digits and the order of keys"

    def test_a_result_is_json_values(self) -> None:
        """A result that JSON converts arrives converted, from every executor: a tuple as a list."""
        with self.executor() as executor:
            got = self.result(executor.submit(Task(tasks.tuple_of, {"first": 1, "second": 2})))
        assert got == [1, 2], "return to_json_value(result): spine.orchestration.executors.base.call() does"
        assert isinstance(got, list), "return to_json_value(result): spine.orchestration.executors.base.call() does"

    @pytest.mark.parametrize("what", ["object", "nan", "deep"])
    def test_a_result_that_json_cannot_hold_is_a_typed_error(self, what: str) -> None:
        """It arrives as ValidationError, and the executor continues."""
        with self.executor() as executor:
            error = self.error(executor.submit(Task(tasks.no_json, {"what": what})))
            assert isinstance(error, ValidationError), "refuse it with to_json_value(): base.call() does"
            self.check_alive(executor)

    def test_arguments_that_json_cannot_hold_are_refused(self) -> None:
        """`submit` raises ValidationError for them, even if the function would accept them."""
        with self.executor() as executor:
            error = _raised(lambda: executor.submit(Task(tasks.give, {"value": object()})))
        refused = isinstance(error, ValidationError)
        assert refused, f"an object() gave {error!r}: submit() must call task.checked_arguments()"

    def test_a_task_has_arguments_of_its_own(self) -> None:
        """A task that changes its arguments does not change those of the caller."""
        items = [1]
        with self.executor() as executor:
            got = self.result(executor.submit(Task(tasks.change, {"items": items})))
        assert got == [1, 0], "the task must be able to change its own arguments"
        assert items == [1], "call the function with task.checked_arguments(), which is a copy"

    def test_results_come_in_the_order_of_submission(self) -> None:
        """Two hundred tasks complete, each future with its own result."""
        with self.executor(4) as executor:
            futures = [executor.submit(Task(tasks.square, {"number": number})) for number in range(200)]
            got = [self.result(future) for future in futures]
        assert got == [number * number for number in range(200)], "each future must have its own task's result"

    @pytest.mark.parametrize("how", ["rate limit", "not found", "value"])
    def test_an_error_arrives_with_its_type(self, how: str) -> None:
        """The future has the exception that the function raised: type, text, category, retryable flag, retry-after."""
        expected: Exception = {
            "rate limit": RateLimitError("slow down", retry_after=7),
            "not found": SourceNotFoundError("no such file: a.csv"),
            "value": ValueError("not a number: 'x'"),
        }[how]
        with self.executor() as executor:
            error = self.error(executor.submit(Task(tasks.fail, {"how": how})))
            assert type(error) is type(expected), "the error must arrive with its type, not wrapped"
            assert _verdict(error) == _verdict(expected), "text, category, retryable and retry_after must arrive too"
            self.check_alive(executor)

    @pytest.mark.parametrize("how", ["stubborn", "plain stubborn"])
    def test_an_error_that_cannot_travel_arrives_as_what_is_known_of_it(self, how: str) -> None:
        """An exception that cannot be unpickled arrives with its text, category and flag, and affects no other task."""
        expected = tasks.StubbornError if how == "stubborn" else tasks.PlainStubbornError
        with self.executor() as executor:
            error = self.error(executor.submit(Task(tasks.fail, {"how": how})))
            assert isinstance(error, (expected, SpineError)), "send its text if the exception cannot be pickled"
            assert "broken twice" in str(error), "the text of the error must arrive"
            same = _verdict(error)[1:] == _verdict(expected("broken", "twice"))[1:]
            assert same, "the category and the retryable flag of the error must arrive"
            self.check_alive(executor)

    def test_an_exit_ends_only_its_task(self) -> None:
        """`sys.exit()` in a task arrives as OrchestrationError that is not retryable, and the executor continues."""
        with self.executor() as executor:
            try:
                error = self.error(executor.submit(Task(tasks.leave, {"code": 3})))
            except SystemExit:
                pytest.fail("SystemExit came out of submit(): turn it into an OrchestrationError, as base.call() does")
            assert isinstance(error, OrchestrationError), (
                "turn SystemExit into an OrchestrationError, as base.call() does"
            )
            assert not is_retryable(error), "sys.exit() must not be retryable: it would be called again"
            self.check_alive(executor)

    def test_close_is_harmless_twice(self) -> None:
        """`close` works on an unused executor, and again on a closed one."""
        executor = self.make_executor(2)
        executor.close()
        error = _raised(executor.close)
        assert error is None, f"close() of a closed executor raised {error!r}: it must do nothing"

    def test_a_closed_executor_takes_nothing_more(self) -> None:
        """`submit` after `close` raises OrchestrationError."""
        executor = self.make_executor(2)
        self.check_alive(executor)
        executor.close()
        error = _raised(lambda: executor.submit(Task(tasks.square, {"number": 1})))
        refused = isinstance(error, OrchestrationError)
        assert refused, f"submit() after close() gave {error!r}: call check_open() first"

    def test_close_waits_for_what_was_submitted(self) -> None:
        """After `close`, the future of a task that was running is done."""
        self.need("in_background")
        with Gate() as gate:
            executor = self.make_executor(2)
            future = self.submit_waiting(executor, gate, "first")
            closing = Thread(target=executor.close, daemon=True)
            closing.start()
            closing.join(self.grace_seconds)
            early = not closing.is_alive()
            gate.open()
            closing.join(self.deadline_seconds)
            assert not early, "close() must wait for submitted tasks: shutdown(wait=True)"
            assert future.done(), "when close() returns, every future must be done"

    def test_a_task_that_waits_for_a_worker_can_be_cancelled(self, tmp_path: Path) -> None:
        """`cancel()` of a future whose task has not started is True; the task never runs, the others do."""
        self.need("in_background")
        file = tmp_path / "ran"
        with Gate() as gate, self.executor(1) as executor:
            first = self.submit_waiting(executor, gate, "first")
            others = [executor.submit(Task(tasks.square, {"number": number})) for number in range(10)]
            arguments = {"gate": gate.address, "name": "last", "file": str(file)}
            last = executor.submit(Task(tasks.wait_and_touch, arguments))
            cancelled, running = last.cancel(), first.cancel()
            gate.open()
            assert cancelled, "cancel() of a task that has not started must be True"
            assert last.cancelled(), "cancelled() of a cancelled future must be True"
            assert not running, "cancel() of a running task must be False: it cannot be undone"
            assert self.result(first) == "first", "the running task must continue"
            assert [self.result(other) for other in others][-1] == 81, "the other tasks must continue"
        assert not file.exists(), "a cancelled task must not run: pass cancel() on to the pool or queue with the task"

    def test_wait_sees_a_cancelled_task(self) -> None:
        """`concurrent.futures.wait` ends for a cancelled future, and its callbacks are called."""
        self.need("in_background")
        told: list[Future[Any]] = []
        with Gate() as gate, self.executor(1) as executor:
            self.submit_waiting(executor, gate, "first")
            queued = [executor.submit(Task(tasks.square, {"number": number})) for number in range(10)]
            queued[-1].add_done_callback(told.append)
            queued[-1].cancel()
            gate.open()
            waiting = wait(queued, self.deadline_seconds).not_done
        assert not waiting, "a cancelled future must be done for wait(): call set_running_or_notify_cancel()"
        assert told == [queued[-1]], "the callbacks of a cancelled future must be called, once"

    def test_the_first_of_several_can_be_waited_for(self) -> None:
        """`concurrent.futures.wait` returns when one task is done, while another one runs."""
        self.need("runs_concurrently")
        with Gate() as gate, Gate() as other, self.executor(2) as executor:
            first, second = executor.submit(_waiting(gate, "first")), executor.submit(_waiting(other, "second"))
            arrived = [gate.arrival(self.deadline_seconds), other.arrival(self.deadline_seconds)]
            gate.open()
            done = wait({first, second}, self.deadline_seconds, FIRST_COMPLETED).done
            other.open()
            assert arrived == ["first", "second"], "with two workers two tasks must start"
            assert done == {first}, "wait() must see the future that is done: call set_result() on the future itself"
            assert self.result(second) == "second", "the other task must continue"

    def test_close_completes_what_waits_for_a_worker(self) -> None:
        """Tasks not started before `close` run too; their futures have results."""
        self.need("in_background")
        with Gate() as gate:
            executor = self.make_executor(1)
            self.submit_waiting(executor, gate, "first")
            queued = [executor.submit(Task(tasks.square, {"number": number})) for number in range(10)]
            complete: list[bool] = []

            def close() -> None:
                executor.close()
                complete.extend(future.done() and not future.cancelled() for future in queued)

            closing = Thread(target=close, daemon=True)
            closing.start()
            closing.join(self.grace_seconds)
            gate.open()
            closing.join(self.deadline_seconds)
        assert complete == [True] * len(queued), (
            "close() must run submitted tasks: shutdown(wait=True), without cancel_futures"
        )

    def test_tasks_run_at_the_same_time(self) -> None:
        """Two tasks run at the same time with two workers."""
        self.need("runs_concurrently")
        with Gate() as gate, self.executor(2) as executor:
            futures = [executor.submit(_waiting(gate, name)) for name in ("a", "b")]
            arrived = [gate.arrival(self.deadline_seconds) for _ in futures]
            gate.open()
            assert set(arrived) == {"a", "b"}, "with two workers a second task must start while the first one runs"
            assert [self.result(future) for future in futures] == ["a", "b"], "both tasks must complete"

    def test_no_more_tasks_run_than_there_are_workers(self) -> None:
        """With two workers, a third task waits until one of them is free."""
        self.need("runs_concurrently")
        with Gate() as gate, self.executor(2) as executor:
            futures = [executor.submit(_waiting(gate, str(number))) for number in range(6)]
            arrived = [gate.arrival(self.deadline_seconds) for _ in range(2)]
            third = gate.arrival(self.grace_seconds)
            gate.open()
            assert None not in arrived, "with two workers two tasks must start"
            assert third is None, f"task {third} started while both workers were busy: never run more than max_workers"
            assert sorted(map(self.result, futures)) == list("012345"), "every task must complete"

    def test_a_task_sees_the_project_and_the_step(self) -> None:
        """Inside a task, `current_scope()` and `current_work()` are those of the caller of `submit`."""
        self.need("in_process")
        current_scope().provide(tasks.Marker, tasks.Marker())
        with self.executor() as executor, use_work(Work(run_id="run-1")):
            got = self.result(executor.submit(Task(tasks.look_around)))
        assert got == {"scope": True, "run": "run-1"}, "run the task in contextvars.copy_context()"

    def test_a_lambda_runs_in_this_process_only(self) -> None:
        """A lambda runs in the same process; otherwise `submit` refuses it with a hint."""
        with self.executor() as executor:
            if self.in_process:
                assert self.result(executor.submit(Task(lambda: 1))) == 1, "a lambda must run in its own process"
                return
            error = _raised(lambda: executor.submit(Task(lambda: 1)))
            refused = isinstance(error, OrchestrationError) and "top of a module" in str(error)
            assert refused, f"a lambda gave {error!r}: submit() must use task.reference, which refuses it"

    def test_a_crash_is_a_retryable_error(self) -> None:
        """A task whose process dies arrives as a retryable OrchestrationError, and the next task runs."""
        self.need("isolates_crashes")
        with self.executor(1) as executor:
            error = self.error(executor.submit(Task(tasks.die)))
            assert isinstance(error, OrchestrationError), "a dead worker must arrive as an OrchestrationError"
            assert is_retryable(error), "a dead worker must be retryable=True: the next process may succeed"
            self.check_alive(executor)

    def test_a_late_task_ends(self) -> None:
        """A task that takes longer than its limit arrives as a retryable TimeoutError, and the next task runs."""
        self.need("keeps_limits")
        with self.executor(1) as executor, Gate() as gate:  # opened before the executor is closed
            limits = Limits("the task", seconds=self.grace_seconds)
            error = self.error(executor.submit(Task(tasks.wait_at, _waiting(gate, "late").arguments, limits)))
            assert isinstance(error, SpineTimeoutError), f"a late task gave {error!r}: end it, and raise limits.late()"
            assert "the task took longer" in str(error), "raise limits.late(), which names the task"
            self.check_alive(executor)

    def test_a_task_that_needs_too_much_memory_fails(self) -> None:
        """A task that allocates more than its limit arrives as MemoryLimitError, and the next task runs."""
        self.need("keeps_limits")
        if sys.platform != "linux":
            pytest.skip("only Linux counts the allocations of a process")
        with self.executor(1) as executor:
            limits = Limits("the task", max_memory=tasks.LEAKED // 4)
            error = self.error(executor.submit(Task(tasks.leak, {}, limits)))
            assert isinstance(error, MemoryLimitError), f"a task that leaks gave {error!r}: pass limits to base.call()"
            assert not is_retryable(error), "it must not be retryable: it would need as much again"
            self.check_alive(executor)

    def submit_waiting(self, executor: Executor, gate: Gate, name: str) -> Future[Any]:
        """Submit a task that waits at the gate, and return after its arrival."""
        future = executor.submit(_waiting(gate, name))
        assert gate.arrival(self.deadline_seconds) == name, "a task must start while a worker is free"
        return future

    def check_alive(self, executor: Executor) -> None:
        """Fail unless the executor runs a task now."""
        assert self.result(executor.submit(Task(tasks.square, {"number": 3}))) == 9, "the next task must run"

    def need(self, flag: str) -> None:
        """Skip the test if the executor does not claim a capability."""
        if not getattr(self, flag) and not (flag == "in_background" and self.runs_concurrently):
            pytest.skip(f"{flag} is off")


def _waiting(gate: Gate, name: str) -> Task:
    return Task(tasks.wait_at, {"gate": gate.address, "name": name})


def _verdict(error: BaseException | None) -> tuple[Any, ...]:
    return (str(error), categorize_error(error), is_retryable(error), get_retry_after(error)) if error else ()


def _raised(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the rules name the types that they accept
        return error
    return None
