"""Commands that read need only the database: faults elsewhere are one warning, and a database may be read-only."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from spine.storage import retry
from spine.testing import FakePlugin
from tests.disks import small_disk
from tests.projects import Project

FLOWS = """
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry


@pipeline("small")
def small(params):
    return capture("small", [{"text": "small"}])


workflow_registry.register(Workflow("w", [Step.pipeline("small", "small")]))
"""
SETTINGS = '[spine]\nmodules = ["flows"]\n'
TABLES = '[sources.feed]\ntype = "file"\npath = "x.csv"\n[schedules.s]\nworkflow = "w"\nevery = "1d"\n'
WITHOUT_CODE = ("runs list", "runs show latest")
"""Commands that do not import the project's modules."""
READING = (
    *WITHOUT_CODE,
    "runs logs latest",
    "captures list",
    "captures show small",
    "captures read small",
    "alerts list",
    "alerts channels",
    "alerts history",
    "db status",
    "db list",
    "db check",
    "schedules history",
    "schedules history s",
    "sources history feed",
)


@pytest.fixture
def used(tmp_path: Path) -> Project:
    """A project with one run."""
    return made_in(tmp_path / "project", "sqlite:///.spine/spine.db")


def made_in(folder: Path, database: str) -> Project:
    """Return a project in `folder` with one run."""
    project = Project(folder)
    project.write("spine.toml", f'{SETTINGS}database = "{database}"\n{TABLES}')
    project.write("flows.py", FLOWS)
    assert project.call("db", "upgrade").code == 0
    assert project.call("schedules", "list").code == 0
    assert project.call("run", "w").code == 0
    return project


def break_module(project: Project) -> None:
    project.write("broken.py", "1 / 0\n")
    project.write("spine.toml", f'[spine]\nmodules = ["broken", "flows"]\n{TABLES}')


def break_channel(project: Project) -> None:
    project.write("spine.toml", f'{SETTINGS}{TABLES}[channels.ops]\ntype = "console"\nmin_severty = "BAD"\n')


def break_settings(project: Project) -> None:
    project.write("spine.toml", f"{SETTINGS}{TABLES}[runs]\nmax_crashs = 1\n")


def break_rules(project: Project) -> None:
    project.write("spine.toml", f'{SETTINGS}{TABLES}[alerts]\nfallback = "nobody"\n')


BROKEN = {
    break_module: "cannot be imported: ZeroDivisionError",
    break_channel: "unknown key 'min_severty'",
    break_settings: "unknown key 'max_crashs'",
    break_rules: "there is no channel 'nobody'",
}


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_project_is_read_with_one_warning(used: Project, broken: Callable[[Project], None]) -> None:
    broken(used)
    commands = (*READING, "sources list", "db upgrade")
    for command in commands[len(WITHOUT_CODE) :] if broken is break_module else commands:
        outcome = used.call(*command.split())
        assert outcome.code == 0, (command, outcome)
        assert outcome.out, command
        [line] = outcome.err.splitlines()
        assert line.startswith("Warning: "), command
        assert BROKEN[broken] in line, command


@pytest.mark.parametrize("command", WITHOUT_CODE)
def test_the_code_of_the_project_is_not_imported_to_read_its_runs(used: Project, command: str) -> None:
    break_module(used)
    outcome = used.call(*command.split())
    assert (outcome.code, outcome.err) == (0, "")
    assert "COMPLETED" in outcome.out


def test_a_broken_plugin_is_one_warning(used: Project, installed_plugin: Callable[..., FakePlugin]) -> None:
    installed_plugin("acme", "raise RuntimeError('no license')")
    for command in READING:
        outcome = used.call(*command.split())
        [line] = outcome.err.splitlines()
        assert outcome.code == 0, command
        assert line.endswith("RuntimeError: no license; run: spine plugins check acme"), command


def test_several_faults_are_one_line_with_their_number(used: Project) -> None:
    break_module(used)
    used.write("spine.toml", (used.root / "spine.toml").read_text() + "[runs]\nmax_crashs = 1\n")
    assert used.call("captures", "list").err.endswith("(and 1 more fault: spine doctor)\n")


def test_a_database_that_is_not_known_is_an_error(used: Project) -> None:
    used.write("spine.toml", "[spine\n")
    outcome = used.call("runs", "list")
    assert (outcome.code, "is not valid TOML" in outcome.sentence) == (2, True)
    used.write("spine.toml", '[spine]\ndatabase = { env = "NOT_SET" }\n')
    assert "needs the environment variable NOT_SET" in used.call("runs", "list").sentence


def test_the_broken_modules_are_imported_once_they_are_mended(used: Project) -> None:
    break_module(used)
    assert used.call("captures", "list").code == 0
    used.write("broken.py", "")
    assert used.call("run", "w").code == 0


@pytest.fixture
def write_protected(used: Project) -> Iterator[Project]:
    """A project in a folder that cannot be written; root is stopped by a mount."""
    folders = [used.root, *(path for path in used.root.rglob("*") if path.is_dir())]
    (used.root / ".spine" / "spine.db").chmod(0o444)
    for folder in folders:
        folder.chmod(0o555)
    is_mounted = os.geteuid() == 0
    if is_mounted:
        _mount_read_only(used.root)
    yield used
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(used.root)], check=True)
    for folder in folders:
        folder.chmod(0o755)


