"""Core's step types pass the conformance suite for step types."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spine.core.adapters.database import SQLiteAdapter, database_registry
from spine.core.errors import SourceUnavailableError
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, WorkflowContext
from spine.testing.conformance.step_type import StepTypeConformance


def double(context, config):
    return {"doubled": context.get_param("number", 1) * config.get("factor", 2)}


def fail(context, config=None):
    raise SourceUnavailableError("not now")


def three(context):
    return [1, 2, 3]


def twice(context, item):
    return item * 2


def never(context):
    return "never"


def is_large(context):
    return context.get_param("number") > 10


class TestLambdaStep(StepTypeConformance):
    can_fail = True

    def make_step(self, name):
        return Step.lambda_(name, double, {"factor": 2})

    def make_failing_step(self, name):
        return Step.lambda_(name, fail)

    def make_context(self):
        return WorkflowContext.create("conformance", {"number": 21})


class TestChoiceStep(StepTypeConformance):
    can_fail = True

    def make_step(self, name):
        return Step.choice(name, is_large, "then", "otherwise") if name == "one" else Step.choice(name, is_large, "end")

    def make_failing_step(self, name):
        return Step.choice(name, fail, "then", "otherwise")

    def following_steps(self):
        return [Step.lambda_(name, double, {"factor": 2}) for name in ("then", "otherwise")]

    def make_context(self):
        return WorkflowContext.create("conformance", {"number": 21})

    def workflow(self, steps):
        return super().workflow([*steps, Step.lambda_("end", double, {"factor": 3})])


class TestPipelineStep(StepTypeConformance):
    can_fail = True
    leaves_traces = True

    @pytest.fixture(autouse=True)
    def pipelines(self):
        self.counted: list[int] = []

        @pipeline("count")
        def count(params):
            self.counted.append(params["number"])
            return {"rows": params["number"]}

        @pipeline("fail")
        def failing(params):
            raise SourceUnavailableError("not now")

    def make_step(self, name):
        return Step.pipeline(name, "count", {"number": 3})

    def make_failing_step(self, name):
        return Step.pipeline(name, "fail")

    def traces(self):
        return list(self.counted)


GATE_CONFIG = """
from attrs import field, frozen


@frozen
class GateConfig:
    key: str = field(metadata={"help": "The parameter that is looked at."})
    minimum: int = field(default=1, metadata={"help": "The least that it must be."})
"""

GATE = """
from spine.core.errors import ValidationError
from spine.orchestration import StepResult


class Gate:
    def execute(self, step, context, services):
        value = context.get_param(step.config["key"])
        if value < step.config["minimum"]:
            raise ValidationError(f"{value} is too little")
        return StepResult.ok({"value": value})
"""

PLUGIN = """
from spine.plugins import StepTypeSpec, hookimpl


@hookimpl
def spine_register_step_types():
    return [StepTypeSpec("gate", "spine_gate.step:Gate", config="spine_gate.config:GateConfig", help="A gate.")]
"""


def waiting(name):
    return Step.wait(name, 3600)


def overdue(name):
    return Step.wait(name, until=is_never, timeout=100)


def is_never(context):
    return False


looks: list[None] = []


def is_fourth_look(context):
    looks.append(None)
    return len(looks) % 4 == 0


class TestWaitStep(StepTypeConformance):
    can_fail = True
    waits = True

    def make_waiting_step(self, name):
        return Step.wait(name, until=is_fourth_look, poll_seconds=60)

    def make_overdue_step(self, name):
        return overdue(name)

    @pytest.fixture(autouse=True)
    def no_looks(self):
        looks.clear()

    def make_step(self, name):
        return Step.wait(name, 0.01)

    def make_failing_step(self, name):
        return Step.wait(name, until=never)


class TestMapStep(StepTypeConformance):
    can_fail = True
    waits = True

    def make_waiting_step(self, name):
        return Step.map(name, three, Workflow("below", [waiting("wait"), Step.lambda_("l", double)]))

    def make_overdue_step(self, name):
        return Step.map(name, three, Workflow("below", [overdue("wait")]))

    def make_step(self, name):
        return Step.map(name, three, function=twice)

    def make_failing_step(self, name):
        return Step.map(name, "nothing", function=twice)


class TestParallelStep(StepTypeConformance):
    can_fail = True
    waits = True

    def make_waiting_step(self, name):
        return Step.parallel(name, {"left": [waiting("w"), Step.lambda_("l", double)], "right": [waiting("v")]})

    def make_overdue_step(self, name):
        return Step.parallel(name, {"left": [overdue("w")], "right": [Step.lambda_("r", double)]})

    def make_step(self, name):
        return Step.parallel(name, {"left": [Step.lambda_("l", double)], "right": [Step.lambda_("r", double)]})

    def make_failing_step(self, name):
        return Step.parallel(name, {"left": [Step.lambda_("l", fail)]})


class TestWorkflowStep(StepTypeConformance):
    can_fail = True
    waits = True

    def make_waiting_step(self, name):
        return Step.workflow(name, Workflow("below", [waiting("wait"), Step.lambda_("l", double)]))

    def make_overdue_step(self, name):
        return Step.workflow(name, Workflow("below", [overdue("wait")]))

    def make_step(self, name):
        return Step.workflow(name, Workflow("below", [Step.lambda_("l", double)]))

    def make_failing_step(self, name):
        return Step.workflow(name, "no.such.workflow")


class TestCommandStep(StepTypeConformance):
    can_fail = True
    leaves_traces = True

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        self.file = tmp_path / "ran.txt"

    def make_step(self, name):
        return Step.command(name, ["sh", "-c", f"echo x >> {self.file}; echo '{{\"n\": 1}}'"], output="json")

    def make_failing_step(self, name):
        return Step.command(name, ["false"])

    def traces(self):
        return self.file.read_text() if self.file.exists() else ""


class TestLoadStep(StepTypeConformance):
    can_fail = True
    leaves_traces = True

    @pytest.fixture(autouse=True)
    def warehouse(self, tmp_path):
        self.loaded = SQLiteAdapter(tmp_path / "warehouse.db")
        database_registry.register("warehouse", lambda: self.loaded)
        capture("prices", [{"symbol": "A", "price": "10.25"}])

    def make_step(self, name):
        return Step.load(name, capture="prices", database="warehouse", table="prices", mode="append")

    def make_failing_step(self, name):
        return Step.load(name, capture="nothing", database="warehouse", table="prices")

    def traces(self):
        names = self.loaded.query("SELECT name FROM sqlite_master WHERE name = 'prices'")
        return self.loaded.query("SELECT * FROM prices") if names else []


@pytest.mark.slow
class TestStepTypeOfAPlugin(StepTypeConformance):
    """The suite with options, which none of core's own step types has."""

    has_options = True
    can_fail = True

    @pytest.fixture(autouse=True)
    def plugin(self, installed_plugin: Callable[..., object]) -> None:
        installed_plugin("gate", PLUGIN, modules={"step.py": GATE, "config.py": GATE_CONFIG})

    def make_step(self, name):
        return Step.of("gate", name=name, key="number", minimum=10)

    def make_failing_step(self, name):
        return Step.of("gate", name=name, key="number", minimum=100)

    def make_context(self):
        return WorkflowContext.create("conformance", {"number": 21})
