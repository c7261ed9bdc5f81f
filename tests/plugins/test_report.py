"""Reports of plugins in `spine plugins list`."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from spine.plugins import SourceSpec
from spine.plugins.report import PluginReport, PluginState, one_line
from spine.testing import make_plugin
from tests.projects import call

LOOK = """
import contextlib, io, json, sys
sys.argv = ["spine", "plugins", "list", "--json"]
out = io.StringIO()
from spine.cli.main import main
with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
    main()
print(json.dumps([json.loads(out.getvalue()), sorted(sys.modules)]))
"""


def test_the_json_form():
    report = PluginReport("acme", "spine-acme", "1.0", provides=[SourceSpec("feed", "m:Feed", help="A feed.")])
    assert report.to_dict() == {
        "name": "acme",
        "distribution": "spine-acme",
        "version": "1.0",
        "state": "ok",
        "reason": None,
        "provides": [{"kind": "source", "name": "feed", "help": "A feed."}],
    }


@pytest.mark.parametrize("state", PluginState)
def test_a_fault_has_a_warning_with_the_next_command(state):
    report = PluginReport("acme", "spine-acme", "1.0", state, "because")
    at_fault = state.value in ("broken", "incompatible", "conflict")
    assert report.is_at_fault is at_fault
    word = "in conflict" if state is PluginState.CONFLICT else state.value
    expected = f"plugin 'acme' is {word}: because; run: spine plugins check acme" if at_fault else None
    assert report.warning() == expected


def test_a_note_is_a_warning_and_the_reason_in_the_list():
    report = PluginReport("acme", "spine-acme", "1.0", note="it prints")
    assert report.warning() == "plugin 'acme' works, but it prints; run: spine plugins check acme"
    assert report.to_dict()["reason"] == "it prints"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\nb", "a b"), ("\x1b[31mred", "[31mred"), ("a\u202eb", "a b"), ("é  ü", "é ü"), ("x" * 500, "x" * 297 + "...")],
)
def test_foreign_text_is_one_harmless_line(text, expected):
    assert one_line(text) == expected


def test_the_list_shows_every_plugin(install_source):
    install_source("feed")
    rows = {row["name"]: row for row in call("plugins", "list", "--json").json}
    assert rows["core"]["state"] == "builtin"
    assert rows["acme"] == {
        "name": "acme",
        "distribution": "spine-acme",
        "version": "1.0",
        "state": "ok",
        "reason": None,
        "provides": [{"kind": "source", "name": "feed", "help": ""}],
    }
    table = call("plugins", "list").out
    assert "source feed" in table


def test_the_list_never_imports_the_third_stage(tmp_path):
    """A plugin whose class would blow up is listed; nothing heavy and no class module is imported."""
    plugin_py = (
        "from spine.plugins import SourceSpec, hookimpl\n\n\n@hookimpl\ndef spine_register_sources():\n"
        "    return [SourceSpec('feed', 'spine_acme.source:Feed', 'spine_acme.source:Options')]\n"
    )
    make_plugin(tmp_path, "acme", plugin_py, modules={"source.py": "raise AssertionError('stage three')"})
    environment = {name: text for name, text in os.environ.items() if not name.startswith("SPINE")}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        env=environment | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    rows, modules = json.loads(done.stdout)
    assert {row["name"]: row["state"] for row in rows}["acme"] == "ok"
    assert done.stderr == ""
    assert "spine_acme.plugin" in modules
    unwanted = {
        "spine_acme.source",
        "spine_sources_file.source",
        "spine.framework.sources",
        "spine.orchestration.definition.step",
    }
    heavy = {"sqlalchemy", "httpx", "pyarrow", "psycopg", "apscheduler", "cattrs", "packaging"}
    assert not (unwanted | heavy) & set(modules)
