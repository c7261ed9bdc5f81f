"""The rules of unchanged sources; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spine.core.errors import NetworkError
from spine.framework.pipelines import pipeline
from spine.framework.sources import source_registry
from spine.orchestration import Step, StepResult, StepStatus, Workflow, WorkflowResult, WorkflowRunner
from spine.orchestration.run_store import run_store

SETTINGS = "".join(f'[sources.{name}]\ntype = "file"\npath = "{name}.csv"\n' for name in ("a", "b"))
FLOWS = """
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.sources import source_registry

def read(name):
    fetched = source_registry.get(name).fetch()
    if fetched.error is not None:
        raise fetched.error
    return None if fetched.metadata.content_changed else PipelineResult.unchanged("same")

pipeline("read.a")(lambda params: read("a"))
pipeline("read.b")(lambda params: read("b"))
pipeline("work")(lambda params: None)
"""


class Feeds:
    """A project with the sources `a` and `b`, pipelines `read.a` and `read.b`, and `work`, which reads none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("a", "b"):
            self.change(name)

    def change(self, name: str) -> None:
        with (self._folder / f"{name}.csv").open("a") as file:
            file.write("id\n1\n")

    def run(self, *steps: Step, **options: Any) -> tuple[list[str], str | None]:
        """Run the steps and return those that ran, and the outcome."""
        result = self.result(*steps, **options)
        assert result.status.name == "COMPLETED", result.error
        return result.completed_steps, result.outcome

    def result(self, *steps: Step, **options: Any) -> WorkflowResult:
        return WorkflowRunner(**options).execute(Workflow("w", list(steps)))


@pytest.fixture
def feeds(scratch_project: Any, tmp_path: Path) -> Feeds:
    scratch_project(settings=SETTINGS, flows=FLOWS)
    return Feeds(tmp_path / "project")


def nothing(ctx: Any, config: Any) -> None: ...


A, B = Step.pipeline("a", "read.a"), Step.pipeline("b", "read.b")
WORK, LOAD = Step.pipeline("work", "work"), Step.lambda_("load", nothing)


def test_one_source(feeds: Feeds) -> None:
    """If a pipeline says that its source is unchanged, the steps after it are skipped, and the run is COMPLETED with
    the outcome `unchanged`."""
    assert feeds.run(A, WORK, LOAD) == (["a", "work", "load"], None)
    assert feeds.run(A, WORK, LOAD) == (["a"], "unchanged")
    assert feeds.run(A, WORK, LOAD) == (["a"], "unchanged"), "also after a run in which they were skipped"
    feeds.change("a")
    assert feeds.run(A, WORK, LOAD) == (["a", "work", "load"], None)


def test_two_sources(feeds: Feeds) -> None:
    """A step is skipped only if every pipeline before it that read a source was unchanged; a pipeline that may read a
    source itself runs."""
    steps = (A, Step.lambda_("between", nothing), B, LOAD)
    assert feeds.run(*steps) == (["a", "between", "b", "load"], None)
    assert feeds.run(*steps) == (["a", "b"], "unchanged")
    feeds.change("b")
    assert feeds.run(*steps) == (["a", "b", "load"], None)
    feeds.change("a")
    assert feeds.run(*steps) == (["a", "between", "b", "load"], None)


def test_unknown_pipeline(feeds: Feeds) -> None:
    """A pipeline may read a source if it did in one of the newest 100 runs of this definition, or completed in none of
    them; it reads one by a fetch, or by asking the source registry for it."""
    assert feeds.run(A) == (["a"], None)
    assert feeds.run(A, WORK, LOAD) == (["a", "work"], "unchanged"), "what is known is of the other definition"
    assert feeds.run(A, WORK, LOAD) == (["a"], "unchanged")


