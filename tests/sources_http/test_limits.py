"""Limits: no server can block a run or fill the memory."""

from __future__ import annotations

import gzip
import io
import os
import threading
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core import errors
from spine.core.errors import ParseError, SourceError
from spine.core.scope import current_scope
from spine.http.machine import Machine
from spine_sources_http.decoding import decoded
from spine_sources_http.ratelimit import TokenBucket
from spine_sources_http.source import HttpSource
from tests.projects import DEADLINE_SECONDS
from tests.sources_http.server import FakeTime, Reply, rows


@pytest.mark.parametrize("reading", ["fetch", "stream"])
def test_a_server_that_drips_is_left_when_the_total_deadline_has_passed(server, reading, fixed_clock):
    body = b"[" + b" " * 500_000 + b"]"  # far more than is read at once
    url = server.on("/x", Reply(body=body, pause=lambda: fixed_clock.advance(1)))
    made = HttpSource("api", url, total_timeout=300, read_timeout=300)
    with pytest.raises(
        errors.TimeoutError, match=r"did not deliver everything within 300 seconds; .* raise total_timeout"
    ):
        made.fetch().to_result().unwrap() if reading == "fetch" else next(made.stream())
    assert 300 <= fixed_clock.monotonic() < 500_000


def test_a_silent_server_is_left_when_the_read_timeout_has_passed(server):
    over = threading.Event()
    url = server.on("/x", Reply(body=b"[ ]", pause=over.wait))
    error = HttpSource("api", url, read_timeout=0.2, max_attempts=1).fetch().error
    over.set()
    assert isinstance(error, errors.TimeoutError)
    assert str(error) == f"{url}: 127.0.0.1 sent and accepted no data for 0.2 seconds (source 'api', 1 attempt)"


def test_a_name_server_that_hangs_is_left_when_the_connect_timeout_has_passed():
    hanging = threading.Event()
    machine = Machine(resolve=lambda host, port: [host] * hanging.wait(DEADLINE_SECONDS))
    try:
        current_scope().provide(Machine, machine)
        error = HttpSource("api", "http://h/x", connect_timeout=0.1, max_attempts=1).fetch().error
    finally:
        hanging.set()
    assert isinstance(error, errors.TimeoutError)
    assert str(error) == "http://h/x: h did not answer a connection for 0.1 seconds (source 'api', 1 attempt)"


def test_waiting_for_the_rate_limit_counts_for_the_deadline(server, source, fake_time):
    url = server.on("/x", lambda asked: rows({"page": asked.query["page"]}))
    made = source(url, pagination={"type": "page"}, requests_per_second=0.1, total_timeout=25)
    assert isinstance(made.fetch().error, errors.TimeoutError)
    assert fake_time.waits == [10, 10]


def test_a_body_larger_than_max_bytes_is_left(server, source):
    url = server.on("/x", Reply(body=b"[" + b" " * 5000 + b"]"))
    error = source(url, max_bytes=4096).fetch().error
    assert isinstance(error, SourceError)
    assert str(error) == f"{url} is larger than 4,096 bytes; if that is right, raise max_bytes"
    assert len(server.asked) == 1
    assert source(url, max_bytes=5002).fetch().success


def raised_by_fetch(made):
    if (error := made.fetch().error) is not None:
        raise error


@pytest.mark.parametrize("read", [raised_by_fetch, lambda made: list(made.stream())], ids=["fetch", "stream"])
def test_parquet_that_expands_beyond_max_bytes_is_left(server, source, read):
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 500_000, pa.int32()), pa.array(["x" * 100_000]))
    body = io.BytesIO()
    pq.write_table(pa.table({"a": repeated}), body, compression="zstd", store_schema=False)
    made = source(server.on("/x", Reply(body=body.getvalue())), format="parquet", max_bytes=1_000_000)
    with pytest.raises(ParseError, match="has more than 1,000,000 bytes; if that is right, raise max_bytes"):
        read(made)


