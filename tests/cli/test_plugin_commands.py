"""Commands that plugins add, and their tables in `spine db`."""

from __future__ import annotations

import pytest

from spine.cli.main import COMMANDS

PLUGIN = """
from spine.plugins import CommandSpec, MigrationSpec, hookimpl


@hookimpl
def spine_register_commands():
    return [CommandSpec("{name}", "spine_board.command:command")]


@hookimpl
def spine_register_migrations():
    return [MigrationSpec("board", "spine_board:migrations", head="0001")]
"""

COMMAND = """
import click
from spine.project import open_project


@click.command("board")
@click.pass_context
def command(context):
    \"\"\"Show the project.\"\"\"
    with open_project(context.obj.project) as project:
        click.echo(f"{project.name} {project.database.query('SELECT count(*) AS n FROM board_notes')}")
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("board_notes", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("board_notes")
"""


@pytest.fixture
def board(installed_plugin):
    """A function that installs a plugin with a command of that name, and a table."""

    def install(name="board", command=COMMAND):
        modules = {"command.py": command, "migrations/0001_notes.py": REVISION}
        installed_plugin("board", PLUGIN.format(name=name), modules=modules)

    return install


def test_a_command_of_a_plugin_is_called_in_the_project_that_is_given(board, scratch_project):
    board()
    done = scratch_project().call("board")
    assert (done.code, done.out) == (0, "scratch [{'n': 0}]\n"), done.err


def test_an_error_of_a_command_is_a_sentence(board, spine_cli, tmp_path):
    board()
    done = spine_cli("--project", str(tmp_path), "board")
    assert done.code == 2
    assert "there is no spine.toml" in done.sentence


def test_a_command_that_is_none_is_refused(board, spine_cli):
    board(command="command = print")
    done = spine_cli("board")
    assert (done.code, done.sentence) == (2, "command 'board' is not a click command: run spine plugins check board")


def test_a_command_that_cannot_be_imported_is_a_sentence(board, spine_cli):
    board(command="import no_such_module")
    done = spine_cli("board")
    assert "command 'board' of plugin 'board' cannot be loaded from spine_board.command:command" in done.sentence


def test_a_command_with_the_name_of_cores_is_never_called_and_the_check_says_so(board, spine_cli):
    board("runs")
    done = spine_cli("plugins", "check", "board", "--json")
    said = (
        "conflict: board (spine-board) and core (spine-core) all provide command 'runs': it is core's, ask the author "
        "of spine-board for another name"
    )
    assert (done.code, done.json) == (1, [{"plugin": "board", "fault": said}])


@pytest.mark.parametrize("name", ["runs", "db"])
def test_no_new_command_has_the_name_of_cores(name, spine_cli, tmp_path):
    assert name in COMMANDS
    done = spine_cli("plugins", "new", "command", name, "--into", str(tmp_path))
    assert done.code == 2
    assert done.sentence == (
        f"plugin name {name!r} is not valid: spine has a command of that name; choose another name"
    )
    assert list(tmp_path.iterdir()) == []


def test_spine_db_shows_and_takes_back_the_tables_of_a_plugin(board, scratch_project):
    board()
    project = scratch_project()
    assert project.call("db", "status", "--json").json["plugins"] == {"board": "none of 0001"}
    assert project.call("db", "upgrade", "--json").json["plugins"] == {"board": "0001 of 0001"}
    taken_back = project.call("db", "downgrade", "base", "--plugin", "board", "--yes", "--json").json
    assert (taken_back["plugins"], taken_back["version"]) == ({"board": "none of 0001"}, taken_back["needed"])
    assert (
        project.call("db", "check").out
        == "the tables of plugin board have version none, not 0001: run spine db upgrade\n"
    )
    unknown = project.call("db", "downgrade", "base", "--plugin", "bord", "--yes")
    assert "no plugin provides migrations 'bord'; did you mean 'board'" in unknown.sentence


@pytest.mark.parametrize("command", [["status"], ["upgrade"], ["downgrade", "0005", "--yes"]])
def test_the_output_of_spine_db_is_on_stdout(command, scratch_project):
    project = scratch_project()
    project.call("db", "upgrade")
    done = project.call("db", *command)
    assert (done.out.splitlines()[0].split()[:2], done.err) == (["database", "SQLite"], "")
