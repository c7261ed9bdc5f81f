"""`import spine`: the names of the short way are the real objects, and work on the project that is open."""

from __future__ import annotations

import runpy
from importlib import import_module
from pathlib import Path

import pytest

import spine
from spine.framework.sources import UnknownSourceError

TYPED = Path(__file__).parents[1] / "typing" / "short_way.py"


@pytest.mark.parametrize(("module", "names"), spine._HOMES.items())
def test_a_name_is_that_of_its_module(module: str, names: tuple[str, ...]) -> None:
    for name in names:
        assert getattr(spine, name) is getattr(import_module(module), name)
        assert name in dir(spine)


def test_each_name_has_a_module() -> None:
    assert {"__version__", *(name for names in spine._HOMES.values() for name in names)} == set(spine.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'spine' has no attribute 'nope'"):
        spine.nope  # noqa: B018


def test_what_users_write_runs() -> None:
    runpy.run_path(str(TYPED))


def test_a_script_reads_a_source_and_captures_it(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[sources.weeks]\ntype = "file"\npath = "*.csv"\n')
    (tmp_path / "weeks.csv").write_text("symbol\nNA\n")
    with spine.open_project(str(tmp_path)) as project:
        assert project.root == tmp_path
        spine.capture("symbols", spine.source("weeks").fetch().data)
        assert spine.read_capture("symbols").data == [{"symbol": "NA"}]
        with pytest.raises(UnknownSourceError, match="did you mean 'weeks'"):
            spine.source("week")
