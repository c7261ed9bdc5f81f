"""A library that is preloaded into a process, which fails or records its calls on files; see disk_shim.c."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_suffix(".c")
ROOT = Path(__file__).parents[2]
FOREVER = 2**40


def compile_shim(folder: Path) -> Path:
    """Compile the library; skip the test where there is no compiler, or no way to preload it."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("failing and recording the calls on files needs Linux and a C compiler")
    target = folder / "disk_shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-w", "-o", str(target), str(SOURCE), "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    return target


def run_with_shim(module: str, folder: Path, *arguments: str) -> str:
    """Run a module of the tests with the library, and return what it prints."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPINE")}
    environ["LD_PRELOAD"] = str(compile_shim(folder))
    environ["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", f"tests.withstand.{module}", str(folder), *arguments]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def watch(folder: Path) -> None:
    """Count the calls on files below `folder` from now on."""
    _library().disk_watch(str(folder).encode())


def fail_at(call: int, *, forever: bool = False, error: int = errno.EIO) -> None:
    """Count from 1 again and let the call of that number fail, with `forever` those after it too; 0 lets none fail."""
    _library().disk_fail_at(ctypes.c_long(call), ctypes.c_long(FOREVER if forever else 1), error)


def calls() -> int:
    """Return the number of calls since `fail_at`."""
    return int(_library().disk_calls())


def record_to(path: Path | None) -> None:
    """Record the calls that change files to `path`, None ends it."""
    _library().disk_record(b"" if path is None else str(path).encode())


def mark(text: str) -> None:
    """Add a line to the record."""
    _library().disk_mark(text.encode())


@cache
def _library() -> Any:
    """Return this process, in which the library is preloaded."""
    library = ctypes.CDLL(None)
    library.disk_calls.restype = ctypes.c_long
    return library
