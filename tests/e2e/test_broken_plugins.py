"""Broken distributions, really installed, beside a project that does not need them."""

from __future__ import annotations

import pytest

from spine.testing import make_plugin
from tests.projects import Project

SETTINGS = '[spine]\nname = "scratch"\nmodules = ["flows"]\n'
FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("hello", [Step.lambda_("greet", lambda context, config: {"said": "hello"})]))
"""

HEAD = "import os, sys\nfrom spine.plugins import ExecutorSpec, SourceSpec, hookimpl\n\n\n"
HOOK = HEAD + "@hookimpl\ndef spine_register_sources():\n"


def sources(*names: str, package: str = "m") -> str:
    return HOOK + "    return [" + ", ".join(f"SourceSpec('{name}', '{package}.source:Feed')" for name in names) + "]\n"


# name: (plugin.py, options of make_plugin, state, part of the reason)
BROKEN = {
    "raises": ("raise RuntimeError('no luck')", {}, "broken", "RuntimeError: no luck"),
    "syntax": ("def broken(:", {}, "broken", "SyntaxError"),
    "exits": ("import sys\nsys.exit(0)", {}, "broken", "SystemExit: 0"),
    "misses": ("import no_such_package", {}, "broken", "No module named 'no_such_package'"),
    "none": (HOOK + "    return None", {}, "broken", "returned NoneType"),
    "text": (HOOK + "    return 'feed'", {}, "broken", "returned str"),
    "dict": (HOOK + "    return {'feed': 1}", {}, "broken", "returned dict"),
    "generator": (HOOK + "    yield SourceSpec('a', 'm:C')\n    raise KeyError('x')", {}, "broken", "KeyError: 'x'"),
    "items": (HOOK + "    return [7]", {}, "broken", "returned a int in its list"),
    "kind": (HOOK + "    return [ExecutorSpec('a', 'm:C')]", {}, "broken", "returned a ExecutorSpec in its list"),
    "twice": (sources("a", "a"), {}, "broken", "returned 'a' twice"),
    "hook": (HEAD + "@hookimpl\ndef spine_register_sauces():\n    return []", {}, "broken", "unknown hook"),
    "argument": (HEAD + "@hookimpl\ndef spine_register_sources(x):\n    return []", {}, "broken", "Argument(s) {'x'}"),
    "hostile": ("raise ValueError('\\x1b[31m\\nred')", {}, "broken", "ValueError: [31m red"),
    "prints": ("print('chatter')\n" + sources("printing"), {}, "ok", "it prints while it is imported"),
    "silent": ("", {}, "ok", "it provides nothing"),
    "newer": ("1/0", {"requires": ["spine-core>=99"]}, "incompatible", "it needs spine-core >=99"),
    "unreadable": ("1/0", {"requires": ["spine-core>=x"]}, "incompatible", "requirement that cannot be read"),
    "claims": (sources("shared", "own"), {}, "conflict", "all provide source 'shared'"),
    "claims-too": (sources("shared"), {}, "conflict", "all provide source 'shared'"),
    "claims-cores": (
        HEAD + "@hookimpl\ndef spine_register_executors():\n    return [ExecutorSpec('threads', 'm:C')]",
        {},
        "conflict",
        "all provide executor 'threads'",
    ),
}
GARBAGE = b"\xff\xfe\x00garbage"


@pytest.fixture
def project(tmp_path) -> Project:
    project = Project(tmp_path / "project")
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    return project


@pytest.fixture
def installed(tmp_path):
    folder = tmp_path / "installed"
    folder.mkdir()
    for name, (plugin_py, options, _, _) in BROKEN.items():
        make_plugin(folder, name, plugin_py, **options)
    made = make_plugin(folder, "metadata", "raise AssertionError('imported')")
    (folder / f"{made.package}-1.0.dist-info" / "METADATA").write_bytes(GARBAGE)
    return {"PYTHONPATH": str(folder)}


def warnings(text: str) -> dict[str, list[str]]:
    """Return the warning lines by plugin; each must name the next command."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("WARNING: plugin "):
            name = line.split("'")[1]
            assert line.endswith(f"; run: spine plugins check {name}"), line
            found.setdefault(name, []).append(line)
    return found


def check_warnings(err: str) -> None:
    found = warnings(err)
    assert set(found) == {*BROKEN, "metadata"}
    assert {name: len(lines) for name, lines in found.items() if len(lines) != 1} == {}
    assert "Traceback" not in err
    assert "\x1b" not in err


