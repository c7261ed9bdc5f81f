"""Alerts on the terminal: readable, and inert whatever they contain."""

from __future__ import annotations

import io
import os
import select
from contextlib import redirect_stdout

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.framework.alerts import Alert, AlertSeverity, ConsoleChannel
from spine.framework.alerts.channel import ChannelConfig
from spine.framework.alerts.channels.console import ConsoleChannelConfig, render
from spine.framework.alerts.content import build_content

ALERT = Alert(
    AlertSeverity.ERROR,
    "FINRA Ingestion Failed",
    "Weekly OTC file could not be downloaded\nsecond line",
    "finra.otc.ingest",
    domain="finra.otc_transparency",
    run_id="r1",
    error=ConnectionError("refused"),
    metadata={"week": "20251215"},
)
SHOWN = """\
[ERROR] FINRA Ingestion Failed
  Weekly OTC file could not be downloaded
  second line
  source: finra.otc.ingest
  domain: finra.otc_transparency
  run: r1
  error: ConnectionError: refused
  category: NETWORK
  retryable: yes
  week: 20251215
  look closer: spine runs show r1
"""


def _read(master):
    """Return what arrives until nothing more does: a terminal hands over piece by piece."""
    arrived = b""
    while select.select([master], [], [], 0.3)[0]:
        arrived += os.read(master, 65536)
    return arrived.decode().replace("\r\n", "\n")


@pytest.fixture
def terminal(monkeypatch):
    """A real terminal to write to, and what arrived there."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        yield stream, lambda: _read(master)
    os.close(master)


def test_an_alert_is_written_to_stdout_as_it_is_at_that_time(capsys):
    channel = ConsoleChannel()
    assert channel.send(ALERT).success
    assert capsys.readouterr() == (SHOWN, "")


def test_the_other_standard_stream_and_an_open_file_can_be_chosen(capsys):
    assert ConsoleChannel(stream="stderr").send(ALERT).success
    assert capsys.readouterr() == ("", SHOWN)
    file = io.StringIO()
    assert ConsoleChannel(stream=file).send(ALERT).success
    assert file.getvalue() == SHOWN


def test_everything_from_info_on_is_shown_by_default():
    assert ConsoleChannel().name == "console"
    assert ConsoleChannel().should_send(Alert(AlertSeverity.INFO, "t", "m", "s"))
    assert not ConsoleChannel(min_severity=AlertSeverity.ERROR).should_send(Alert("INFO", "t", "m", "s"))


def test_a_terminal_gets_the_severity_in_color(terminal):
    stream, arrived = terminal
    ConsoleChannel(stream=stream).send(ALERT)
    assert arrived() == SHOWN.replace("ERROR", "\x1b[31mERROR\x1b[0m", 1)


def test_no_color_where_the_environment_or_the_channel_says_so(terminal, monkeypatch):
    stream, arrived = terminal
    ConsoleChannel(stream=stream, color=False).send(ALERT)
    assert arrived() == SHOWN
    monkeypatch.setenv("NO_COLOR", "1")
    ConsoleChannel(stream=stream).send(ALERT)
    assert arrived() == SHOWN
    monkeypatch.setenv("NO_COLOR", "")
    ConsoleChannel(stream=stream).send(ALERT)
    assert "\x1b[31m" in arrived()


def test_a_closed_stream_is_a_failed_result():
    file = io.StringIO()
    file.close()
    result = ConsoleChannel(stream=file).send(ALERT)
    assert not result.success
    assert "closed" in (result.message or "")


def test_a_pipe_without_a_reader_is_a_failed_result():
    reading, writing = os.pipe()
    os.close(reading)
    raw = os.fdopen(writing, "wb", buffering=0)
    result = ConsoleChannel(stream=io.TextIOWrapper(raw, write_through=True)).send(ALERT)
    raw.close()
    assert isinstance(result.error, BrokenPipeError)


def test_characters_that_the_stream_cannot_encode_are_escaped():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert ConsoleChannel(stream=stream).send(Alert("ERROR", "Börse", "\ud800", "s")).success
    assert raw.getvalue() == b"[ERROR] B\\xf6rse\n  source: s\n"


hostile_text = st.text(
    st.sampled_from("\x1b\x9b\x9d\x90\x07\x00\x08\x0b\x0c\r\n\t\x7f\x85\u2028\u202e[]()P\\;?0123mHJKab ")
    | st.characters()
)


@given(hostile_text, hostile_text, hostile_text, st.dictionaries(hostile_text, hostile_text), hostile_text)
def test_no_text_moves_the_cursor_or_looks_like_another_alert(title, message, source, metadata, error):
    shown = render(build_content(Alert("ERROR", title, message, source, metadata=metadata, error=error)))
    assert not [c for c in shown if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029\u202e")]
    first, *others = shown.removesuffix("\n").split("\n")
    assert first.startswith("[ERROR] ")
    assert all(line.startswith("  ") for line in others)


def test_the_configuration_holds_every_option_of_the_channel():
    config = ConsoleChannelConfig(min_severity=AlertSeverity.ERROR, domains=["finra.*"], stream="stderr", color=False)
    assert isinstance(config, ChannelConfig)
    channel = ConsoleChannel(**attrs.asdict(config, recurse=False))
    assert (channel.min_severity, channel.domains, channel.color) == (AlertSeverity.ERROR, ("finra.*",), False)
    assert attrs.asdict(ConsoleChannelConfig())["min_severity"] is AlertSeverity.INFO


def test_without_any_stdout_delivery_fails():
    """A Windows service and some daemons have none."""
    with redirect_stdout(None):
        assert ConsoleChannel().send(ALERT).message == "this process has no console"
