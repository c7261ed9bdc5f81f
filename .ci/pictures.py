"""Writer of docs/images/terminal-*.svg: ten screens of the FINRA example, as a terminal of 110 columns shows them.

`make pictures` runs it, in a copy of the example. Each command runs on a terminal of its own; rich draws what it wrote.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SPINE = str(Path(sys.executable).with_name("spine"))
COLUMNS, LINES = 110, 40
WEEK = "week=20251215"

# beside the workflows of the example: one that takes its time, and one that finds nothing
MORE = """

import logging
import time
from pathlib import Path

log = logging.getLogger("venues")


def check_venue(ctx, item):
    if item % 400 == 399:
        log.warning("venue %s reports no trades", item)
        raise ValueError(f"venue {item} reports no trades")
    time.sleep(0.01)


def read_holidays(ctx, config):
    log.info("reading the holidays of %s", ctx.params["year"])
    log.warning("holidays.csv is older than a year")
    return {"days": len(Path("holidays.csv").read_text().splitlines())}


workflow_registry.register(
    Workflow(
        "finra.check_venues",
        [Step.map("venues", lambda ctx: list(range(1000)), function=check_venue, tolerated_failures="1%")],
    )
)
workflow_registry.register(
    Workflow("finra.holidays", [Step.lambda_("read", read_holidays)], defaults={"year": "2026"})
)
"""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "finra_weekly"
        shutil.copytree(
            ROOT / "examples" / "finra_weekly", example, ignore=shutil.ignore_patterns(".spine", "__pycache__")
        )
        flows = example / "flows.py"
        flows.write_text(flows.read_text() + MORE)
        for name, draw in _SCREENS.items():
            draw(example, name)


def _typed(*arguments: str, before: Callable[[Path], None] = lambda _folder: None) -> Callable[[Path, str], None]:
    def draw(folder: Path, name: str) -> None:
        before(folder)
        _save(name, arguments, _written(folder, arguments))

    return draw


def _running(folder: Path, name: str) -> None:
    """Draw a run in the middle: what is on the terminal when a third of the items are done."""
    arguments = ("run", "finra.check_venues")
    _save(name, arguments, _written(folder, arguments, lambda text: bool(re.search(r"[45]\d\d of 1,000", text))))


def _quietly(*commands: str) -> Callable[[Path], None]:
    def run(folder: Path) -> None:
        for command in commands:
            subprocess.run([SPINE, "-q", *command.split()], cwd=folder, capture_output=True, check=False)

    return run


def correct(folder: Path) -> None:
    """Deliver a corrected file of a week, and run the week again."""
    [file] = (folder / "data").glob("*20251215.csv")
    lines = file.read_text().splitlines(keepends=True)
    head = lines[0].rstrip("\n").split("|")
    shares = head.index("totalWeeklyShareQuantity")
    for number in (3, 7):
        cells = lines[number].rstrip("\n").split("|")
        cells[shares] = str(int(cells[shares]) + 1000)
        lines[number] = "|".join(cells) + "\n"
    file.write_text("".join(lines))
    _quietly(f"run finra.weekly_refresh -p {WEEK}")(folder)


def _written(folder: Path, arguments: tuple[str, ...], is_enough: Callable[[str], bool] = lambda _text: False) -> str:
    """Return what a command writes to a terminal, all of it or until there is enough."""
    main, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color", "TZ": "America/New_York", "LC_ALL": "C.UTF-8"}
    env.pop("NO_COLOR", None)
    command = subprocess.Popen([SPINE, *arguments], cwd=folder, env=env, stdin=child, stdout=child, stderr=child)
    os.close(child)
    text = b""
    try:
        while not is_enough(_screen(text.decode("utf-8", "replace"))):
            text += os.read(main, 65536)
    except OSError:  # the end of the command
        pass
    shown = _screen(text.decode("utf-8", "replace"))
    command.terminate()
    while command.poll() is None:
        try:
            os.read(main, 65536)
        except OSError:
            time.sleep(0.05)
    os.close(main)
    return shown.replace(str(folder), "/home/ann/finra_weekly")


def _screen(text: str) -> str:
    """Return the lines that a terminal shows: those that were erased and written again only once."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part.startswith("\x1b"):
            row = max(row - int(part[2:-1] or 1), 0)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part != "\r" and (part.endswith("m") or not part.startswith("\x1b")):
            lines[row] += part
    return "\n".join(lines).rstrip()


def _save(name: str, arguments: tuple[str, ...], shown: str) -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    typed = " ".join(("spine", *arguments))
    console.print(Text.from_ansi(f"\x1b[1m$ {typed}\x1b[0m\n{shown}"), soft_wrap=False)
    drawn = console.export_svg(title=typed, theme=MONOKAI, unique_id=f"terminal-{name}")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # fonts of another host
    (IMAGES / f"terminal-{name}.svg").write_text(drawn)
    print(f"{name}: {len(shown.splitlines())} lines")


_SCREENS: dict[str, Callable[[Path, str], None]] = {
    "run": _running,
    "failure": _typed("run", "finra.holidays"),
    "logs": _typed("runs", "logs", "latest"),
    "backfill": _typed(
        *("backfill", "finra.weekly_refresh", "--from", "20251215", "--to", "20251229", "--missing"),
        before=_quietly(f"run finra.weekly_refresh -p {WEEK}"),
    ),
    "partitions": _typed("partitions", "finra.weekly_refresh", "--until", "20251229"),
    "diff": _typed(
        *("captures", "diff", "finra.otc.normalized", "-p", WEEK, "--key", "symbol", "--key", "venue"), before=correct
    ),
    "runs": _typed("runs", "list", "-n", "12"),
    "next": _typed("schedules", "next", "weekly"),
    "doctor": _typed("doctor"),
    "status": _typed("status"),
}

if __name__ == "__main__":
    main()
