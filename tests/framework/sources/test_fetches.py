"""Records of fetches, and change detection by them."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import (
    ErrorCategory,
    NetworkError,
    ParseError,
    SourceError,
    SourceNotFoundError,
    SourceUnavailableError,
    ValidationError,
)
from spine.framework.sources import (
    BaseSource,
    CachingSource,
    FetchStatus,
    FetchStore,
    MemoryFetchStore,
    Source,
    SourceResult,
    SourceType,
    StreamingSource,
    recorded,
)
from spine.framework.work import Work, use_work


class Feed(BaseSource):
    """Gives a row with a content hash, or raises what it is told to."""

    def __init__(self, name: str = "feed") -> None:
        super().__init__(name, SourceType.CUSTOM)
        self.content = "1"
        self.error: BaseException | None = None

    @recorded
    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        if self.error:
            raise self.error
        metadata = self._create_metadata(params, content_hash=self.content, url="feed:1", bytes_fetched=7)
        return SourceResult.ok([{"a": 1}], metadata)


@pytest.fixture
def store(own_scope) -> MemoryFetchStore:
    return own_scope.provide(FetchStore, MemoryFetchStore())


@pytest.fixture
def feed() -> Feed:
    return Feed()


def test_a_fetch_is_timed_and_remembered(feed, store):
    result = feed.fetch({"x": 1})
    (fetch,) = store.fetches
    assert result.metadata.duration_ms == fetch.duration_ms
    assert (fetch.source_name, fetch.source_type, fetch.source_locator) == ("feed", SourceType.CUSTOM, "feed:1")
    assert (fetch.status, fetch.record_count, fetch.byte_count, fetch.content_hash) == (FetchStatus.SUCCESS, 1, 7, "1")
    assert (fetch.error, fetch.error_category, fetch.retry_count, fetch.run_id) == (None, None, 0, None)
    assert fetch.started_at <= fetch.completed_at
    assert fetch.id


def test_the_same_content_again_is_unchanged_and_other_content_is_not(feed, store):
    assert [feed.fetch().metadata.content_changed for _ in range(3)] == [True, False, False]
    feed.content = "2"
    assert feed.fetch().metadata.content_changed
    assert [fetch.status.name for fetch in store.fetches] == ["SUCCESS", "UNCHANGED", "UNCHANGED", "SUCCESS"]


def test_without_a_store_of_the_project_fetches_are_remembered_in_memory(feed):
    assert [feed.fetch().metadata.content_changed for _ in range(2)] == [True, False]


def test_sources_and_locators_are_told_apart(store):
    class Elsewhere(Feed):
        def locator(self, params: dict[str, Any] | None = None) -> str | None:
            return "feed:2"

    assert Feed("one").fetch().metadata.content_changed
    assert Feed("other").fetch().metadata.content_changed
    assert Elsewhere("one").fetch().metadata.content_changed


@pytest.mark.parametrize(
    ("raised", "kind", "status", "category"),
    [
        (ParseError("bad row"), ParseError, "FAILED", "PARSE"),
        (SourceNotFoundError("gone"), SourceNotFoundError, "NOT_FOUND", "SOURCE"),
        (FileNotFoundError("gone"), SourceNotFoundError, "NOT_FOUND", "SOURCE"),
        (NetworkError("down"), NetworkError, "FAILED", "NETWORK"),
        (ConnectionResetError("reset"), SourceUnavailableError, "FAILED", "SOURCE"),
        (RuntimeError("odd"), SourceError, "FAILED", "SOURCE"),
    ],
)
def test_an_exception_is_a_failed_result_with_a_typed_error(feed, store, raised, kind, status, category):
    feed.error = raised
    result = feed.fetch({"x": 1})
    assert type(result.error) is kind
    assert result.error.context.source_name == "feed"
    assert result.metadata.params == {"x": 1}
    (fetch,) = store.fetches
    assert (fetch.status.name, fetch.error, fetch.error_category) == (status, str(result.error), category)


def test_an_interruption_is_not_caught(feed, store):
    feed.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        feed.fetch()


def test_a_failure_does_not_count_as_the_last_fetch(feed, store):
    feed.fetch()
    feed.error = RuntimeError("odd")
    feed.fetch()
    feed.error = None
    assert not feed.fetch().metadata.content_changed


def test_a_refresh_takes_unchanged_content_as_changed(feed, store):
    feed.fetch()
    with use_work(Work(refresh=True)):
        assert feed.fetch().metadata.content_changed


def test_in_a_run_only_fetches_of_completed_runs_count(feed, own_scope):
    completed: set[str] = set()
    store = own_scope.provide(FetchStore, MemoryFetchStore(lambda work: completed))
    feed.fetch()
    with use_work(Work(run_id="1")):
        assert feed.fetch().metadata.content_changed
    with use_work(Work(run_id="2")):
        assert feed.fetch().metadata.content_changed
    completed.add("1")
    with use_work(Work(run_id="3")):
        assert not feed.fetch().metadata.content_changed
    assert [fetch.run_id for fetch in store.fetches] == [None, "1", "2", "3"]


def test_a_source_that_does_not_record_is_still_a_source(store):
    class Plain(BaseSource):
        def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
            return SourceResult.ok([], self._create_metadata(params))

    source = Plain("plain", "custom", domain="d", config={"a": 1})
    assert isinstance(source, Source)
    assert not isinstance(source, StreamingSource | CachingSource)
    assert (source.domain, source.config, source.locator()) == ("d", {"a": 1}, None)
    source.fetch()
    assert store.fetches == []


def test_a_source_has_a_valid_name():
    with pytest.raises(ValidationError, match="source name 'a b' is not valid"):
        Feed("a b")


def test_a_wrapped_error_keeps_its_cause_and_takes_a_message(feed):
    cause = ValueError("x")
    wrapped = feed._wrap_error(cause, "the feed is odd")
    assert (str(wrapped), wrapped.cause, wrapped.category) == ("the feed is odd", cause, ErrorCategory.SOURCE)
    assert str(feed._wrap_error(ValueError())) == "source 'feed': ValueError"
