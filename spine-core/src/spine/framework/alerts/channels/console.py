"""Alerts on the terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Literal, TextIO

from attrs import frozen

from spine.framework.alerts.alert import Alert, AlertSeverity
from spine.framework.alerts.channel import (
    DEFAULT_DEADLINE_SECONDS,
    BaseChannel,
    ChannelConfig,
    ChannelType,
    DeliveryResult,
)

StreamName = Literal["stdout", "stderr"]

_COLORS = {
    AlertSeverity.INFO: "36",
    AlertSeverity.WARNING: "33",
    AlertSeverity.ERROR: "31",
    AlertSeverity.CRITICAL: "1;31",
}

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colors, cursor movement
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: titles, clipboard
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
# C0, DEL and C1 controls, direction overrides and half characters: what moves the cursor or reorders a line
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Return `text` without anything that a terminal acts on, line ends apart, which become newlines."""
    text = _LINE_ENDS.sub("\n", _SEQUENCES.sub("", text))
    return _UNPRINTABLE.sub("", text.replace("\t", " "))


def one_line(text: str) -> str:
    """Return `text` as `plain_text` does, with spaces for its line ends."""
    return plain_text(text).replace("\n", " ")


@frozen(kw_only=True)
class ConsoleChannelConfig(ChannelConfig):
    """What `[channels.name] type = "console"` takes."""

    min_severity: AlertSeverity = AlertSeverity.INFO
    color: bool = True
    stream: StreamName = "stdout"


class ConsoleChannel(BaseChannel):
    """Writes alerts to stdout, or to `stream`: a text file, or the name of a standard stream, looked up at each send.

    `color` applies on a terminal only, and not where the environment sets NO_COLOR.
    """

    def __init__(
        self,
        name: str = "console",
        *,
        min_severity: AlertSeverity = AlertSeverity.INFO,
        color: bool = True,
        stream: TextIO | StreamName | None = None,
        domains: Iterable[str] | None = None,
        enabled: bool = True,
        deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
    ) -> None:
        super().__init__(
            name,
            ChannelType.CONSOLE,
            min_severity=min_severity,
            domains=domains,
            enabled=enabled,
            deadline_seconds=deadline_seconds,
        )
        self.color = color
        self._stream = stream

    def send(self, alert: Alert) -> DeliveryResult:
        """Write `alert` in one piece."""
        stream = self._open_stream()
        if stream is None:
            return DeliveryResult.fail(self.name, OSError("this process has no console"))
        try:
            text = render(alert, color=self.color and stream.isatty() and not os.environ.get("NO_COLOR"))
            encoding = stream.encoding or "utf-8"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except (OSError, ValueError) as error:  # a closed pipe, a closed file
            return DeliveryResult.fail(self.name, error)
        return DeliveryResult.ok(self.name)

    def _open_stream(self) -> TextIO | None:
        if self._stream is None or isinstance(self._stream, str):
            return sys.stderr if self._stream == "stderr" else sys.stdout
        return self._stream


def render(alert: Alert, *, color: bool = False) -> str:
    """Return the lines that a person sees, each ended by a newline; only the first begins at the margin."""
    severity = alert.severity.value
    shown = f"\x1b[{_COLORS[alert.severity]}m{severity}\x1b[0m" if color else severity
    details = {
        "source": alert.source,
        "domain": alert.domain,
        "run": alert.run_id,
        "error": _describe(alert.error),
        **{str(key): value for key, value in alert.metadata.items()},
    }
    lines = [f"[{shown}] {one_line(alert.title)}"]
    lines += [f"  {line}" for line in plain_text(alert.message).splitlines()]
    lines += [f"  {one_line(key)}: {one_line(str(value))}" for key, value in details.items() if value is not None]
    return "\n".join(lines) + "\n"


def _describe(error: BaseException | str | None) -> str | None:
    return f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
