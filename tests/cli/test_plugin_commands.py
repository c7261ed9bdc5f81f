"""Commands that plugins add, and their tables in `spine db`."""

from __future__ import annotations

import pytest

from spine.cli.main import COMMANDS

PLUGIN = """
from spine.plugins import CommandSpec, MigrationSpec, hookimpl


@hookimpl
def spine_register_commands():
    return [CommandSpec("{name}", "spine_pad.command:command")]


@hookimpl
def spine_register_migrations():
    return [MigrationSpec("pad", "spine_pad:migrations", head="0001")]
"""

COMMAND = """
import click
from spine.project import open_project


@click.command("pad")
@click.pass_context
def command(context):
    \"\"\"Show the project.\"\"\"
    with open_project(context.obj.project) as project:
        click.echo(f"{project.name} {project.database.query('SELECT count(*) AS n FROM pad_notes')}")
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("pad_notes", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("pad_notes")
"""


@pytest.fixture
def pad(installed_plugin):
    """A function that installs a plugin with a command of that name, and a table."""

    def install(name="pad", command=COMMAND):
        modules = {"command.py": command, "migrations/0001_notes.py": REVISION}
        installed_plugin("pad", PLUGIN.format(name=name), modules=modules)

    return install


def test_a_command_of_a_plugin_is_called_in_the_project_that_is_given(pad, scratch_project):
    pad()
    done = scratch_project().call("pad")
    assert (done.code, done.out) == (0, "scratch [{'n': 0}]\n"), done.err


def test_an_error_of_a_command_is_a_sentence(pad, spine_cli, tmp_path):
    pad()
    done = spine_cli("--project", str(tmp_path), "pad")
    assert done.code == 2
    assert "there is no spine.toml" in done.sentence


def test_a_command_that_is_none_is_refused(pad, spine_cli):
    pad(command="command = print")
    done = spine_cli("pad")
    assert (done.code, done.sentence) == (
        2,
        "command 'pad' is not a click command: run spine plugins check pad",
    )


def test_a_command_that_cannot_be_imported_is_a_sentence(pad, spine_cli):
    pad(command="import no_such_module")
    done = spine_cli("pad")
    assert "command 'pad' of plugin 'pad' cannot be loaded from spine_pad.command:command" in done.sentence


def test_a_command_with_the_name_of_cores_is_never_called_and_the_check_says_so(pad, spine_cli):
    pad("runs")
    done = spine_cli("plugins", "check", "pad", "--json")
    said = (
        "conflict: core (spine-core) and pad (spine-pad) all provide command 'runs': it is core's, ask the "
        "author of spine-pad for another name"
    )
    assert (done.code, done.json) == (1, [{"plugin": "pad", "fault": said}])


@pytest.mark.parametrize("name", ["runs", "db"])
def test_no_new_command_has_the_name_of_cores(name, spine_cli, tmp_path):
    assert name in COMMANDS
    done = spine_cli("plugins", "new", "command", name, "--into", str(tmp_path))
    assert done.code == 2
    assert done.sentence == (
        f"plugin name {name!r} is not valid: spine has a command of that name; choose another name"
    )
    assert list(tmp_path.iterdir()) == []


def test_spine_db_shows_and_takes_back_the_tables_of_a_plugin(pad, scratch_project):
    pad()
    project = scratch_project()
    assert project.call("db", "status", "--json").json["plugins"]["pad"] == "none of 0001"
    assert project.call("db", "upgrade", "--json").json["plugins"]["pad"] == "0001 of 0001"
    taken_back = project.call("db", "downgrade", "base", "--plugin", "pad", "--yes", "--json").json
    assert (taken_back["plugins"]["pad"], taken_back["version"]) == ("none of 0001", taken_back["needed"])
    assert (
        project.call("db", "check").out
        == "the tables of plugin pad have version none, not 0001: run spine db upgrade\n"
    )
    unknown = project.call("db", "downgrade", "base", "--plugin", "pat", "--yes")
    assert "no plugin provides migrations 'pat'; did you mean 'pad'" in unknown.sentence


@pytest.mark.parametrize("command", [["status"], ["upgrade"], ["downgrade", "0005", "--yes"]])
def test_the_output_of_spine_db_is_on_stdout(command, scratch_project):
    project = scratch_project()
    project.call("db", "upgrade")
    done = project.call("db", *command)
    assert (done.out.splitlines()[0].split()[:2], done.err) == (["database", "SQLite"], "")
