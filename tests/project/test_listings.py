"""Questions of the pages of a board: what there is of captures, sources, incidents and plugins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spine.core.errors import BadParamsError
from spine.framework.alerts import AlertSeverity, send_alert
from spine.framework.alerts.silence import Silence
from spine.project import Project, open_project
from tests.projects import Project as ProjectFolder

SETTINGS = """
[spine]
modules = ["flows"]
database = "{database}"

[sources.prices]
type = "file"
path = "prices.csv"
on_bad_row = "quarantine"
max_bad_rows = 10

[sources.absent]
type = "file"
path = "absent.csv"

[contracts.numbers]
checks = [{{ check = "row_count", min = 2, severity = "warn" }}]

[schedules.often]
workflow = "numbers"
every = "1h"
"""
FLOWS = """
from spine.framework.captures import capture, read_capture
from spine.framework.sources import source_registry
from spine.orchestration import Daily, Static, Step, Workflow, workflow_registry


def count(context, config):
    rows = [{"n": number} for number in range(int(context.params["to"]))]
    capture("numbers", rows, partition={"part": context.params["part"]})


def fetch(context, config):
    source_registry.get(context.params["source"]).fetch()


workflow_registry.register(Workflow("numbers", [Step.lambda_("count", count)], defaults={"to": "3", "part": "a"}))
workflow_registry.register(Workflow("fetch", [Step.lambda_("fetch", fetch)], defaults={"source": "prices"}))
def link(name, source):
    def step(context, config):
        rows = read_capture(source).data if source else [{"n": 1}]
        capture(name, rows)

    return Step.lambda_(name, step)


chain = [link("first", None), link("second", "first"), link("third", "second")]
workflow_registry.register(Workflow("chain", chain))
workflow_registry.register(Workflow("daily", [Step.lambda_("count", count)], partitions=Daily("day")))
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Iterator[Project]:
    made = ProjectFolder(tmp_path / "project")
    made.write("spine.toml", SETTINGS.format(database=database_url))
    made.write("flows.py", FLOWS)
    made.write("prices.csv", "day,price\n2026-01-05,1\nbad\n2026-01-06,2\n")
    assert made.call("db", "upgrade").code == 0
    with open_project(made.root) as opened:
        yield opened


def test_captures_are_counted_by_name_and_only_current_revisions_by_size(project: Project) -> None:
    project.run("numbers", {"to": "3"})
    project.run("numbers", {"to": "5"})
    project.run("numbers", {"to": "7", "part": "b"})
    [row] = project.captures.names()
    assert (row["name"], row["partitions"], row["revisions"], row["row_count"]) == ("numbers", 2, 3, 12)
    assert row["captured_at"] == project.captures.current("numbers")[0].captured_at


def test_current_captures_are_the_newest_revision_of_each_partition(project: Project) -> None:
    project.run("numbers", {"to": "3"})
    project.run("numbers", {"to": "5"})
    project.run("numbers", {"to": "7", "part": "b"})
    found = project.captures.current("numbers")
    assert [(made.partition["part"], made.revision, made.row_count) for made in found] == [("b", 1, 7), ("a", 2, 5)]
    assert project.captures.current("numbers", limit=1) == found[:1]
    assert list(project.captures.current("none")) == []


def test_revisions_are_those_of_one_partition(project: Project) -> None:
    for to in ("3", "4", "5"):
        project.run("numbers", {"to": to})
    project.run("numbers", {"to": "7", "part": "b"})
    found = project.captures.revisions("numbers", {"part": "a"}, limit=2)
    assert [(made.revision, made.row_count) for made in found] == [(3, 5), (2, 4)]
    assert list(project.captures.revisions("numbers")) == []


def test_checks_of_a_partition_cover_all_of_its_revisions(project: Project) -> None:
    for to in ("1", "3"):
        project.run("numbers", {"to": to})
    project.run("numbers", {"to": "1", "part": "b"})
    found = project.captures.checks("numbers", {"part": "a"})
    assert [(row["observed"], row["passed"]) for row in found] == [("3 rows", True), ("1 row", False)]


def test_a_source_is_as_fresh_as_its_newest_good_fetch(project: Project) -> None:
    project.run("fetch")
    (project.root / "prices.csv").unlink()
    project.run("fetch")
    absent, prices = project.sources.freshness()
    assert (absent["name"], absent["last_fetch"], absent["good_at"]) == ("absent", None, None)
    newest, first = project.sources.fetches("prices")
    assert (prices["last_fetch"]["status"], prices["last_fetch"]["id"]) == ("NOT_FOUND", newest["id"])
    assert prices["good_at"] == first["started_at"]