@pytest.mark.parametrize(
    "second",
    [
        Step.parallel("b", {"one": [B], "two": [LOAD]}),
        Step.map("b", lambda ctx: [1, 2], pipeline="read.b"),
        Step.workflow("b", Workflow("inner", [B])),
        Step.pipeline("b", "read.b", timeout=60),
    ],
    ids=["parallel", "map", "workflow", "process"],
)
def test_pipelines_inside(feeds: Feeds, second: Step) -> None:
    """So does a step that runs pipelines for its items, in its branches, in its workflow or in another process."""
    assert feeds.run(A, second, LOAD)[0] == ["a", "b", "load"]
    feeds.change("b")
    assert feeds.run(A, second, LOAD)[0] == ["a", "b", "load"]
    harmless = Step.parallel("c", {"one": [WORK]})
    assert feeds.run(A, harmless)[0] == ["a", "c"], "not known yet"
    assert feeds.run(A, harmless)[0] == ["a"]


def test_functions(feeds: Feeds) -> None:
    """A function that reads a source counts as a pipeline that does: it says so by `StepResult.unchanged(reason)`."""

    def read(name: str) -> Any:
        def handler(ctx: Any, config: Any) -> StepResult | None:
            fetched = source_registry.get(name).fetch()
            return None if fetched.metadata.content_changed else StepResult.unchanged("same")

        return handler

    a, b = Step.lambda_("a", read("a")), Step.lambda_("b", read("b"))
    assert feeds.run(a) == (["a"], None)
    assert feeds.run(a, b, LOAD) == (["a", "b", "load"], None), "what is known is of the other definition"
    assert feeds.run(a, b, LOAD) == (["a", "b"], "unchanged")
    feeds.change("b")
    assert feeds.run(a, b, LOAD) == (["a", "b", "load"], None)


def test_after(feeds: Feeds) -> None:
    """With `after` a step depends on the steps that it names and on no other: it is skipped if one of them was
    unchanged, or skipped because of that, and none of them ran with something new."""
    steps = (
        A,
        Step.lambda_("load_a", nothing, after=["a"]),
        Step.lambda_("report_a", nothing, after=["load_a"]),
        Step.pipeline("b", "read.b", after=[]),
        Step.lambda_("load_b", nothing, after=["b"]),
        Step.lambda_("join", nothing, after=["a", "b"]),
    )
    assert feeds.run(*steps) == (["a", "load_a", "report_a", "b", "load_b", "join"], None)
    assert feeds.run(*steps) == (["a", "b"], "unchanged")
    feeds.change("a")
    assert feeds.run(*steps) == (["a", "load_a", "report_a", "b", "join"], None)
    feeds.change("b")
    assert feeds.run(*steps) == (["a", "b", "load_b", "join"], None)


def test_never_skipped(feeds: Feeds) -> None:
    """A step with `after=[]` depends on nothing and always runs; so does one with `always_run`."""
    steps = (A, Step.lambda_("mail", nothing, after=[]), Step.lambda_("tidy", nothing, always_run=True), LOAD)
    feeds.run(*steps)
    assert feeds.run(*steps) == (["a", "mail", "tidy"], "unchanged")


def test_refresh(feeds: Feeds) -> None:
    """`spine run --refresh` takes every source as changed, also in what another process resumes of the run."""
    feeds.run(A, LOAD)
    assert feeds.run(A, LOAD, refresh=True) == (["a", "load"], None)
    fails = [True]

    def begin(ctx: Any, config: Any) -> None:
        if fails:
            fails.pop()
            raise ValueError("not yet")

    branch = Step.parallel("in_a_branch", {"b": [B]})
    workflow = Workflow("w", [Step.lambda_("begin", begin), branch, A, LOAD])
    WorkflowRunner().execute(Workflow("w", [branch, A, LOAD]))
    failed = WorkflowRunner(refresh=True).execute(workflow)
    resumed = WorkflowRunner().resume(failed.run_id, workflow)
    assert (resumed.completed_steps, resumed.outcome) == (["begin", "in_a_branch", "a", "load"], None)
    [below] = run_store().list_children(resumed.run_id)
    assert below.outcome is None


def test_choices(feeds: Feeds) -> None:
    """A choice that is skipped takes none of its branches."""
    choice = Step.choice("which", lambda ctx: True, "load", "b")
    assert feeds.run(A, choice, LOAD, B)[0] == ["a", "which", "load"]
    assert feeds.run(A, choice, LOAD, B) == (["a"], "unchanged")


