"""Each rule of the suite for step types fails for a step type that breaks it."""

from __future__ import annotations

import pytest

from spine.testing.conformance.step_type import StepTypeConformance
from tests.testing.suite_run import failures

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("step_type suite")]  # its fixture runs a suite per class

HEAD = """
import datetime

import pytest
from attrs import field, frozen
from spine.core.errors import ValidationError
from spine.core.scope import current_scope
from spine.orchestration import Preview, Step, StepResult, WorkflowContext
from spine.plugins import StepTypeSpec
from spine.plugins.catalog import Catalog
from spine.plugins.report import PluginReport
from spine.testing.conformance.step_type import StepTypeConformance


@frozen
class Options:
    key: str = field(default="number", metadata={"help": "The parameter to look at."})


@frozen
class SilentOptions:
    key: str = "number"


class Right:
    def execute(self, step, context, services):
        if step.name == "failing" or step.config.get("key") == "missing":
            raise ValidationError("no such parameter")
        return StepResult.ok({"value": context.get_param("number")})


class Suite(StepTypeConformance):
    has_options = True
    can_fail = True
    config = "Options"

    @pytest.fixture(autouse=True)
    def plugin(self, monkeypatch):
        import sys
        module = type(sys)("wrong_steps")
        module.Options, module.SilentOptions, module.Made = Options, SilentOptions, self.Made
        monkeypatch.setitem(sys.modules, "wrong_steps", module)
        spec = StepTypeSpec("wrong", "wrong_steps:Made", config=self.config and f"wrong_steps:{self.config}")
        current_scope().provide(Catalog, Catalog([PluginReport("wrong", "wrong", "1", provides=[spec])]))

    def make_step(self, name):
        return Step.of("wrong", name=name)

    def make_failing_step(self, name):
        return Step.of("wrong", name=name, key="missing")

    def make_context(self):
        return WorkflowContext.create("conformance", {"number": 21})


class TestRight(Suite):
    Made = Right


class Patient(Right):
    def execute(self, step, context, services):
        if step.config["key"] != "number" and services.attempt.wait_state is None:
            return StepResult.wait(services.clock.now() + datetime.timedelta(hours=1), {"looks": 1})
        return super().execute(step, context, services)


class TestPatient(Suite):
    can_fail = False
    waits = True
    Made = Patient
    make_overdue_step = Suite.make_failing_step

    def make_waiting_step(self, name):
        return Step.of("wrong", name=name, key="wait")
"""

EVERY_RUN = {
    "test_a_step_succeeds_with_a_step_result",
    "test_two_steps_of_the_type_run_in_one_workflow",
    "test_it_runs_with_a_history_in_memory",
    "test_it_runs_with_a_history_in_a_database",
    "test_a_step_that_completed_runs_again",
    "test_a_dry_run_leaves_nothing_behind",
}

WRONG = {
    "NeedsArguments": (
        """
    class Made(Right):
        def __init__(self, connection):
            pass
""",
        EVERY_RUN
        | {
            "test_the_catalog_has_the_type",
            "test_the_output_is_json_values",
            "test_nothing_that_it_was_given_changes",
            "test_no_state_stays_between_steps",
        },
    ),
    "ReturnsADict": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            return super().execute(step, context, services).output
""",
        (EVERY_RUN - {"test_a_dry_run_leaves_nothing_behind"}) | {"test_the_output_is_json_values"},
    ),
    "PutsOutATime": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            super().execute(step, context, services)
            return StepResult.ok({"value": datetime.date(2026, 1, 1)})
""",
        {"test_the_output_is_json_values"},
    ),
    "ChangesTheContext": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            dict.update(context.params, seen=1)
            return super().execute(step, context, services)
""",
        {"test_nothing_that_it_was_given_changes"},
    ),
    "ChangesTheConfig": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            result = super().execute(step, context, services)
            dict.update(step.config, key="other")
            return result
""",
        {"test_nothing_that_it_was_given_changes"},
    ),
    "CountsOnItself": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            self.count = getattr(self, "count", 0) + 1
            return super().execute(step, context, services)
