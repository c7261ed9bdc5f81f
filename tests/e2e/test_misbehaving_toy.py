"""A distribution that misbehaves in every hook, installed with pip: its parts fail, and nothing else does."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spine.app import open_project
from spine.core.adapters.database import get_adapter
from spine.storage.check import check_store
from spine.storage.history import History
from spine.testing import FixedClock
from tests.projects import Outcome, Project, no_call_is_going, wait_until
from tests.toys import install, installed_here

SETTINGS = '[spine]\nmodules = ["flows"]\n'
FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

for name in ("w", "refused"):
    workflow_registry.register(Workflow(name, [Step.lambda_("a", lambda context, config: {"said": "hello"})]))
"""
FAILING_BRANCHES = ("half", "missing", "headless")


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install("bad", tmp_path_factory.mktemp("toy"))


@pytest.fixture
def project(tmp_path: Path, toy: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PYTHONPATH", str(toy))
    project = Project(tmp_path / "project")
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    return project


def listeners(*kinds: str) -> str:
    return "".join(f'[listeners.{kind}]\ntype = "bad-{kind}"\n' for kind in kinds)


def warnings(done: Outcome) -> list[str]:
    assert "Traceback" not in done.err, done.err
    return [line.removeprefix("WARNING: ") for line in done.err.splitlines() if line.startswith("WARNING: ")]


@pytest.mark.slow
def test_every_command_of_core_works_beside_it(project: Project, toy: Path) -> None:
    project.write(
        "spine.toml", SETTINGS + listeners("unmade", "raises") + '[schedules.s]\nworkflow = "w"\nevery = "1h"'
    )
    assert (project.run("--help").code, project.run("--help").err) == (0, "")
    for command in (
        "workflows list",
        "run w",
        "runs list",
        "runs show latest",
        "captures list",
        "sources list",
        "schedules list",
        "schedules trigger s",
        "alerts list",
        "config show",
        "plugins list",
    ):
        with installed_here(toy):
            done = project.call(*command.split())
        assert done.code == 0, (command, done.err)
        assert "Traceback" not in done.err
    assert project.run("run", "w", "--json").json["status"] == "COMPLETED"


@pytest.mark.slow
def test_each_fault_is_found_by_the_check_of_plugins(project: Project) -> None:
    done = project.run("plugins", "check", "toy-bad")
    assert done.code == 1
    for said in (
        "conflict: core (spine-core) and toy-bad (spine-toy-bad) all provide command 'run': it is core's",
        "command 'bad-import' cannot be loaded: SystemExit: no module",
        "listener 'bad-import' cannot be loaded: SystemExit: no module",
        "listener 'bad-nolistener': spine_toy_bad.listeners:NoListener has no method on_event()",
        "migration 'missing' cannot be loaded: FileNotFoundError: package spine_toy_bad has no folder 'missing'",
        "migration 'headless': its head is 'later', and the newest revision in",
        "command 'bad-kind': spine_toy_bad.commands:no_command has no method make_context()",
    ):
        assert said in done.out
    rows = {row["name"]: row for row in project.run("plugins", "list", "--json").json}
    assert (rows["toy-bad"]["state"], rows["toy-wrong"]["state"]) == ("conflict", "broken")
    assert rows["toy-wrong"]["reason"].startswith("TypeError: spine_register_")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (
            "bad-import",
            2,
            "from spine_toy_bad.broken_module:command: SystemExit: no module; run: spine plugins check toy-bad",
        ),
        ("bad-kind", 2, "command 'bad-kind' is not a click command: run spine plugins check toy-bad"),
        ("bad-end", 1, "KeyError: 'no luck' (run again with --debug for the traceback)"),
        ("wrong", 2, "; not loaded: toy-wrong (broken); run: spine plugins list"),
    ],
)
def test_a_command_that_cannot_be_called_is_one_sentence(command: str, code: int, said: str, project: Project) -> None:
    done = project.run(command)
    assert done.code == code
    assert said in done.sentence


def test_listeners_that_fail_are_warnings_and_the_run_completes(project: Project) -> None:
    kinds = ("unmade", "endsatonce", "raises", "exits", "nolistener", "import")
    project.write("spine.toml", SETTINGS + listeners(*kinds))
    done = project.run("run", "w", "--json")
    assert (done.code, done.json["status"]) == (0, "COMPLETED")
    said = "\n".join(warnings(done))
    place = f"{project.root}/spine.toml: listeners"
    made = "of plugin 'toy-bad' cannot be made"
    for sentence in (
        f"{place}.unmade: listener type 'bad-unmade' {made}: RuntimeError: no listener; its options: spine plugins",
        f"{place}.endsatonce: listener type 'bad-endsatonce' {made}: SystemExit: 4; its options: spine plugins show",
        f"{place}.import: listener type 'bad-import' of plugin 'toy-bad' cannot be loaded from",
        "listener 'raises' ([listeners.raises] in spine.toml) failed: RuntimeError: no luck",
        "listener 'exits' ([listeners.exits] in spine.toml) failed: SystemExit: 4",
        "listener 'nolistener' ([listeners.nolistener] in spine.toml) failed: AttributeError",
    ):
        assert sentence in said


