"""`spine sources`: declared sources, and one fetch by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import SQLiteAdapter
from spine.framework.sources import FileSource
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
def test_a_failed_fetch_is_one_sentence(
    scratch_project: Make, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    outcome = scratch_project(DECLARED).call("sources", "fetch", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert sentence in outcome.sentence


DATABASE = """
[spine]
database = "sqlite:///shop.db"
[databases.shop]
type = "sqlite"
path = "shop.db"
[sources.orders]
type = "database"
database = "shop"
query = "SELECT id, seq FROM orders WHERE seq > :cursor ORDER BY seq"
cursor = "seq"
initial = 0
[sources.broken]
type = "database"
database = "shop"
query = "SELECT nothing FROM nowhere"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """A project with a source over a table of three orders, and a broken one."""
    project = Project(tmp_path)
    project.write("spine.toml", DATABASE)
    with SQLiteAdapter(tmp_path / "shop.db") as adapter:
        adapter.execute("CREATE TABLE orders (id text, seq integer)")
        adapter.executemany("INSERT INTO orders VALUES (?, ?)", [("007", 1), ("NA", 2), ("1e5", 3)])
    return project


def test_a_preview_shows_rows_and_remembers_nothing(shop: Project) -> None:
    assert shop.call("sources", "preview", "orders", "-n", "2", "--json").json == [
        {"id": "007", "seq": 1},
        {"id": "NA", "seq": 2},
    ]
    assert shop.call("sources", "history", "orders", "--json").json == []
    assert shop.call("sources", "state", "show", "orders", "--json").json["value"] is None


def test_the_state_of_a_source_is_shown_set_and_reset(shop: Project) -> None:
    assert shop.call("sources", "fetch", "orders", "--json").json["row_count"] == 3
    assert shop.call("sources", "state", "show", "orders", "--json").json["value"] == 3
    assert shop.call("sources", "state", "set", "orders", "2").code == 0
    assert shop.call("sources", "fetch", "orders", "--json").json["row_count"] == 1
    assert shop.call("sources", "state", "reset", "orders", "--json").json == {"source": "orders", "forgotten": True}
    assert shop.call("sources", "fetch", "orders", "--json").json["row_count"] == 3
    assert "is no int" in shop.call("sources", "state", "set", "orders", "soon").err


def test_check_says_which_source_cannot_be_read(shop: Project) -> None:
    outcome = shop.call("sources", "check", "--json")
    assert outcome.code == 1
    assert {row["name"]: row["ok"] for row in outcome.json} == {"broken": False, "orders": True}
    assert shop.call("sources", "check", "orders").code == 0


def test_history_and_show_tell_of_the_fetches(shop: Project) -> None:
    shop.call("sources", "fetch", "orders")
    shop.call("sources", "fetch", "broken")
    [row] = shop.call("sources", "history", "orders", "--json").json
    assert (row["status"], row["record_count"]) == ("SUCCESS", 3)
    assert [row["status"] for row in shop.call("sources", "history", "broken", "--json").json] == ["FAILED"]
    shown = shop.call("sources", "show", "orders", "--json").json
    assert (shown["options"]["cursor"], shown["last_fetch"]["status"]) == ("seq", "SUCCESS")


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_a_fetch_writes_a_file(shop: Project, suffix: str) -> None:
    file = shop.root / f"out.{suffix}"
    assert shop.call("sources", "fetch", "orders", "--to", str(file)).code == 0
    source = FileSource("out", file)
    rows = source.fetch().data or []
    assert [row["id"] for row in rows] == ["007", "NA", "1e5"]
    assert [path.name for path in shop.root.glob(".out*")] == []


def test_a_file_of_an_unknown_kind_is_refused(shop: Project) -> None:
    outcome = shop.call("sources", "fetch", "orders", "--to", str(shop.root / "out.xls"))
    assert (outcome.code, "has an unknown suffix: use .csv, .json, .jsonl, .parquet" in outcome.err) == (2, True)
