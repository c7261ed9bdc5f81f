"""Conditions that answer with something that would always be true are refused, and not taken for true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from spine.core.errors import ValidationError
from spine.orchestration import Step, StepResult, Workflow, WorkflowRunner
from spine.orchestration.run_store import RunStore


async def no(context: Any) -> bool:
    return False


def generated(context: Any) -> Iterator[bool]:
    yield False


async def generated_async(context: Any) -> AsyncIterator[bool]:
    yield False


class Called:
    async def __call__(self, context: Any) -> bool:
        return False


def keep(context: Any, config: Any) -> StepResult:
    return StepResult.ok(output={})


STEPS: dict[str, Callable[[Any], list[Step]]] = {
    "when": lambda asked: [Step.lambda_("asked", keep, when=asked)],
    "condition": lambda asked: [Step.choice("asked", asked, "yes"), Step.lambda_("yes", keep)],
    "until": lambda asked: [Step.wait("asked", until=asked, timeout=5)],
}
ASYNC = {"coroutine": no, "generator": generated, "async_generator": generated_async}


@pytest.mark.parametrize("place", STEPS)
@pytest.mark.parametrize("function", [*ASYNC.values(), Called(), partial(no)])
def test_a_function_without_an_answer_is_refused_when_the_step_is_built(place: str, function: Any) -> None:
    with pytest.raises(ValidationError, match=f"the {place} of step 'asked' is"):
        STEPS[place](function)


@pytest.mark.parametrize("place", STEPS)
@pytest.mark.parametrize("kind", ASYNC)
def test_a_lambda_around_one_fails_the_step(place: str, kind: str, store: RunStore) -> None:
    workflow = Workflow("w", STEPS[place](lambda context: ASYNC[kind](context)))
    result = WorkflowRunner().execute(workflow)
    assert result.status.name == "FAILED"
    assert f"the {place} of step 'asked' returned a {kind}, and no answer: call a plain function" in str(result.error)


@pytest.mark.parametrize("place", ["when", "condition"])
def test_a_dry_run_says_the_same(place: str, store: RunStore) -> None:
    result = WorkflowRunner(dry_run=True).execute(Workflow("w", STEPS[place](lambda context: no(context))))
    assert "returned a coroutine, and no answer" in str(result.step_executions)
