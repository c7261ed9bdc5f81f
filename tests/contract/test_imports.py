"""Start-up stays light, and `--help`, which imports no command, agrees with the commands."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from spine.cli.examples import leaves
from spine.cli.main import COMMANDS, cli
from tests.projects import clean_environ, run

HEAVY = {"sqlalchemy", "alembic", "pyarrow", "httpx", "psycopg", "apscheduler", "cattrs", "numpy", "pandas", "rich"}
HEAVY |= {"opentelemetry", "google", "requests"}
NOT_ON_SQLITE = ("alembic", "pyarrow", "sqlalchemy.dialects.postgresql")
"""What a command needs in no project whose tables are up to date, in a file of SQLite, and whose data it leaves."""
_CALL = """
from spine.cli.main import main
try:
    main([{arguments}])
except SystemExit as stop:
    assert not stop.code, stop.code
"""

WITHOUT_JSON = {
    "completion",  # prints a script
    "config schema",  # prints JSON
    "help",  # prints what --help does
    "plugins new",  # prints what to type next
    "worker run",  # a service, whose only output is its log
}


def _imported_by(code: str, folder: Path) -> set[str]:
    code += "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=clean_environ(), capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_importing_spine_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not _imported_by("import spine", tmp_path) & (HEAVY | {"attrs", "attr", "pluggy", "click"})


def test_importing_spine_imports_no_other_module_of_it(tmp_path: Path) -> None:
    code = "import spine, sys; print(*(name for name in sys.modules if name.startswith('spine.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_version_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not _imported_by("import spine; spine.__version__", tmp_path) & (HEAVY | {"click"})


def test_help_imports_nothing_but_click(tmp_path: Path) -> None:
    imported = _imported_by(_CALL.format(arguments="'--help'"), tmp_path)
    assert "click" in imported
    assert not imported & (HEAVY | {"attrs", "attr", "pluggy"})


def test_help_reads_no_format_and_speaks_no_http(tmp_path: Path) -> None:
    code = _CALL.format(arguments="'--help'")
    code += (
        "\nimport sys; sys.exit(str([name for name in sys.modules if name in ('spine.formats', 'spine.http')] or ''))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=clean_environ(), capture_output=True, text=True
    )
    assert done.stderr.strip() == ""


def test_listing_plugins_imports_nothing_heavy(tmp_path: Path) -> None:
    assert not _imported_by(_CALL.format(arguments="'plugins', 'list'"), tmp_path) & HEAVY


@pytest.mark.slow
def test_the_help_of_a_command_imports_nothing_heavy(tmp_path: Path) -> None:
    for name in COMMANDS:
        assert not _imported_by(_CALL.format(arguments=f"'{name}', '--help'"), tmp_path) & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_says_what_their_docstrings_say(name: str) -> None:
    target, line = COMMANDS[name]
    module, _, attribute = target.partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    assert command.name == name
    assert (command.help or "").partition("\n")[0] == line


@pytest.mark.parametrize(("name", "command"), [pytest.param(*leaf, id=leaf[0]) for leaf in leaves("", cli)])
def test_every_command_explains_itself_and_its_options(name: str, command: click.Command) -> None:
    assert (command.help or "").rstrip().endswith("."), name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name}: {parameter.opts} has no help"


@pytest.mark.parametrize(("name", "command"), [pytest.param(*leaf, id=leaf[0]) for leaf in leaves("", cli)])
def test_every_command_that_prints_something_has_json(name: str, command: click.Command) -> None:
    has_json = any("--json" in parameter.opts for parameter in command.params)
    assert has_json != (name in WITHOUT_JSON), f"{name}: add json_option, or a reason to WITHOUT_JSON"


def _modules_of_a_command(folder: Path, arguments: str) -> list[str]:
    """Return the modules that a command imports in the project of `spine init`, whose tables are made already."""
    run("init", ".", cwd=folder)
    run("run", "hello", cwd=folder)
    code = _CALL.format(arguments=arguments) + "import sys; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=clean_environ(), capture_output=True, text=True, check=True
    )
    return done.stderr.split()


def _of_spine(imported: list[str]) -> list[str]:
    return [name for name in imported if f"{name}.".startswith("spine.")]


@pytest.mark.slow
def test_a_plain_run_imports_nothing_of_scheduling_and_little_of_spine(tmp_path: Path) -> None:
    imported = _modules_of_a_command(tmp_path, "'-q', 'run', 'hello'")
    assert "spine.orchestration.engine.runner" in imported
    assert [name for name in imported if name.startswith(("spine.scheduling", "spine.http", "spine.formats"))] == []
    assert [
        name for name in imported if name.startswith(("alembic", "pyarrow", "sqlalchemy.dialects.postgresql"))
    ] == []
    assert len(_of_spine(imported)) <= 209, sorted(_of_spine(imported))


@pytest.mark.slow
def test_the_list_of_runs_imports_neither_the_engine_nor_the_code_of_the_project(tmp_path: Path) -> None:
    imported = _modules_of_a_command(tmp_path, "'runs', 'list'")
    unused = ("flows", "spine.orchestration.engine", "spine.orchestration.events", "spine.framework.sources")
    assert [name for name in imported if name.startswith((*NOT_ON_SQLITE, *unused))] == []
    assert len(_of_spine(imported)) <= 145, sorted(_of_spine(imported))