""",
        {"test_no_state_stays_between_steps"},
    ),
    "CountsOnItsClass": (
        """
    class Made(Right):
        seen = []
        def execute(self, step, context, services):
            self.seen.append(step.name)
            return super().execute(step, context, services)
""",
        {"test_no_state_stays_between_steps"},
    ),
    "RunsOnlyOnce": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            if context.outputs:
                raise ValidationError("once only")
            return super().execute(step, context, services)
""",
        {"test_two_steps_of_the_type_run_in_one_workflow"},
    ),
    "RunsOnlyInTheFirstAttempt": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            if services.attempt.number > 1:
                raise ValidationError("has run already")
            return super().execute(step, context, services)
""",
        {"test_a_step_that_completed_runs_again"},
    ),
    "SleepsInsteadOfWaiting": (
        """
    waits = True
    make_waiting_step, make_overdue_step = Suite.make_step, Suite.make_failing_step
    Made = Right
""",
        {"test_a_step_that_waits_goes_on", "test_a_step_that_waited_may_fail"},
    ),
    "WaitsForEver": (
        """
    waits = True

    def make_waiting_step(self, name):
        return Step.of("wrong", name=name, key="for ever")

    make_overdue_step = make_waiting_step

    class Made(Right):
        def execute(self, step, context, services):
            if step.config["key"] != "for ever":
                return super().execute(step, context, services)
            return StepResult.wait(services.clock.now() + datetime.timedelta(hours=1), {})
""",
        {"test_a_step_that_waits_goes_on", "test_a_step_that_waited_may_fail"},
    ),
    "NeverFailsAfterWaiting": (
        """
    waits = True

    def make_waiting_step(self, name):
        return Step.of("wrong", name=name, key="wait")

    make_overdue_step = make_waiting_step

    class Made(Right):
        def execute(self, step, context, services):
            if step.config["key"] == "wait" and services.attempt.wait_state is None:
                return StepResult.wait(services.clock.now() + datetime.timedelta(hours=1), {})
            return super().execute(step, context, services)
""",
        {"test_a_step_that_waited_may_fail"},
    ),
    "FailsWithoutCategory": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            try:
                return super().execute(step, context, services)
            except ValidationError as error:
                return StepResult.fail(str(error), category="oops")
""",
        {"test_a_failure_has_a_category"},
    ),
    "SucceedsWhenItFails": (
        """
    class Made(Right):
        def execute(self, step, context, services):
            return StepResult.ok({"value": 21})
""",
        {"test_a_failure_has_a_category"},
    ),
    "KeepsAnObject": (
        """
    def make_step(self, name):
        return Step(name, "wrong", when=lambda context: True)

    Made = Right
""",
        {"test_the_definition_survives_json"},
    ),
    "HasOptionsWithoutHelp": (
        """
    config = "SilentOptions"
    Made = Right
""",
        {"test_the_options_are_an_attrs_class"},
    ),
    "TakesAnyOption": (
        """
    config = None
    Made = Right
""",
        {"test_the_options_are_an_attrs_class", "test_an_unknown_option_is_refused_when_the_step_is_built"},
    ),
    "WritesInADryRun": (
        """
    leaves_traces = True
    left = []

    def traces(self):
        return list(self.left)

    class Made(Right):
        def preview(self, step, context, services):
            TestWritesInADryRun.left.append(step.name)
            return Preview(step.name)

        def execute(self, step, context, services):
            TestWritesInADryRun.left.append(step.name)
            return super().execute(step, context, services)
""",
        {"test_a_dry_run_leaves_nothing_behind"},
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_steps"), source)


@pytest.mark.parametrize("name", ["TestRight", "TestPatient"])
def test_a_right_step_type_passes(name, failed):
    assert failed[name] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_step_type():
    rules = {name for name in vars(StepTypeConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