def _mount_read_only(folder: Path) -> None:
    if shutil.which("mount") is None:
        pytest.skip("root writes everywhere, and there is no mount command")
    bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, text=True)
    if bound.returncode:
        pytest.skip(f"root writes everywhere, and cannot mount here: {bound.stderr.strip()}")
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)


def test_a_read_only_sqlite_file_is_read_and_named_as_such(write_protected: Project) -> None:
    for command in READING:
        outcome = write_protected.call(*command.split())
        assert outcome.code == 0, (command, outcome)
        [line] = outcome.err.splitlines()
        assert "the file or its folder is read-only" in line, command
    rows = write_protected.call("doctor", "--json").json
    failing = {row["check"]: row["says"] for row in rows if row["status"] == "fail"}
    assert set(failing) == {"database", "folder"}
    assert "it can be read, not written" in failing["database"]
    assert "is read-only for this user" in write_protected.call("run", "w").sentence


@pytest.mark.slow
def test_a_read_only_postgresql_is_read_and_named_as_such(
    tmp_path: Path, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database("postgresql")
    project = made_in(tmp_path / "project", url)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    for command in READING:
        outcome = project.call(*command.split())
        assert outcome.code == 0, (command, outcome)
    [database] = [row for row in project.call("doctor", "--json").json if row["check"] == "database"]
    assert (database["status"], "read-only" in database["says"]) == ("fail", True)
    monkeypatch.setattr(retry, "PATIENCE_SECONDS", 1.0)  # of a run, which waits for the end of a failover
    assert "the server takes no writes now: cannot execute" in project.call("run", "w").sentence


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Project]:
    """A project with one run, on a disk without free space."""
    with small_disk(tmp_path / "disk", 8) as disk:
        yield made_in(disk, "sqlite:///.spine/spine.db")


def fill(path: Path) -> None:
    """Append until the disk is full, also with what was freed since: a deleted file is freed once it is closed."""
    gc.collect()
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            return


@pytest.mark.slow
def test_a_full_disk_is_read_and_named_as_such(full_disk: Project) -> None:
    for command in READING:
        fill(full_disk.root / "filler")
        outcome = full_disk.call(*command.split())
        assert outcome.code == 0, (command, outcome)
        assert [line for line in outcome.err.splitlines() if "the disk is full" in line], (command, outcome)
    fill(full_disk.root / "filler")
    rows = full_disk.call("doctor", "--json").json
    failing = {row["check"]: row["says"] for row in rows if row["status"] == "fail"}
    assert "the disk is full" in failing["database"]
    assert failing["disk"].startswith("0.0 MiB")
    assert "the disk is full" in full_disk.call("run", "w").sentence


def test_doctor_looks_at_the_disk_of_a_database_elsewhere(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        project = made_in(tmp_path / "project", f"sqlite:///{disk}/store.db")
        rows = project.call("doctor", "--json").json
    assert [row["status"] for row in rows if row["check"] == "disk" and str(disk) in row["says"]] == ["fail"]


EMPTY = {
    "runs list --status FAILED": "no run matches",
    "alerts list --severity ERROR": "no alert matches",
    "alerts history --channel ops": "no delivery matches",
    "captures list other": "no captures called other",
    "schedules history s": "schedule s has no ticks yet",
    "sources history feed": "it has not been fetched yet",
}


@pytest.mark.parametrize("command", EMPTY)
def test_an_empty_result_of_a_filter_says_so(used: Project, command: str) -> None:
    assert used.call(*command.split()).out == f"{EMPTY[command]}\n"


def test_the_history_of_a_name_that_does_not_exist_is_an_error(used: Project) -> None:
    assert "'fed'" in used.call("sources", "history", "fed").sentence
    assert "there is no schedule 't'" in used.call("schedules", "history", "t").sentence


def test_latest_without_runs_says_so(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", "")
    assert "there are no runs yet" in project.call("runs", "show", "latest").sentence


FETCHING = """
from spine.framework.pipelines import pipeline
from spine.framework.sources import source_registry
from spine.orchestration import Step, Workflow, workflow_registry


@pipeline("load")
def load(params):
    return {"rows": len(source_registry.get("feed").fetch().data)}


workflow_registry.register(Workflow("load", [Step.pipeline("load", "load")]))
"""


def test_a_run_shows_why_a_fetch_failed(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", f"{SETTINGS}{TABLES}".partition("[schedules")[0])
    project.write("flows.py", FETCHING)
    project.write("x.csv", b"a\n\xff\n")
    assert project.call("run", "load").code == 1
    assert "not valid utf-8" in project.call("runs", "show", "latest").out.partition("fetches")[2].partition("\n\n")[0]
    project.write("x.csv", "a\n1\n")
    assert project.call("run", "load").code == 0
    assert "error" not in project.call("runs", "show", "latest").out.partition("fetches")[2]


@pytest.mark.parametrize("command", ["status", "upgrade", "downgrade 0007 --yes"])
def test_commands_on_the_tables_print_to_stdout(used: Project, command: str) -> None:
    outcome = used.call("db", *command.split(), "--json")
    assert outcome.json["version"]
    assert outcome.err == ""
