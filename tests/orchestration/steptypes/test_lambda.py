"""Lambda steps."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import WorkflowError
from spine.framework.dispatcher import Dispatcher
from spine.orchestration import Step, StepResult, WorkflowContext
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.lambda_ import LambdaStep

CONTEXT = WorkflowContext.create("w", {"a": 1})
SERVICES = StepServices(Dispatcher())


def execute(handler: Any, config: Any = None) -> StepResult:
    return LambdaStep().execute(Step.lambda_("s", handler, config), CONTEXT, SERVICES)


def test_the_function_gets_context_and_config() -> None:
    result = execute(lambda ctx, config: {"same": ctx is CONTEXT, "limit": config["limit"]}, {"limit": 5})
    assert result == StepResult.ok(same=True, limit=5)


def test_a_step_result_is_returned_as_it_is() -> None:
    given = StepResult.skip("holiday")
    assert execute(lambda ctx, config: given) is given


@pytest.mark.parametrize("returned", [None, {}])
def test_nothing_is_a_success_without_output(returned: Any) -> None:
    assert execute(lambda ctx, config: returned) == StepResult.ok()


def test_anything_else_is_an_error() -> None:
    with pytest.raises(WorkflowError, match="the function of step 's' returned list: return a StepResult"):
        execute(lambda ctx, config: [{"a": 1}])


def test_a_step_without_a_function_is_an_error() -> None:
    with pytest.raises(WorkflowError, match=r"step 's' has no LambdaStepSpec: build it with Step\.lambda_"):
        LambdaStep().execute(Step("s", "lambda"), CONTEXT, SERVICES)
