"""docs/plugin-authors: Python blocks and commands run, and the targets of links exist."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from spine.cli.scaffold.new_plugin import PLUGIN_KINDS, new_plugin
from spine.project import Project
from spine.project.alerts import Alerts
from spine.project.captures import Captures
from spine.project.partitions import Backfills, WorkflowPartitions
from spine.project.runs import Runs
from spine.project.schedules import Schedules
from spine.project.sources import Sources
from spine.project.workers import Workers
from spine.project.workflows import Workflows
from spine.testing import conformance, pytest_plugin
from tests.docs import pages
from tests.shell import Shell

FOLDER = Path(__file__).parents[2] / "docs" / "plugin-authors"
PAGES = sorted(path.name for path in FOLDER.glob("*.md"))

NOUNS = {"runs": Runs, "captures": Captures, "alerts": Alerts, "schedules": Schedules, "sources": Sources}
NOUNS |= {"partitions": WorkflowPartitions, "backfills": Backfills, "workers": Workers, "workflows": Workflows}


def blocks(page: str, language: str) -> list[str]:
    return pages.blocks((FOLDER / page).read_text(), language)


def commands(page: str) -> str:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return "\n".join(line.removeprefix("$ ") for line in lines)


def suites() -> dict[tuple[str, str], list[str]]:
    """Return the flags of each conformance suite, by its module and name."""
    found = {}
    for info in pkgutil.iter_modules(conformance.__path__):
        module = importlib.import_module(f"{conformance.__name__}.{info.name}")
        for name, suite in vars(module).items():
            if name.endswith("Conformance") and suite.__module__ == module.__name__:
                found[info.name, name] = [flag for flag, value in vars(suite).items() if value is False]
    return found


@pytest.mark.parametrize("page", ["hooks.md", "imports.md", "project.md", "recipes.md", "writing.md"])
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    assert blocks(page, "python")
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["index.md", "publishing.md"])
def test_commands_run(page, tmp_path):
    said = Shell(tmp_path).output(commands(page))
    assert " passed" in said


@pytest.mark.slow
def test_the_blocks_of_the_page_on_testing_are_tests_that_pass(tmp_path):
    conftest, *modules = blocks("testing.md", "python")
    (tmp_path / "conftest.py").write_text(conftest)
    for number, module in enumerate(modules):
        (tmp_path / f"test_{number}.py").write_text(module)
    said = Shell(tmp_path).output("python -m pytest -p no:cacheprovider test_*.py")
    written = sum(len(re.findall(r"^def test_|^class Test", module, re.MULTILINE)) for module in modules)
    assert int(re.findall(r"(\d+) passed", said)[0]) >= written >= len(modules)


def test_every_suite_stands_on_the_page_on_testing_with_its_flags():
    row = re.compile(r"^\| `(\w+)\.(\w+)` \| `\w+`.*? \| (.*?) ?\|$", re.MULTILINE)
    written = {(module, suite): flags for module, suite, flags in row.findall((FOLDER / "testing.md").read_text())}
    assert written == {key: ", ".join(f"`{flag}`" for flag in flags) for key, flags in suites().items()}


def test_every_fixture_stands_on_the_page_on_testing():
    defined = re.findall(r"@pytest.fixture\ndef (\w+)", Path(pytest_plugin.__file__).read_text())
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \|$", (FOLDER / "testing.md").read_text(), re.MULTILINE) == defined


def test_the_tree_is_what_is_written(tmp_path):
    folder, files = new_plugin("source", "feed", tmp_path)
    tree = blocks("index.md", "text")[0].splitlines()
    assert tree[0] == f"{folder.name}/"
    shown = {line.split()[0] for line in tree[1:]}
    assert shown <= {path.as_posix() for path in files}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere_and_toml_is_toml(page):
    for target in re.findall(r"\]\(([^)#]+)", (FOLDER / page).read_text()):
        assert (FOLDER / target).is_file(), target
    for block in blocks(page, "toml"):
        tomllib.loads(block)


PROMISED = {
    module: set(re.findall(r"`(\w+)`", names))
    for module, names in re.findall(
        r"^\| `(spine[\w.]*)` \| (.+?) \| ", (FOLDER / "imports.md").read_text(), re.MULTILINE
    )
}


@pytest.mark.parametrize("module", PROMISED)
def test_every_promised_name_can_be_imported(module):
    found = importlib.import_module(module)
    assert {name for name in PROMISED[module] if not hasattr(found, name)} == set()


def imported(code: str) -> set[tuple[str, str]]:
    """Return module and name of each import from Spine."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "spine":
            found |= {(node.module, alias.name) for alias in node.names}
    return found


def unpromised(code: str) -> set[tuple[str, str]]:
    return {
        (module, name)
        for module, name in imported(code)
        if name not in PROMISED.get(module, ())
        and module != "spine.core.errors"
        and not module.startswith("spine.testing.conformance.")
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_import_nothing_that_is_not_promised(page):
    assert set().union(*map(unpromised, blocks(page, "python"))) == set(), "list it in imports.md, or do without"


@pytest.mark.parametrize("kind", PLUGIN_KINDS)
def test_the_files_of_a_new_plugin_import_nothing_that_is_not_promised(kind, tmp_path):
    folder, _ = new_plugin(kind, "feed", tmp_path)
    found = {path.name: unpromised(path.read_text()) for path in folder.rglob("*.py")}
    assert {name for name, missing in found.items() if missing} == set(), "list it in imports.md, or do without"


def test_every_page_is_linked_from_the_first():
    assert {"index.md", *re.findall(r"\]\((\w+\.md)\)", (FOLDER / "index.md").read_text())} == set(PAGES)


def test_every_question_and_action_stands_on_the_page_of_the_project():
    page = (FOLDER / "project.md").read_text()
    rows = re.findall(r"^\| `project\.(\w+)` \| (.+?) \| (.*?) ?\|$", page, re.MULTILINE)
    written = {noun: set(re.findall(r"`(\w+)`", f"{questions} {actions}")) for noun, questions, actions in rows}
    assert written == {
        noun: {name for name, value in vars(cls).items() if callable(value) and not name.startswith("_")}
        for noun, cls in NOUNS.items()
    }


def test_every_action_of_a_project_stands_on_its_page():
    page = (FOLDER / "project.md").read_text()
    public = {name for name in vars(Project) if not name.startswith("_")}
    known_elsewhere = {"application", "name", "root", "runner"}
    assert {name for name in public - known_elsewhere if f"`project.{name}" not in page} == set()
