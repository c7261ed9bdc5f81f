"""Each rule of the suite for sources fails for a source that breaks it."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import ClassVar

import pytest

from spine.core.errors import SourceError, SourceUnavailableError
from spine.testing import FakeSource
from spine.testing.conformance.source import SourceConformance
from tests.testing.suite_run import failures
from tests.testing.test_conformance_source_cursor import CURSOR_RULES

HEAD = """
from spine.core.errors import ParseError, SourceError, SourceUnavailableError
from spine.framework.sources import BaseSource, SourceResult
from spine.framework.sources.fetches import recorded
from spine.core.hashing import hash_json
from spine.testing.conformance.source import SourceConformance

ROWS = [{"id": "007"}, {"id": "NA"}, {"id": "1e5"}]


class Right(BaseSource):
    fails = undecodable = False
    retry_after = None
    token = "canary"

    def __init__(self):
        super().__init__("right", "excel")

    def rows(self):
        return [dict(row) for row in ROWS]

    def decode(self):
        raise ParseError("it is not UTF-8 text")

    @recorded
    def fetch(self, params=None):
        if self.fails:
            raise SourceError("it is not there")
        if self.retry_after is not None:
            raise SourceUnavailableError("not now", retry_after=self.retry_after)
        if self.undecodable:
            self.decode()
        rows = self.rows()
        return SourceResult.ok(rows, self._create_metadata(params, content_hash=hash_json(rows)))

    @property
    def supports_streaming(self):
        return True

    def stream(self, params=None, batch_size=1000):
        if self.fails:
            raise SourceError("it is not there")
        if self.undecodable:
            self.decode()
        rows = self.rows()
        for start in range(0, len(rows), batch_size):
            yield rows[start:start + batch_size]

    def get_cache_key(self, params=None):
        return "key"

    def has_changed(self, params=None, last_hash=None, last_etag=None, last_modified=None):
        return last_hash != hash_json(self.rows())


class Suite(SourceConformance):
    detects_change = supports_streaming = supports_caching = can_fail = decodes_text = tells_retry_after = True

    def make_source(self):
        return self.Made()

    def expected_rows(self):
        return ROWS

    def make_failing_source(self):
        source = self.Made()
        source.fails = True
        return source

    def make_undecodable_source(self):
        source = (self.Made if "decode" in vars(self.Made) else Right)()
        source.undecodable = True
        return source

    def make_refusing_source(self, retry_after):
        source = self.Made()
        source.retry_after = retry_after
        return source

    def secrets(self):
        return ["canary"]


class TestRight(Suite):
    Made = Right