def test_backwards(feeds: Feeds) -> None:
    """A step that is skipped leads to its `next_step`, but never backwards."""
    again: list[int] = []
    steps = (A, Step.lambda_("x", nothing), Step.lambda_("y", nothing, next_step="x", when=lambda ctx: not again), LOAD)
    feeds.run(A)
    result = feeds.result(*steps)
    assert (result.outcome, result.skipped_steps) == ("unchanged", ["x", "y", "load"])


def test_of_a_failed_source(feeds: Feeds) -> None:
    """A pipeline that read a source and failed was not unchanged: with `on_error=CONTINUE` the steps after it run."""

    def failing(params: Any) -> None:
        source_registry.get("b").fetch()
        raise NetworkError("down")

    pipeline("read.b", replace=True)(failing)
    steps = (A, Step.pipeline("b", "read.b", on_error="continue"), LOAD)  # type: ignore[arg-type]  # as in a file
    feeds.run(A)
    result = feeds.result(*steps)
    assert (result.status.name, result.completed_steps) == ("PARTIAL", ["a", "load"])


def test_a_resumed_run_skips_what_the_first_attempt_would_have_skipped(feeds: Feeds, recorder: Any) -> None:
    """A run that is resumed after a crash skips the same steps as it would have before."""
    interrupts: list[BaseException] = []

    def interrupted(ctx: Any, config: Any) -> None:
        if interrupts:
            raise interrupts.pop()

    stop = Step.lambda_("stop", interrupted, after=["b"])
    workflow = Workflow(
        "w", [A, Step.lambda_("load_a", nothing), B, stop, Step.lambda_("more_a", nothing, after=["a"]), LOAD]
    )
    feeds.run(*workflow.steps)
    feeds.change("b")
    interrupts.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        feeds.result(*workflow.steps, listeners=[recorder])
    [event] = [event for event in recorder.events if event.event_type == "run.cancelled"]
    result = WorkflowRunner().resume(event.run_id, workflow)
    assert (result.completed_steps, result.skipped_steps) == (["a", "b", "stop", "load"], ["load_a", "more_a"])
    assert result.outcome is None


def test_the_record_says_why(feeds: Feeds, recorder: Any) -> None:
    """The record of such a step, and the event of it, say `unchanged`; not so where its `when` skipped it."""
    never = Step.lambda_("never", nothing, when=lambda ctx: False, always_run=True)
    feeds.run(A, LOAD, never)
    result = feeds.result(A, LOAD, never, listeners=[recorder])
    [a, load, other] = run_store().list_steps(result.run_id)
    assert (load.status, load.transition.outcome) == (StepStatus.SKIPPED, "unchanged")
    assert (other.status, other.transition.outcome) == (StepStatus.SKIPPED, None)
    reasons = [event.payload["reason"] for event in recorder.events if event.event_type == "step.skipped"]
    assert reasons == ["unchanged", "its `when` was false"]
    assert (a.status, a.transition.outcome, a.transition.read_source) == (StepStatus.COMPLETED, "unchanged", True)


@pytest.mark.slow
def test_below_a_failed_run(feeds: Feeds) -> None:
    """What a branch, a sub-workflow or an item has fetched counts as used once the run that it belongs to, and each
    above it, is COMPLETED."""
    branch = Step.parallel("read", {"a": [A], "b": [Step.workflow("below", Workflow("below", [B]))]})
    fails = [True]

    def load(ctx: Any, config: Any) -> dict[str, Any]:
        if fails:
            fails.pop()
            raise ValueError("the table is locked")
        return dict(ctx.get_output("read"))

    steps = [branch, Step.lambda_("load", load)]
    assert feeds.result(*steps).status.name == "FAILED"
    again, later = feeds.result(*steps), feeds.result(*steps)
    assert (unchanged(again), unchanged(later)) == (set(), {"w.read.a", "below"})


def unchanged(result: WorkflowResult) -> set[str]:
    """Return the workflows of the branches and below that were unchanged."""
    runs = list(run_store().list_children(result.run_id))
    below = [child for run in runs for child in run_store().list_children(run.run_id)]
    return {run.workflow_name for run in (*runs, *below) if run.outcome == "unchanged"}
