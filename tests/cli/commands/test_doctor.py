"""`spine doctor`: checks of a project's needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve
from sqlalchemy import update

from spine.app.checks import tier
from spine.app.health_file import health_file
from spine.core.adapters.database import get_adapter
from spine.core.clock import utc_now
from spine.scheduling.scheduler import Status
from spine.storage import migrate
from spine.storage.tables.runs import runs
from spine.testing import FakePlugin, FixedClock
from tests.databases import PostgresServer
from tests.projects import DEADLINE_SECONDS, Project, clean_environ

FAILING = """
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

workflow_registry.register(Workflow("failing", [Step.lambda_("a", lambda ctx, config: StepResult.fail("no"))]))
"""
SHIFTED = Path(__file__).parents[2] / "e2e" / "shifted_spine.py"


def test_a_new_project_is_well(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[channels.ops]\ntype = "console"\n')
    outcome = project.call("doctor", "--json")
    assert outcome.code == 0
    assert {row["check"] for row in outcome.json} >= {"database", "clock", "disk", "schedules", "channel ops"}
    [database] = [row["says"] for row in outcome.json if row["check"] == "database"]
    assert database.startswith("SQLite database ")
    assert database.endswith("has tables of this version")


@pytest.mark.slow
def test_a_clock_that_is_wrong_is_told_with_its_difference_to_the_server(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\ndatabase = "{own_postgres.url}"\n')
    assert project.call("db", "upgrade").code == 0
    command = [sys.executable, str(SHIFTED), "3600", "doctor", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=clean_environ(), capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    assert done.returncode == 1
    [clock] = [row for row in json.loads(done.stdout) if row["check"] == "clock"]
    assert clock["status"] == "fail"
    assert "this machine is 3600." in clock["says"]


def test_a_channel_that_fails_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    channel = '[channels.hook]\ntype = "webhook"\nurl = "http://127.0.0.1:9/"\n'
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{channel}')
    project.write("flows.py", FAILING)
    assert project.call("run", "failing").code == 1
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if row["check"] == "channel hook"]
    assert (outcome.code, row["status"]) == (1, "fail")


def test_a_plugin_that_is_broken_is_told(tmp_path: Path, installed_plugin: Callable[..., FakePlugin]) -> None:
    installed_plugin("acme", "raise RuntimeError('no license')")
    project = Project(tmp_path)
    project.write("spine.toml", "")
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if row["status"] == "fail"]
    assert (outcome.code, row["says"]) == (1, "broken: RuntimeError: no license")
    assert row["check"].startswith("plugin acme")


FAULTS = {
    "source feed": (
        '[sources.feed]\ntype = "file"\npath = "x.csv"\nencoding = 5\n',
        "sources.feed.encoding must be a text",
    ),
    "channel hook": (
        '[channels.hook]\ntype = "webhook"\nurl = { env = "NOT_SET" }\n',
        "channels.hook.url needs the environment variable NOT_SET, which is not set",
    ),
    "channel ops": ('[channels.ops]\ntype = "console"\nmin_severity = "BAD"\n', "severity 'BAD' is not one of"),
    "database side": ('[databases.side]\ntype = "postgresql"\nport = 0\n', "port"),
}


@pytest.mark.parametrize("check", FAULTS)
def test_a_declaration_that_a_run_could_not_use_is_at_fault(tmp_path: Path, check: str) -> None:
    settings, says = FAULTS[check]
    project = Project(tmp_path)
    project.write("spine.toml", settings)
    outcome = project.call("doctor", "--json")
    assert outcome.code == 1
    assert [row["check"] for row in outcome.json if row["status"] == "fail"] == [check]
    assert says in str(outcome.json)


def test_workflows_and_parameters_of_schedules_are_checked(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "flows.py",
        "from spine.framework.params import ParamDef\n"
        "from spine.orchestration import Step, Workflow, workflow_registry\n"
        "params = [ParamDef('live', bool, 'publish, too')]\n"
        "workflow_registry.register(Workflow('w', [Step.pipeline('a', 'gone')], params=params))\n",
    )
    schedule = '[schedules.s]\nworkflow = "w"\nevery = "1d"\nparams = { life = true }\n'
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{schedule}')
    faults = {row["check"]: row["says"] for row in project.call("doctor", "--json").json if row["status"] == "fail"}
    place = f"{project.root}/spine.toml: schedules.s"
    assert faults == {
        "workflow w": "step 'a' runs pipeline 'gone', which does not exist",
        "schedule s": f"{place}: workflow 'w': unknown parameter 'life'; did you mean 'live'?",
    }


SCHEDULE = '[schedules.s]\nworkflow = "failing"\nevery = "1d"\n'
WORKFLOWS = '[spine]\nmodules = ["flows"]\n'


def found_in(project: Project, status: str) -> dict[str, dict[str, str]]:
    """Return the findings of that status by check."""
    return {row["check"]: row for row in project.call("doctor", "--json").json if row["status"] == status}


STATES = {
    "[spine]\nnmae = 'x'\n": ("spine.toml", "spine: unknown key 'nmae'; did you mean 'name'?"),
    "[spin]\nname = 'x'\n": ("spine.toml", "unknown section [spin]"),
    "[runs]\nmax_crashes = 'x'\n": ("spine.toml", "runs.max_crashes must be an integer"),
    "[spine]\nname = '\udcff'\n": ("spine.toml", "is not UTF-8 text"),
    "[spine\n": ("spine.toml", "is not valid TOML"),
    "[sources.feed]\npath = 'x.csv'\n": ("spine.toml", "sources.feed: key 'type' is missing"),
    "[alerts]\non_failure = 'BAD'\n": ("spine.toml", "BAD"),
    "[alerts]\nfallback = 'nobody'\n": ("spine.toml", "there is no channel 'nobody'"),
    "[alerts.workflows.gone]\n": ("spine.toml", "there is no workflow 'gone'"),
    "[spine]\nmodules = ['gone']\n": ("modules", "module 'gone' of [spine] modules"),
    "[spine]\nmodules = ['broken']\n": ("modules", "cannot be imported: ZeroDivisionError"),
    "[sources.feed]\ntype = 'salesforce'\n": ("source feed", "no plugin provides source type 'salesforce'"),
    "[databases.side]\ntype = 'postgresql'\nhost = '127.0.0.1'\nport = 9\n": ("database side", "connection failed"),
    "[executors.own]\ntype = 'threads'\nsize = 1\n": ("executor own", "unexpected keyword argument 'size'"),
    "[scheduler]\nexecutor = 'treads'\n": ("scheduler.executor", "did you mean 'threads'?"),
    "[scheduler]\nexecutor = 'inline'\n": ("scheduler.executor", "would block the ticks"),
    "[schedules.s]\nworkflow = 'gone'\nevery = '1d'\n": ("schedule s", "there is no workflow 'gone'"),
    "[schedules.s]\nworkflow = 'gone'\nevry = '1d'\n": ("schedule s", "unknown key 'evry'"),
    "[spine]\ndatabase = { env = 'NOT_SET' }\n": ("spine.toml", "NOT_SET, which is not set"),
    "[spine]\ndatabase = 'postgresql://127.0.0.1:9/x'\n": ("database", "127.0.0.1"),
    "[spine]\ndatabase = 'nonsense'\n": ("database", "nonsense"),
}


@pytest.mark.parametrize("settings", STATES)
def test_each_fault_is_a_row_with_a_command_and_the_other_checks_go_on(tmp_path: Path, settings: str) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", settings.encode(errors="surrogateescape"))
    project.write("broken.py", "1 / 0\n")
    outcome = project.call("doctor", "--json")
    check, says = STATES[settings]
    rows = {row["check"]: row for row in outcome.json if row["status"] == "fail"}
    assert outcome.code == 1
    assert says in rows[check]["says"]
    assert set(rows) <= {check, "database"}
    assert all(row["fix"] for row in rows.values())
    assert {"disk", "folder"} <= {row["check"] for row in outcome.json}


def test_several_faults_are_all_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "spine.toml",
        "[spine]\nnmae = 'x'\nmodules = ['gone', 'away']\n[runs]\ngrace = 1\n"
        "[sources.a]\ntype = 'file'\npth = 'x'\n[sources.b]\ntype = 'file'\npth = 'x'\n",
    )
    checks = [row["check"] for row in project.call("doctor", "--json").json if row["status"] == "fail"]
    assert checks == ["spine.toml", "spine.toml", "modules", "modules", "source a", "source b"]


def test_an_unset_variable_and_a_missing_plugin_are_told_with_what_to_type(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        "spine.toml",
        "[channels.hook]\ntype = 'webhook'\nurl = { env = 'HOOK_URL' }\n[sources.feed]\ntype = 'salesforce'\n",
    )
    rows = found_in(project, "fail")
    assert rows["channel hook"]["fix"] == "export HOOK_URL=..."
    assert "spine.toml" in rows["source feed"]["fix"]


def test_names_in_plugins_that_match_nothing_are_warnings(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "[plugins]\ndisabled = ['slak']\nprefer = { 'source.fil' = 'spine-sources-file' }\n")
    outcome = project.call("doctor", "--json")
    rows = {row["check"]: row["says"] for row in outcome.json if row["status"] == "warn"}
    assert "no plugin is called 'slak'" in rows["plugins.disabled"]
    assert "no plugin provides 'source.fil'; did you mean 'source.file'?" in rows["plugins.prefer"]
    assert outcome.code == 0


def test_tables_of_another_version_are_told_with_the_remedy(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\ndatabase = "{database_url}"\n')
    assert project.call("db", "upgrade").code == 0
    assert project.call("db", "downgrade", "0007", "--yes").code == 0
    assert found_in(project, "fail")["database"]["fix"] == "spine db upgrade"
    monkeypatch.setattr("spine.storage.migrate.HEAD", "0006")
    monkeypatch.setattr("spine.storage.migrate._CORE", evolve(migrate._CORE, head="0006"))
    newer = found_in(project, "fail")["database"]
    assert "a newer spine-core made" in newer["says"]
    assert newer["fix"] == "pip install --upgrade spine-core"


def test_active_schedules_without_a_living_scheduler_are_a_warning(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", WORKFLOWS + SCHEDULE)
    project.write("flows.py", FAILING)
    row = found_in(project, "warn")["scheduler"]
    assert row["says"] == "active: 1 (s), and no scheduler runs on this machine"
    assert row["fix"] == "spine scheduler run"
    with health_file(tmp_path) as health:
        health.write(Status(utc_now(), utc_now(), 1, 0, 0, None))
        assert "scheduler" not in found_in(project, "warn")
    with health_file(tmp_path) as health:
        health.write(Status(utc_now(), utc_now(), 1, 0, 0, "no database"))
        assert "no database" in found_in(project, "warn")["scheduler"]["says"]
    with health_file(tmp_path) as health:
        health.write(Status(utc_now(), utc_now(), 1, 0, 2, None))
        assert "2 of its threads run code that does not return" in found_in(project, "warn")["scheduler"]["says"]
    assert project.call("schedules", "pause", "s").code == 0
    assert "scheduler" not in found_in(project, "warn")


@pytest.mark.parametrize("changed", ["spine.toml", "flows.py", "helper.py"])
def test_a_scheduler_that_runs_what_was_before_a_change_is_to_be_restarted(tmp_path: Path, changed: str) -> None:
    project = Project(tmp_path)
    files = {"spine.toml": WORKFLOWS + SCHEDULE, "flows.py": f"import helper\n{FAILING}", "helper.py": "VALUE = 1\n"}
    for name, content in files.items():
        project.write(name, content)
        os.utime(tmp_path / name, (0, 0))
    with health_file(tmp_path) as health:
        health.write(Status(utc_now() - timedelta(hours=1), utc_now(), 1, 0, 0, None))
        assert "scheduler" not in found_in(project, "warn")
        os.utime(tmp_path / changed)
        said = found_in(project, "warn")["scheduler"]["says"]
        assert said.endswith(f" was started before {changed} was changed, and runs what it was: restart it")
        [row] = project.call("status", "--json").json["outdated_schedulers"]
    assert (row["file"], row["process"] in said) == (changed, True)


def test_a_running_run_of_a_process_that_died_is_a_warning(tmp_path: Path, database_url: str) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", f'{WORKFLOWS}database = "{database_url}"\n')
    project.write("flows.py", FAILING)
    assert project.call("db", "upgrade").code == 0
    assert project.call("run", "failing").code == 1
    with get_adapter(database_url) as adapter, adapter.engine.begin() as connection:
        long_ago = utc_now() - timedelta(hours=1)
        changes = {"status": "RUNNING", "lease_owner": "elsewhere/1/2", "lease_expires_at": long_ago}
        connection.execute(update(runs).values(changes))
    [run] = project.call("runs", "list", "--json").json
    row = found_in(project, "warn")["run"]
    assert row["says"] == f"{run['run_id']} of failing is RUNNING, and its process has ended"
    assert row["fix"] == f"spine runs resume {run['run_id']}"
    assert project.call("runs", "show", "latest").out.count(f"its process has ended: {row['fix']}") == 1


CAPTURING = """
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry

