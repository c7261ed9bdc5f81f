"""Lineage, stale captures and the forgetting of revisions, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from spine.app import open_project
from spine.core.errors import ValidationError
from spine.core.scope import current_scope
from spine.framework.captures import capture
from spine.framework.dispatcher import Execution, ExecutionStore, Lane, TriggerSource
from spine.framework.lineage.graph import LineageGraph
from spine.framework.pipelines import PipelineStatus
from spine.project import Project as OpenProject
from spine.storage.retention import prune
from spine.testing import FixedClock
from tests.projects import Project

FLOWS = """
from spine import capture, read_capture
from spine.framework.sources import source_registry
from spine.orchestration import Step, Workflow, workflow_registry

def raw(ctx, config):
    fetched = source_registry.get("feed").fetch()
    capture("raw", fetched.table, partition={"day": ctx.get_param("day", "1")})

def clean(ctx, config):
    day = {"day": ctx.get_param("day", "1")}
    capture("clean", [{"m": int(row["n"]) * 2} for row in read_capture("raw", partition=day).data], partition=day)

def total(ctx, config):
    capture("total", [{"sum": sum(row["m"] for row in read_capture("clean", partitions="all").data)}])

def history(ctx, config):
    rows = read_capture("raw", partition={"day": "1"}, revision=1).data
    before = read_capture("history").data if config.get("again") else []
    capture("history", rows + before)

def fail(ctx, config):
    read_capture("raw", partition={"day": "1"})
    raise ValueError("no")

for function in (raw, clean, total, history, fail):
    workflow_registry.register(Workflow(function.__name__, [Step.lambda_("step", function)]))
