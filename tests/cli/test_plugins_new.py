"""`spine plugins new`: the generated plugin installs, passes its own tests, is listed, and is clean."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from spine.cli.scaffold.new_plugin import PLUGIN_KINDS, check_plugin_name, core_range, new_plugin
from spine.core.clock import utc_now
from spine.core.errors import ValidationError
from spine.plugins.catalog import Catalog
from spine.plugins.errors import PluginDisabledError
from spine.plugins.report import PluginReport, PluginState
from tests.shell import Shell

ROOT = Path(__file__).parents[2]


def git_config(name: str) -> str:
    """Return the variables by which git's user.name is `name`, for the beginning of a command."""
    return f"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0='{name}'"


LONGEST_NAME = "a-name-of-thirty-characters-xy"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLUGIN_KINDS)
def test_a_new_plugin_installs_passes_its_tests_and_is_listed(kind, shell):
    said = shell.output(f"spine plugins new {kind} my-thing")
    made, _, following = said.partition("Next:\n")
    files = [line.strip() for line in made.splitlines()[1:]]
    folder = shell.folder / f"spine-{kind}-my-thing"
    assert sorted(files) == sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    said = shell.output(following)
    assert " passed" in said
    assert f"{kind}-my-thing" in said

    listed = {plugin["name"]: plugin for plugin in json.loads(shell.output("spine plugins list --json"))}
    plugin = listed[f"{kind}-my-thing"]
    assert (plugin["distribution"], plugin["version"], plugin["state"]) == (folder.name, "0.1.0", "ok")
    assert [(item["kind"], item["name"]) for item in plugin["provides"]] == [(PLUGIN_KINDS[kind].kind, "my-thing")]
    assert shell.output(f"spine plugins check {kind}-my-thing")


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLUGIN_KINDS)
def test_the_commands_of_the_readme_work_word_for_word(kind, shell):
    folder, _ = new_plugin(kind, "my-thing", shell.folder)
    shell.output(f"python -m pip wheel --quiet --no-deps --wheel-dir wheels {folder}")
    blocks = re.findall(r"^```console\n(.*?)^```", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    said = ""
    for block in blocks:
        lines = block.splitlines()
        assert all(line.startswith("$ ") for line in lines)
        commands = "\n".join(line.removeprefix("$ ") for line in lines)
        said = shell.output(f"export PIP_FIND_LINKS={shell.folder / 'wheels'}\ncd {folder}\n{commands}")
    assert " passed" in said


@pytest.mark.slow
def test_the_commands_of_the_workflow_for_tests_work(shell):
    folder, _ = new_plugin("source", "my-thing", shell.folder)
    workflow = (folder / ".github/workflows/tests.yml").read_text()
    commands = re.findall(r"^ +- run: (.*)$", workflow, re.MULTILINE)
    assert shell.output("\n".join([f"cd {folder}", *commands])).count(" passed") == 2
    assert 'dependencies = ["spine-core"]' in (folder / "pyproject.toml").read_text()


@pytest.mark.parametrize("kind", PLUGIN_KINDS)
def test_every_description_names_the_kind_and_the_plugin(kind, tmp_path):
    folder, _ = new_plugin(kind, "feed", tmp_path)
    summary = f"The {PLUGIN_KINDS[kind].kind.replace('_', ' ')} 'feed' for Spine."
    assert tomllib.loads((folder / "pyproject.toml").read_text())["project"]["description"] == summary
    assert (folder / "README.md").read_text().splitlines()[2] == summary
    assert f'help="{summary}"' in (folder / "src" / f"spine_{kind}_feed" / "plugin.py").read_text()


@pytest.mark.parametrize(
    ("kind", "extras"), [("source", "testing,arrow"), ("database", "testing,arrow"), ("alert", "testing")]
)
def test_the_extra_for_tests_has_pyarrow_where_the_suite_needs_it(kind, extras, tmp_path):
    folder, _ = new_plugin(kind, "feed", tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["test"] == [f"spine-core[{extras}]"]


@pytest.mark.parametrize("author", ["Zoë O'Neil", 'A "quoted" name', "back\\slash"])
def test_the_author_is_in_the_license_and_the_metadata(author, tmp_path):
    folder, _ = new_plugin("source", "feed", tmp_path, author=author)
    assert f"Copyright (c) {utc_now().year} {author}\n" in (folder / "LICENSE").read_text()
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["authors"]) == ("MIT", [{"name": author}])


def test_the_author_is_who_git_says(shell):
    finished = shell.run(f"{git_config('  Zoë ')} spine plugins new source feed")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "Zoë\n" in (shell.folder / "spine-source-feed" / "LICENSE").read_text()


def test_without_an_author_the_placeholder_is_said(shell):
    finished = shell.run(f"{git_config('')} spine plugins new source feed")
    assert finished.returncode == 0
    assert finished.stderr == (
        "Warning: git config user.name is not set, so LICENSE and pyproject.toml say 'Name of the author'; write your "
        "name there\n"
    )
    assert "Name of the author\n" in (shell.folder / "spine-source-feed" / "LICENSE").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x", LONGEST_NAME])
def test_the_files_of_a_new_plugin_pass_ruff_and_mypy(name, tmp_path):
    folders = [new_plugin(kind, name, tmp_path)[0] for kind in PLUGIN_KINDS]
    config = ROOT / "pyproject.toml"
    own = f"src = ['{tmp_path}/*/src']\nlint.isort.known-first-party = []"  # for an author, spine is a third party
    (tmp_path / "ruff.toml").write_text(f"extend = '{config}'\n{own}\n")
    for check in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *check, "--quiet", "--no-cache", "."]
        finished = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stdout
    options = ["--strict", "--config-file", str(config), "--cache-dir", str(tmp_path / "cache")]
    paths = [str(path) for folder in folders for path in (*folder.glob("tests/test_*.py"), *folder.glob("src/*"))]
    mypy = [sys.executable, "-m", "mypy", *options, *paths]
    variables = os.environ | {"MYPYPATH": ":".join(str(folder / "src") for folder in folders)}
    finished = subprocess.run(mypy, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout


def test_a_folder_that_is_there_is_left_alone(shell):
    folder = shell.folder / "work" / "spine-source-feed"
    folder.mkdir(parents=True)
    finished = shell.run("spine plugins new source feed --into work")
    assert finished.returncode == 2
    assert (
        "work/spine-source-feed exists already: choose another name, or another folder with --into" in finished.stderr
    )
    assert list(folder.iterdir()) == []


def test_a_name_that_does_not_do_is_one_sentence_that_offers_another(shell):
    finished = shell.run("spine plugins new source 'My Feed'")
    assert finished.returncode == 2
    assert finished.stderr == (
        "Error: plugin name 'My Feed' is not valid: a Python package is named after it, so use at most 30 lower-case "
        "letters, digits and '-', beginning with a letter, such as 'my-feed'\n"
    )
    assert [path.name for path in shell.folder.iterdir()] == ["environment"]


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("myFeed", "my-feed"),
        ("my_feed", "my-feed"),
        ("acme.feed", "acme-feed"),
        ("7zip", "zip"),
        ("-feed-", "feed"),
        ("a--b", "a-b"),
        ("feed\n", "feed"),
        ("../feed", "feed"),
        (LONGEST_NAME + "z", LONGEST_NAME),
    ],
)
def test_a_better_name_is_offered(name, better):
    with pytest.raises(ValidationError, match=f"such as '{better}'$"):
        check_plugin_name(name)
    assert check_plugin_name(better) == better


