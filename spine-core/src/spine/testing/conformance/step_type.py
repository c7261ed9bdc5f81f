"""Rules for every step type."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from spine.core.classification import ErrorCategory
from spine.core.clock import Clock, utc_now
from spine.core.errors import ConfigError
from spine.core.jsonvalue import to_json_value
from spine.core.scope import Scope, current_scope, use_scope
from spine.db.sqlite import SQLiteAdapter
from spine.framework.work import Work, use_work
from spine.orchestration import (
    Step,
    StepResult,
    StepStatus,
    Workflow,
    WorkflowContext,
    WorkflowResult,
    WorkflowRunner,
)
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import RunStore
from spine.orchestration.steptypes.base import StepTypeHandler
from spine.plugins.catalog import current_catalog
from spine.storage.history import History
from spine.storage.migrate import ensure_schema
from spine.storage.runs.store import SqlRunStore
from spine.testing.clock import FixedClock
from spine.testing.step_services import step_services

_MOST_WAITS = 100


class StepTypeConformance:
    """Subclass it as `Test...`, define `make_step`, and set the flags of the step type's capabilities.

    `has_options`: its descriptor names a config class, and its steps are built with `Step.of`.
    `can_fail`: `make_failing_step` returns a step that fails.
    `waits`: `make_waiting_step` returns a step that returns StepResult.wait, `make_overdue_step` one that then fails.
    `leaves_traces`: its steps change something outside of the run, which `traces` returns; a dry run does not.
    """

    has_options = False
    can_fail = False
    waits = False
    leaves_traces = False

    def make_step(self, name: str) -> Step:
        """Return a step of this type that succeeds, made of functions at the top of a module."""
        raise NotImplementedError("define make_step(self, name)")

    def make_failing_step(self, name: str) -> Step:
        """Return a step of this type that fails when it is executed."""
        raise NotImplementedError("can_fail is on: define make_failing_step(self, name)")

    def make_waiting_step(self, name: str) -> Step:
        """Return a step of this type that waits, once or several times, and then succeeds."""
        raise NotImplementedError("waits is on: define make_waiting_step(self, name)")

    def make_overdue_step(self, name: str) -> Step:
        """Return a step of this type that waits, once or several times, and then fails."""
        raise NotImplementedError("waits is on: define make_overdue_step(self, name)")

    def following_steps(self) -> Sequence[Step]:
        """Return the steps that follow the one of `make_step`."""
        return ()

    def make_context(self) -> WorkflowContext:
        """Return the context of the step: parameters, and the outputs of earlier steps."""
        return WorkflowContext.create("conformance")

    def traces(self) -> Any:
        """Return the changes by steps of this type outside of the run, in a form that can be compared."""
        raise NotImplementedError("leaves_traces is on: define traces(self)")

    def test_the_catalog_has_the_type(self) -> None:
        """A plugin provides the type, and its class has `execute` and a constructor without arguments."""
        assert callable(getattr(self.handler(), "execute", None)), "give the class an execute(step, context, services)"

    def test_a_step_succeeds_with_a_step_result(self) -> None:
        """`execute` returns a StepResult that is a success."""
        result = self.execute(self.make_step("one"))
        assert isinstance(result, StepResult), f"execute() returned {type(result).__name__}: return StepResult.ok(...)"
        assert result.success, f"the step of make_step() must succeed, but failed: {result.error}"

    def test_the_output_is_json_values(self) -> None:
        """A step's output and context updates are stored as JSON, so they must be JSON."""
        result = self.execute(self.make_step("one"))
        for what, values in (("output", result.output), ("context updates", result.context_updates)):
            assert isinstance(values, dict), f"the {what} must be a dict"
            assert to_json_value(values, what) == values, f"the {what} must hold JSON values only, such as lists"

    def test_nothing_that_it_was_given_changes(self) -> None:
        """`execute` does not change the context and the step."""
        step, context = self.make_step("one"), self.make_context()
        before = json.dumps([step.to_dict(), context.to_dict()])
        self.execute(step, context)
        same = json.dumps([step.to_dict(), context.to_dict()]) == before
        assert same, "execute() changed its step or context: return new values as output or context updates"

    def test_no_state_stays_between_steps(self) -> None:
        """`execute` does not change the handler and its class."""
        handler = self.handler()
        before = _state(handler)
        self.execute(self.make_step("one"), handler=handler)
        assert _state(handler) == before, "keep no state on the handler or its class: another run may use it next"

    def test_two_steps_of_the_type_run_in_one_workflow(self) -> None:
        """A workflow with two steps of the type runs both."""
        steps = [self.make_step("one"), *self.following_steps(), self.make_step("two")]
        result = self.run(self.workflow(steps), MemoryRunStore())
        assert result.error is None, f"two steps of the type failed: {result.error}"
        ran = [name for name in result.completed_steps if name in ("one", "two")]
        assert ran == ["one", "two"], "each of two steps of the type must run once"

    def test_it_runs_with_a_history_in_memory(self) -> None:
        """The runner completes a workflow with the step and keeps its output."""
        self.check_history(MemoryRunStore())

    def test_it_runs_with_a_history_in_a_database(self, tmp_path: Path) -> None:
        """The runner completes it with a history in SQLite too."""
        self.check_history(self.database(tmp_path))

    def test_a_step_that_completed_runs_again(self) -> None:
        """A run that is resumed from a step executes that step again, in another attempt."""
        store, workflow = MemoryRunStore(), self.workflow([self.make_step("one"), *self.following_steps()])
        first = self.run(workflow, store)
        assert first.error is None, f"the run failed: {first.error}"
        again = WorkflowRunner(store=store).resume(first.run_id, workflow, from_step="one")
        assert again.error is None, f"the step succeeded, but failed when it ran again: {again.error}"
        attempts = [record.attempt for record in store.list_steps(first.run_id) if record.step_name == "one"]
        assert attempts == [1, 2], "the step must have run twice"

    def test_a_step_that_waits_goes_on(self, tmp_path: Path) -> None:
        """A step that returns StepResult.wait is executed again at its wake time, and is still one attempt."""
        self.need("waits")
        for store in (MemoryRunStore(), self.database(tmp_path)):
            result = self.run_and_wait(self.make_waiting_step("one"), store)
            assert result.error is None, f"the step of make_waiting_step() must succeed, but failed: {result.error}"

    def test_a_step_that_waited_may_fail(self, tmp_path: Path) -> None:
        """A step that waited fails like any other, with a text and a category, and the run fails at it."""
        self.need("waits")
        for store in (MemoryRunStore(), self.database(tmp_path)):
            result = self.run_and_wait(self.make_overdue_step("one"), store)
            assert result.error_step == "one", "the step of make_overdue_step() must fail after its wait"
            assert result.error, "a failure must name its cause"

    def test_a_failure_has_a_category(self) -> None:
        """A failing step raises an error, or returns StepResult.fail with a text and a category."""
        self.need("can_fail")
        step = self.make_failing_step("one")
        raised, result = None, None
        try:
            result = self.execute(step)
        except Exception as error:  # noqa: BLE001 - the runner gives any error its category
            raised = error
        if raised is None:
            assert isinstance(result, StepResult), "raise an error, or return StepResult.fail(error)"
            assert not result.success, "the step of make_failing_step() must fail"
            assert result.error, "a failure must name its cause: StepResult.fail(error)"
            known = {category.value for category in ErrorCategory}
            assert result.error_category in known, "a failure must have a category: StepResult.fail(error)"
        ended = self.run(self.workflow([step, *self.following_steps()]), MemoryRunStore())
        assert ended.error_step == "one", "the run must fail at the failing step"

    def test_the_definition_survives_json(self) -> None:
        """`Workflow.from_dict(to_dict())` returns a workflow with the same definition and behaviour."""
        workflow = self.workflow([self.make_step("one"), *self.following_steps()])
        again = Workflow.from_dict(json.loads(json.dumps(workflow.to_dict())))
        assert again.to_dict() == workflow.to_dict(), "the step must be its name, its config, and functions of modules"
        first, second = (self.run(each, MemoryRunStore()) for each in (workflow, again))
        assert second.completed_steps == first.completed_steps, "a step read from JSON must run the same"

    def test_the_options_are_an_attrs_class(self) -> None:
        """The config class that the descriptor names is an attrs class, and every option has a help text."""
        self.need("has_options")
        silent = [field.name for field in self.options() if not field.metadata.get("help")]
        assert not silent, f'options without help: {silent}: write field(metadata={{"help": "..."}})'

    def test_an_unknown_option_is_refused_when_the_step_is_built(self) -> None:
        """`Step.of` with a misspelt option raises a ConfigError with a did-you-mean."""
        self.need("has_options")
        step, option = self.make_step("one"), self.options()[0].name
        given = {**step.config_values(), f"{option}x": 1}
        with pytest.raises(ConfigError, match=f"did you mean '{option}'"):
            Step.of(step.kind, name="one", **given)

    def test_a_dry_run_leaves_nothing_behind(self) -> None:
        """A dry run completes, and changes nothing outside of the run, unlike a real run."""
        workflow = self.workflow([self.make_step("one"), *self.following_steps()])
        before = self.traces() if self.leaves_traces else None
        result = self.run(workflow, None, dry_run=True)
        assert result.error is None, f"a dry run must complete, but failed: {result.error}"
        if self.leaves_traces:
            assert self.traces() == before, "let `preview` change nothing"
            self.run(workflow, MemoryRunStore())
            assert self.traces() != before, "leaves_traces is on, but a run changed nothing: turn it off"

    def workflow(self, steps: Sequence[Step]) -> Workflow:
        """Return a workflow of the steps."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about targets that make_step() names and following_steps() does not have
            return Workflow("conformance", steps)

    def run(self, workflow: Workflow, store: RunStore | None, *, dry_run: bool = False) -> WorkflowResult:
        """Run a workflow in the context of `make_context`."""
        return WorkflowRunner(store=store, dry_run=dry_run).execute(workflow, context=self.make_context())

    def execute(
        self, step: Step, context: WorkflowContext | None = None, *, handler: StepTypeHandler | None = None
    ) -> StepResult:
        """Execute one step as the runner does, without processing the result."""
        context = context or self.make_context()
        services = step_services(context)
        with use_work(Work(run_id=context.run_id, workflow="conformance", step=step.name, outputs=context.outputs)):
            return (handler or self.handler()).execute(step, context, services)

    def run_and_wait(self, step: Step, store: RunStore) -> WorkflowResult:
        """Run a workflow with a step that waits: time passes at once, and each wait ends in a new runner."""
        clock, scope = FixedClock(utc_now()), Scope(current_scope())
        scope.provide(Clock, clock)  # type: ignore[type-abstract]  # a protocol is the key
        workflow = self.workflow([step, *self.following_steps()])
        with use_scope(scope, process_wide=True):
            result = WorkflowRunner(store=store, park_waits=True).execute(workflow, context=self.make_context())
            waits = 0
            while result.wake_at is not None and waits < _MOST_WAITS:
                clock.set(max(result.wake_at, clock.now()))
                result = WorkflowRunner(store=store, park_waits=True).resume(result.run_id, workflow)
                waits += 1
        assert waits, f"the step must return StepResult.wait(...): {result.error}"
        assert result.wake_at is None, f"the step still waits after {_MOST_WAITS} times"
        attempts = [record.attempt for record in store.list_steps(result.run_id) if record.step_name == "one"]
        assert attempts == [1], "a step that waits is one attempt: after StepResult.wait(...) end it once"
        return result

    def database(self, folder: Path) -> SqlRunStore:
        """Return a history in SQLite."""
        adapter = SQLiteAdapter(path=str(folder / "history.db"))
        adapter.connect()
        ensure_schema(adapter)
        return SqlRunStore(History(adapter))

    def handler(self) -> StepTypeHandler:
        """Return a handler for steps of the type."""
        handler: StepTypeHandler = current_catalog().load_class("step_type", self.make_step("one").kind)()
        return handler

    def options(self) -> Sequence[attrs.Attribute[Any]]:
        """Return the fields of the config class."""
        kind = self.make_step("one").kind
        config = current_catalog().load_config("step_type", kind)
        assert config is not None, f"has_options is on: name the config class in the StepTypeSpec of {kind!r}"
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(config)
        assert fields, f"has_options is on, and {config.__name__} has no field"
        return fields

    def check_history(self, store: RunStore) -> None:
        """Fail unless a run with the step completes and the store has the step's output."""
        result = self.run(self.workflow([self.make_step("one"), *self.following_steps()]), store)
        assert result.error is None, f"the run failed: {result.error}"
        kept = {record.step_name: record for record in store.list_steps(result.run_id)}
        assert kept["one"].status is StepStatus.COMPLETED, "the step must complete"
        assert kept["one"].outputs == result.context.get_output("one"), "the history must equal the context"

    def need(self, flag: str) -> None:
        """Skip the test if the step type does not claim a capability."""
        if not getattr(self, flag):
            pytest.skip(f"{flag} is off")


def _state(handler: StepTypeHandler) -> dict[str, str]:
    own = getattr(handler, "__dict__", {})
    of_class = {name: value for name, value in vars(type(handler)).items() if not name.startswith("__")}
    return {name: repr(value) for name, value in {**of_class, **own}.items()}