"""

WRONG = {
    "HasNoType": ("source_type = 'file'", {"test_it_is_a_source", "test_the_metadata_is_complete"}),
    "TurnsTextIntoNumbers": (
        "def rows(self):\n        return [{'id': 7}, {'id': None}, {'id': 1e5}]",
        {"test_a_fetch_brings_the_rows", "test_threads_may_share_it", "test_a_stream_brings_the_same_rows"},
    ),
    "MixesTypesInAColumn": (
        "def rows(self):\n        return [{'id': '007'}, {'id': 7}, {'id': '1e5'}]",
        {
            "test_a_fetch_brings_the_rows",
            "test_the_rows_make_a_table",
            "test_threads_may_share_it",
            "test_a_stream_brings_the_same_rows",
        },
    ),
    "ForgetsMetadata": (
        "@recorded\n    def fetch(self, params=None):\n"
        "        result = Right.fetch.__wrapped__(self, params)\n"
        "        result.metadata.row_count = None\n        return result",
        {"test_the_metadata_is_complete"},
    ),
    "HashesTheTime": (
        "@recorded\n    def fetch(self, params=None):\n"
        "        if self.fails:\n            raise SourceError('not there')\n"
        "        if self.retry_after is not None:\n            return super().fetch(params)\n"
        "        Right.count = getattr(Right, 'count', 0) + 1\n"
        "        return SourceResult.ok(self.rows(), self._create_metadata(params, content_hash=str(Right.count)))\n",
        {"test_two_fetches_are_equal", "test_a_second_fetch_is_unchanged", "test_what_is_known_has_not_changed"},
    ),
    "ChangesTheParams": (
        "def fetch(self, params=None):\n        params['page'] = 1\n        return super().fetch(params)",
        {"test_the_params_of_the_caller_stay_as_they_are"},
    ),
    "CountsOnItself": (
        "def fetch(self, params=None):\n"
        "        import threading\n"
        "        if threading.current_thread() is not threading.main_thread():\n"
        "            return SourceResult.ok([], self._create_metadata(params))\n"
        "        return super().fetch(params)",
        {"test_threads_may_share_it"},
    ),
    "IsNotRecorded": (
        "def fetch(self, params=None):\n"
        "        try:\n            return Right.fetch.__wrapped__(self, params)\n"
        "        except SourceError as error:\n            return SourceResult.fail(error)",
        {"test_a_second_fetch_is_unchanged", "test_a_failure_is_recorded"},
    ),
    "StreamsTooMuch": (
        "def stream(self, params=None, batch_size=1000):\n"
        "        if self.fails:\n            raise SourceError('not there')\n        yield self.rows()",
        {"test_a_stream_brings_the_same_rows"},
    ),
    "CannotBeLeft": (
        "open = 0\n"
        "    def stream(self, params=None, batch_size=1000):\n"
        "        self.open = 1\n"
        "        yield from super().stream(params, batch_size)\n"
        "        self.open = 0\n"
        "    @recorded\n"
        "    def fetch(self, params=None):\n"
        "        if self.open:\n            raise SourceError('a stream is open')\n"
        "        return Right.fetch.__wrapped__(self, params)",
        {"test_a_stream_may_be_left_early"},
    ),
    "StreamsAnyError": (
        "def stream(self, params=None, batch_size=1000):\n"
        "        if self.fails:\n            raise KeyError('path')\n"
        "        yield from super().stream(params, batch_size)",
        {"test_a_failing_stream_raises_a_typed_error"},
    ),
    "AlwaysChanges": (
        "def has_changed(self, *args, **kwargs):\n        return True",
        {"test_what_is_known_has_not_changed"},
    ),
    "Raises": (
        "def fetch(self, params=None):\n"
        "        if self.fails:\n            raise SourceError('not there')\n        return super().fetch(params)",
        {"test_a_failure_is_a_result", "test_a_failure_is_recorded", "test_no_secret_shows"},
    ),
    "DecodesCarelessly": (
        "def decode(self):\n        b'\\xff'.decode()",
        {"test_undecodable_data_is_a_parse_error"},
    ),
    "ForgetsRetryAfter": (
        "@recorded\n    def fetch(self, params=None):\n"
        "        if self.retry_after is not None:\n            raise SourceUnavailableError('not now')\n"
        "        return Right.fetch.__wrapped__(self, params)",
        {"test_retry_after_arrives"},
    ),
    "SucceedsAnyway": (
        "@recorded\n    def fetch(self, params=None):\n        rows = self.rows()\n"
        "        if self.retry_after is not None:\n            return Right.fetch.__wrapped__(self, params)\n"
        "        return SourceResult.ok(rows, self._create_metadata(params, content_hash=hash_json(rows)))",
        {"test_a_failure_is_a_result", "test_a_failure_is_recorded"},
    ),
    "TellsItsSecret": (
        "def __repr__(self):\n        return f'Source(token={self.token})'",
        {"test_no_secret_shows"},
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    classes = [
        f"class Made{name}(Right):\n    {body}\n\n\nclass Test{name}(Suite):\n    Made = Made{name}\n"
        for name, (body, _) in WRONG.items()
    ]
    return failures(tmp_path_factory.mktemp("sources"), HEAD + "\n\n".join(classes))


@pytest.mark.slow
def test_a_right_source_passes(found: dict[str, set[str]]) -> None:
    assert found["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(found: dict[str, set[str]], name: str) -> None:
    assert found[f"Test{name}"] == WRONG[name][1]


class StreamsRawErrors(FakeSource):
    def stream(self, params=None, batch_size=1000):
        yield [].pop()


class RawErrorsSuite(SourceConformance):
    supports_streaming = supports_caching = can_fail = True

    def make_source(self):
        return FakeSource("plain", [])

    def make_failing_source(self):
        return StreamsRawErrors("raw", [])


def test_an_error_of_another_class_in_a_stream_is_named() -> None:
    with pytest.raises(AssertionError, match=r"stream\(\) raised IndexError: catch it and raise self.wrap_error"):
        RawErrorsSuite().test_a_failing_stream_raises_a_typed_error()


def test_a_claimed_method_that_is_missing_is_named() -> None:
    with pytest.raises(AssertionError, match=r"supports_caching is on: give the class get_cache_key\(\)"):
        RawErrorsSuite().test_what_is_known_has_not_changed()


def test_every_rule_is_broken_by_a_wrong_source() -> None:
    rules = {name for name in vars(SourceConformance) if name.startswith("test_")}
    assert set().union(CURSOR_RULES, *(broken for _, broken in WRONG.values())) == rules


class TestFakeSource(SourceConformance):
    """The kit's own fake is a source like any."""

    detects_change = True
    supports_streaming = True
    can_fail = True
    tells_retry_after = True

    def make_refusing_source(self, retry_after: int) -> FakeSource:
        return FakeSource("fake", error=SourceUnavailableError("not now", retry_after=retry_after))

    def make_source(self) -> FakeSource:
        return FakeSource("fake", self.expected_rows())

    def expected_rows(self) -> list[dict[str, str]]:
        return [{"id": "007"}, {"id": "NA"}, {"id": "1e5"}]

    def make_failing_source(self) -> FakeSource:
        return FakeSource("fake", error=SourceError("it is not there"))


class MixedDatesSuite(SourceConformance):
    rows: ClassVar = [{"day": date(2026, 1, 31)}, {"day": datetime(2026, 1, 31, 9, 30)}]

    def make_source(self):
        return FakeSource("sheet", self.rows)

    def expected_rows(self):
        return self.rows


def test_a_value_that_the_table_changes_is_named_by_its_column() -> None:
    with pytest.raises(
        pytest.fail.Exception, match=r"give each column one type.*column 'day' holds dates and datetimes"
    ):
        MixedDatesSuite().test_the_rows_make_a_table()


class NumbersSuite(MixedDatesSuite):
    rows: ClassVar = [{"n": 1}, {"n": 1.5}, {"n": None}]


def test_whole_and_broken_numbers_and_none_may_share_a_column() -> None:
    NumbersSuite().test_the_rows_make_a_table()


def test_without_pyarrow_the_skip_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(pytest.skip.Exception, match=r"test with spine-core\[testing,arrow\]"):
        NumbersSuite().test_the_rows_make_a_table()
