"""docs/how-to/from-airflow.md and its like: Spine's side of each page works, and prints no error."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from spine.project import open_project
from tests.projects import Project

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = ("from-airflow.md", "from-dlt.md", "from-prefect.md")


@pytest.mark.parametrize("name", PAGES)
def test_spines_side_of_the_page_works(name: str, tmp_path: Path) -> None:
    page = (FOLDER / name).read_text()
    project = Project(tmp_path)
    for file, text in re.findall(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)```", page, re.MULTILINE | re.DOTALL):
        project.write(file, text)
    for command in re.findall(r"^\$ (.+)$", page, re.MULTILINE):
        words = shlex.split(command)
        if words[0] == "python":
            subprocess.run([sys.executable, *words[1:]], cwd=tmp_path, check=True)
        else:
            done = project.call(*words[1:])
            assert done.code == 0, (command, done.err)
    with open_project(tmp_path) as opened:
        assert {row["status"] for row in opened.runs.list().rows} == {"COMPLETED"}


@pytest.mark.parametrize("name", PAGES)
def test_the_left_side_is_python(name: str) -> None:
    [left] = re.findall(r"```py\n(.*?)```", (FOLDER / name).read_text(), re.DOTALL)
    assert compile(left, name, "exec")
