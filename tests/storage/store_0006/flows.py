"""The project of the store: small workflows, each of which left one kind of row there.

The names and the steps must stay as they are: the runs in the store go on only if their workflow has not changed.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

from spine.core.errors import NetworkError, ParseError
from spine.framework.captures import capture, read_capture
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.rejects import Reject, quarantine
from spine.framework.sources import source_registry
from spine.framework.work import current_work
from spine.orchestration import ErrorPolicy, RetryPolicy, Step, StepResult, Workflow, WorkflowContext, workflow_registry

KILL = "SPINE_FIXTURE_KILL"
TERMINATE = "SPINE_FIXTURE_TERM"
TRACE = "SPINE_FIXTURE_TRACE"
TEN_YEARS = 10 * 365 * 86_400.0
A_MINUTE = 60.0  # has passed when somebody reads the store; make.py wakes nothing
SYMBOLS = ("AAPL", "MSFT", "NVDA")

logger = logging.getLogger("store_0006")


def ran(what: str = "") -> None:
    """Note that a step ran as `workflow.step`, followed by `what`, if somebody wants to know."""
    work, folder = current_work(), os.environ.get(TRACE)
    if work is not None and folder:
        with Path(folder, "trace.txt").open("a") as trace:
            trace.write(f"{work.workflow}.{work.step}{what}\n")


def first(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Return a number, and keep rows that `last` reads."""
    ran()
    logger.info("first of %s", ctx.workflow_name)
    kept = capture(f"kept.{ctx.workflow_name}", [{"number": 7}, {"number": 11}])
    return {"number": 7, "rows": kept.row_count}


