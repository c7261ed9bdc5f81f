"""`spine sources`: what is declared, and one fetch by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

Make = Callable[..., Project]

DECLARED = '[sources."a.b"]\ntype = "file"\npath = "data/{week}.csv"\ndomain = "maths"\n'

IN_A_MODULE = """
from spine.framework.sources import FileSource, source_registry
source_registry.register(FileSource("in.module", "/nowhere.csv"))
"""


def test_the_list_has_what_is_declared_and_what_a_module_registers(scratch_project: Make) -> None:
    project = scratch_project(DECLARED, IN_A_MODULE)
    assert project.call("sources", "list", "--json").json == [
        {"name": "a.b", "source_type": "file", "domain": "maths", "declared_in": "spine.toml"},
        {"name": "in.module", "source_type": "file", "domain": None, "declared_in": "a module"},
    ]
    assert "spine.toml" in project.call("sources", "list").out


def test_without_sources_it_says_how_to_declare_one(scratch_project: Make) -> None:
    assert scratch_project().call("sources", "list").out == (
        'no sources: declare one in spine.toml as [sources."name"]\n'
    )


def test_a_fetch_says_what_came_and_the_next_one_that_it_is_unchanged(scratch_project: Make) -> None:
    project = scratch_project(DECLARED)
    project.write("data/1.csv", "a,b\n1,2\n3,4\n")
    first = project.call("sources", "fetch", "a.b", "-p", "week=1")
    assert first.code == 0
    assert [line.split() for line in first.out.splitlines()[:3]] == [["source", "a.b"], ["rows", "2"], ["bytes", "12"]]
    found = project.call("sources", "fetch", "a.b", "-p", "week=1", "--json").json
    assert (found["row_count"], found["content_changed"]) == (2, False)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("a.b",), 2, "week"),
        (("a.c", "-p", "week=1"), 2, "source 'a.c' not found; did you mean 'a.b'?"),
        (("a.b", "-p", "week=2"), 1, "data/2.csv does not exist"),
        (("a.b", "-p", "week=../x"), 2, "week"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence(
    scratch_project: Make, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    outcome = scratch_project(DECLARED).call("sources", "fetch", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert sentence in outcome.sentence
