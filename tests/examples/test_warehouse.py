"""examples/warehouse: two sources in tables, on SQLite and on PostgreSQL by one line of its spine.toml."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from tests.docs.pages import blocks
from tests.projects import SPINE, Project, clean_environ

EXAMPLE = Path(__file__).parents[2] / "examples" / "warehouse"
PAGE = (EXAMPLE / "README.md").read_text()
[LINE] = blocks(PAGE, "toml")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copytree(EXAMPLE, tmp_path / "warehouse", ignore=shutil.ignore_patterns(".spine", "__pycache__"))
    return Project(tmp_path / "warehouse")


def move(project: Project, database_url: str) -> None:
    """Take the comment sign from the line with the database, and write this one there."""
    settings = (project.root / "spine.toml").read_text()
    assert f"# {LINE}" in settings
    project.write("spine.toml", settings.replace(f"# {LINE}", f'database = "{database_url}"\n'))


def run(project: Project, day: str, *more: str) -> dict[str, object]:
    outcome = project.call("run", "warehouse.daily", "-p", f"day={day}", "--json", *more)
    assert outcome.code == 0, outcome.err
    result: dict[str, object] = outcome.json
    return result


@pytest.mark.slow
def test_two_sources_are_loaded_once_however_often_it_runs(project: Project, database_url: str) -> None:
    move(project, database_url)
    assert project.call("db", "upgrade").code == 0
    run(project, "2026-01-05")
    run(project, "2026-01-06")
    assert run(project, "2026-01-06")["outcome"] == "unchanged"
    run(project, "2026-01-05", "--refresh")
    file = project.root / "data" / "trades_2026-01-05.csv"
    file.write_text(file.read_text().replace("1004,CRUX,250", "1004,CRUX,200"))
    run(project, "2026-01-05")

    with get_adapter(database_url) as database:
        assert database.query_one("SELECT count(*) AS n, sum(shares) AS shares FROM trades") == {"n": 7, "shares": 333}
        assert database.query_one("SELECT count(*) AS n FROM symbols") == {"n": 4}
    reported = project.call("captures", "read", "positions", "-p", "day=2026-01-06", "--json").json
    assert reported[2] == {
        "symbol": "CRUX",
        "name": "Crux Analytics",
        "currency": "EUR",
        "shares": 250,
        "cents": 244750,
    }
    assert not (project.root / ".spine" / "spine.db").exists()


def test_its_settings_without_the_line_mean_sqlite(project: Project) -> None:
    settings = tomllib.loads((project.root / "spine.toml").read_text())
    assert "database" not in settings["spine"]
    run(project, "latest")
    with get_adapter(f"sqlite:///{project.root / '.spine' / 'spine.db'}") as database:
        assert database.query_one("SELECT DISTINCT day FROM trades") == {"day": "2026-01-06"}


@pytest.mark.slow
def test_the_page_names_the_variable_that_does_the_same(project: Project, tmp_path: Path) -> None:
    [variable] = re.findall(r"^\$ (\w+)=postgresql", blocks(PAGE, "console")[1], re.MULTILINE)
    database = tmp_path / "elsewhere.db"
    assert project.run("db", "upgrade", env={variable: f"sqlite:///{database}"}).code == 0
    assert database.exists()


@pytest.mark.slow  # six processes of the command line
def test_the_demo_shows_the_positions_and_its_last_lines_are_commands(project: Project) -> None:
    done = subprocess.run(
        [str(project.root / "demo.sh"), SPINE], env=clean_environ(), capture_output=True, text=True, check=True
    )
    assert done.stdout.count("COMPLETED in") == 2
    assert "CRUX    Crux Analytics    EUR          250  244750" in done.stdout
    commands = done.stdout.partition(f"The project is in {project.root};")[2].splitlines()[2:]
    subprocess.run(["sh", "-ec", "\n".join(commands)], cwd="/", env=clean_environ(), capture_output=True, check=True)
