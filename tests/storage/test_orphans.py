"""Files that no capture refers to: found and removed, and never those that a row or work in progress needs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spine.app import open_project
from spine.core.adapters.database import get_adapter
from spine.core.clock import utc_now
from spine.framework.captures import PayloadStore, capture, content_hash, read_capture
from spine.framework.captures.stored_file import StoredFile
from spine.framework.dispatcher import get_dispatcher
from spine.storage.captures.orphans import find_orphans, remove_orphans
from spine.storage.history import History
from spine.storage.migrate import upgrade
from tests.projects import DEADLINE_SECONDS, Project, clean_environ

FLOWS = """
import os
import signal
from datetime import timedelta
from pathlib import Path

from spine.app import open_project
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, StepResult, Workflow, workflow_registry
from spine.storage.captures.orphans import find_orphans, remove_orphans


def clean():
    with open_project(Path(__file__).parent) as other:
        store = other.payloads
        remove_orphans(store, find_orphans(other.history, store, older_than=timedelta()))


def fail(ctx, config):
    capture("c", [{"n": 1}])
    raise ValueError("after the capture")


def work(ctx, config):
    capture("c", [{"n": 1}])
    clean()
    return StepResult.ok()


def die(ctx, config):
    capture("c", [{"n": 1}])
    os.kill(os.getpid(), signal.SIGKILL)


@pipeline("load")
def load(params):
    capture("c", [{"n": 1}])
    clean()


for each in (fail, work, die):
    workflow_registry.register(Workflow(each.__name__, [Step.lambda_("s", each)]))
"""


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
    return make(tmp_path, "p", database_url)


def make(root: Path, name: str, database_url: str) -> Project:
    found = Project(root / name)
    found.write("flows.py", FLOWS)
    settings = f'name = "{name}"\ndatabase = "{database_url}"\nstore = "{root / "captures"}"\nmodules = ["flows"]\n'
    found.write("spine.toml", f"[spine]\n{settings}")
    return found


def store_of(project: Project) -> Path:
    return project.root.parent / "captures"


def files(project: Project) -> list[Path]:
    return sorted(path for path in store_of(project).rglob("*") if path.is_file())


def orphans(project: Project, older_than: timedelta = timedelta()) -> list[StoredFile]:
    with open_project(project.root) as opened:
        return find_orphans(opened.history, opened.payloads, older_than=older_than)


def old_file(project: Project, number: int = 1) -> Path:
    """Add a payload that nothing refers to and that was not used for long."""
    import pyarrow as pa

    table = pa.table({"n": [number]})
    path = store_of(project) / PayloadStore(store_of(project)).write("c", content_hash(table), table)[0]
    os.utime(path, (0, 0))
    return path


def test_what_a_failed_step_captured_is_found_and_removed(project: Project) -> None:
    assert project.call("run", "fail").code == 1
    found = orphans(project)
    assert [(orphan.kind, orphan.location) for orphan in found] == [
        ("payload", path.relative_to(store_of(project)).as_posix()) for path in files(project)
    ]
    assert remove_orphans(PayloadStore(store_of(project)), found) == found
    assert files(project) == []


def test_files_younger_than_the_age_are_kept(project: Project) -> None:
    project.call("run", "fail")
    assert orphans(project, timedelta(hours=1)) == []


@pytest.mark.slow
def test_what_a_running_step_captured_is_kept_although_it_is_not_committed(project: Project) -> None:
    assert project.run("run", "work").code == 0
    assert project.call("captures", "read", "c", "--json").json == [{"n": 1}]


def test_what_a_running_pipeline_captured_is_kept_although_it_is_not_committed(project: Project) -> None:
    with open_project(project.root):
        get_dispatcher().submit("load")
        assert read_capture("c").data == [{"n": 1}]


@pytest.mark.slow
def test_a_file_that_work_in_progress_takes_into_use_is_kept(project: Project) -> None:
    path = old_file(project)
    assert project.run("run", "work").code == 0
    assert files(project) == [path]
    assert project.call("captures", "verify").code == 0


@pytest.mark.slow
def test_what_a_killed_process_captured_is_found(project: Project) -> None:
    assert project.run("run", "die").code == -signal.SIGKILL
    assert len(orphans(project)) == 1


@pytest.mark.slow
def test_work_on_another_host_and_with_a_start_in_the_future_keeps_the_files(project: Project) -> None:
    old_file(project)
    with open_project(project.root) as opened:
        from sqlalchemy import update

        from spine.storage.tables.runs import runs

        project.run("run", "die")
        with opened.history.engine.begin() as connection:
            connection.execute(
                update(runs).values(lease_owner="elsewhere/1/1", started_at=utc_now() + timedelta(days=1))
            )
    assert orphans(project) == []


def test_files_of_another_project_in_the_same_store_and_database_are_kept(project: Project, database_url: str) -> None:
    other = make(project.root.parent, "q", database_url)
    with open_project(other.root):
        capture("theirs", [{"n": 1}])
    path = old_file(project)
    for each in files(project):
        os.utime(each, (0, 0))
    found = orphans(project)
    assert [orphan.location for orphan in found] == [path.relative_to(store_of(project)).as_posix()]


def test_a_file_that_was_taken_into_use_after_it_was_found_is_not_removed(project: Project) -> None:
    path = old_file(project)
    found = orphans(project)
    with open_project(project.root):
        capture("c", [{"n": 1}])
        assert remove_orphans(PayloadStore(store_of(project)), found) == []
        assert read_capture("c").data == [{"n": 1}]
    assert path.exists()


def test_drafts_are_found_and_other_files_are_left_alone(project: Project) -> None:
    folder = old_file(project).parent
    draft, readme = folder / ".01a224f8-96a6-7a1c-8449-2aad3405b333.tmp", folder / "README.md"
    for path in (draft, readme):
        path.touch()
        os.utime(path, (0, 0))
    assert {(orphan.kind, orphan.modified_at) for orphan in orphans(project)} == {
        ("draft", datetime.fromtimestamp(0, UTC)),
        ("payload", datetime.fromtimestamp(0, UTC)),
    }


KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from spine.app import open_project
from spine.storage.captures.orphans import find_orphans, remove_orphans

left = [3]

def progress(_files):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

with open_project(Path(sys.argv[1])) as project:
    store = project.payloads
    remove_orphans(store, find_orphans(project.history, store, older_than=timedelta()), progress)
"""


def test_a_removal_that_is_killed_is_completed_by_the_next_one(project: Project) -> None:
    for number in range(2, 8):
        old_file(project, number)
    with open_project(project.root):
        kept = capture("c", [{"n": 1}])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(project.root)], env=clean_environ(), timeout=DEADLINE_SECONDS, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(orphans(project)) == 3
    assert project.call("captures", "gc").code == 0
    assert files(project) == [store_of(project) / kept.location]
    assert project.call("captures", "verify").code == 0


def test_a_history_without_captures_and_a_store_that_is_not_there_have_no_orphans(
    database_url: str, tmp_path: Path
) -> None:
    with get_adapter(database_url) as adapter:
        upgrade(adapter)
        assert find_orphans(History(adapter), PayloadStore(tmp_path / "none"), older_than=timedelta()) == []
