"""`spine sources`: declared sources, and one fetch by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import SQLiteAdapter
from spine.framework.sources import FileSource
from tests.projects import Project
from tests.sources_http.server import Asked, Reply, rows, serving

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


KEEPS_A_STATE = """
from spine.framework.sources.state import write_state
from spine.orchestration import Step, Workflow, workflow_registry


def keep(context, config):
    write_state("readings.BER", "2026-01-05T09:00")


workflow_registry.register(Workflow("keep", [Step.lambda_("keep", keep)]))
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


def test_a_preview_shows_bad_rows_with_their_reason(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[sources.s]\ntype = "file"\npath = "x.csv"\non_bad_row = "quarantine"\n')
    project.write("x.csv", "a,b\n1,2\n3\n4,5\n")
    shown = project.call("sources", "preview", "s", "--json")
    assert shown.json == [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}]
    assert "x.csv, line 3: 1 field where the header has 2: 3" in shown.err


def test_the_state_of_a_source_is_shown_set_and_reset(shop: Project) -> None:
    assert shop.call("sources", "fetch", "orders", "--json").json["row_count"] == 3
    assert shop.call("sources", "state", "show", "orders", "--json").json["value"] == 3
    assert shop.call("sources", "state", "set", "orders", "2").code == 0
    assert shop.call("sources", "fetch", "orders", "--json").json["row_count"] == 1
    assert shop.call("sources", "state", "reset", "orders", "--json").json == {"source": "orders", "forgotten": True}
    assert shop.call("sources", "fetch", "orders", "--json").json["row_count"] == 3
    assert "is no int" in shop.call("sources", "state", "set", "orders", "soon").err


@pytest.mark.parametrize("name", ["broken", "file"])
def test_the_state_of_a_source_without_a_cursor_cannot_be_set(shop: Project, name: str) -> None:
    shop.write("spine.toml", DATABASE + '[sources.file]\ntype = "file"\npath = "a.csv"\n')
    outcome = shop.call("sources", "state", "set", name, "5")
    assert (outcome.code, f"source '{name}' has no cursor: every fetch reads all of it" in outcome.err) == (2, True)
    assert shop.call("sources", "state", "show", name, "--json").json["value"] is None


def test_the_state_of_a_source_without_a_cursor_says_so(shop: Project) -> None:
    shop.write("spine.toml", DATABASE + '[sources.file]\ntype = "file"\npath = "a.csv"\n')
    said = "source 'file' has no cursor: every fetch reads all of it"
    assert shop.call("sources", "state", "show", "file").out.startswith(said)
    assert shop.call("sources", "state", "reset", "file").out.startswith(said)
    assert "none yet" in shop.call("sources", "state", "show", "orders").out


def test_states_that_code_keeps_are_listed_shown_set_and_reset(shop: Project) -> None:
    shop.write("flows.py", KEEPS_A_STATE)
    shop.write("spine.toml", DATABASE.replace("[spine]", '[spine]\nmodules = ["flows"]'))
    assert "no state is stored yet" in shop.call("sources", "state", "list").out
    assert shop.call("run", "keep").code == 0
    assert shop.call("sources", "fetch", "orders").code == 0
    listed = shop.call("sources", "state", "list", "--json").json
    assert [(row["name"], row["value"]) for row in listed] == [("orders", 3), ("readings.BER", "2026-01-05T09:00")]
    assert shop.call("sources", "state", "show", "readings.BER", "--json").json["run_id"] == listed[1]["run_id"]
    assert shop.call("sources", "state", "set", "readings.BER", "2026-01-01").code == 0
    assert shop.call("sources", "state", "reset", "readings.BER", "--json").json["forgotten"] is True
    assert "'readings.BER'" in shop.call("sources", "state", "show", "readings.BER").err


@pytest.mark.parametrize("value", ["NaN", "1e999"])
def test_the_state_of_a_source_is_never_nan_or_infinite(shop: Project, value: str) -> None:
    outcome = shop.call("sources", "state", "set", "orders", value)
    assert (outcome.code, "a cursor is a finite number" in outcome.err) == (2, True)


def test_the_cursor_moves_once_the_file_is_written(shop: Project) -> None:
    with SQLiteAdapter(shop.root / "shop.db") as adapter:
        adapter.execute("INSERT INTO orders VALUES (x'00', 4)")
    assert "column 'id' holds bytes" in shop.call("sources", "fetch", "orders", "--to", str(shop.root / "out.json")).err
    assert shop.call("sources", "state", "show", "orders", "--json").json["value"] is None
    with SQLiteAdapter(shop.root / "shop.db") as adapter:
        adapter.execute("DELETE FROM orders WHERE seq = 4")
    assert shop.call("sources", "fetch", "orders", "--to", str(shop.root / "out.json")).code == 0
    assert shop.call("sources", "state", "show", "orders", "--json").json["value"] == 3