@pipeline("small")
def small(params):
    return capture("small", [{"text": "small"}])

workflow_registry.register(Workflow("w", [Step.pipeline("small", "small")]))
"""


def test_pyarrow_is_missed_by_a_project_with_captures_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", WORKFLOWS)
    project.write("flows.py", CAPTURING)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        assert "pyarrow" not in found_in(project, "fail")
    assert project.call("run", "w").code == 0
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert found_in(project, "fail")["pyarrow"]["fix"] == "pip install 'spine-core[arrow]'"


def test_a_folder_that_others_can_write_is_a_warning(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    tmp_path.chmod(0o777)
    outcome = project.call("doctor", "--json")
    [row] = [row for row in outcome.json if row["status"] == "warn"]
    assert (outcome.code, row["check"], row["fix"]) == (0, "folder", f"chmod o-w {tmp_path}")


def test_a_project_of_which_only_the_folder_for_data_can_be_written_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    # root, who may run the tests, can write everything
    monkeypatch.setattr("os.access", lambda path, mode: not (mode & os.W_OK and Path(path) == tmp_path))
    assert found_in(project, "fail")["folder"]["fix"] == f"ls -ld {tmp_path}"
    (tmp_path / ".spine").mkdir(0o700, exist_ok=True)
    assert "folder" not in found_in(project, "fail")


@pytest.mark.parametrize(("free", "status"), [(2**31, "ok"), (2**29, "warn"), (2**20, "fail")])
def test_a_disk_that_is_nearly_full_is_told(
    tmp_path: Path, free: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=free))
    assert "disk" in found_in(project, status)


ENDING = """
from datetime import date
from spine.plugins import CalendarSpec, hookimpl