def test_a_gzip_bomb_stops_early(server, source):
    bomb = gzip.compress(bytes(1 << 26))
    url = server.on("/x", Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    error = source(url, format="raw").fetch().error
    assert isinstance(error, SourceError)
    assert str(error) == (
        f"{url} grows to more than 200 times its compressed size, like a decompression bomb; "
        "if that is right, raise max_ratio"
    )


def test_a_bomb_is_not_decoded_further_than_the_limit():
    pieces = decoded([gzip.compress(bytes(1 << 26))], "gzip", "x", max_bytes=1 << 20, max_ratio=10_000)
    assert sum(len(next(pieces)) for _ in range(4)) == 1 << 20
    with pytest.raises(SourceError, match="max_bytes"):
        next(pieces)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate"])
def test_compressed_answers_are_decoded(server, source, coding):
    encode = zlib.compress if coding == "deflate" else gzip.compress
    url = server.on("/x", Reply(body=encode(b'[{"a": 1}]'), headers={"Content-Encoding": coding}))
    assert source(url).fetch().data == [{"a": 1}]
    assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"


def test_a_content_coding_that_was_not_requested_is_a_parse_error(server, source):
    url = server.on("/x", Reply(body=b"x", headers={"Content-Encoding": "br"}))
    error = source(url).fetch().error
    assert isinstance(error, ParseError)
    assert str(error) == f"{url} is encoded as 'br', which was not asked for (gzip, deflate were)"


@given(
    content=st.binary(max_size=2000),
    cut=st.integers(1, 400),
    coding=st.sampled_from(["gzip", "deflate", "raw deflate", "two members"]),
)
def test_any_content_in_any_pieces_is_decoded(content, cut, coding):
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = {
        "gzip": gzip.compress(content),
        "deflate": zlib.compress(content),
        "raw deflate": raw.compress(content) + raw.flush(),
        "two members": gzip.compress(content[:100]) + gzip.compress(content[100:]),
    }[coding]
    pieces = [body[start : start + cut] for start in range(0, len(body), cut)]
    name = "deflate" if "deflate" in coding else "gzip"
    assert b"".join(decoded(pieces, name, "x", max_bytes=1 << 20, max_ratio=10_000)) == content


@given(content=st.binary(min_size=1, max_size=500), damage=st.data())
def test_a_damaged_or_cut_off_body_is_a_parse_error_or_its_content(content, damage):
    body = bytearray(gzip.compress(content))
    cut = damage.draw(st.integers(1, len(body)))
    place = damage.draw(st.integers(0, len(body) - 1))
    body[place] ^= damage.draw(st.integers(0, 255))
    try:
        found = b"".join(decoded([bytes(body[:cut])], "gzip", "x", max_bytes=1 << 20, max_ratio=10_000))
    except ParseError:
        return
    assert found == content


def test_a_large_page_of_a_stream_is_not_kept_in_memory(server, source):
    """A page larger than what is kept in memory goes through a temporary file, with the same rows."""
    line = b'{"text": "' + b"x" * 1000 + b'"}\n'
    url = server.on("/x", Reply(body=line * 10_000))
    assert sum(len(batch) for batch in source(url, format="jsonl").stream(batch_size=777)) == 10_000
    csv = server.on("/y", Reply(body=b"text\n" + (b"x" * 1000 + b"\n") * 10_000))
    assert sum(len(batch) for batch in source(csv, format="csv").stream(batch_size=777)) == 10_000


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate():
    time = FakeTime()
    bucket = TokenBucket(2.0, 3, time.machine)
    assert [bucket.take() for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    time.sleep(10)
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]


def test_sources_of_one_host_share_the_rate(server, source, fake_time):
    for path in ("/x", "/y"):
        assert source(server.on(path, rows()), requests_per_second=4).fetch().success
    assert fake_time.waits == [0.25]


def test_the_real_machine_knows_time_chance_and_names():
    machine = Machine()
    assert machine.now().tzinfo is not None
    assert 0 <= machine.chance() < 1
    assert machine.resolve("127.0.0.1", os.getpid() % 1000 + 1) == ["127.0.0.1"]
