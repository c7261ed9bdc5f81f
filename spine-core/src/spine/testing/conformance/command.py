"""Rules for every command of a plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from spine.cli.main import COMMANDS
from spine.plugins.catalog import current_catalog
from spine.testing.command_line import Outcome, call
from spine.testing.project import make_project

_IMPORTED = """
import sys
from spine.plugins.catalog import discover
discover()
print(sys.argv[1] in sys.modules)
"""
_NOISE = "print('a module of the project prints')\n"


class CommandConformance:
    """Subclass it as `Test...`, define `name`, and `printing` if the command prints; its plugin must be installed.

    `printing`: the arguments of each call that prints about a project; each of them takes `--json` too.
    """

    name = ""
    printing: Sequence[Sequence[str]] = ()

    def make_project(self, folder: Path) -> Path:
        """Write a project into `folder`, which does not exist yet, and return it."""
        return make_project(folder)

    def test_its_name_is_free(self) -> None:
        """Spine has no command of that name, which would take precedence."""
        assert self.name not in COMMANDS, f"spine has a command {self.name!r}: take another name"
        assert isinstance(self.command(), click.Command), "the descriptor's target must be a click command or group"

    def test_everything_has_a_help_line(self) -> None:
        """The command, each subcommand and each option has a help text that ends with a full stop."""
        for path, command in self.commands():
            first = (command.help or "").strip().partition("\n\n")[0]
            assert first.endswith("."), f"{path}: give it a docstring that is a sentence"
            for option in command.params:
                if isinstance(option, click.Option):
                    text = option.help or ""
                    assert text.endswith("."), f"{path}: give {option.opts[0]} a help= that ends with a full stop"

    def test_help_is_shown(self) -> None:
        """`--help` works for each command, also without a project."""
        for path, _command in self.commands():
            done = call(*path.split(), "--help")
            assert (done.code, done.err) == (0, ""), f"{path} --help: {done.err}"
            assert done.out.startswith(f"Usage: spine {path}"), f"{path} --help must show the usage"

    def test_an_unknown_option_is_wrong_usage(self) -> None:
        """It exits with 2 and says so on stderr."""
        done = call(self.name, "--no-such-option")
        assert (done.code, done.out) == (2, ""), "leave options to click: an unknown one exits with 2"

    def test_it_works_on_the_project_that_is_given(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`spine --project DIR` selects the project, from any working directory."""
        self.needs_printing()
        project = self.make_project(tmp_path / "project")
        monkeypatch.chdir(tmp_path)
        for arguments in self.printing:
            done = self.call(project, *arguments)
            assert done.code == 0, f"{self.shown(arguments)}: open_project(context.obj.project): {done.err}"
            assert done.out.strip(), f"{self.shown(arguments)} must print something on stdout"

    def test_without_a_project_it_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Outside of a project it prints one sentence on stderr, and exits with 2."""
        self.needs_printing()
        monkeypatch.chdir(tmp_path)
        for arguments in self.printing:
            done = call(self.name, *arguments)
            assert (done.code, done.out) == (2, ""), f"{self.shown(arguments)}: let the error of open_project() through"
            assert done.sentence, "let the error of open_project() through"

    def test_json_is_one_document(self, tmp_path: Path) -> None:
        """With `--json` stdout is one JSON document, even if the project's own modules print."""
        self.needs_printing()
        project = self.make_project(tmp_path / "project")
        with (project / "flows.py").open("a", encoding="utf-8") as flows:
            flows.write(_NOISE)
        for arguments in self.printing:
            done = self.call(project, *arguments, "--json")
            assert done.code == 0, f"{self.shown(arguments)} --json: {done.err}"
            try:
                assert done.json is not None, f"{self.shown(arguments)} --json must print an object or a list"
            except ValueError:
                pytest.fail(f"{self.shown(arguments)} --json must print JSON and nothing else on stdout: {done.out}")

    def test_listing_plugins_does_not_import_it(self) -> None:
        """`plugin.py` names it without importing it, which would slow every call of `spine`."""
        module = current_catalog().find("command", self.name).target.partition(":")[0]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", _IMPORTED, module]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)  # noqa: S603 # ours
        assert done.stdout.strip() == "False", f"plugin.py must not import {module}: its target is a text"

    def command(self) -> click.Command:
        """Return the click command."""
        found: click.Command = current_catalog().load("command", self.name)
        return found

    def commands(self) -> Iterator[tuple[str, click.Command]]:
        """Yield the command and each subcommand, with its full name."""
        waiting = [(self.name, self.command())]
        while waiting:
            path, command = waiting.pop()
            yield path, command
            if isinstance(command, click.Group):
                waiting += [(f"{path} {name}", below) for name, below in command.commands.items()]

    def call(self, project: Path, *arguments: str) -> Outcome:
        """Call the command in a project."""
        return call("--project", str(project), self.name, *arguments)

    def shown(self, arguments: Sequence[str]) -> str:
        return " ".join(("spine", self.name, *arguments))

    def needs_printing(self) -> None:
        """Skip the test if the command prints nothing about a project."""
        if not self.printing:
            pytest.skip("printing is empty")
