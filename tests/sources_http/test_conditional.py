"""Conditional requests: a 304 is an unchanged result, and no run misses data because of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import SourceNotFoundError
from spine.framework.sources import CachedResponse, FetchStatus, FetchStore, MemoryFetchStore
from spine.framework.sources.cache import MemorySourceCache, SourceCache
from spine.framework.work import Work, use_work
from spine_sources_http.conditional import as_http_date, as_iso
from tests.sources_http.server import Asked, Reply, rows

DATE = "Mon, 15 Dec 2025 06:30:00 GMT"


def versioned(asked: Asked) -> Reply:
    if asked.headers.get("if-none-match") == '"v1"' or asked.headers.get("if-modified-since") == DATE:
        return Reply(304, headers={"ETag": '"v1"'})
    return rows({"a": 1}, ETag='"v1"', **{"Last-Modified": DATE})


def test_the_second_fetch_sends_the_validators_and_is_unchanged_without_data(server, source, scope):
    store = scope.provide(FetchStore, MemoryFetchStore())
    made = source(server.on("/x", versioned))
    first, second = made.fetch(), made.fetch()
    assert (first.data, first.metadata.content_changed, first.metadata.etag) == ([{"a": 1}], True, '"v1"')
    assert first.metadata.last_modified == "2025-12-15T06:30:00+00:00"
    assert second.success
    assert (second.metadata.content_changed, second.metadata.bytes_fetched) == (False, 0)
    assert second.metadata.content_hash == first.metadata.content_hash
    sent = server.asked[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"v1"', DATE)
    assert [fetch.status for fetch in store.fetches] == [FetchStatus.SUCCESS, FetchStatus.UNCHANGED]
    assert made.fetch().metadata.content_changed is False


@pytest.mark.parametrize(
    ("format", "read", "expected"),
    [
        ("json", lambda result: result.data, [{"a": 1}]),
        ("json", lambda result: result.table.to_pylist(), [{"a": 1}]),
        ("json", lambda result: [row for batch in result.stream() for row in batch], [{"a": 1}]),
        ("json", lambda result: result.to_result().unwrap(), [{"a": 1}]),
        ("json", len, 1),
        ("raw", lambda result: result.raw_data, b'[{"a": 1}]'),
    ],
)
def test_rows_that_a_304_did_not_bring_are_fetched_when_they_are_read(server, source, scope, format, read, expected):  # noqa: A002
    store = scope.provide(FetchStore, MemoryFetchStore())
    made = source(server.on("/x", versioned), format=format)
    made.fetch()
    second = made.fetch()
    assert second.metadata.content_changed is False
    assert len(server.asked) == 2
    assert [read(second), read(second)] == [expected, expected]
    assert "if-none-match" not in server.asked[2].headers
    assert len(server.asked) == 3
    assert second.metadata.content_changed is False
    assert [fetch.status for fetch in store.fetches][1:] == [FetchStatus.UNCHANGED, FetchStatus.UNCHANGED]


def test_rows_that_have_changed_since_the_304_are_told_to_be_new(server, source):
    made = source(server.on("/x", rows({"a": 1}, ETag='"v1"'), Reply(304), rows({"a": 2}, ETag='"v2"')))
    made.fetch()
    second = made.fetch()
    assert (second.metadata.content_changed, second.data, second.metadata.content_changed) == (False, [{"a": 2}], True)


def test_rows_that_cannot_be_fetched_after_a_304_are_the_error_of_that_fetch(server, source):
    made = source(server.on("/x", rows({"a": 1}, ETag='"v1"'), Reply(304), Reply(404)))
    made.fetch()
    second = made.fetch()
    with pytest.raises(SourceNotFoundError):
        len(second)
    assert not second.success


def test_last_modified_alone_is_enough(server, source):
    def answer(asked: Asked) -> Reply:
        return Reply(304) if "if-modified-since" in asked.headers else rows({"a": 1}, **{"Last-Modified": DATE})

    made = source(server.on("/x", answer))
    assert [made.fetch().metadata.content_changed for _ in range(2)] == [True, False]


def test_new_content_replaces_what_is_remembered(server, source, scope):
    cache = scope.provide(SourceCache, MemorySourceCache())
    made = source(server.on("/x", rows({"a": 1}, ETag='"v1"'), rows({"a": 2}, ETag='"v2"'), Reply(304)))
    assert [made.fetch().data for _ in range(2)] == [[{"a": 1}], [{"a": 2}]]
    assert made.fetch().metadata.content_changed is False
    assert server.asked[2].headers["if-none-match"] == '"v2"'
    kept = cache.get(made.get_cache_key())
    assert isinstance(kept, CachedResponse)
    assert (kept.source_name, kept.etag, kept.source_locator) == ("api", '"v2"', f"{server.url}/x")


def test_other_parameters_are_another_entry(server, source):
    server.on("/1", versioned)
    server.on("/2", rows({"a": 2}))
    made = source(f"{server.url}/{{day}}")
    assert made.fetch({"day": 1}).data == [{"a": 1}]
    assert made.fetch({"day": 2}).data == [{"a": 2}]
    assert "if-none-match" not in server.asked[1].headers
    assert made.get_cache_key({"day": 1}) != made.get_cache_key({"day": 2})
    assert len(made.get_cache_key({"day": 1})) == 64


def test_data_of_a_failed_run_are_fetched_again(server, source, scope):
    """A run that failed after its fetch has used nothing of it: its retry needs the data, not a 304."""
    completed: list[str] = []
    scope.provide(FetchStore, MemoryFetchStore(lambda work: completed))
    made = source(server.on("/x", versioned))
    for run_id in ("r1", "r2"):
        with use_work(Work(run_id=run_id, workflow="w")):
            assert made.fetch().data == [{"a": 1}]
    completed.append("r2")
    with use_work(Work(run_id="r3", workflow="w")):
        assert made.fetch().metadata.content_changed is False
    with use_work(Work(run_id="r4", workflow="w", refresh=True)):
        refreshed = made.fetch()
    assert (refreshed.data, refreshed.metadata.content_changed) == ([{"a": 1}], True)


@pytest.mark.parametrize(
    "options",
    [
        {"conditional": False},
        {"method": "POST", "json": {}},
        {"pagination": {"type": "link"}},
    ],
)
def test_only_a_single_page_by_get_is_asked_for_conditionally(server, source, options):
    made = source(server.on("/x", versioned), **options)
    assert [made.fetch().data for _ in range(2)] == [[{"a": 1}], [{"a": 1}]]


def test_pages_are_unchanged_if_page_1_is_and_an_option_says_so(server, source):
    current = "v1"

    def answer(asked: Asked) -> Reply:
        page = int(asked.query["page"][0])
        if page == 1 and asked.headers.get("if-none-match") == f'"{current}"':
            return Reply(304, headers={"ETag": f'"{current}"'})
        return rows(*([{"page": page, "of": current}] if page < 3 else []), ETag=f'"{current}"')

    made = source(server.on("/x", answer), pagination={"type": "page", "conditional": True})
    first, second = made.fetch(), made.fetch()
    assert [row["page"] for row in first.data] == [1, 2]
    assert (second.success, second.metadata.content_changed) == (True, False)
    assert second.metadata.content_hash == first.metadata.content_hash
    assert ["if-none-match" in asked.headers for asked in server.asked] == [False, False, False, True]
    current = "v2"
    third = made.fetch()
    assert [row["of"] for row in third.data] == ["v2", "v2"]
    assert ["if-none-match" in asked.headers for asked in server.asked[4:]] == [True, False, False]
    assert not made.has_changed(last_etag='"v2"')


def test_a_response_that_cannot_be_read_is_not_remembered(server, source):
    made = source(server.on("/x", Reply(body=b"{", headers={"ETag": '"v1"'}), versioned))
    assert not made.fetch().success
    assert made.fetch().data == [{"a": 1}]


def test_a_validator_that_no_header_can_hold_is_left_out(server, source):
    made = source(server.on("/x", rows({"a": 1}, ETag='"caf\xe9"')))
    assert [made.fetch().data for _ in range(2)] == [[{"a": 1}], [{"a": 1}]]
    assert "if-none-match" not in server.asked[1].headers


def test_has_changed_asks_the_server_with_the_hints(server, source):
    made = source(server.on("/x", versioned))
    digest = made.fetch().metadata.content_hash
    assert made.has_changed()
    assert not made.has_changed(last_etag='"v1"')
    assert made.has_changed(last_etag='"v0"')
    assert not made.has_changed(last_modified="2025-12-15T06:30:00+00:00")
    assert made.has_changed(last_modified="2025-12-14T06:30:00+00:00")
    assert made.has_changed(last_modified="no date")
    assert not made.has_changed(last_hash=digest, last_etag='"v0"')
    server.on("/x", Reply(500))
    assert source(f"{server.url}/x", max_attempts=1).has_changed(last_hash=digest)


@given(st.text())
def test_any_last_modified_header_is_a_time_or_nothing(text):
    moment = as_iso(text)
    assert moment is None or as_http_date(moment) is not None
