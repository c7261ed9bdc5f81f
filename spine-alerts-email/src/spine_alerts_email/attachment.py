"""The report of an alert's run, as what is attached to its mail."""

from __future__ import annotations

import contextvars
import re
from queue import Empty, SimpleQueue
from threading import Thread

from attrs import frozen

from spine.core.errors import SpineError
from spine.core.plain_text import one_line, shorten
from spine.framework.alerts import Alert

_MOST_BYTES = 5_000_000  # many servers take 10 MB, and a mail carries a third more than the file has
_SHOWN_CHARACTERS = 300


@frozen
class Attachment:
    """A report as a file, or the reason that there is none as `missing`."""

    name: str = ""
    content: bytes = b""
    missing: str = ""


def attach_report(alert: Alert, seconds: float) -> Attachment | None:
    """Return the report of the run of `alert`, None without a run; what goes wrong with it is the reason in the mail.

    It is written in a thread of its own, and is left out if that takes longer than so many seconds.
    """
    if not alert.run_id:
        return None
    done: SimpleQueue[Attachment] = SimpleQueue()
    scope = contextvars.copy_context()
    Thread(target=scope.run, args=(_write, alert.run_id, done), name="spine-report", daemon=True).start()
    try:
        return done.get(timeout=seconds)
    except Empty:
        return _without(f"it was not ready within {seconds:g} seconds")


def _write(run_id: str, done: SimpleQueue[Attachment]) -> None:
    from spine.project import current_project  # only channels with attach_report need a project

    try:
        content = current_project().runs.report(run_id)
    except SpineError as error:
        done.put(_without(str(error)))
    except BaseException as error:  # noqa: BLE001 - of a plugin: its text may hold anything
        done.put(_without(f"its writer raised {type(error).__name__}"))
    else:
        done.put(_sized(run_id, content))


def _sized(run_id: str, content: bytes) -> Attachment:
    if len(content) > _MOST_BYTES:
        return _without(
            f"it has {len(content):,} bytes, and at most {_MOST_BYTES:,} are mailed: "
            f"spine runs report {run_id} --html report.html"
        )
    word = re.sub(r"[^A-Za-z0-9-]+", "-", run_id)[:64].strip("-")
    return Attachment(f"run-{word or 'report'}.html", content)


def _without(reason: str) -> Attachment:
    return Attachment(missing=f"not attached: {shorten(one_line(reason), _SHOWN_CHARACTERS)}")
