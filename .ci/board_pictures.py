"""Writer of docs/images/board-*.png and report.png: pages of the board and a report, of the FINRA example.

`make pictures` runs it, in a copy of the example, with a chromium of this machine; where there is none, it says so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from pictures import IMAGES, MORE, ROOT, SPINE, correct

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MOST_BYTES = 150_000
_WIDTH = 1180
_WEEKS = ("20251215", "20251222", "20251229")
_ENV = {**os.environ, "TZ": "America/New_York", "LC_ALL": "C.UTF-8"}
_DEADLINE = 60.0

PAGES = {
    "now": "/",
    "run": "/runs/{run}",
    "partitions": "/partitions/finra.weekly_refresh?until=20260216",
    "capture": "/captures/finra.otc.normalized",
    "schedules": "/schedules?window=month",
}


def main() -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("pictures of the board need chromium (Debian: apt-get install chromium); the others are drawn")
    with tempfile.TemporaryDirectory() as folder:
        example = _make_example(Path(folder) / "finra_weekly")
        take = _camera(browser, Path(folder) / "profile")
        run_id = json.loads(_said(example, "runs", "list", "--workflow", "finra.weekly_refresh", "--json"))[0]["run_id"]
        with _board(example) as address:
            for name, path in PAGES.items():
                take(f"{address}{path.format(run=run_id)}", f"board-{name}")
        _said(example, "runs", "report", run_id, "--html", "report.html")
        take((example / "report.html").as_uri(), "report", 1080)


def _make_example(folder: Path) -> Path:
    """Copy the example and run it: three weeks, a failure, the trend, and one week corrected."""
    shutil.copytree(ROOT / "examples" / "finra_weekly", folder, ignore=shutil.ignore_patterns(".spine", "__pycache__"))
    (folder / "flows.py").write_text((folder / "flows.py").read_text() + MORE)
    for week in _WEEKS:
        _said(folder, "run", "finra.weekly_refresh", "-p", f"week={week}")
    for workflow in ("finra.holidays", "finra.trend", "finra.check_venues"):
        _said(folder, "run", workflow, is_good=workflow != "finra.holidays")
    correct(folder)
    return folder


def _said(folder: Path, *arguments: str, is_good: bool = True) -> str:
    command = [SPINE, "-q", *arguments]
    done = subprocess.run(command, cwd=folder, env=_ENV, stdout=subprocess.PIPE, text=True, check=is_good)
    return done.stdout


@contextmanager
def _board(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([SPINE, "board", "--port", str(port)], cwd=folder, env=_ENV)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait_for(address: str) -> None:
    ends_at = time.monotonic() + _DEADLINE
    while True:
        try:
            urlopen(address).close()
        except URLError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.1)
        else:
            return


def _camera(browser: str, profile: Path) -> Callable[..., None]:
    options = [
        "--headless",
        "--no-sandbox",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        f"--user-data-dir={profile}",
    ]

    def take(address: str, name: str, height: int = 820) -> None:
        picture = IMAGES / f"{name}.png"
        size = [f"--window-size={_WIDTH},{height}", f"--screenshot={picture}"]
        subprocess.run([browser, *options, *size, address], env=_ENV, capture_output=True, check=True)
        taken = picture.stat().st_size
        if taken > MOST_BYTES:
            sys.exit(f"{picture.name} has {taken:,} bytes, at most {MOST_BYTES:,} are kept in the repository")
        print(f"{name}: {taken:,} bytes")

    return take


if __name__ == "__main__":
    main()
