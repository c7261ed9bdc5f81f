"""Running single pipelines, and the record of how each went."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from spine.app import open_project
from spine.core.errors import BadParamsError, NetworkError, PipelineError, PipelineNotFoundError
from spine.framework import dispatcher as dispatcher_module
from spine.framework.captures import Capture, capture, list_captures
from spine.framework.dispatcher import (
    Dispatcher,
    Execution,
    Lane,
    TriggerSource,
    get_dispatcher,
    reset_dispatcher,
)
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import Pipeline, PipelineResult, PipelineStatus, pipeline
from spine.framework.registry import register_pipeline
from spine.framework.rejects import Reject, quarantine, reject_store
from spine.framework.sources import FileSource
from spine.framework.work import Work, current_work, use_work
from tests.projects import Project

SPEC = PipelineSpec(
    required_params={"week": ParamDef("week", str, "")},
    optional_params={"limit": ParamDef("limit", int, "", default=9)},
)


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    """The parameters that pipeline `ingest` was run with, in order."""
    found: list[dict[str, Any]] = []

    @pipeline("ingest", spec=SPEC)
    def ingest(params: dict[str, Any]) -> dict[str, Any]:
        found.append(params)
        if params["week"] == "bad":
            raise NetworkError("no route to host")
        return {"record_count": 3}

    return found


def test_a_pipeline_runs_now_and_its_execution_tells_all(seen: list[dict[str, Any]]) -> None:
    execution = Dispatcher().submit("ingest", {"week": "1"}, Lane.BACKFILL, TriggerSource.API, "key-1")
    assert isinstance(execution, Execution)
    assert (execution.pipeline, execution.params, execution.lane, execution.trigger_source, execution.logical_key) == (
        "ingest",
        {"week": "1"},
        Lane.BACKFILL,
        TriggerSource.API,
        "key-1",
    )
    assert (execution.status, execution.error) == (PipelineStatus.COMPLETED, None)
    assert execution.result is not None
    assert execution.result.metrics == {"record_count": 3}
    assert execution.started_at is not None
    assert execution.completed_at is not None
    assert execution.created_at <= execution.started_at <= execution.completed_at


def test_the_defaults_of_submit(seen: list[dict[str, Any]]) -> None:
    pipeline("p")(lambda params: None)
    execution = Dispatcher().submit("p")
    assert (execution.params, execution.lane, execution.trigger_source, execution.logical_key) == (
        {},
        Lane.NORMAL,
        TriggerSource.CLI,
        None,
    )


def test_defaults_reach_the_pipeline_and_never_the_callers_dict(seen: list[dict[str, Any]]) -> None:
    given = {"week": "1"}
    execution = Dispatcher().submit("ingest", given)
    assert seen == [{"week": "1", "limit": 9}]
    assert given == execution.params == {"week": "1"}


def test_an_unknown_pipeline_and_bad_params_raise_and_leave_no_execution(seen: list[dict[str, Any]]) -> None:
    dispatcher = Dispatcher()
    with pytest.raises(PipelineNotFoundError, match=r"'ingset' not found; did you mean 'ingest'\?"):
        dispatcher.submit("ingset")
    with pytest.raises(BadParamsError, match="missing parameters: week"):
        dispatcher.submit("ingest")
    assert dispatcher.list_executions() == []
    assert seen == []


def test_a_pipeline_that_raises_is_failed_and_keeps_its_exception(seen: list[dict[str, Any]]) -> None:
    execution = Dispatcher().submit("ingest", {"week": "bad"})
    assert (execution.status, execution.error) == (PipelineStatus.FAILED, "no route to host")
    assert isinstance(execution.exception, NetworkError)
    assert execution.result is None
    assert execution.completed_at is not None


def test_a_pipeline_that_exits_is_failed() -> None:
    pipeline("quits")(lambda params: sys.exit(3))
    execution = Dispatcher().submit("quits")
    assert execution.status is PipelineStatus.FAILED
    assert execution.error == "pipeline 'quits' called sys.exit(3)"


def test_an_interrupt_ends_the_execution_as_cancelled_and_goes_on() -> None:
    @pipeline("slow")
    def slow(params: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    dispatcher = Dispatcher()
    with pytest.raises(KeyboardInterrupt):
        dispatcher.submit("slow")
    [execution] = dispatcher.list_executions()
    assert execution.status is PipelineStatus.CANCELLED
    assert execution.completed_at is not None


def test_a_class_that_cannot_be_made_is_a_failed_execution() -> None:
    @register_pipeline("broken")
    class Broken(Pipeline):
        def __init__(self, params: Any = None) -> None:
            raise RuntimeError("no such server")

        def run(self) -> PipelineResult:
            raise AssertionError

    execution = Dispatcher().submit("broken")
    assert (execution.status, execution.error) == (PipelineStatus.FAILED, "no such server")


@pytest.mark.parametrize(("returned", "status"), [({"n": 1}, "completed"), (None, "completed"), (5, "failed")])
def test_a_class_may_return_what_a_function_may(returned: Any, status: str) -> None:
    @register_pipeline("lenient")
    class Lenient(Pipeline):
        def run(self) -> PipelineResult:
            return returned  # type: ignore[no-any-return]

    execution = Dispatcher().submit("lenient")
    assert execution.status.value == status
    assert isinstance(execution.exception, PipelineError) == (status == "failed")


def test_a_class_under_two_names_runs_as_the_one_that_was_asked_for() -> None:
    names: list[str] = []

    class Twice(Pipeline):
        def run(self) -> PipelineResult:
            names.append(self.name)
            return PipelineResult.unchanged("")

    register_pipeline("one")(Twice)
    register_pipeline("two")(Twice)
    for name in ("one", "two", "one"):
        assert Dispatcher().submit(name).pipeline == name
    assert names == ["one", "two", "one"]


def test_executions_are_listed_newest_first_and_filtered(seen: list[dict[str, Any]]) -> None:
    pipeline("other")(lambda params: None)
    dispatcher = Dispatcher()
    first = dispatcher.submit("ingest", {"week": "1"})
    bad = dispatcher.submit("ingest", {"week": "bad"})
    other = dispatcher.submit("other")
    assert dispatcher.list_executions() == [other, bad, first]
    assert dispatcher.list_executions(pipeline="ingest") == [bad, first]
    assert dispatcher.list_executions(status=PipelineStatus.COMPLETED) == [other, first]
    assert dispatcher.list_executions("ingest", PipelineStatus.FAILED) == [bad]
    assert dispatcher.list_executions(limit=1) == [other]
    assert dispatcher.list_executions(limit=0) == []
    assert dispatcher.get_execution(bad.id) is bad
    assert dispatcher.get_execution("unknown") is None


def test_only_the_newest_executions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline("p")(lambda params: None)
    monkeypatch.setattr(dispatcher_module, "MAX_EXECUTIONS", 2)
    dispatcher = Dispatcher()
    made = [dispatcher.submit("p") for _ in range(3)]
    assert dispatcher.list_executions() == [made[2], made[1]]


def test_records_of_a_pipeline_are_visible_when_it_completes_and_never_if_it_fails() -> None:
    visible: list[int] = []

    def work(params: dict[str, Any]) -> None:
        capture(params["name"], [{"a": 1}])
        quarantine([Reject("otc", "blank", "x")])
        visible.append(len(list_captures()) + len(reject_store().list_rejects()))
        if params["fail"]:
            raise RuntimeError("late")

    pipeline("work")(work)
    assert Dispatcher().submit("work", {"name": "lost", "fail": True}).status is PipelineStatus.FAILED
    assert (list_captures(), reject_store().list_rejects()) == ([], [])
    assert Dispatcher().submit("work", {"name": "kept", "fail": False}).status is PipelineStatus.COMPLETED
    assert [kept.name for kept in list_captures()] == ["kept"]
    assert len(reject_store().list_rejects()) == 1
    assert visible == [0, 0]


def load_feed(path: Path, *, fails: bool) -> Execution:
    """Run a pipeline that captures a file unless its content is that of the last fetch."""

    @pipeline("load", replace=True)
    def load(params: dict[str, Any]) -> Any:
        fetched = FileSource("feed", path).fetch()
        if not fetched.metadata.content_changed:
            return PipelineResult.unchanged("nothing new")
        if fails:
            raise RuntimeError("after the fetch")
        return capture("feed", fetched.table)

    return get_dispatcher().submit("load")


@pytest.mark.parametrize("is_stored", [False, True])
def test_what_an_execution_that_failed_has_fetched_is_not_taken_for_processed(tmp_path: Path, is_stored: bool) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("a\n1\n")
    Project(tmp_path).write("spine.toml", "")
    with open_project(tmp_path) if is_stored else nullcontext():
        assert load_feed(path, fails=True).status is PipelineStatus.FAILED
        assert load_feed(path, fails=False).status is PipelineStatus.COMPLETED
        assert [kept.name for kept in list_captures()] == ["feed"]
        again = load_feed(path, fails=False).result
        assert again is not None
        assert again.outcome == "unchanged"


def test_a_result_that_says_failed_leaves_nothing_behind() -> None:
    @pipeline("p")
    def failing(params: dict[str, Any]) -> PipelineResult:
        capture("lost", [{"a": 1}])
        return PipelineResult(PipelineStatus.FAILED, PipelineResult.unchanged("").started_at, error="too few rows")

    execution = Dispatcher().submit("p")
    assert (execution.status, execution.error) == (PipelineStatus.FAILED, "too few rows")
    assert list_captures() == []


def test_inside_other_work_captures_wait_for_that_and_those_of_a_failed_pipeline_are_dropped() -> None:
    @pipeline("inner")
    def inner(params: dict[str, Any]) -> None:
        capture(params["name"], [{"a": 1}])
        if params["name"] == "lost":
            raise RuntimeError

    with use_work(Work(run_id="r1")) as work:
        Dispatcher().submit("inner", {"name": "first"})
        Dispatcher().submit("inner", {"name": "lost"})
        Dispatcher().submit("inner", {"name": "second"})
    assert [staged.name for staged in work.staged if isinstance(staged, Capture)] == ["first", "second"]
    assert list_captures() == []


def test_a_pipeline_knows_the_run_and_the_execution_that_it_belongs_to() -> None:
    works: list[Work | None] = []
    pipeline("p")(lambda params: works.append(current_work()))
    with use_work(Work(run_id="r1", step="s")):
        execution = Dispatcher().submit("p")
    [work] = works
    assert work is not None
    assert (work.run_id, work.step, work.pipeline, work.execution_id) == ("r1", "s", "p", execution.id)


def test_one_dispatcher_serves_many_threads(seen: list[dict[str, Any]]) -> None:
    dispatcher = Dispatcher()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: dispatcher.submit("ingest", {"week": str(number)}), range(100)))
    assert len({execution.id for execution in made}) == len(dispatcher.list_executions()) == 100


def test_the_global_dispatcher_is_one_until_it_is_reset() -> None:
    pipeline("p")(lambda params: None)
    before = get_dispatcher()
    before.submit("p")
    assert get_dispatcher() is before
    reset_dispatcher()
    assert get_dispatcher() is not before
    assert get_dispatcher().list_executions() == []


def test_lanes_and_trigger_sources_are_those_that_are_promised() -> None:
    assert [lane.name for lane in Lane] == ["NORMAL", "BACKFILL", "SLOW"]
    assert [source.name for source in TriggerSource] == ["CLI", "API", "SCHEDULER", "RETRY", "MANUAL"]