class Ending:
    covers_until = date(2027, 12, 31)

    def __init__(self, name):
        self.name = name

    def is_business_day(self, day):
        return True

@hookimpl
def spine_register_calendars():
    return [CalendarSpec("ending", f"{__name__}:Ending")]
"""


@pytest.mark.parametrize(("days", "status"), [(61, None), (59, "warn"), (-1, "warn")])
def test_a_calendar_whose_dates_end_soon_is_told(
    tmp_path: Path, fixed_clock: FixedClock, days: int, status: str | None
) -> None:
    """60 days before the end of the last year with dates, and later on, until there are new dates."""
    project = Project(tmp_path)
    project.write("spine.toml", "[calendars.firm]\ntype = 'file'\npath = 'days.txt'\n")
    project.write("days.txt", "2027-12-27\n")
    fixed_clock.set(datetime(2027, 12, 31, 12, tzinfo=UTC) - timedelta(days=days))
    found = [row for row in project.call("doctor", "--json").json if row["check"] == "calendar firm"]
    assert [row["status"] for row in found] == ([status] if status else [])
    if found:
        assert found[0]["says"] == "it knows no holidays after 2027-12-31"
        assert found[0]["fix"] == f"${{EDITOR:-vi}} {tmp_path}/days.txt"


def test_the_data_of_a_plugins_calendar_come_with_its_distribution(
    tmp_path: Path, fixed_clock: FixedClock, installed_plugin: Callable[..., FakePlugin]
) -> None:
    """A calendar that cannot be built is told once, as every declaration."""
    project = Project(tmp_path)
    project.write("spine.toml", "[calendars.firm]\ntype = 'ending'\n[calendars.other]\ntype = 'file'\npath = 'no'\n")
    installed_plugin("ending", ENDING, requires=["spine-core", "attrs>=24"])
    fixed_clock.set(datetime(2027, 12, 1, tzinfo=UTC))
    rows = project.call("doctor", "--json").json
    found = [(row["check"], row["status"], row["fix"]) for row in rows if row["check"].startswith("calendar ")]
    assert found == [
        ("calendar other", "fail", f"${{EDITOR:-vi}} {tmp_path}/spine.toml"),
        ("calendar firm", "warn", "pip install --upgrade spine-ending attrs"),
    ]


def test_a_check_that_fails_itself_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    monkeypatch.setattr("shutil.disk_usage", lambda _path: {}["free"])
    assert "KeyError" in found_in(project, "fail")["disk"]["says"]
    assert "database" in found_in(project, "ok")


def test_the_command_stands_below_its_finding(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "[channels.hook]\ntype = 'webhook'\nurl = { env = 'HOOK_URL' }\n")
    lines = project.call("doctor").out.splitlines()
    [place] = [number for number, line in enumerate(lines) if line.startswith("fail")]
    assert lines[place + 1].strip() == "export HOOK_URL=..."


def test_what_cannot_be_checked_without_the_database_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "[spine]\ndatabase = 'postgresql://127.0.0.1:9/x'\n")
    assert "clock, scheduler, workers, runs, backfills, channels" in found_in(project, "warn")["history"]["says"]


def test_a_channel_that_cannot_be_built_has_no_second_row(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "[channels.hook]\ntype = 'webhook'\nurl = { env = 'HOOK_URL' }\n")
    rows = [row for row in project.call("doctor", "--json").json if row["check"] == "channel hook"]
    assert [row["status"] for row in rows] == ["fail"]


def test_a_module_that_fails_is_told_with_the_command_for_its_traceback(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", WORKFLOWS)
    project.write("flows.py", "1 / 0\n")
    assert found_in(project, "fail")["modules"]["fix"] == "spine --debug workflows list"


@pytest.mark.parametrize(
    ("lacking", "says"),
    [
        (set(), "full, which is the highest"),
        (
            {"spine-alerts-pagerduty"},
            "advanced; full lacks spine-alerts-pagerduty: pip install 'spine-core[full]'",
        ),
        (
            {"spine-db-postgres", "spine-alerts-email", "spine-sources-http"},
            "basic; intermediate lacks spine-alerts-email, spine-db-postgres: pip install 'spine-core[intermediate]'",
        ),
        ({"spine-sources-file"}, "core alone; basic lacks spine-sources-file: pip install 'spine-core[basic]'"),
    ],
)
def test_the_tier_that_is_installed_and_what_the_next_one_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: set[str], says: str
) -> None:
    def installed(name: str) -> metadata.Distribution:
        if name in lacking:
            raise metadata.PackageNotFoundError(name)
        return metadata.distribution(name)

    monkeypatch.setattr(tier, "distribution", installed)
    project = Project(tmp_path)
    project.write("spine.toml", "")
    [row] = [row for row in project.call("doctor", "--json").json if row["check"] == "tier"]
    assert (row["status"], row["says"], row["fix"]) == ("ok", says, "")
    assert says in project.call("doctor").out
