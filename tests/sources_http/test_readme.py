"""The README's snippets do what the README says, with its host replaced by a server of this test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import NOTHING, Attribute, fields

from spine.framework.sources import source_registry
from spine_sources_http.auth import Auth
from spine_sources_http.pagination import Pagination
from tests.projects import Project
from tests.sources_http.server import document

README = Path(__file__).parents[2] / "spine-sources-http" / "README.md"
HOST = "https://api.example.com"


@pytest.mark.parametrize(("table", "config"), [("pagination", Pagination), ("auth", Auth)])
def test_the_readme_has_the_options_of_a_table(table, config):
    def row(option: Attribute) -> str:
        needed = option.default is NOTHING
        default = "" if needed or option.default is None else f"`{getattr(option.default, 'value', option.default)}`"
        return f"| `{option.name}` | {'needed' if needed else default} | {option.metadata['help']} |"

    section = README.read_text().split(f"## Options of `{table}`\n", 1)[1].split("\n## ", 1)[0]
    expected = [row(option) for option in fields(config)]
    assert re.findall(r"^\| `.*$", section, re.M) == expected, "copy these rows:\n" + "\n".join(expected)


def answer_weeks(server):
    first = document({"items": [{"id": "007"}, {"id": "1e5"}], "next": "c1"})
    second = document({"items": [{"id": "12345678901234567890"}], "next": None})
    server.on("/weeks/2025-12-15", lambda asked: second if "cursor" in asked.query else first)


def test_the_snippet_prints_what_the_readme_says(server, capsys):
    answer_weeks(server)
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", README.read_text(), re.S)
    # the rate limit of the snippet would make this test wait
    code = code.replace(HOST, server.url).replace("requests_per_second=5", "requests_per_second=1000")
    exec(compile(code, README, "exec"), {})
    assert capsys.readouterr().out.replace(server.url, HOST) == printed
    assert {asked.headers["x-api-key"] for asked in server.asked} == {"not shown"}


def test_the_project_is_the_same(server, tmp_path, monkeypatch):
    from spine.app import open_project

    answer_weeks(server)
    [toml] = re.findall(r"```toml\n(.*?)```", README.read_text(), re.S)
    Project(tmp_path).write("spine.toml", toml.replace(HOST, server.url))
    with open_project(tmp_path, {"TRADES_KEY": "k1"}):
        result = source_registry.get("trades").fetch({"week": "2025-12-15", "symbol": "NA"})
    assert result.metadata.row_count == 3
    assert server.asked[0].headers["x-api-key"] == "k1"
