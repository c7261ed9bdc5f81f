"""The workflows of the soak: captures, cursors, alerts, retries, waits, hanging steps, items and sub-workflows.

A step returns a token of its own, and later steps return those that they saw: a finished step that ran again shows.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any

from spine.core.errors import NetworkError, RateLimitError
from spine.framework.alerts import AlertSeverity, send_alert
from spine.framework.captures import capture, read_capture
from spine.framework.sources import source_registry
from spine.framework.sources.state import read_state, write_state
from spine.framework.work import current_work
from spine.orchestration import RetryPolicy, Step, Workflow, WorkflowContext, workflow_registry

HERE = Path(__file__).parent
HOSTILE = "bad\x00\x1b[31m text\r\nTo: all \u202e \x9d\x9d " + "x" * 3000 + " \ud800"


def token() -> str:
    return uuid.uuid4().hex


def once(context: WorkflowContext, name: str) -> bool:
    """Return True for the first call in a run."""
    marker = HERE / "marks" / f"{name}-{context.run_id}"
    try:
        marker.parent.mkdir(exist_ok=True)
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def extract(context: WorkflowContext, config: Any) -> dict[str, Any]:
    known = read_state("numbers") or 0
    numbers = list(range(known + 1, known + 4))
    capture("numbers", [{"n": number} for number in numbers], partition={"run": context.run_id})
    write_state("numbers", numbers[-1])
    return {"token": token(), "numbers": numbers}


def double(context: WorkflowContext, item: int) -> dict[str, Any]:
    capture("doubled", [{"n": item * 2}], partition={"run": context.run_id, "item": str(item)})
    return {"n": item * 2}


def below(context: WorkflowContext, config: Any) -> dict[str, Any]:
    return {"token": token()}


def flaky(context: WorkflowContext, config: Any) -> dict[str, Any]:
    work = current_work()
    if work is not None and work.attempt == 1:
        raise NetworkError("the first try always fails")
    return {"token": token()}


def tell(context: WorkflowContext, config: Any) -> dict[str, Any]:
    send_alert(AlertSeverity.WARNING, HOSTILE, HOSTILE, "soak")
    return {"token": token()}


def report(context: WorkflowContext, config: Any) -> dict[str, Any]:
    kept = read_capture("numbers", partition={"run": context.run_id}).data
    seen = {name: context.get_output(name, "token") for name in ("extract", "flaky", "tell")}
    return {
        "seen": seen,
        "kept": [row["n"] for row in kept],
        "doubled": [each["n"] for each in context.get_output("each", "results")],
    }


def fail(context: WorkflowContext, config: Any) -> None:
    raise ValueError(HOSTILE)


def hang(context: WorkflowContext, config: Any) -> None:
    time.sleep(300)


def refused_once(context: WorkflowContext, config: Any) -> dict[str, Any]:
    if once(context, "refused"):
        raise RateLimitError("slow down", retry_after=6)
    return {"token": token()}


def is_ready(context: WorkflowContext) -> bool:
    return not once(context, "asked")


def slow_params(params: dict[str, Any]) -> dict[str, Any]:
    time.sleep(0.3)
    return params


def read_inbox(context: WorkflowContext, config: Any) -> dict[str, Any]:
    before = sorted(os.listdir(HERE / "inbox"))  # noqa: PTH208 - names that are no text are compared as they are
    rows = source_registry.get("inbox").fetch({}).data
    after = sorted(os.listdir(HERE / "inbox"))  # noqa: PTH208
    if before == after and len(rows) != len(before):
        raise AssertionError(f"left out: {len(before)} files, {len(rows)} rows")
    return {"rows": len(rows)}


BELOW = Workflow("soak.below", [Step.lambda_("first", below), Step.wait("pause", 1), Step.lambda_("second", below)])
STEPS = [
    Step.lambda_("extract", extract),
    Step.map("each", "extract.numbers", function=double, max_concurrency=2),
    Step.wait("pause", 2),
    Step.workflow("sub", BELOW),
    Step.lambda_("flaky", flaky, retry_policy=RetryPolicy(initial_delay_seconds=0.2)),
    Step.lambda_("tell", tell),
    Step.lambda_("report", report),
]
PATIENT = RetryPolicy(max_attempts=5)


def register(name: str, *steps: Step, **options: Any) -> None:
    workflow_registry.register(Workflow(name, list(steps), **options))


register("soak.all", *STEPS)
register("soak.fails", Step.lambda_("fail", fail))
register("soak.hangs", Step.lambda_("hang", hang), timeout=2)
register("soak.hangs_apart", Step.lambda_("hang", hang, timeout=1.5))
register("soak.refused", Step.lambda_("refused", refused_once, retry_policy=PATIENT), resolve_params=slow_params)
register("soak.polls", Step.wait("poll", until=is_ready, poll_seconds=1.5), Step.lambda_("after", below))
register("soak.inbox", Step.lambda_("read", read_inbox))