"""
SETTINGS = '[spine]\nmodules = ["flows"]\ndatabase = "{url}"\n[sources.feed]\ntype = "file"\npath = "feed.csv"\n'


@frozen
class World:
    """An open project with a source."""

    project: Project
    opened: OpenProject

    def run(self, workflow: str, **params: str) -> str:
        result = self.opened.run(workflow, params)
        assert result.status.name == "COMPLETED"
        return result.run_id

    def feed(self, number: int) -> None:
        self.project.write("feed.csv", f"n\n{number}\n")

    def stale(self) -> list[tuple[str, str | None, list[tuple[str, int, int]]]]:
        return [
            (
                found.capture.name,
                found.capture.partition.get("day"),
                [(source.name, source.revision_read, source.current_revision) for source in found.inputs],
            )
            for found in self.opened.captures.stale()
        ]


@pytest.fixture
def world(tmp_path: Path, database_url: str, fixed_clock: FixedClock) -> Iterator[World]:
    project = Project(tmp_path)
    project.write("flows.py", FLOWS)
    project.write("spine.toml", SETTINGS.format(url=database_url))
    assert project.call("db", "upgrade").code == 0
    with open_project(tmp_path) as application:
        made = World(project, OpenProject(application))
        made.feed(1)
        for name in ("raw", "clean", "total"):
            made.run(name)
            fixed_clock.advance(60)
        yield made


def labels(graph: LineageGraph) -> list[str]:
    return [node.label.split(" of run")[0] for node in graph.nodes.values()]


def test_a_capture_is_traced_up_to_the_content_that_was_fetched(world: World) -> None:
    graph = world.opened.captures.lineage("total")
    [fetch] = [node for node in graph.nodes.values() if node.kind == "fetch"]
    assert fetch.details["source_name"] == "feed"
    assert str(fetch.details["locator"]).endswith("feed.csv")
    assert len(str(fetch.details["content_hash"])) == 64
    assert [label for label in labels(graph) if "SHA" not in label] == [
        "total revision 1",
        "step step",
        "clean day=1 revision 1",
        "step step",
        "raw day=1 revision 1",
        "step step",
    ]
    path, node = [], graph.roots[0]
    while beyond := graph.beyond(node):
        [node] = beyond
        path.append(graph.nodes[node].kind)
    assert path == ["step", "capture", "step", "capture", "step", "fetch"]


def test_a_run_leads_down_to_all_that_was_made_from_its_data(world: World) -> None:
    run = world.run("raw", day="2")
    world.run("clean", day="2")
    world.run("total")
    graph = world.opened.runs.affected(run)
    assert [node.label for node in graph.nodes.values() if node.kind == "capture"] == [
        "raw day=2 revision 1",
        "clean day=2 revision 1",
        "total revision 2",
    ]
    assert graph.links == world.opened.captures.lineage(graph.roots[0], "down").links


def test_a_capture_is_stale_from_the_newer_revision_of_an_input_until_it_was_made_anew(world: World) -> None:
    assert world.stale() == []
    world.feed(2)
    world.run("raw")
    assert world.stale() == [("clean", "1", [("raw", 1, 2)])]
    world.run("clean")
    assert world.stale() == [("total", None, [("clean", 1, 2)])]
    world.run("total")
    assert world.stale() == []


def test_equal_content_from_newer_inputs_is_not_stale(world: World, fixed_clock: FixedClock) -> None:
    world.feed(2)
    world.run("raw")
    world.feed(1)
    world.run("raw")
    assert world.stale() == [("clean", "1", [("raw", 1, 3)])]
    fixed_clock.advance(60)
    world.run("clean")
    assert world.stale() == []
    assert [made.revision for made in world.opened.captures.list("clean")] == [1]


def test_a_revision_that_was_asked_for_and_the_own_last_one_make_nothing_stale(world: World) -> None:
    world.run("history")
    world.feed(2)
    world.run("raw")
    assert [name for name, _day, _inputs in world.stale()] == ["clean"]


def test_a_step_that_fails_leaves_no_edge(world: World) -> None:
    before = world.opened.captures.lineage("raw", "down", partition={"day": "1"}).links
    assert world.opened.run("fail").status.name == "FAILED"
    assert world.opened.captures.lineage("raw", "down", partition={"day": "1"}).links == before


def test_a_capture_of_a_script_has_no_lineage(world: World) -> None:
    capture("notes", [{"a": 1}])
    assert world.opened.captures.lineage("notes").links == ()
    with pytest.raises(ValidationError, match="use 'up' or 'down'"):
        world.opened.captures.lineage("notes", "sideways")


def revisions(world: World, name: str) -> list[int]:
    return [made.revision for made in world.opened.captures.list(name)]


def remade(world: World, fixed_clock: FixedClock, times: int) -> None:
    for number in range(2, 2 + times):
        world.feed(number)
        for name in ("raw", "clean", "total"):
            world.run(name)
        fixed_clock.advance(86_400)


def test_revisions_are_forgotten_when_no_other_capture_was_made_from_them(
    world: World, fixed_clock: FixedClock
) -> None:
    remade(world, fixed_clock, 3)
    assert world.opened.captures.forget("raw", keep=1) == []
    assert [made.revision for made in world.opened.captures.forget("total", keep=2, dry_run=True)] == [1, 2]
    assert revisions(world, "total") == [1, 2, 3, 4]
    world.opened.captures.forget("total", keep=2)
    world.opened.captures.forget("clean", keep=1)
    world.opened.captures.forget("raw", keep=1)
    assert (revisions(world, "total"), revisions(world, "clean"), revisions(world, "raw")) == ([3, 4], [3, 4], [3, 4])
    assert world.stale() == []
    assert world.opened.captures.lineage("total", revision=3).links


def test_revisions_younger_than_the_age_are_kept(world: World, fixed_clock: FixedClock) -> None:
    remade(world, fixed_clock, 3)
    world.opened.captures.forget("total", older_than=timedelta(days=2, hours=1))
    assert revisions(world, "total") == [3, 4]
    world.opened.captures.forget("total", keep=3, older_than=timedelta(0))
    assert revisions(world, "total") == [3, 4]


def test_a_revision_that_was_current_when_work_in_progress_began_is_kept(world: World, fixed_clock: FixedClock) -> None:
    """It may have been read: lineage is written when the step ends."""
    executions = current_scope().find(ExecutionStore)  # type: ignore[type-abstract]  # a protocol is the key
    assert executions is not None
    begun = Execution("e1", "p", {}, Lane.NORMAL, TriggerSource.CLI, None, PipelineStatus.RUNNING, fixed_clock.now())
    begun.started_at = fixed_clock.now()
    executions.begin(begun)
    fixed_clock.advance(3600)
    remade(world, fixed_clock, 2)
    assert world.opened.captures.forget("total", keep=1) == []
    begun.status = PipelineStatus.COMPLETED
    executions.end(begun)
    assert {made.revision for made in world.opened.captures.forget("total", keep=1)} == {1, 2}


def test_the_scheduler_forgets_what_the_settings_do_not_keep(world: World, fixed_clock: FixedClock) -> None:
    from spine.app.captures import forget_old

    remade(world, fixed_clock, 3)
    text = (world.project.root / "spine.toml").read_text()
    world.project.write("spine.toml", text + "[captures]\nkeep = 2\n")
    with open_project(world.project.root) as application:
        assert len(forget_old(application)) == 6
    assert revisions(world, "raw") == [3, 4]


def test_what_a_backup_of_the_database_calls_current_has_its_file_for_a_day_more(
    world: World, fixed_clock: FixedClock
) -> None:
    from spine.app.captures import forget_old

    text = (world.project.root / "spine.toml").read_text()
    world.project.write("spine.toml", text + "[captures]\nkeep = 1\n")
    with open_project(world.project.root) as application:
        [current] = world.opened.captures.list("total")
        fixed_clock.advance(40 * 86_400)
        remade(world, fixed_clock, 1)
        fixed_clock.advance(-3600)
        assert forget_old(application) == []
        assert application.payloads.holds(current.location)
        fixed_clock.advance(7200)
        assert {made.name for made in forget_old(application)} == {"raw", "clean", "total"}


@pytest.mark.slow
def test_pruning_the_runs_keeps_the_lineage_of_captures(world: World, fixed_clock: FixedClock) -> None:
    remade(world, fixed_clock, 1)
    confirmed = world.run("total")
    before = world.opened.captures.lineage("total")
    fixed_clock.advance(86_400 * 30)
    history = world.opened.application.history
    deleted = prune(history, fixed_clock.now() - timedelta(days=1))
    assert deleted["core_lineage"] == 0
    assert confirmed not in {row["run_id"] for row in world.opened.runs.list().rows}
    after = world.opened.captures.lineage("total")
    assert (after.links, labels(after)) == (before.links, labels(before))
    assert world.stale() == []


def test_differences_are_those_of_the_revisions(world: World) -> None:
    world.feed(5)
    world.run("raw")
    found: dict[str, Any] = world.opened.captures.diff("raw", partition={"day": "1"}).to_dict()
    assert (found["added"], found["removed"], found["old_revision"], found["new_revision"]) == (1, 1, 1, 2)


def test_a_revision_with_more_rows_only_is_compared(world: World) -> None:
    for count in (2, 3):
        capture("grows", [{"n": number} for number in range(count)])
    found = world.opened.captures.diff("grows").to_dict()
    assert (found["added"], found["removed"], found["samples"]["removed"]) == (1, 0, [])
    assert world.opened.captures.diff("grows", 2, 1).to_dict()["removed"] == 1
