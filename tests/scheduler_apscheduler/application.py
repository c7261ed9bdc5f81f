"""An application that hosts the schedules of the project in its folder: `application.py SECONDS background|asyncio`.

It ends at SIGTERM, as a server of web applications does. SECONDS is by how much the clock is wrong that Spine reads.
"""

from __future__ import annotations

import asyncio
import runpy
import signal
import sys
import threading
from pathlib import Path

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.background import BackgroundScheduler

from spine.project import open_project
from spine_scheduler_apscheduler import host_schedules


def background() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with open_project() as project:
        scheduler = BackgroundScheduler()
        host_schedules(project, scheduler)
        scheduler.start()
        print("ready", flush=True)
        while not stop.wait(1.0):  # not for ever: with libfaketime, a signal does not wake the main thread
            pass
        scheduler.shutdown()


async def in_event_loop() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with open_project() as project:
        scheduler = AsyncIOScheduler()
        host = host_schedules(project, scheduler)
        scheduler.start()
        print("ready", flush=True)
        await stop.wait()
        await asyncio.to_thread(host.stop)
        scheduler.shutdown()


def main(kind: str) -> None:
    if kind == "asyncio":
        asyncio.run(in_event_loop())
    else:
        background()


if __name__ == "__main__":
    runpy.run_path(str(Path(__file__).parents[1] / "e2e" / "shifted_spine.py"))
    main(sys.argv[2])
