"""Choice steps."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import WorkflowError
from spine.framework.dispatcher import Dispatcher
from spine.orchestration import Step, WorkflowContext
from spine.orchestration.steptypes.base import StepServices
from spine.orchestration.steptypes.choice import ChoiceStep

CONTEXT = WorkflowContext.create("w")
SERVICES = StepServices(Dispatcher())


@pytest.mark.parametrize(
    ("answer", "else_step", "target"),
    [
        (True, "no", "yes"),
        (False, "no", "no"),
        ("text", "no", "yes"),
        (None, "no", "no"),
        ([], "no", "no"),
        (0, None, None),
    ],
)
def test_the_truth_of_the_answer_decides_and_is_in_the_output(
    answer: Any, else_step: str | None, target: str | None
) -> None:
    result = ChoiceStep().execute(Step.choice("c", lambda ctx: answer, "yes", else_step), CONTEXT, SERVICES)
    assert (result.success, result.next_step) == (True, target)
    assert result.output == {"condition": bool(answer), "next_step": target}


def test_a_condition_that_raises_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        ChoiceStep().execute(Step.choice("c", lambda ctx: 1 / 0, "yes"), CONTEXT, SERVICES)


def test_a_step_without_a_condition_is_an_error() -> None:
    with pytest.raises(
        WorkflowError, match=r"step 'c' has no ChoiceStepSpec: build it with Step\.choice\(name, \.\.\.\)"
    ):
        ChoiceStep().execute(Step("c", "choice"), CONTEXT, SERVICES)
