"""The options of a descriptor, as `spine plugins show` prints them."""

from __future__ import annotations

import pytest

from spine.plugins.catalog import current_catalog
from spine.plugins.errors import PluginBrokenError
from spine.plugins.options import describe_options
from tests.projects import call

OPTIONS = """
from enum import Enum
from pathlib import Path

from attrs import field, frozen


class Mode(Enum):
    FAST = "fast"


@frozen
class Options:
    url: str = field(metadata={"help": "Where it is."})
    limit: int | None = 3
    mode: Mode = Mode.FAST
    tags: list[str] = field(factory=list)
    days: tuple[str, ...] = ("sat", "sun")
    headers: dict[str, str] = field(factory=dict)
    folder: Path = Path("data")
    made: str = field(factory=lambda: "now")


class Feed:
    def __init__(self, name, **options): ...
"""

PLUGIN = """
from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources():
    return [SourceSpec("feed", "spine_acme.source:Feed", "spine_acme.{options}")]
"""


def test_options_have_type_default_and_help(report_of):
    report = report_of(PLUGIN.format(options="source:Options"), modules={"source.py": OPTIONS})
    described = {option["option"]: option for option in describe_options(report.provides[0])}
    assert list(described) == ["url", "limit", "mode", "tags", "days", "headers", "folder", "made"]
    assert described["url"] == {
        "option": "url",
        "type": "str",
        "default": None,
        "required": True,
        "help": "Where it is.",
    }
    assert described["limit"]["type"] == "int | None"
    defaults = [None, 3, "fast", [], ["sat", "sun"], {}, "data", "..."]
    assert [option["default"] for option in described.values()] == defaults
    assert [option["required"] for option in described.values()] == [True] + [False] * 7


def test_a_thing_without_options_has_none():
    assert describe_options(current_catalog().find("executor", "threads")) == []


@pytest.mark.parametrize("text", ["1/0", "import sys; sys.exit()", "Options = 7", "class Options: ...", ""])
def test_options_that_cannot_be_read(text, report_of):
    report = report_of(PLUGIN.format(options="source:Options"), modules={"source.py": text})
    with pytest.raises(PluginBrokenError, match=r"^the options of source 'feed' cannot be read from spine_acme"):
        describe_options(report.provides[0])


def test_show_prints_them(report_of):
    report_of(PLUGIN.format(options="source:Options"), modules={"source.py": OPTIONS})
    done = call("plugins", "show", "acme")
    assert done.code == 0
    assert "source feed" in done.out
    assert "Where it is." in done.out
    shown = call("plugins", "show", "spine-acme", "--json").json
    assert shown["provides"][0]["target"] == "spine_acme.source:Feed"
    assert shown["provides"][0]["options"][1]["default"] == 3


def test_show_of_a_broken_plugin_says_why(report_of):
    report_of("1/0")
    done = call("plugins", "show", "acme")
    assert done.code == 0
    assert "ZeroDivisionError: division by zero" in done.out