def test_help_says_nothing_of_them(project, installed):
    done = project.run("--help", env=installed)
    assert (done.code, done.err) == (0, "")
    assert "plugins" in done.out


def test_the_list_is_json_with_state_and_reason(project, installed):
    done = project.run("plugins", "list", "--json", env=installed)
    assert done.code == 0
    rows = {row["name"]: row for row in done.json}
    for name, (_, _, state, reason) in BROKEN.items():
        assert rows[name]["state"] == state, rows[name]
        assert reason in rows[name]["reason"]
    assert rows["metadata"]["state"] == "broken"
    assert (rows["core"]["state"], rows["sources-file"]["state"]) == ("builtin", "ok")
    assert "chatter" in done.err
    check_warnings(done.err)


def test_a_run_that_needs_none_of_them_works(project, installed):
    done = project.run("run", "hello", "--json", env=installed)
    assert done.code == 0, done.err
    assert done.json["status"] == "COMPLETED"
    check_warnings(done.err)


def test_a_distribution_whose_entry_points_are_garbage_hides_no_plugin(project, tmp_path):
    made = make_plugin(tmp_path / "one", "garbled", "")
    (made.folder / f"{made.package}-1.0.dist-info" / "entry_points.txt").write_bytes(GARBAGE)
    done = project.run("plugins", "list", "--json", env={"PYTHONPATH": str(made.folder)})
    assert {"core", "sources-file", "db-postgres"} <= {row["name"] for row in done.json}
    assert (done.code, done.err) == (0, "")


@pytest.mark.slow
def test_check_finds_them_all(project, installed):
    done = project.run("plugins", "check", env=installed)
    assert done.code == 1
    at_fault = {line.partition(":")[0] for line in done.out.splitlines()}
    assert {*BROKEN, "metadata"} <= at_fault
    assert not {"core", "sources-file", "db-postgres"} & at_fault


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({"SPINE_PLUGINS_DISABLED": "raises"}, "disabled"),
        ({"SPINE_PLUGINS": ""}, "disabled"),
        ({"SPINE_PLUGINS": "raises"}, "broken"),
    ],
)
def test_a_broken_plugin_can_be_switched_off(variables, state, project, tmp_path):
    make_plugin(tmp_path / "one", "raises", "raise RuntimeError('no luck')")
    done = project.run("plugins", "list", "--json", env={"PYTHONPATH": str(tmp_path / "one"), **variables})
    assert {row["name"]: row["state"] for row in done.json}["raises"] == state
    assert len(warnings(done.err)) == (state == "broken")


@pytest.mark.slow
def test_strict_ends_a_run_and_not_the_check(project, tmp_path):
    make_plugin(tmp_path / "one", "raises", "raise RuntimeError('no luck')")
    strict = {"PYTHONPATH": str(tmp_path / "one"), "SPINE_PLUGINS_STRICT": "1"}
    done = project.run("run", "hello", env=strict)
    assert done.code == 2
    assert done.sentence == (
        "SPINE_PLUGINS_STRICT is set, and plugin 'raises' is broken: RuntimeError: no luck; "
        "run: spine plugins check raises"
    )
    done = project.run("plugins", "check", "raises", env=strict)
    assert (done.code, done.out) == (1, "raises: broken: RuntimeError: no luck\n")
    assert project.run("--help", env=strict).code == 0


@pytest.mark.slow
def test_only_asking_for_what_it_provides_raises(project, tmp_path):
    make_plugin(tmp_path / "one", "feed", "raise RuntimeError('no luck')", distribution="spine-source-feed")
    installed = {"PYTHONPATH": str(tmp_path / "one")}
    project.write("spine.toml", SETTINGS + '[sources.mine]\ntype = "feed"\n')
    assert project.run("run", "hello", env=installed).code == 0
    done = project.run("sources", "fetch", "mine", env=installed)
    assert done.code == 2
    assert "source type 'feed' is provided by plugin 'feed' (spine-source-feed 1.0), which cannot be loaded" in done.err
    assert "run: spine plugins check feed" in done.sentence


def test_preference_in_the_project_settles_a_conflict(project, tmp_path):
    folder = tmp_path / "two"
    for name in ("acme", "other"):
        make_plugin(folder, name, sources("feed", package=f"spine_{name}"))
    project.write("spine.toml", SETTINGS + '[plugins.prefer]\n"source.feed" = "other"\n')
    done = project.run("plugins", "list", "--json", env={"PYTHONPATH": str(folder)})
    states = {row["name"]: row["state"] for row in done.json}
    assert (states["acme"], states["other"], done.err) == ("ok", "ok", "")