def test_rejected_rows_are_counted_by_reason(project: Project) -> None:
    project.run("fetch")
    [reject] = project.sources.rejects("prices")
    assert (reject["line_number"], reject["raw"]) == (3, "bad")
    [reason] = project.sources.reject_reasons("prices")
    assert (reason["reason"], reason["rows"], reason["last_at"]) == (reject["reason"], 1, reject["created_at"])
    assert project.sources.rejects("absent") == project.sources.reject_reasons("absent") == []


@pytest.mark.slow
def test_an_incident_has_the_facts_of_its_first_alert(project: Project) -> None:
    send_alert(AlertSeverity.ERROR, "late", "no file", "prices", domain="market")
    send_alert(AlertSeverity.ERROR, "late", "no file", "prices", domain="market")
    send_alert(AlertSeverity.WARNING, "slow", "no file", "other")
    slow, late = project.alerts.incidents()
    assert (late["title"], late["severity"], late["domain"], late["alert_count"]) == ("late", "ERROR", "market", 2)
    project.alerts.resolve(slow["alert_id"])
    assert project.alerts.incidents(only_open=True) == [late]
    assert [row["title"] for row in project.alerts.incidents(limit=1)] == ["slow"]


@pytest.mark.slow
def test_silences_are_those_that_have_not_ended(project: Project) -> None:
    now = datetime.now(UTC)
    project.alerts.silence(Silence({"source": "old"}, now - timedelta(hours=1)))
    project.alerts.silence(Silence({"source": "late"}, now + timedelta(hours=2), "known"))
    project.alerts.silence(Silence({"source": "soon"}, now + timedelta(hours=1)))
    assert [(row["match"]["source"], row["comment"]) for row in project.alerts.silences()] == [
        ("soon", ""),
        ("late", "known"),
    ]


def test_only_workflows_with_partitions_are_listed(project: Project) -> None:
    assert list(project.partitions.workflows()) == ["daily"]
    assert project.partitions.declared("daily").params == ("day",)
    with pytest.raises(BadParamsError, match="declares no partitions"):
        project.partitions.declared("numbers")


def test_ticks_are_chosen_by_time_and_status(project: Project) -> None:
    project.schedules.trigger("often")
    [tick] = project.schedules.history("often")
    assert list(project.schedules.history("often", since=tick.scheduled_at)) == [tick]
    assert list(project.schedules.history("often", since=tick.scheduled_at + timedelta(seconds=1))) == []
    assert list(project.schedules.history(status=["COMPLETED", "MISSED"])) == [tick]
    assert list(project.schedules.history(project.schedules.get("often"), status=["MISSED"])) == []


def test_the_next_ticks_of_a_listed_schedule_need_no_other_look(project: Project) -> None:
    [record] = project.schedules.list()
    first, second = project.schedules.upcoming(record, 2)
    assert [tick.utc for tick in project.schedules.upcoming("often", 2)] == [first.utc, second.utc]
    assert [tick.utc for tick in project.schedules.upcoming(record, 2, until=first.utc)] == [first.utc]


def test_plugins_and_findings_are_those_of_the_commands(project: Project) -> None:
    assert "spine-core" in {row["distribution"] for row in project.plugins()}
    found = {row["check"]: row for row in project.diagnose()}
    assert {"check", "status", "says", "fix"} == set(found["database"])
    assert found["database"]["status"] == "ok"


def test_lineage_ends_after_a_number_of_steps(project: Project) -> None:
    project.run("chain")
    whole = project.captures.lineage("third")
    near = project.captures.lineage("third", depth=1)
    assert [node.label for node in whole.nodes.values() if node.kind == "capture"] == [
        f"{name} revision 1" for name in ("third", "second", "first")
    ]
    assert [node.label for node in near.nodes.values() if node.kind == "capture"] == [
        "third revision 1",
        "second revision 1",
    ]
    assert set(near.links) < set(whole.links)
    assert len(project.captures.lineage("first", "down", depth=0).nodes) == 1


def test_options_of_a_backfill_are_given_by_name(project: Project) -> None:
    options = project.backfills.options(["missing", "failed"], max_parallel=3, order="newest")
    planned = project.backfills.plan("daily", options, "2026-01-05", "2026-01-06")
    assert [key["day"] for key in planned.partitions] == ["2026-01-06", "2026-01-05"]
    with pytest.raises(BadParamsError, match="'lost' is not a valid Choice: a backfill takes missing, failed, all"):
        project.backfills.options(["lost"])
    with pytest.raises(BadParamsError, match="oldest, newest"):
        project.backfills.options(order="random")
