"""The JSON Schema of `spine.toml` accepts what Spine accepts, and refuses what it refuses by form."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from spine.app.schema import project_schema
from spine.plugins.catalog import load_catalog
from tests.projects import Project

ROOT = Path(__file__).parents[2]
PLUGIN = """
from spine.plugins import SourceSpec, hookimpl

@hookimpl
def spine_register_sources():
    return [
        SourceSpec("feed", "spine_feeds.feed:Feed", config="spine_feeds.feed:Config"),
        SourceSpec("broken", "gone:Gone", config="gone:Config"),
    ]
"""
FEED = """
from attrs import field, frozen
from spine.framework.sources.source import SourceConfig

@frozen
class Config(SourceConfig):
    station: str = field(metadata={"help": "Name of the station."})
"""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return project_schema(load_catalog())


def faults(schema: dict[str, Any], text: str) -> list[str]:
    found = Draft202012Validator(schema).iter_errors(tomllib.loads(text))
    return ["/".join(map(str, error.absolute_path)) + ": " + error.message for error in found]


def test_it_is_a_valid_schema(schema: dict[str, Any]) -> None:
    assert list(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/spine.toml")), ids=lambda path: path.parent.name)
def test_the_examples_are_valid(path: Path, schema: dict[str, Any]) -> None:
    assert faults(schema, path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        '[spine]\ndatabase = { env = "DATABASE" }\nmodules = ["a"]',
        '[runs]\nlease_seconds = "1m30s"',
        "[runs]\nlease_seconds = 90",
        '[alerts.workflows."a.b"]\nsla_minutes = 5',
        '[databases.w]\ntype = "postgresql"\nhost = "h"\npassword = { file = "/run/secrets/p" }',
        '[sources."a.b"]\ntype = "http"\nurl = "https://h/"\nheaders = { a = { env = "KEY" } }',
        '[sources.s]\ntype = "one of a plugin that is not installed"\nanything = 1',
        '[schedules.s]\nworkflow = "w"\nevery = "1h"\nblackouts = ["22:00-02:00"]\nmisfire_grace_seconds = "1h"',
        '[plugins.prefer]\n"source.feed" = "source-feed"',
    ],
)
def test_what_spine_accepts_is_valid(text: str, schema: dict[str, Any]) -> None:
    assert faults(schema, text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[spin]", "'spin' was unexpected"),
        ("[runs]\nlease = 1", "runs: Additional properties are not allowed ('lease' was unexpected)"),
        ('[runs]\nlease_seconds = "soon"', "runs/lease_seconds: 'soon' is not valid under any of the given schemas"),
        ("[scheduler]\nworkers = true", "scheduler/workers: True is not valid"),
        ('[sources.s]\npath = "a"', "sources/s: 'type' is a required property"),
        ('[sources.s]\ntype = "file"', "sources/s: 'path' is a required property"),
        ('[sources.s]\ntype = "file"\npath = "a"\nformat = "xls"', "sources/s/format: 'xls' is not valid"),
        ('[sources.s]\ntype = "file"\npath = { env = "A", file = "b" }', "sources/s/path: "),
        ('[schedules.s]\nworkflow = "w"\ncorn = "0 6 * * *"', "('corn' was unexpected)"),
        ('[schedules.s]\noverlap = "never"', "schedules/s/overlap: 'never' is not valid"),
    ],
)
def test_what_spine_refuses_by_its_form_is_refused_at_its_place(text: str, said: str, schema: dict[str, Any]) -> None:
    found = faults(schema, text)
    assert len(found) == 1
    assert said in found[0]


def test_every_key_has_a_description(schema: dict[str, Any]) -> None:
    sections = schema["properties"]
    cases = [case["then"] for name in sections for case in _tables(sections[name]).get("allOf", ())]
    tables = [table for name in sections if "properties" in (table := _tables(sections[name]))]
    keys = [(key, value) for table in [*tables, *cases] for key, value in table["properties"].items() if key != "type"]
    assert len(keys) > 150
    assert [key for key, value in keys if not value.get("description")] == []


def _tables(section: dict[str, Any]) -> dict[str, Any]:
    found = section["additionalProperties"]
    return found if isinstance(found, dict) else section


def test_options_of_an_installed_plugin_are_known_and_a_broken_one_hides_no_other(installed_plugin: Any) -> None:
    installed_plugin("feeds", PLUGIN, modules={"feed.py": FEED})
    schema = project_schema(load_catalog())
    assert faults(schema, '[sources.s]\ntype = "feed"') == ["sources/s: 'station' is a required property"]
    assert faults(schema, '[sources.s]\ntype = "broken"\nany = 1') == []


def test_the_command_prints_it_and_editors_find_it_in_a_file(tmp_path: Path) -> None:
    done = Project(tmp_path).call("config", "schema")
    assert done.json["title"] == "spine.toml"
