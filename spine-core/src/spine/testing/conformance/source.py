"""Rules for every source."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from spine.core.errors import ParseError, SpineError, ValidationError, get_retry_after, is_retryable
from spine.core.names import kind_of, validate_name
from spine.core.scope import Scope, use_scope
from spine.framework.sources import Source, SourceResult, SourceType
from spine.framework.sources.fetches import FetchRecord, FetchStatus, FetchStore, MemoryFetchStore
from spine.framework.work import Work, use_work
from spine.testing.conformance.arrow import needs_arrow

_THREADS = 4
_RETRY_AFTER_SECONDS = 37


class SourceConformance:
    """Subclass it as `Test...`, define `make_source` and `expected_rows`, and set the flags of its capabilities.

    `detects_change`: its results have a content hash, and its `fetch` is decorated with `recorded`.
    `supports_streaming`: it has `stream`. `supports_caching`: it has `get_cache_key` and `has_changed`.
    `can_fail`: `make_failing_source` returns a source whose fetch fails.
    `decodes_text`: `make_undecodable_source` returns a source whose data is not in the encoding that it reads.
    `tells_retry_after`: `make_refusing_source` returns a source whose peer says when to try again.
    `has_cursor`: a fetch brings what is new since the last one; `add_rows` adds something.
    """

    detects_change = False
    supports_streaming = False
    supports_caching = False
    can_fail = False
    decodes_text = False
    tells_retry_after = False
    has_cursor = False

    def make_source(self) -> Any:
        """Return a source whose data exists and does not change."""
        raise NotImplementedError("define make_source(self)")

    def expected_rows(self) -> list[dict[str, Any]]:
        """Return the rows that it fetches, at least three, text as written in the data."""
        raise NotImplementedError("define expected_rows(self)")

    def make_failing_source(self) -> Any:
        """Return a source whose fetch fails, such as one whose data does not exist."""
        raise NotImplementedError("can_fail is on: define make_failing_source(self)")

    def make_undecodable_source(self) -> Any:
        """Return a source whose data is not in the encoding that it reads, such as 0xFF in UTF-8."""
        raise NotImplementedError("decodes_text is on: define make_undecodable_source(self)")

    def make_refusing_source(self, retry_after: int) -> Any:
        """Return a source whose peer refuses for now and says to try again in `retry_after` seconds."""
        raise NotImplementedError("tells_retry_after is on: define make_refusing_source(self, retry_after)")

    def add_rows(self) -> list[dict[str, Any]]:
        """Add rows to the data of `make_source`, and return them."""
        raise NotImplementedError("has_cursor is on: define add_rows(self)")

    def params(self) -> dict[str, Any]:
        """Return the parameters of the fetches."""
        return {}

    def secrets(self) -> list[str]:
        """Return the secret texts of both sources, which must not show."""
        return []

    def test_it_is_a_source(self) -> None:
        """It has a name that follows the rule for names, a type, and `fetch`."""
        source = self.make_source()
        assert isinstance(source, Source), "give the class name, source_type and fetch(params=None)"
        assert validate_name(source.name, "source name") == source.name
        own = kind_of(SourceType, source.source_type, "source type")
        assert type(source.source_type) is type(own), "source_type must be a SourceType, or a name of your own as a str"

    def test_a_fetch_brings_the_rows(self) -> None:
        """`fetch` returns a successful SourceResult with the rows in order, values as written."""
        result = self.fetched()
        assert isinstance(result, SourceResult), f"fetch() returned {type(result).__name__}: use SourceResult.ok(...)"
        assert result.success, f"the source of make_source() must succeed, but failed: {result.error}"
        assert result.data == self.expected_rows(), "the rows differ: keep their order, and text as written"

    def test_the_rows_make_a_table(self) -> None:
        """`table` of the result has every value of the rows: each column has one type, apart from None."""
        needs_arrow()
        result = self.fetched()
        try:
            table = result.table
        except ValidationError as error:
            pytest.fail(f"give each column one type, by an option where the format mixes them: {error}")
        assert table is not None, "the rows make no table: return them with SourceResult.ok(rows, metadata)"
        differ = {
            name
            for row, stored in zip(result.data, table.to_pylist(), strict=True)
            for name, value in row.items()
            if not isinstance(value, (dict, list, float)) and stored[name] != value  # a NaN differs from itself
        }
        assert not differ, f"the table has other values in columns {sorted(differ)}: give each column one type"

    def test_the_metadata_is_complete(self) -> None:
        """Source, type, time in UTC and number of rows are in the metadata."""
        source = self.make_source()
        metadata = self.fetched_by(source).metadata
        assert metadata is not None, "give SourceResult.ok() the metadata of self.create_metadata(params)"
        assert (metadata.source_name, metadata.source_type) == (source.name, source.source_type)
        assert metadata.fetched_at.utcoffset() == timedelta(0), "fetched_at must be aware and in UTC"
        assert metadata.row_count == len(self.expected_rows()), "row_count must be the number of rows"

    def test_two_fetches_are_equal(self) -> None:
        """Unchanged data gives the same rows and the same content hash."""
        source = self.make_source()
        first, second = self.fetched_by(source), self.fetched_by(source)
        assert first.data == second.data, "fetch() must not consume its data"
        assert first.metadata.content_hash == second.metadata.content_hash, "equal content must have an equal hash"

    def test_the_params_of_the_caller_stay_as_they_are(self) -> None:
        """`fetch` does not change the dict passed to it."""
        params = self.params()
        self.fetched_by(self.make_source(), params)
        assert params == self.params(), "copy params before changing them"

    def test_threads_may_share_it(self) -> None:
        """Fetches from several threads at once each return the rows."""
        source = self.make_source()
        with ThreadPoolExecutor(_THREADS) as pool:
            results = list(pool.map(lambda _: self.fetched_by(source), range(_THREADS)))
        wrong = [result for result in results if result.data != self.expected_rows()]
        assert not wrong, "keep temporary values in local variables, not on the source"

    def test_a_second_fetch_is_unchanged(self) -> None:
        """The metadata have a hash, the first fetch is changed, the second is not, and both are recorded."""
        self.needs("detects_change")
        with use_scope(Scope()) as scope:
            store = MemoryFetchStore()
            scope.provide(FetchStore, store)  # type: ignore[type-abstract]  # a protocol is the key
            source = self.make_source()
            first, second = source.fetch(self.params()), source.fetch(self.params())
        assert first.metadata.content_hash, "set content_hash in the metadata"
        changes = (first.metadata.content_changed, second.metadata.content_changed)
        assert changes == (True, False), "decorate fetch() with spine.framework.sources.fetches.recorded"
        assert [fetch.status for fetch in store.fetches] == [FetchStatus.SUCCESS, FetchStatus.UNCHANGED]

    def test_a_cursor_passes_over_what_was_read(self) -> None:
        """A second fetch brings no row of the first one, and a third one those that `add_rows` has added."""
        self.needs("has_cursor")
        with use_scope(Scope()):
            source = self.make_source()
            first, second = source.fetch(self.params()), source.fetch(self.params())
            added = self.add_rows()
            third = source.fetch(self.params())
        assert getattr(source, "has_cursor", False), "set has_cursor = True on the class, for spine sources state set"
        assert first.data == self.expected_rows(), "the first fetch brings all rows"
        assert second.data == [], "write the new cursor by write_state(), and pass over the rows up to it"
        assert third.data == added, "a fetch brings the rows behind the cursor"

    def test_a_cursor_moves_with_its_step(self) -> None:
        """The rows of a step that does not complete are read again."""
        self.needs("has_cursor")
        with use_scope(Scope()):
            source = self.make_source()
            self.fetched_by(source)
            again = source.fetch(self.params())
        assert again.data == self.expected_rows(), "keep the cursor by read_state() and write_state() alone"

    @pytest.mark.parametrize("batch_size", [1, 2, 1000])
    def test_a_stream_brings_the_same_rows(self, batch_size: int) -> None:
        """Each batch has `batch_size` rows, the last one the rest; together they are the rows of `fetch`."""
        self.needs("supports_streaming")
        source = self.make_source()
        assert source.supports_streaming, "supports_streaming of the source must be True"
        batches = list(source.stream(self.params(), batch_size=batch_size))
        assert [row for batch in batches for row in batch] == self.expected_rows(), "the rows differ from fetch()'s"
        assert all(len(batch) == batch_size for batch in batches[:-1]), "only the last batch may be shorter"
        assert 0 < len(batches[-1]) <= batch_size, "the last batch has 1 to batch_size rows"

    def test_a_stream_may_be_left_early(self) -> None:
        """A caller that stops after the first batch leaves nothing open, and the source can be used again."""
        self.needs("supports_streaming")
        source = self.make_source()
        stream = source.stream(self.params(), batch_size=1)
        next(stream)
        stream.close()
        assert self.fetched_by(source).success, "release the stream's resources in a finally block"

    def test_a_failing_stream_raises_a_typed_error(self) -> None:
        """The error comes at the first iteration, not from `stream` itself."""
        self.needs("supports_streaming", "can_fail")
        stream = self.make_failing_source().stream(self.params())
        with pytest.raises(Exception) as raised:  # noqa: PT011 - the next line names the class
            next(stream)
        assert isinstance(raised.value, SpineError), (
            f"stream() raised {raised.typename}: catch it and raise self.wrap_error(error)"
        )

    def test_what_is_known_has_not_changed(self) -> None:
        """The cache key is stable; `has_changed` is True without hints and False for the last hash."""
        self.needs("supports_caching")
        source = self.make_source()
        for method in ("get_cache_key", "has_changed"):
            assert hasattr(source, method), f"supports_caching is on: give the class {method}()"
        assert source.get_cache_key(self.params()) == source.get_cache_key(self.params()), "the key must be stable"
        last_hash = self.fetched_by(source).metadata.content_hash
        assert source.has_changed(self.params()), "without a hint the answer is True"
        assert not source.has_changed(self.params(), last_hash=last_hash), "an equal hash means unchanged"
        assert source.has_changed(self.params(), last_hash="0" * 64), "another hash means changed"

    def test_a_failure_is_a_result(self) -> None:
        """A failing fetch does not raise: its result has a typed error and no data."""
        self.needs("can_fail")
        result = self.fetched_by(self.make_failing_source())
        assert not result.success, "the source of make_failing_source() must fail"
        assert isinstance(result.error, SpineError), "the error must be a SpineError: see self.wrap_error(error)"
        assert result.to_result().is_err(), "a failed result has no data: return SourceResult.fail(error)"

    def test_undecodable_data_is_a_parse_error(self) -> None:
        """A fetch of data in another encoding fails with a ParseError, and so does a stream."""
        self.needs("decodes_text")
        source = self.make_undecodable_source()
        result = self.fetched_by(source)
        assert not result.success, "the source of make_undecodable_source() must fail"
        assert isinstance(result.error, ParseError), (
            f"the error is a {type(result.error).__name__}: catch the UnicodeDecodeError, and raise a ParseError that "
            "names the file and the encoding"
        )
        if self.supports_streaming:
            with pytest.raises(Exception) as raised:  # noqa: PT011 - the next line names the class
                list(source.stream(self.params()))
            assert isinstance(raised.value, ParseError), f"stream() raised {raised.typename}: raise a ParseError"

    def test_retry_after_arrives(self) -> None:
        """The error of a peer that refuses for now is retryable and has the seconds that the peer asked for."""
        self.needs("tells_retry_after")
        result = self.fetched_by(self.make_refusing_source(_RETRY_AFTER_SECONDS))
        assert not result.success, "the source of make_refusing_source() must fail"
        assert is_retryable(result.error), "a peer that asks to try again has a retryable error"
        said = get_retry_after(result.error)
        assert said == _RETRY_AFTER_SECONDS, f"give the error retry_after={_RETRY_AFTER_SECONDS}, not {said}"

    def test_a_failure_is_recorded(self) -> None:
        """A failed fetch is in the history too, with its error and category."""
        self.needs("can_fail", "detects_change")
        with use_scope(Scope()) as scope:
            store = MemoryFetchStore()
            scope.provide(FetchStore, store)  # type: ignore[type-abstract]
            self.fetched_by(self.make_failing_source())
        recorded: list[FetchRecord] = store.fetches
        assert len(recorded) == 1, "decorate fetch() with spine.framework.sources.fetches.recorded"
        assert recorded[0].status in (FetchStatus.FAILED, FetchStatus.NOT_FOUND)
        assert recorded[0].error, "the error's text must be recorded"

    def test_no_secret_shows(self) -> None:
        """`repr` and `str` of source, result and error contain no secret."""
        sources = [self.make_source(), *([self.make_failing_source()] if self.can_fail else [])]
        results = [self.fetched_by(source) for source in sources]
        shown = " ".join(f"{thing!r} {thing}" for thing in (*sources, *results, *(result.error for result in results)))
        for secret in self.secrets():
            assert secret not in shown, "a secret shows: keep it in a spine.core.secrets.Secret"

    def fetched(self) -> Any:
        """Return the result of a fetch of a new source."""
        return self.fetched_by(self.make_source())

    def fetched_by(self, source: Any, params: dict[str, Any] | None = None) -> Any:
        """Return the result of a fetch; a cursor stays where it was, as in a step that does not complete."""
        with use_work(Work()) if self.has_cursor else nullcontext():
            return source.fetch(self.params() if params is None else params)

    def needs(self, *flags: str) -> None:
        """Skip the test unless every flag is on."""
        for flag in flags:
            if not getattr(self, flag):
                pytest.skip(f"{flag} is off")
