"""Commands that the checks run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(*command: str, folder: Path | None = None) -> str:
    """Return what a command prints; one that fails ends this program with what it said."""
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")
    return finished.stdout