@pytest.mark.slow  # its quick version is in tests/framework/test_events.py
def test_listeners_that_block_or_are_slow_hold_up_no_run_and_the_end_of_a_command_for_seconds_only(
    project: Project,
) -> None:
    project.write("spine.toml", SETTINGS)
    begin = time.monotonic()
    assert project.run("run", "w").code == 0
    usual = time.monotonic() - begin
    project.write("spine.toml", SETTINGS + listeners("blocks", "slow"))
    begin = time.monotonic()
    done = project.run("run", "w", "--json")
    assert (done.code, done.json["status"]) == (0, "COMPLETED")
    assert time.monotonic() - begin < 5 + 3 * usual
    assert done.json["duration_seconds"] < 5
    assert any(
        said.startswith("listener 'blocks' ([listeners.blocks] in spine.toml) missed") for said in warnings(done)
    )


@pytest.mark.slow
def test_migrations_that_fail_leave_nothing_and_cores_own_tables_are_sound(project: Project, database_url: str) -> None:
    project.write("spine.toml", f'{SETTINGS}database = "{database_url}"\n')
    done = project.run("db", "upgrade")
    assert done.code == 2
    for owner, head, reason in (
        ("half", "half1", "RuntimeError: half-way"),
        ("missing", "missing1", "FileNotFoundError: package spine_toy_bad has no folder 'missing'"),
        ("headless", "later", "CommandError: Can't locate revision identified by 'later'"),
    ):
        said = f"the tables of plugin {owner} could not be upgraded to version {head} and are unchanged: {reason}; run:"
        assert said in done.sentence
    status = project.run("db", "status", "--json")
    assert status.json["version"] == status.json["needed"]
    assert (
        status.json["plugins"].items()
        >= {
            "half": "none of half1",
            "missing": "none of missing1",
            "headless": "none of later",
        }.items()
    )
    done = project.run("run", "w", "--json")
    assert (done.code, done.json["status"]) == (0, "COMPLETED"), done.err
    assert sum(f"the tables of plugin {owner}" in said for said in warnings(done) for owner in FAILING_BRANCHES) == 3
    done = project.run("db", "check", "--json")
    assert done.code == 1
    assert [fault["fault"].partition(" have ")[0] for fault in done.json] == [
        f"the tables of plugin {owner}" for owner in sorted(FAILING_BRANCHES)
    ]
    with get_adapter(database_url) as adapter:
        assert check_store(History(adapter), project.root / ".spine/captures") == []
        with pytest.raises(Exception, match="toy_half"):
            adapter.query("SELECT * FROM toy_half")


def test_a_calendar_and_a_queue_that_fail_concern_their_own_schedules(
    project: Project, toy: Path, database_url: str, fixed_clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    fixed_clock.set(datetime(2026, 11, 26, 10, 30, tzinfo=UTC))
    tables = {"fine": "", "days": 'calendar = "bad-days"', "unmade": 'calendar = "unmade-days"', "also-fine": ""}
    schedules = "".join(f'[schedules.{name}]\nworkflow = "w"\nevery = "1h"\n{line}\n' for name, line in tables.items())
    schedules += '[schedules.refused]\nworkflow = "refused"\nevery = "1h"\n[scheduler]\nexecutor = "bad-queue"\n'
    project.write("spine.toml", f'{SETTINGS}database = "{database_url}"\n{schedules}')
    with installed_here(toy):
        project.call("db", "upgrade")
        with open_project(project.root) as application:
            scheduler = application.scheduler()
            fixed_clock.advance(1800)

            def has_called_its_calendar() -> bool:
                time.sleep(0.1)  # as the scheduler's own loop, which leaves the database to the thread of the call
                scheduler.fire()
                return "calendar 'bad-days' failed" in caplog.text

            wait_until(has_called_its_calendar)
            scheduler.fire()
            wait_until(no_call_is_going)
            found = sorted(tick.schedule_name for tick in application.schedules.history())
            assert scheduler.pool.park(5)
    assert found == ["also-fine", "fine"]
    for said in (
        "schedule days skipped: calendar 'bad-days' failed for 2026-11-26: RuntimeError: no days",
        "schedule unmade skipped: calendar 'unmade-days' failed for 2026-11-26: PluginBrokenError: calendar type",
        "schedule refused could not be fired: executor 'bad-queue' did not take the run: ",
        "executor 'bad-queue': it did not close: RuntimeError: no end",
    ):
        assert caplog.text.count(said) == 1, said


@pytest.mark.slow
def test_an_executor_that_cannot_be_made_is_one_sentence_of_the_scheduler_and_no_matter_of_a_run(
    project: Project,
) -> None:
    project.write("spine.toml", SETTINGS + '[scheduler]\nexecutor = "far"\n[executors.far]\ntype = "unmade"\n')
    done = project.run("scheduler", "run")
    assert done.code == 2
    assert done.sentence == (
        f"{project.root}/spine.toml: executors.far: executor 'unmade' of plugin 'toy-bad' cannot be made: "
        "RuntimeError: no executor; its options: spine plugins show toy-bad"
    )
    assert project.run("run", "w").code == 0
