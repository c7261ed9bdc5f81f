"""Other tools beside Spine: each works in a process of its own, in the environment of `make peers`."""

from __future__ import annotations

import json
import statistics
import subprocess
from pathlib import Path

PYTHON = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"
SCRIPTS = Path(__file__).parent / "peers"


def peer_seconds(script: str, work: str, *arguments: object) -> float | None:
    """Return the seconds that one repetition of `work` takes inside its process, None where it cannot run."""
    if not PYTHON.exists():
        return None
    command = [str(PYTHON), str(SCRIPTS / f"{script}.py"), work, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"  {work}: {(done.stderr.strip().splitlines() or ['failed'])[-1]:.150}")
        return None
    seconds: float = json.loads(done.stdout.splitlines()[-1])
    return seconds


def print_peers(script: str, works: dict[str, tuple[object, ...]], floor: float, times: int) -> None:
    """Print the median of each work beside `floor`, in the form of the benchmark's own lines."""
    if not PYTHON.exists():
        print("  peers: none; make peers installs them")
        return
    for work, arguments in works.items():
        found = [seconds for _ in range(times) if (seconds := peer_seconds(script, work, *arguments)) is not None]
        if found:
            median = statistics.median(found)
            print(f"  {work:22} {median * 1000:8.1f} ms   ratio {floor / median:5.2f}")
