"""Step in its own process, which is killed at the step's timeout or when its run stops."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from attrs import asdict, evolve

from spine.core.clock import current_clock
from spine.core.errors import OrchestrationError
from spine.framework.dispatcher import TriggerSource, get_dispatcher
from spine.framework.dry_run_scope import dry_run_scope
from spine.orchestration.context import WorkflowContext
from spine.orchestration.definition.step import Step
from spine.orchestration.definition.workflow import Workflow, step_of
from spine.orchestration.engine.attempt import Attempt, too_late
from spine.orchestration.engine.run_log import child_log
from spine.orchestration.isolation.exit_code import how_it_ended
from spine.orchestration.isolation.memory import memory_error, memory_limited, ran_out_of_memory, was_aborted
from spine.orchestration.isolation.parent import die_with_parent
from spine.orchestration.isolation.project_address import current_address, project_at
from spine.orchestration.isolation.sent_error import SentError, send_error
from spine.orchestration.isolation.spawned import spawning
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import AttemptInfo, StepServices

_LOOK_SECONDS = 0.05  # interval at which the parent checks for a stop of its run

Answer = tuple[StepResult, SentError | None, Sequence[Any], Sequence[str]]


def run_elsewhere(
    step: Step, context: WorkflowContext, services: StepServices, workflow: Workflow
) -> tuple[StepResult, Sequence[Any], Sequence[str]]:
    """Run one attempt in a new process and return its result, its staged data and the sources that it read.

    Raises TimeoutError at the step's timeout, and a retryable OrchestrationError if the process dies.
    """
    message = {
        "project": current_address(),
        "step": evolve(step, timeout=None, max_memory=None, when=None).to_dict(),
        "max_memory": step.max_memory,
        "context": context.to_dict(),
        "workflow": {"name": workflow.name, "version": workflow.version, "domain": workflow.domain},
        "attempt": asdict(services.attempt),
        "trigger": services.trigger_source.value,
    }
    spawned = spawning()
    receiving, sending = spawned.Pipe(duplex=False)
    process = spawned.Process(target=_child, args=(sending, message), name=f"spine-{step.name}")
    process.start()
    sending.close()
    try:
        result, error, staged, sources = _answer(process, receiving, step, services)
    finally:
        _kill(process)
    if error is not None:
        result = evolve(result, exception=error.restore())
    return result, staged, sources


def _answer(process: BaseProcess, receiving: Connection, step: Step, services: StepServices) -> Answer:
    clock = current_clock()
    left = services.attempt.seconds_left
    deadline = clock.monotonic() + (left if left is not None else step.timeout or float("inf"))
    while not receiving.poll(_LOOK_SECONDS):
        services.stop.check()
        if clock.monotonic() >= deadline:
            raise too_late(step)
    try:
        answer: Answer = receiving.recv()
    except EOFError:
        process.join()
        if step.max_memory is not None and was_aborted(process.exitcode):
            raise memory_error(f"step {step.name!r}", step.max_memory) from None
        raise OrchestrationError(
            f"the process of step {step.name!r} {how_it_ended(process.exitcode or 0)}", retryable=True
        ) from None
    process.join(1.0)
    return answer


def _kill(process: BaseProcess) -> None:
    if process.is_alive() and process.pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # with its children
        process.kill()
    process.join()


def _child(sending: Connection, message: Mapping[str, Any]) -> None:
    die_with_parent()
    try:
        with project_at(message["project"]), child_log(message["context"]["run_id"]):
            answer = _attempt(message)
        sending.send(answer)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - such as a project that cannot be opened
        sending.send((StepResult.fail(error), send_error(error), [], []))


def _attempt(message: Mapping[str, Any]) -> Answer:
    described = message["workflow"]
    workflow = Workflow(described["name"], [], domain=described["domain"], version=described["version"])
    info = AttemptInfo(**message["attempt"])
    services = StepServices(get_dispatcher(), TriggerSource(message["trigger"]), info)
    attempt = Attempt(step_of(message["step"]), WorkflowContext.from_dict(message["context"]), services, workflow)
    dry_run, most = message["context"]["execution"].get("dry_run"), message["max_memory"]
    with dry_run_scope() if dry_run else nullcontext(), memory_limited(most):
        result = attempt.run()
    raised = result.exception
    if most is not None and ran_out_of_memory(raised):
        result = StepResult.fail(raised := memory_error(f"step {message['step']['name']!r}", most))
    error = send_error(raised) if raised is not None else None
    return evolve(result, exception=None), error, attempt.work.staged, attempt.work.sources_read
