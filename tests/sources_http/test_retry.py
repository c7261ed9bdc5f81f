"""Failures, their retries and backoff."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core import errors
from spine.core.classification import parse_retry_after
from spine.core.deadline import Deadline
from spine.core.errors import (
    AuthenticationError,
    AuthorizationError,
    NetworkError,
    RateLimitError,
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
)
from spine.core.scope import current_scope
from spine.framework.sources import FetchStatus, FetchStore, MemoryFetchStore
from spine.http.machine import Machine
from spine_sources_http.retry import RetryRule
from spine_sources_http.source import HttpSource
from tests.sources_http.server import FakeTime, Reply, rows


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (404, SourceNotFoundError, 1),
        (410, SourceNotFoundError, 1),
        (401, AuthenticationError, 1),
        (403, AuthorizationError, 1),
        (400, SourceError, 1),
        (418, SourceError, 1),
        (206, SourceError, 1),
        (304, SourceError, 1),
        (300, SourceError, 1),
        (408, errors.TimeoutError, 3),
        (425, SourceUnavailableError, 3),
        (429, RateLimitError, 3),
        (500, SourceUnavailableError, 3),
        (503, SourceUnavailableError, 3),
        (599, SourceUnavailableError, 3),
    ],
)
def test_a_status_is_a_typed_error_that_is_retried_if_that_can_help(server, source, status, kind, attempts):
    url = server.on("/x", Reply(status))
    result = source(url, max_attempts=3).fetch()
    assert type(result.error) is kind
    assert len(server.asked) == attempts
    assert str(result.error).startswith(f"{url} answered {status}")
    assert (result.error.context.http_status, result.error.context.url) == (status, url)
    assert result.metadata.retry_count == attempts - 1


def test_not_found_and_failed_are_recorded_with_the_number_of_retries(server, source, scope):
    store = scope.provide(FetchStore, MemoryFetchStore())
    source(server.on("/x", Reply(410))).fetch()
    source(server.on("/y", Reply(500)), max_attempts=2).fetch()
    kept = [(fetch.status, fetch.error_category, fetch.retry_count, fetch.source_locator) for fetch in store.fetches]
    assert kept == [
        (FetchStatus.NOT_FOUND, "SOURCE", 0, f"{server.url}/x"),
        (FetchStatus.FAILED, "SOURCE", 1, f"{server.url}/y"),
    ]


def test_the_wait_doubles_up_to_the_cap(server, source, fake_time):
    url = server.on("/x", *[Reply(500)] * 5, rows({"a": 1}))
    result = source(url, max_attempts=6, retry_delay=1, max_retry_delay=6).fetch()
    assert (result.data, result.metadata.retry_count) == ([{"a": 1}], 5)
    assert fake_time.waits == [1, 2, 4, 6, 6]


def test_the_wait_is_a_random_part_of_that(server):
    chances = iter([0.5, 0.0, 0.25])
    time = FakeTime(lambda: next(chances))
    url = server.on("/x", *[Reply(500)] * 3, rows())
    current_scope().provide(Machine, time.machine)
    assert HttpSource("api", url).fetch().success
    assert time.waits == [0.5, 0.0, 1.0]


def test_retry_after_in_seconds_and_as_a_date_is_obeyed_and_capped(server, source, fake_time):
    date = format_datetime(fake_time.start + timedelta(seconds=27), usegmt=True)
    waits = ("7", date, "86400", "nonsense")
    url = server.on("/x", *(Reply(429, headers={"Retry-After": wait}) for wait in waits), rows())
    assert source(url, max_retry_delay=60).fetch().success
    assert fake_time.waits == [7, 20, 60, 8]


@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(body=b'[{"a": 1}]', after=4)])
def test_a_connection_that_breaks_is_a_network_error_and_tried_again(server, source, reply):
    url = server.on("/x", reply, rows({"a": 1}))
    assert source(url).fetch().data == [{"a": 1}]
    url = server.on("/y", reply)
    failed = source(url, max_attempts=2).fetch().error
    assert isinstance(failed, NetworkError)
    assert str(failed).startswith(f"{url}: the connection to 127.0.0.1 failed: ")


def test_a_refused_connection_is_a_network_error(source):
    error = source("http://127.0.0.1:1/x?token=canary", max_attempts=2).fetch().error
    assert isinstance(error, NetworkError)
    assert str(error) == (
        "http://127.0.0.1:1/x?token=********: the connection to 127.0.0.1 failed: Connection refused "
        "(source 'api', 2 attempts)"
    )
    assert error.context.url == "http://127.0.0.1:1/x?token=********"


def test_a_name_without_an_address_is_a_network_error():
    error = HttpSource("api", "http://nowhere.invalid/x", max_attempts=1).fetch().error
    assert isinstance(error, NetworkError)
    assert str(error).startswith(
        "http://nowhere.invalid/x: the connection to nowhere.invalid failed: no address is known for that name"
    )


def test_no_retry_outlasts_the_total_deadline(server, source, fake_time):
    url = server.on("/x", Reply(503, headers={"Retry-After": "30"}))
    error = source(url, total_timeout=70, max_attempts=50).fetch().error
    assert isinstance(error, SourceUnavailableError)
    assert fake_time.waits == [30, 30]


def test_a_post_is_a_query_and_is_tried_again(server, source):
    url = server.on("/x", Reply(500), rows({"a": 1}))
    assert source(url, method="POST", json={"q": 1}).fetch().data == [{"a": 1}]
    assert [asked.json for asked in server.asked] == [{"q": 1}, {"q": 1}]


@given(st.text())
def test_any_retry_after_header_is_a_number_of_seconds_or_nothing(text):
    seconds = parse_retry_after(text, FakeTime().start)
    assert seconds is None or seconds >= 0


@given(
    retry_after=st.none() | st.floats(min_value=0, allow_nan=False),
    attempt=st.integers(1, 10_000),
    chance=st.floats(0, 1),
)
def test_no_wait_is_longer_than_the_cap(retry_after, attempt, chance):
    machine = FakeTime(lambda: chance).machine
    error = SourceUnavailableError("x", retry_after=retry_after)
    wait = RetryRule(20_000, delay=1.0, max_delay=60.0).wait(error, attempt, machine, Deadline(1e9, machine))
    assert wait is not None
    assert 0 <= wait <= 60
