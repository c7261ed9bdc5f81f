"""`.ci/interpreters.py`: the Pythons of this machine, and what it says where there is none."""

from __future__ import annotations

import runpy
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CORE = tomllib.loads((ROOT / "spine-core" / "pyproject.toml").read_text())["project"]
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = runpy.run_path(str(ROOT / ".ci" / "interpreters.py"))
    space: dict[str, Any] = names["newest"].__globals__
    space["asked"] = lambda *arguments: []  # uv is not there
    return SimpleNamespace(space=space, **names)


def test_the_part_is_there(script: SimpleNamespace) -> None:
    assert [path for path in script.PART if not (ROOT / path).exists()] == []


def test_each_python_of_the_metadata_can_be_tried(script: SimpleNamespace) -> None:
    stated = {text.rpartition(" ")[2] for text in CORE["classifiers"] if text.startswith("Programming Language")}
    assert {text for text in stated if "." in text} <= set(script.VERSIONS)
    assert CORE["requires-python"] == f">={script.VERSIONS[0]}"


def test_the_running_python_is_found_and_no_other_version_taken_for_it(script: SimpleNamespace) -> None:
    assert script.path_of(OWN) == sys.executable
    assert script.path_of("3.99") is None


def test_a_python_of_pyenv_is_found(script: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = tmp_path / "versions" / "3.99.0" / "bin" / "python"
    made.parent.mkdir(parents=True)
    made.write_text("#!/bin/sh\necho 3.99\n")
    made.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert script.path_of("3.99") == str(made)


def test_without_a_newer_python_it_says_so_and_does_not_fail(
    script: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    script.space["path_of"] = lambda version: None
    script.newest()
    assert capsys.readouterr().out == f"No Python newer than {OWN} was found: the quick part ran on no other one\n"


def test_versions_that_cannot_be_had_are_one_sentence(
    script: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    script.space["path_of"] = lambda version: None
    script.pythons()
    versions = ", ".join(script.VERSIONS)
    expected = f"Python {versions} was not tried: this machine has none, and uv could not fetch it\n"
    assert capsys.readouterr().out == expected


def test_numpy_is_not_beside_pyarrow_in_the_lowest_environment(script: SimpleNamespace) -> None:
    assert "numpy" in script.tools()
    assert "numpy" not in script.tools() - script.BESIDE_ARROW
    assert "./spine-core[arrow,http,pandera,remote,testing]" in script.editable()


def test_no_warning_is_ignored_and_the_checks_of_every_change_include_it(
    script: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(script.space["subprocess"], "run", run)
    script.test("Python 3.99", "python3.99", script.BRIEF)
    assert [part for command in commands for part in command if part.startswith(("-W", "ignore"))] == []
    assert "make newest" in (ROOT / ".ci" / "run").read_text().splitlines()
