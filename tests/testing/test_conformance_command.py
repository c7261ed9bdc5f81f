"""Each rule of the suite for commands fails for a command that breaks it."""

from __future__ import annotations

import pytest

from tests.testing.suite_run import failures

pytestmark = pytest.mark.slow  # the suite is run once for each rule that is broken

HEAD = """
import pytest

from spine.core.scope import Scope, use_scope
from spine.testing import make_plugin
from spine.testing.conformance.command import CommandConformance
from spine.testing.fake_plugin import put_on_path, take_off_path

PLUGIN = '''
from spine.plugins import CommandSpec, hookimpl


@hookimpl
def spine_register_commands():
    return [CommandSpec("NAME", "spine_pad.command:command")]
'''

COMMAND = '''
import json

import click
from spine.project import open_project


@click.group()
def command():
    "Show what the pad shows."


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show(context, as_json):
    "Show the project."
    with open_project(context.obj.project) as project:
        name = project.name
    click.echo(json.dumps({"name": name}) if as_json else name)


@command.command()
def serve():
    "Serve the pad."
'''


class Suite(CommandConformance):
    name = "pad"
    printing = (["show"],)
    plugin_py, command_py = PLUGIN, COMMAND

    @pytest.fixture(autouse=True)
    def installed(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("installed")
        make_plugin(folder, "pad", self.plugin_py.replace("NAME", self.name), modules={"command.py": self.command_py})
        put_on_path(folder)
        with use_scope(Scope(), process_wide=True):
            yield
        take_off_path(folder)


class TestRight(Suite):
    pass
"""

WRONG = {
    "HasTheNameOfCores": (
        """
    name = "runs"
    printing = ()
""",
        {"test_its_name_is_free"},
    ),
    "HasNoHelp": (
        """
    command_py = COMMAND.replace('"Serve the pad."', "pass")
""",
        {"test_everything_has_a_help_line"},
    ),
    "HasAnOptionWithoutHelp": (
        """
    command_py = COMMAND.replace('help="Print JSON."', 'help="Print JSON"')
""",
        {"test_everything_has_a_help_line"},
    ),
    "CannotBeImported": (
        """
    command_py = COMMAND.replace("import json", "import no_such_module")
    printing = ()
""",
        {
            "test_its_name_is_free",
            "test_everything_has_a_help_line",
            "test_help_is_shown",
        },
    ),
    "TakesAnyOption": (
        """
    printing = ()
    command_py = '''
import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def command(words):
    "Say words."
'''
""",
        {"test_an_unknown_option_is_wrong_usage"},
    ),
    "TakesTheNearestProject": (
        """
    command_py = COMMAND.replace("context.obj.project", "None")
""",
        {"test_it_works_on_the_project_that_is_given", "test_json_is_one_document"},
    ),
    "PrintsNothing": (
        """
    command_py = COMMAND.replace("else name)", "else '')")
""",
        {"test_it_works_on_the_project_that_is_given"},
    ),
    "HidesTheError": (
        """
    command_py = COMMAND.replace("    with open", "    name = 'none'\\\\n    from contextlib import suppress\\\\n"
        "    with suppress(Exception), open")
""",
        {"test_without_a_project_it_says_so"},
    ),
    "PrintsMoreThanJson": (
        """
    command_py = COMMAND.replace("        name = project.name", "        name = print('open') or project.name")
""",
        {"test_json_is_one_document"},
    ),
    "IsImportedByPlugin": (
        """
    plugin_py = PLUGIN + "\\\\nimport spine_pad.command"
""",
        {"test_listing_plugins_does_not_import_it"},
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_commands"), source.replace("\\\\n", "\\n"))


def test_a_right_command_passes(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_command():
    from spine.testing.conformance.command import CommandConformance

    rules = {name for name in vars(CommandConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