def test_a_fetch_into_a_file_asks_for_all_of_the_data(scratch_project: Make) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(304) if "if-none-match" in asked.headers else rows({"a": 1}, ETag='"v1"')

    with serving() as server:
        project = scratch_project(f'[sources.api]\ntype = "http"\nurl = "{server.on("/x", answer)}"\n')
        for _ in range(2):
            assert project.call("sources", "fetch", "api").code == 0
        assert project.call("sources", "fetch", "api", "--to", str(project.root / "out.json")).code == 0
    assert FileSource("out", project.root / "out.json").fetch().data == [{"a": 1}]


def test_check_says_which_source_cannot_be_read(shop: Project) -> None:
    outcome = shop.call("sources", "check", "--json")
    assert outcome.code == 1
    assert {row["name"]: row["ok"] for row in outcome.json} == {"broken": False, "orders": True}
    assert shop.call("sources", "check", "orders").code == 0


def test_check_says_how_to_give_the_value_of_a_placeholder(scratch_project: Make) -> None:
    project = scratch_project(DECLARED)
    project.write("data/1.csv", "a,b\n1,2\n")
    [row] = project.call("sources", "check", "--json").json
    assert row["problem"].endswith("needs it; give it: spine sources check a.b -p week=VALUE")
    assert project.call("sources", "check", "a.b", "-p", "week=1").code == 0
    [row] = project.call("sources", "check", "a.b", "-p", "week=../x", "--json").json
    assert "VALUE" not in row["problem"]


def test_a_preview_warns_of_what_it_may_not_show_as_meant(
    scratch_project: Make, caplog: pytest.LogCaptureFixture
) -> None:
    project = scratch_project('[sources.o]\ntype = "file"\npath = "o.json"\n')
    project.write("o.json", '{"order": 7, "items": [{"sku": "a"}]}')
    assert project.call("sources", "preview", "o", "--json").json == [{"order": 7, "items": [{"sku": "a"}]}]
    [record] = [record for record in caplog.records if record.name == "spine.sources"]
    assert "o.json is read as one row, since order would be lost beside 'items': set json_path" in record.message
    assert project.call("sources", "fetch", "o", "--json").json["warnings"] == [record.message]


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


def test_a_fetch_says_how_many_rows_were_bad(scratch_project: Make) -> None:
    project = scratch_project('[sources.s]\ntype = "file"\npath = "x.csv"\non_bad_row = "quarantine"\n')
    project.write("x.csv", "a,b\n1,2\n3\n")
    assert ["bad", "rows", "1"] in [line.split() for line in project.call("sources", "fetch", "s").out.splitlines()]


CARELESS = """
from spine.framework.sources import BaseSource, SourceResult, recorded, source_registry

class Careless(BaseSource):
    supports_streaming = True

    @recorded
    def fetch(self, params=None):
        open("nowhere.txt")

    def stream(self, params=None, batch_size=1000):
        yield [b"\\xe4".decode("ascii")]

source_registry.register(Careless("careless", "careless"))
"""


def test_a_source_with_a_careless_stream_does_not_hide_the_others(scratch_project: Make) -> None:
    project = scratch_project('[sources.good]\ntype = "file"\npath = "x.csv"\n', CARELESS)
    project.write("x.csv", "a,b\n1,2\n")
    careless, good = project.call("sources", "check", "--json").json
    assert good == {"name": "good", "ok": True, "problem": None}
    assert careless["problem"].startswith("source 'careless': UnicodeDecodeError: 'ascii' codec")
    assert project.call("sources", "preview", "careless").sentence.startswith("source 'careless': UnicodeDecodeError")


def test_an_error_of_python_names_the_source_and_the_file(scratch_project: Make) -> None:
    fetched = scratch_project(flows=CARELESS).call("sources", "fetch", "careless")
    assert fetched.sentence == "source 'careless': nowhere.txt: No such file or directory"


def test_too_many_bad_rows_of_a_small_source_are_a_fault_of_check_and_preview(scratch_project: Make) -> None:
    toml = '[sources.s]\ntype = "file"\npath = "x.csv"\non_bad_row = "quarantine"\nmax_bad_rows = "10%"\n'
    project = scratch_project(toml)
    project.write("x.csv", "a,b\n1,2\n3\n4,5\n")
    [row] = project.call("sources", "check", "--json").json
    assert row["problem"].startswith("1 of 3 rows cannot be read (33.3%), more than max_bad_rows = 10% allows")
    shown = project.call("sources", "preview", "s", "--json")
    assert (shown.code, shown.json) == (0, [{"a": "1", "b": "2"}, {"a": "4", "b": "5"}])
    assert "Warning: a fetch fails: 1 of 3 rows cannot be read" in shown.err


def test_numbers_of_data_have_no_separators_that_the_data_may_use_otherwise(scratch_project: Make) -> None:
    project = scratch_project('[sources.s]\ntype = "file"\npath = "x.jsonl"\n')
    project.write("x.jsonl", '{"n": 1000, "x": 2500.5}\n')
    assert project.call("sources", "preview", "s").out.splitlines()[1].split() == ["1000", "2500.5"]
