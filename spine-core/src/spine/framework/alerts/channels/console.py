"""Console channel: alerts on the terminal."""

from __future__ import annotations

import os
import sys
from typing import Literal, TextIO

from attrs import field, frozen

from spine.core.configured import configured_by
from spine.framework.alerts.alert import Alert, AlertSeverity
from spine.framework.alerts.channel import BaseChannel, ChannelConfig, ChannelType, DeliveryResult, as_severity
from spine.framework.alerts.content import Content, MessageKind, build_content

StreamName = Literal["stdout", "stderr"]

_COLORS = {
    AlertSeverity.INFO: "36",
    AlertSeverity.WARNING: "33",
    AlertSeverity.ERROR: "31",
    AlertSeverity.CRITICAL: "1;31",
}


@frozen
class ConsoleChannelConfig(ChannelConfig):
    """Arguments of ConsoleChannel, and options of `type = "console"`."""

    name: str = field(default="console", metadata={"help": "The name of the channel."})
    min_severity: AlertSeverity = field(
        default=AlertSeverity.INFO,
        converter=as_severity,
        kw_only=True,
        metadata={"help": "The lowest severity that it accepts."},
    )
    color: bool = field(default=True, kw_only=True, metadata={"help": "Color the severity on a terminal."})
    stream: StreamName | TextIO | None = field(
        default="stdout",
        kw_only=True,
        metadata={"help": "stdout or stderr; the spine command writes to stderr by default."},
    )


class ConsoleChannel(BaseChannel):
    """Channel to stdout, or to `stream`: a text file, or the name of a standard stream, resolved at each send.

    `color` applies on a terminal only, and not if the environment sets NO_COLOR.
    """

    @configured_by(ConsoleChannelConfig)
    def __init__(self, options: ConsoleChannelConfig) -> None:
        super().__init__(channel_type=ChannelType.CONSOLE, **options.common())
        self.color = options.color
        self._stream = options.stream

    def send(self, alert: Alert) -> DeliveryResult:
        """Write `alert` in one piece."""
        return self._write(build_content(alert, base_url=self.base_url))

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Write that the incident of `alert` is resolved."""
        return self._write(build_content(alert, kind=MessageKind.RESOLVED, base_url=self.base_url))

    def _write(self, content: Content) -> DeliveryResult:
        stream = self._open_stream()
        if stream is None:
            return DeliveryResult.fail(self.name, OSError("this process has no console"))
        try:
            text = render(content, color=self.color and stream.isatty() and not os.environ.get("NO_COLOR"))
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


def render(content: Content, *, color: bool = False) -> str:
    """Return the lines for the terminal, each with a newline; all but the first are indented."""
    label = f"\x1b[{_COLORS[content.severity]}m{content.label}\x1b[0m" if color else content.label
    lines = [f"[{label}] {content.title}{content.more}"]
    lines += [f"  {line}" for line in content.message.splitlines()]
    lines += [f"  {name}: {value}" for name, value in content.details]
    return "\n".join(lines) + "\n"
