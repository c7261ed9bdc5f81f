"""Console blocks whose commands end by themselves: each is run, and what it prints is compared with the page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.docs.pages import alike, as_on_page, localized
from tests.projects import DEADLINE_SECONDS, environ_with_programs


def play(block: str, folder: Path, here: Mapping[str, str], env: Mapping[str, str] | None = None) -> None:
    """Run the commands of a block in `folder`; `here` has what takes the place of the page's hosts and folders.

    Progress on stderr is left out. A command without output on the page may print anything, and must succeed.
    """
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        code, printed = _run(localized(command, here), folder, env or {})
        printed = as_on_page(printed, here)
        if shown:
            assert alike(printed.strip()) == alike(shown), f"{command}\n{printed}"
        else:
            assert code == 0, f"{command}\n{printed}"


def _run(command: str, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**environ_with_programs(), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith(("Error: ", "Warning: "))]
    return done.returncode, "\n".join([*errors, done.stdout])
