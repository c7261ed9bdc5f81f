"""A full disk is a typed error, and harms nothing that was committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disks import small_disk
from tests.projects import Project

SETTINGS = '[spine]\nname = "full"\nmodules = ["flows"]\n'

FLOWS = """
import os
from pathlib import Path
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.orchestration import Step, Workflow, workflow_registry

FILLER = Path(__file__).with_name("filler")


@pipeline("small")
def small(params):
    return capture("small", [{"text": "small"}])


@pipeline("big")
def big(params):
    return capture("big", [{"noise": os.urandom(1000).hex()} for _ in range(6000)])


def fill(ctx, config):
    if ctx.get_param("fill") == "yes":
        with FILLER.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
    return {"padding": "x" * 200_000}


workflow_registry.register(Workflow("capture", [Step.pipeline("small", "small"), Step.pipeline("big", "big")]))
workflow_registry.register(
    Workflow("history", [Step.pipeline("small", "small"), Step.lambda_("fill", fill)], defaults={"fill": "no"})
)
"""


@pytest.fixture
def full_soon(tmp_path: Path) -> Iterator[Project]:
    """A project on a disk of 4 MB."""
    with small_disk(tmp_path / "disk", 4) as disk:
        project = Project(disk)
        project.write("spine.toml", SETTINGS)
        project.write("flows.py", FLOWS)
        yield project


@pytest.mark.slow
def test_a_capture_that_does_not_fit_fails_its_run_with_a_storage_error(full_soon: Project) -> None:
    failed = full_soon.run("run", "capture", "--json")
    assert failed.code == 1
    assert (failed.json["error_step"], failed.json["error_category"]) == ("big", "STORAGE")
    assert [row["name"] for row in full_soon.run("captures", "list", "--json").json] == ["small"]
    assert full_soon.run("db", "check").code == 0
    assert not list((full_soon.root / ".spine" / "captures" / "big").glob("*.parquet"))


@pytest.mark.slow
def test_a_history_that_does_not_fit_is_a_storage_error_and_stays_sound(full_soon: Project) -> None:
    full = full_soon.run("run", "history", "-p", "fill=yes")
    assert full.code == 1
    assert "the disk is full" in full.sentence
    (full_soon.root / "filler").unlink()
    assert full_soon.run("db", "check").code == 0
    assert [row["name"] for row in full_soon.run("captures", "list", "--json").json] == ["small"]
    again = full_soon.run("run", "history", "--json").json
    assert (again["status"], again["completed_steps"]) == ("COMPLETED", ["small", "fill"])