@pytest.mark.parametrize("name", ["", "7", "été!"])
def test_where_no_better_name_comes_to_mind_the_rule_is_said(name):
    with pytest.raises(ValidationError, match="lower-case letters, digits and '-', beginning with a letter"):
        check_plugin_name(name)


@pytest.mark.parametrize(("kind", "name"), [("source", "base"), ("alert", "base"), ("database", "database")])
def test_a_class_is_not_called_as_one_of_spines_that_it_uses(kind, name, tmp_path):
    with pytest.raises(ValidationError, match=r"Spine uses the class name \w+ itself; choose another name"):
        new_plugin(kind, name, tmp_path)


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [
        ("executor", "threads", "the installed plugin 'core'"),
        ("alert", "slack", "the installed plugin 'alerts-slack'"),
        ("alert", "pagerduty", "'spine-alerts-pagerduty'"),
    ],
)
def test_a_name_that_others_have_is_a_warning(kind, name, owner, shell):
    finished = shell.run(f"{git_config('Zoë')} SPINE_PLUGINS_DISABLED=alerts-pagerduty spine plugins new {kind} {name}")
    assert finished.returncode == 0
    assert finished.stderr == (
        f"Warning: {kind} {name!r} is what {owner} provides; with both, [plugins.prefer] decides\n"
    )


@pytest.mark.parametrize("kind", PLUGIN_KINDS)
def test_a_disabled_plugin_is_known_by_the_name_of_its_distribution(kind):
    reason = "disabled by SPINE_PLUGINS_DISABLED or [plugins] disabled"
    report = PluginReport(f"{kind}-my-thing", f"spine_{kind}_my_thing", "1.0", PluginState.DISABLED, reason)
    with pytest.raises(PluginDisabledError, match=reason.replace("[", r"\[")):
        Catalog([report]).find(PLUGIN_KINDS[kind].kind, "my-thing")


@pytest.mark.parametrize(
    ("kind", "name", "distribution"),
    [
        ("source", "file", "spine-sources-file"),
        ("alert_channel", "slack", "spine-alerts-slack"),
        ("database", "postgresql", "spine-db-postgres"),
        ("database", "duckdb", "acme-spine-db-duckdb"),
    ],
)
def test_distributions_named_like_those_of_this_repository_are_known_too(kind, name, distribution):
    report = PluginReport("any", distribution, "1.0", PluginState.DISABLED, "disabled")
    with pytest.raises(PluginDisabledError):
        Catalog([report]).find(kind, name)


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        ("0.1.0", ">=0.1,<0.2"),
        ("1.12.3", ">=1.12,<1.13"),
        ("2.0rc1", ">=2.0,<2.1"),
        ("3", ">=3.0,<3.1"),
        ("0", ">=0.0,<0.1"),
    ],
)
def test_a_new_plugin_asks_for_the_release_series_that_is_running(running, expected):
    assert core_range(running) == expected
