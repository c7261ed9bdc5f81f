"""docs/how-to/scale-out.md: each step is a change of `spine.toml`, after which its commands work."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest

from tests.docs.pages import all_blocks
from tests.payload_places import Place
from tests.projects import DEADLINE_SECONDS, SPINE, Project, wait_until

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "scale-out.md").read_text()
STEPS = PAGE.partition("## Data-parallel maps on Dask\n")[0]  # tests/executor_dask/test_page.py has that section
SERVICES = ("scheduler run", "worker run --concurrency 4")
DATABASE, STORE = "postgresql://spine@db.example/spine", "s3://company-data/prices"


def changed(text: str, diff: str) -> str:
    """Return the text with a diff applied, which begins at a line that is in the text once."""
    lines = diff.splitlines()
    kept = "\n".join(line[1:] for line in lines if line.startswith(" "))
    assert text.count(kept) == 1, f"the lines before the change are not there: {kept}"
    return text.replace(kept, "\n".join(line[1:] for line in lines))


def blocks(language: str) -> list[str]:
    return [block.text for block in all_blocks(STEPS) if block.language == language]


@contextmanager
def services(project: Project) -> Iterator[None]:
    """Let a scheduler and a worker run, as the page says."""
    started = [project.start(*command.split()) for command in SERVICES]
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=DEADLINE_SECONDS)


def test_the_services_of_this_test_are_those_of_the_page() -> None:
    for command in SERVICES:
        assert f"$ spine {command}\n" in PAGE


@pytest.mark.slow
def test_the_steps_lead_from_a_file_to_workers(
    tmp_path: Path, new_postgres_database: Callable[[], str], s3: Place
) -> None:
    url, project = new_postgres_database(), Project(tmp_path)
    options = "".join(f'{key} = "{value}"\n' for key, value in s3.options.items())
    project.write("flows.py", blocks("python")[0])
    settings = blocks("toml")[0]
    project.write("spine.toml", settings)
    assert project.run("run", "prices", "-p", "day=2026-01-02").code == 0
    before = project.run("captures", "list", "--json").json

    copied = project.run("db", "copy", "sqlite:///.spine/spine.db", url)
    assert copied.code == 0, copied.err
    for diff in blocks("diff"):
        settings = changed(settings, diff)
        real = settings.replace(DATABASE, url).replace(STORE, s3.url)
        project.write("spine.toml", f"{real}\n[spine.store_options]\n{options}" if STORE in settings else real)
        if STORE in diff:
            filesystem = fsspec.filesystem("s3", **s3.options)
            filesystem.put(f"{tmp_path}/.spine/captures/", f"{s3.url}/", recursive=True)
            verified = project.run("captures", "verify")
            assert verified.code == 0, verified.out + verified.err
        assert project.run("db", "upgrade").code == 0
        assert project.run("runs", "list", "--json").json[0]["status"] == "COMPLETED"
    assert project.run("captures", "list", "--json").json == before

    with services(project):
        run_id = project.run("run", "prices", "-p", "day=2026-01-05", "--detach", "--json").json["run_id"]
        wait_until(lambda: project.call("runs", "show", run_id, "--json").json["status"] == "COMPLETED")
        assert len(project.run("workers", "list", "--json").json) == 1
        assert project.run("runs", "logs", "latest").code == 0
    found = project.run("captures", "read", "prices", "-p", "day=2026-01-05", "--json")
    assert [row["symbol"] for row in found.json] == ["ACME", "BOLT"]


def test_the_queues_of_the_page_can_be_served() -> None:
    for options in re.findall(r"^\$ spine worker run (--queues.*)$", PAGE, re.MULTILINE):
        done = subprocess.run([SPINE, "worker", "run", *options.split(), "--help"], capture_output=True, check=False)
        assert done.returncode == 0


@pytest.mark.parametrize("block", blocks("python")[1:])
def test_the_workflows_of_the_page_are_workflows(block: str) -> None:
    from spine import Step, Workflow

    exec(block, {"Step": Step, "Workflow": Workflow, "load": print, "fit": print})
