"""Texts are cut before they are formatted, and say how much was left out."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from spine.core.failure import kept_error
from spine.core.kept_text import ERROR_CHARACTERS, REJECT_CHARACTERS, TITLE_CHARACTERS, kept_text, log_text
from spine.framework.alerts.alert import Alert
from spine.framework.rejects import Reject
from spine.orchestration.isolation.sent_error import send_error

LONG = "x" * 20_000_000


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """The most memory that was allocated since the test began, in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def record(message: object, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("jobs", logging.INFO, __file__, 1, message, arguments, exc_info)


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    "make",
    [
        lambda: log_text(record("%s", LONG)),
        lambda: log_text(record("got %s for %d", LONG, 3)),
        lambda: log_text(record("%(a)s", {"a": LONG})),
        lambda: log_text(record("%s", ValueError(LONG))),
        lambda: log_text(record(LONG)),
        lambda: log_text(record("failed", error=raised(ValueError(LONG)))),
        lambda: kept_error(ValueError(LONG)),
        lambda: kept_error(KeyError(LONG)),
        lambda: kept_error(ExceptionGroup(LONG, [ValueError(LONG)])),
        lambda: Alert("ERROR", LONG, "m", "s").title,
        lambda: Alert("ERROR", "t", LONG, "s").message,
        lambda: Alert("ERROR", "t", "m", "s", error=ValueError(LONG)).to_dict()["error"]["message"],
        lambda: Reject("s", LONG, "raw").reason,
        lambda: Reject("s", "reason", LONG).raw,
    ],
)
def test_a_text_of_20_megabytes_is_cut_before_it_is_formatted(make: Callable[[], str], peak: Callable[[], int]) -> None:
    text = make()
    assert len(text) < REJECT_CHARACTERS + 100
    assert " more characters)" in text
    assert peak() < 3_000_000


def test_the_error_of_a_worker_is_cut_before_it_is_sent() -> None:
    sent = send_error(raised(ValueError(LONG)))
    assert len(sent.pickled) + len(sent.text) + len(sent.traceback) < 100_000
    error = sent.restore()
    assert str(error).startswith("ValueError: xxx")


def test_a_text_that_is_cut_says_how_much_was_left_out() -> None:
    assert kept_text("x" * 30, 10) == "x" * 10 + "... (20 more characters)"
    assert log_text(record("<%s>", "x" * 100_000), 1_000).endswith("x... (99,002 more characters)")


def test_a_text_is_cut_once() -> None:
    text = kept_text("x" * 1_234_567, TITLE_CHARACTERS)
    assert kept_text(text, TITLE_CHARACTERS) == text
    assert len(kept_text("... (1 more characters)" * 1_000)) < ERROR_CHARACTERS + 60


def test_a_short_record_is_formatted_as_usual() -> None:
    error = raised(ValueError("no"))
    shown = log_text(record("%5.1f of %r", 2.25, "a", error=error))
    assert shown.startswith("  2.2 of 'a'\nTraceback (most recent call last):\n")
    assert shown.endswith("ValueError: no")


@pytest.mark.parametrize("broken", [record("%d", "text"), record("%s %s", 1)])
def test_a_wrong_format_string_is_kept_as_it_is(broken: logging.LogRecord) -> None:
    assert log_text(broken) == broken.msg
