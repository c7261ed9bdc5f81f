"""Spawned processes, which import the script that was started only if it can be imported.

multiprocessing imports the main script in each process that it spawns. One that does its work at its top level, as
scripts with `open_project()` do, would do it again there.
"""

from __future__ import annotations

import ast
import sys
from multiprocessing import spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

_SCRIPT = ("init_main_from_name", "init_main_from_path")  # of the data that prepare a process

_prefixes = ["spine-"]  # of the names of the processes
_preparation_data = spawn.get_preparation_data


class _Process(SpawnProcess):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"name": "spine-worker", **options})


class _Context(SpawnContext):
    Process = _Process


def spawning() -> SpawnContext:
    """Return the context for processes that Spine starts; a fork would inherit locks and database connections."""
    spawn.get_preparation_data = _without_script
    return _Context()


def keep_script_out(prefix: str) -> None:
    """Treat the processes whose names begin so, which a library spawns from now on, as those of Spine."""
    spawn.get_preparation_data = _without_script
    if prefix not in _prefixes:
        _prefixes.append(prefix)


def _without_script(name: str) -> dict[str, Any]:
    data = _preparation_data(name)
    if not name.startswith(tuple(_prefixes)) or not any(key in data for key in _SCRIPT) or can_import_script():
        return data
    return {key: value for key, value in data.items() if key not in _SCRIPT}


def can_import_script() -> bool:
    """Return True if the script that was started asks for `__name__`, as in `if __name__ == "__main__":`."""
    path = getattr(sys.modules["__main__"], "__file__", None)
    try:
        script = ast.parse(Path(path or "").read_bytes())
    except (OSError, SyntaxError, ValueError):  # such as one that was read from stdin
        return False
    tests = [node.test for node in script.body if isinstance(node, ast.If)]
    return any(getattr(found, "id", None) == "__name__" for test in tests for found in ast.walk(test))
