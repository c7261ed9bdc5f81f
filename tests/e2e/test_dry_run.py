"""A dry run of a whole project leaves everything as it was, and the plan shows the same."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spine.db.registry import get_adapter
from tests.projects import Project

FLOWS = """
import pathlib

from spine.framework.alerts import send_alert
from spine.framework.captures import capture, list_captures
from spine.framework.pipelines import pipeline
from spine.framework.sources import source_registry
from spine.orchestration import Step, Workflow, workflow_registry

HERE = pathlib.Path(__file__).parent


def touch(ctx, config=None):
    (HERE / "touched").touch()
    raise AssertionError("a dry run called it")


def refuse(ctx, config):
    raise ValueError("not today")


def many(ctx):
    return ctx.get_output("load", "rows", 0) > 1


def days(ctx, config):
    capture("days", [{"day": "mon"}])
    return {"days": ["mon", "tue"], "rows": 2, "dry": ctx.is_dry_run}


def kept(ctx, config):
    found = {"names": [item.name for item in list_captures()]}
    rows = source_registry.get("local").fetch().data
    send_alert("CRITICAL", "t", "m", "s")
    return {**found, "rows": len(list(rows))}


def seed(ctx, config):
    capture("seeded", [{"n": 1}])


@pipeline("fetch")
def fetch(params):
    return source_registry.get("remote").fetch()


def branches(first):
    return [
        first,
        Step.choice("which", many, "big", "small"),
        Step.lambda_("big", touch, next_step="each"),
        Step.lambda_("small", touch),
        Step.map("each", "load.days", function=touch),
        Step.parallel("side", {"a": [Step.command("make", ["touch", "touched"])], "b": [Step.wait("pause", 5)]}),
    ]


for workflow in [
    Workflow("all", [Step.pipeline("fetch", "fetch"), *branches(Step.lambda_("load", touch))],
             on_failure=[Step.lambda_("tell", touch)]),
    Workflow("called", branches(Step.lambda_("load", days, dry_run="call"))),
    Workflow("reads", [Step.lambda_("kept", kept, dry_run="call"), Step.workflow("below", "called")]),
    Workflow("fails", [Step.lambda_("load", refuse, dry_run="call"), Step.pipeline("no", "missing")],
             on_failure=[Step.lambda_("tell", touch)]),
    Workflow("seed", [Step.lambda_("seed", seed)]),
]:
    workflow_registry.register(workflow)
"""

SETTINGS = """
[spine]
name = "dry"
modules = ["flows"]

[sources.remote]
type = "http"
url = "{url}/data.csv"
format = "csv"

[sources.local]
type = "file"
path = "local.csv"

[channels.hook]
type = "webhook"
url = "{url}/hook"
min_severity = "INFO"

[alerts]
on_failure = "ERROR"

[schedules.nightly]
workflow = "all"
every = "1m"
"""

WORKFLOWS = ["all", "called", "reads"]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def project(make_project: Callable[..., Project], listening: socket.socket) -> Project:
    made = make_project(SETTINGS.replace("{url}", f"http://127.0.0.1:{listening.getsockname()[1]}"), FLOWS)
    made.write("local.csv", "a\n1\n2\n")
    return made


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in sorted(root.rglob("*"))
    }


@pytest.mark.slow
@pytest.mark.parametrize("command", [("run", "--dry-run"), ("plan",)], ids=lambda command: command[0])
@pytest.mark.parametrize("is_new", [True, False], ids=["new-project", "used-project"])
def test_it_leaves_folder_database_and_sockets_as_they_were(
    project: Project, listening: socket.socket, command: tuple[str, ...], is_new: bool
) -> None:
    if not is_new:
        assert project.call("run", "seed").code == 0
    before = tree(project.root)
    assert (".spine" in before) is not is_new
    for workflow, code in [*((name, 0) for name in WORKFLOWS), ("fails", 1)]:
        call = project.run if workflow == "reads" else project.call  # in this process is faster
        outcome = call(command[0], workflow, *command[1:], "--json")
        assert (outcome.code, tree(project.root) == before) == (code, True), outcome.err
    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize("workflow", [*WORKFLOWS, "fails"])
def test_the_plan_shows_the_same(project: Project, workflow: str) -> None:
    ran, planned = project.call("run", workflow, "--dry-run", "--json"), project.call("plan", workflow, "--json")
    assert ran.code == planned.code
    assert ran.json["plan"] == planned.json["steps"]
    table = project.call("plan", workflow).out.partition("\n\n")[2]
    assert table
    assert project.call("run", workflow, "--dry-run").out.partition("\n\n")[2] == table


def test_what_a_called_step_reads_is_what_runs_have_stored(project: Project) -> None:
    assert project.call("run", "seed").code == 0
    [kept, *_] = project.call("run", "reads", "--dry-run", "--json").json["plan"]
    assert (kept["action"], kept["output"]) == ("called", {"names": ["seeded"], "rows": 2})
    assert [run["workflow_name"] for run in project.call("runs", "list", "--json").json] == ["seed"]
    assert [item["name"] for item in project.call("captures", "list", "--json").json] == ["seeded"]


@pytest.mark.slow
def test_on_postgresql_it_writes_no_row(project: Project, new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    env = {"SPINE__SPINE__DATABASE": url}
    assert project.run("run", "reads", "--dry-run", env=env).code == 0
    with get_adapter(url) as adapter:
        assert adapter.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    assert project.run("db", "upgrade", env=env).code == 0
    assert project.run("run", "seed", env=env).code == 0
    with get_adapter(url) as adapter:
        before = _counts(adapter)
    for arguments in (("run", "reads", "--dry-run"), ("plan", "reads")):
        assert project.run(*arguments, env=env).code == 0
    with get_adapter(url) as adapter:
        assert _counts(adapter) == before


def _counts(adapter: object) -> dict[str, int]:
    names = [row["tablename"] for row in adapter.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]  # type: ignore[attr-defined]
    return {name: adapter.query_one(f'SELECT count(*) AS n FROM "{name}"')["n"] for name in names}  # type: ignore[attr-defined]
