"""Functions that take a text from outside: four times the text takes about four times the time, whatever it holds.

Regular expressions hold the interpreter's lock: a quadratic one freezes every thread of a scheduler.
"""

from __future__ import annotations

import io
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import thread_time

import pytest

from spine.config.secrecy import masked
from spine.core.classification import classify, parse_retry_after
from spine.core.failure import failure_of
from spine.core.kept_text import kept_text, log_text, traceback_text
from spine.core.masking import KnownSecrets
from spine.core.names import validate_name
from spine.core.plain_text import one_line, plain_text, shorten
from spine.core.secrets import names_a_secret
from spine.core.suggest import did_you_mean
from spine.formats.columnnames import distinct_names
from spine.formats.dialect import DelimitedOptions
from spine.formats.jsontext import json_lines, read_json, read_json_lines
from spine.formats.records import Records
from spine.framework.alerts import Alert
from spine.framework.alerts.content import build_content
from spine_alerts_email.subject import encode_subject
from spine_alerts_servicenow.record import _MARKUP
from spine_alerts_slack.message import payload
from spine_db_postgres.errors import _APOSTROPHES, _QUOTED_VALUES
from spine_sources_http.links import next_link

CHARACTERS = 4_000
NOISE_SECONDS = 0.05  # of a linear function at four times the characters, with much room
SECRETS = KnownSecrets(["aaaa", "secret-word", "abababab"])
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
OPTIONS = DelimitedOptions()

# repeated: what begins something that has an end, and the ends
PARTS = [
    *("\x9d", "\x9d\x1b", "\x1b]", "\x1b[", "\x1b[ ", "\x1b ", "\x9b0", "\x90a", "\x98", "\x1b", "\x07"),
    *("?", "?a", "&a", "://", "://@", "a.", "a@", "@", "=?", "=?utf-8?q?", "[code", "%", "\\", "( ", "..."),
    *("[", "{", '{"a":', '"', '"a",', "'", ",", "1", "-", "a", "aaab", "é", "\udc80", "\0"),
    *("\n", "\r", "a\n", "a,\n", '"\n', " ", " \t", "<", "<a>", "<a>;", "; a", "; a=", ";", ":"),
]


def bad_rows(text: str) -> None:
    with Records(io.BytesIO(utf8(text)), OPTIONS, "a file", on_bad=lambda _: None) as records:
        while records.next(2) is not None:
            pass


def bad_lines(text: str) -> None:
    list(read_json_lines(json_lines(io.BytesIO(utf8(text))), "a file", on_bad=lambda _: None))


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def alert(text: str) -> Alert:
    return Alert("ERROR", text, text, text, domain=text, error={"message": text}, metadata={text: [text]})


TAKING: dict[str, Callable[[str], object]] = {
    "a text on a terminal": plain_text,
    "a line": one_line,
    "a shortened text": lambda text: shorten(text, 200),
    "a kept text": kept_text,
    "masked secrets": SECRETS.mask,
    "a search for secrets": SECRETS.occur_in,
    "a name of a secret": names_a_secret,
    "a name": validate_name,
    "a configured text": masked,
    "a suggestion": lambda text: did_you_mean(text, ["finra", "nasdaq"]),
    "a suggestion of names": lambda text: did_you_mean("finra", text.split("\n")),
    "column names": lambda text: distinct_names(list(text)),
    "a failure": lambda text: failure_of(ValueError(text)),
    "a category": lambda text: classify(sqlite3.OperationalError(text)),
    "a traceback": lambda text: traceback_text(ValueError(text), 8_000),
    "a log line": lambda text: log_text(logging.LogRecord("a", logging.INFO, "f", 1, text, (), None)),
    "a Retry-After": lambda text: parse_retry_after(text, MOMENT),
    "a Link": next_link,
    "an alert": lambda text: build_content(alert(text)),
    "a subject": lambda text: encode_subject(shorten(text, 200)),
    "a message of Slack": lambda text: payload(build_content(alert(text))),
    "a text of ServiceNow": lambda text: _MARKUP.sub("", text),
    "quoted values": lambda text: _QUOTED_VALUES.sub("", text),
    "values of PostgreSQL": lambda text: _APOSTROPHES.sub("", text),
    "a JSON document": lambda text: read_json(utf8(text), "a file"),
    "JSON Lines": bad_lines,
    "delimited text": bad_rows,
}


def seconds(function: Callable[[str], object], part: str, characters: int) -> float:
    text = part * (characters // len(part))
    before = thread_time()
    with suppress(Exception):
        function(text)
    return thread_time() - before


def grows_faster(function: Callable[[str], object], part: str) -> bool:
    """Return the verdict of three measurements, if they agree: a busy machine stretches one of them."""
    if seconds(function, part, 4 * CHARACTERS) < NOISE_SECONDS:
        return False
    return all(is_quadratic(*(seconds(function, part, n * CHARACTERS) for n in (1, 2, 4))) for _ in range(3))


def is_quadratic(once: float, twice: float, four: float) -> bool:
    return four > NOISE_SECONDS and four > 2.5 * twice and four > 7 * once


@pytest.mark.parametrize("name", TAKING)
def test_the_time_of_a_text_from_outside_grows_with_its_length(name: str) -> None:
    quadratic = [part for part in PARTS if grows_faster(TAKING[name], part)]
    assert quadratic == [], "make the pattern linear: no part of it may match what begins it"


def test_a_quadratic_pattern_is_found() -> None:
    import re

    planted = re.compile("<[^>]*>")
    tries = (grows_faster(lambda text: planted.sub("", text), "<") for _ in range(5))  # load may hide it
    assert any(tries)