def second(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Double the number; a run that is to be interrupted is, here."""
    ran()
    if os.environ.get(KILL):
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get(TERMINATE):
        os.kill(os.getpid(), signal.SIGTERM)
    return {"number": 2 * ctx.get_output("first", "number")}


def last(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Add up what the steps before have found and kept."""
    ran()
    found = [output["number"] for output in ctx.outputs.values() if "number" in output]
    kept = read_capture(f"kept.{ctx.workflow_name}").data
    return {"total": sum(found), "kept": sum(row["number"] for row in kept)}


def one(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Return one number."""
    ran()
    return {"number": 1}


def add(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Return how many of the outputs there are, and them."""
    ran()
    return {"count": len(ctx.outputs), "names": sorted(ctx.outputs)}


@pipeline("load", spec=PipelineSpec(required_params={"week": ParamDef("week", str, "such as 2026-W01")}))
def load(params: dict[str, Any]) -> Any:
    """Capture a few rows, and set one aside."""
    ran()
    quarantine([Reject("load", "no symbol", raw="|12", location=params["week"], line_number=4)])
    factor = params.get("factor", 1)
    return capture("rows", [{"symbol": symbol, "shares": factor * len(symbol) * 100} for symbol in SYMBOLS])


@pipeline("fetch")
def fetch(params: dict[str, Any]) -> Any:
    """Capture what the source has that was not read yet."""
    ran()
    rows = source_registry.get("numbers").fetch({}).to_result().unwrap()
    return capture("numbers", rows) if rows else PipelineResult.unchanged("nothing new")


def check(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Count the shares that were captured."""
    ran()
    return {"shares": sum(row["shares"] for row in read_capture("rows").data), "limit": config["limit"]}


def is_large(ctx: WorkflowContext) -> bool:
    """Decide the branch."""
    ran()
    return bool(ctx.get_output("check", "shares") > ctx.get_output("check", "limit"))


def refuse(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Fail, unless the run was told to be good."""
    ran()
    if ctx.get_param("good"):
        return {}
    raise ParseError("line 3 of week 2026-W01 has 4 fields, not 5")


def start(ctx: WorkflowContext, config: Any) -> StepResult:
    """Change a parameter for the steps that follow."""
    ran()
    return StepResult.ok(number=7, context_updates={"rounds": 3})


def flaky(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Fail at the first attempt."""
    ran()
    work = current_work()
    if work is not None and work.attempt == 1:
        raise NetworkError("the first attempt always fails")
    return {"number": 5}


def turn(ctx: WorkflowContext, config: Any) -> StepResult:
    """Count, in a parameter; go back to `mark` until there were as many rounds as `start` said."""
    ran()
    done = ctx.get_param("done", 0) + 1
    again = "mark" if done < ctx.get_param("rounds") else None
    return StepResult.ok(rounds=done, context_updates={"done": done}, next_step=again)


def never(ctx: WorkflowContext) -> bool:
    """Keep a step from running."""
    ran()
    return False


def crossing(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Be where a run is to be interrupted that has a long way behind it."""
    ran()
    if os.environ.get(KILL):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"rounds": ctx.get_output("turn", "rounds"), "parameter": ctx.get_param("done")}


def six(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Return the items of a map."""
    ran()
    return {"items": [10, 11, 12, 13, 14, 15]}


def part(ctx: WorkflowContext, item: int) -> dict[str, Any]:
    """Capture something for one item.

    A run that is to be interrupted is at 13: 10 to 12 are committed by then, 14 is in the middle, 15 has not begun.
    """
    ran(f"[{item}]")
    if os.environ.get(KILL) and item == 13:
        time.sleep(2)
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get(KILL) and item == 14:
        time.sleep(60)
    return {"square": item * item, "rows": capture("part", [{"item": item}], partition={"item": item}).row_count}


def total(ctx: WorkflowContext, config: Any) -> dict[str, Any]:
    """Add up the results of the items."""
    ran()
    return {"total": sum(result["square"] for result in ctx.get_output("each", "results"))}


def three_steps(name: str, **options: Any) -> Workflow:
    """Return a workflow that may be interrupted in its second step."""
    steps = [Step.lambda_("first", first), Step.lambda_("second", second), Step.lambda_("last", last)]
    return Workflow(name, steps, **options)


def waiting(name: str, seconds: float = TEN_YEARS) -> Workflow:
    """Return a workflow that waits between two steps, and has a third that comes whatever happens."""
    steps = [
        Step.lambda_("first", first),
        Step.wait("pause", seconds),
        Step.lambda_("last", last),
        Step.lambda_("cleanup", one, always_run=True),
    ]
    return Workflow(name, steps)


def path(name: str) -> Workflow:
    """Return a workflow with every way to go on: a changed parameter, a further attempt, a jump back, a hook."""
    steps = [
        Step.lambda_("start", start),
        Step.lambda_(
            "flaky",
            flaky,
            on_error=ErrorPolicy.RETRY,
            retry_policy=RetryPolicy(max_attempts=2, initial_delay_seconds=0),
        ),
        Step.lambda_("mark", one),
        Step.lambda_("turn", turn),
        Step.lambda_("left_out", one, when=never),
        Step.lambda_("crossing", crossing),
        Step.lambda_("cleanup", one, always_run=True),
    ]
    return Workflow(name, steps, on_success=[Step.lambda_("told", add)])


def register(*workflows: Workflow) -> None:
    """Make workflows known."""
    for workflow in workflows:
        workflow_registry.register(workflow)


BELOW_WAITS = waiting("child")
BELOW_IS_DUE = waiting("due_child", A_MINUTE)
BELOW_DIES = three_steps("interrupted_child")

register(
    Workflow(
        "done",
        [
            Step.pipeline("load", "load"),
            Step.lambda_("check", check, {"limit": 2000}),
            Step.choice("route", is_large, "large", "small"),
            Step.lambda_("large", one, next_step="report"),
            Step.lambda_("small", one),
            Step.lambda_("report", add),
        ],
        domain="fixture.weekly",
        defaults={"week": "2026-W01", "factor": 1},
        partition_by=["week"],
        tags=["fixture"],
    ),
    Workflow("fetched", [Step.pipeline("fetch", "fetch"), Step.lambda_("after", one)]),
    Workflow("broken", [Step.lambda_("read", refuse), Step.lambda_("after", one)], domain="fixture.broken"),
    Workflow("recovered", [Step.lambda_("read", refuse)], defaults={"good": False}),
    Workflow("partial", [Step.lambda_("read", refuse, on_error=ErrorPolicy.CONTINUE), Step.lambda_("after", one)]),
    path("retried"),
    waiting("patient"),
    waiting("slow"),
    waiting("cancelled"),
    BELOW_WAITS,
    BELOW_IS_DUE,
    BELOW_DIES,
    Workflow(
        "parent",
        [Step.lambda_("before", one), Step.workflow("below", BELOW_WAITS), Step.lambda_("after", add)],
    ),
    Workflow(
        "due_parent",
        [Step.lambda_("before", one), Step.workflow("below", BELOW_IS_DUE), Step.lambda_("after", add)],
    ),
    Workflow(
        "due_fan",
        [
            Step.lambda_("before", one),
            Step.parallel(
                "both",
                {
                    "left": [Step.lambda_("at_once", one), Step.lambda_("and_more", one)],
                    "right": [Step.lambda_("begin", one), Step.wait("pause", A_MINUTE), Step.lambda_("end", one)],
                },
            ),
            Step.lambda_("after", add),
        ],
    ),
    Workflow(
        "due_map",
        [Step.map("each", "numbers", iterator_workflow=BELOW_IS_DUE), Step.lambda_("after", add)],
        defaults={"numbers": [1, 2]},
    ),
    three_steps("interrupted", limits={"fixture": 2}),
    three_steps("parked"),
    three_steps("crashed"),
    path("interrupted_path"),
    Workflow(
        "interrupted_map",
        [
            Step.lambda_("six", six),
            Step.map("each", "six.items", function=part, max_concurrency=2, executor="threads"),
            Step.lambda_("total", total),
        ],
    ),
    Workflow(
        "interrupted_parent",
        [Step.lambda_("before", one), Step.workflow("below", BELOW_DIES), Step.lambda_("after", add)],
    ),
)
