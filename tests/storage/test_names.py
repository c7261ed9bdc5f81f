"""Names that would not fit are refused alike by every database; texts from outside are shortened to fit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import ScheduleError, ValidationError
from spine.framework.captures import capture
from spine.framework.rejects import Reject
from spine.framework.sources.database import DatabaseSource
from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.records import LogRecord
from spine.scheduling.schedule import Schedule
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore
from spine.storage.sources.rejects import SqlRejectStore
from spine.storage.tables.complete import metadata
from spine.storage.types import AnyText, Name, ShortText, UtcDateTime
from tests.storage.records import NOW, RUN, create


@pytest.mark.parametrize("name", ["s" * 201, "a\0b", "a\ud800b"])
def test_a_name_that_does_not_fit_is_refused(name: str, adapter: DatabaseAdapter) -> None:
    store = SqlRejectStore(History(adapter))
    with pytest.raises(ValidationError, match="the text '"):
        store.commit([Reject(name, "blank", "x")])
    assert store.list_rejects() == []


def test_the_longest_name_fits(adapter: DatabaseAdapter) -> None:
    store = SqlRejectStore(History(adapter))
    store.commit([Reject("ä" * 200, "blank", "x")])
    assert [reject.source_name for reject in store.list_rejects()] == ["ä" * 200]


@pytest.mark.parametrize("length", [1, 199, 200, 201, 5000])
def test_the_class_of_an_error_is_shortened(length: int, adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    create(store, evolve(RUN, error_type="E" * length))
    run = store.get_run("r1")
    assert run is not None
    assert run.error_type == ("E" * length if length <= 200 else "E" * 199 + "…")


def test_a_long_log_level_of_a_step_loses_no_line(adapter: DatabaseAdapter) -> None:
    store = SqlRunStore(History(adapter))
    create(store)
    store.add_logs([LogRecord("r1", "a", 1, NOW, "EXTRAORDINARILY_VERBOSE", "x", "said")])
    assert [(line.level, line.message) for line in store.list_logs("r1")] == [("EXTRAORDINARILY…", "said")]


def test_every_column_of_limited_length_has_a_rule() -> None:
    kinds = (Name, ShortText, AnyText, UtcDateTime)
    limited = {
        column.name
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(getattr(column.type, "length", None), int) and not isinstance(column.type, kinds)
    }
    # values of Spine's own enumerations and digests
    assert limited <= {"status", "severity", "min_severity", "kind", "lane", "trigger_source", "triggered_by"} | {
        "target_type",
        "schedule_type",
        "last_run_status",
        "direction",
        "mode",
        "outcome",
        "dialect",
        "item_key",
    }


LONG = "x" * 201
KEEP = Step.lambda_("a", lambda context, config: {})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Workflow("w", [KEEP], domain=LONG), "the domain of workflow 'w' '"),
        (lambda: capture("n", [{"a": 1}], domain=LONG), "the domain of capture 'n' '"),
        (lambda: DatabaseSource("s", "db", "SELECT 1", domain=LONG), "the domain of source 's' '"),
        (lambda: WorkflowRunner().execute(Workflow("w", [KEEP]), context=context_of(LONG)), "the run id '"),
    ],
)
def test_a_name_that_does_not_fit_is_refused_before_anything_runs(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=f"{sentence}.* has 201 characters, at most (200|64) are possible"):
        make()


def test_a_cron_expression_that_does_not_fit_is_refused_for_its_schedule() -> None:
    hours = ",".join(["1"] * 120)
    with pytest.raises(ScheduleError, match="cron has 247 characters, at most 200 are possible"):
        Schedule(name="s", workflow="w", cron=f"0 0 {hours} * *")


def context_of(run_id: str) -> WorkflowContext:
    return WorkflowContext.create("w", run_id=run_id)
