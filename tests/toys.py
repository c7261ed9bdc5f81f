"""Two distributions that tests install for real: one that implements every hook well, one that misbehaves in each."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spine.testing.fake_plugin import put_on_path, take_off_path

TOYS = Path(__file__).parent / "e2e" / "toys"


def install(toy: str, folder: Path) -> Path:
    """Build and install a toy with pip into a folder of its own below `folder`, and return that."""
    source, target = folder / "source", folder / "installed"
    shutil.copytree(TOYS / toy, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    done = subprocess.run([*pip, *alone, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@contextmanager
def installed_here(folder: Path) -> Iterator[None]:
    """Make the distributions in `folder` count as installed in this process, inside the block."""
    before = signal.getsignal(signal.SIGTERM)  # a worker's command has its own
    put_on_path(folder)
    try:
        yield
    finally:
        take_off_path(folder)
        signal.signal(signal.SIGTERM, before)
