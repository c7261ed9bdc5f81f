"""A file is read as it was opened, whole, or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import random
import threading

import asyncssh
import pyarrow as pa
import pyarrow.parquet
import pytest

from spine.core.errors import (
    NetworkError,
    ParseError,
    SourceError,
    SourceUnavailableError,
    TimeoutError,  # noqa: A004 -- Spine's own
)
from spine_sources_sftp.connection import connected
from spine_sources_sftp.finder import SftpFinder

ROWS = "".join(f"{number},{number * 7}\n" for number in range(40_000))


@pytest.fixture
def large(remote):
    """A file of several chunks."""
    (remote / "x.csv").write_text("a,b\n" + ROWS)
    return remote / "x.csv"


@pytest.fixture(params=[1 << 14, 1 << 18, 1 << 22], ids="block={}".format)
def opened(request, large, source):
    """The opened file, of a server that answers with so many bytes at once."""
    with connected(source("x.csv")._server) as connection:
        connection.sftp.limits.max_read_len = request.param
        with SftpFinder(connection).files("x.csv")[0].open() as stream:
            yield stream


def test_a_stream_gives_the_bytes_at_any_position(large, opened):
    content = large.read_bytes()
    assert hashlib.file_digest(opened, "sha256").digest() == hashlib.sha256(content).digest()
    chance = random.Random(1)
    for _ in range(30):
        start = chance.randrange(len(content) + 10)
        length = chance.choice([0, 1, 8, 4096, 300_000])
        assert opened.seek(start) == opened.tell() == start
        assert opened.read(length) == content[start : start + length]
    assert opened.seek(-8, io.SEEK_END) == len(content) - 8
    assert opened.read() == content[-8:]
    assert opened.read() == b""
    opened.seek(0)
    assert opened.read() == content
    with pytest.raises(ValueError, match="before the start"):
        opened.raw.seek(-1)


def test_answers_that_bring_a_part_only_are_completed(server, large, source):
    def some(files, offset):
        content = large.read_bytes()
        return content[offset : offset + 1000] if offset < len(content) else None

    large.write_text("a,b\n" + ROWS[:20_000])
    server.on_read = some
    assert source("x.csv").fetch().metadata.content_hash == hashlib.sha256(large.read_bytes()).hexdigest()


def test_parquet_is_streamed_from_the_positions_that_are_needed(server, remote, source):
    table = pa.table({name: list(range(50_000)) for name in "abcdefgh"})
    pyarrow.parquet.write_table(table, remote / "x.parquet", row_group_size=25_000, compression="none")
    read = []
    server.on_read = lambda files, offset: read.append(offset)
    found = source("x.parquet", columns=["h"])
    assert pa.Table.from_batches(found.batches()).column("h").to_pylist() == list(range(50_000))
    assert len(read) * (1 << 18) < (remote / "x.parquet").stat().st_size / 2


def during_the_read(server, change):
    """Call `change` once when the file is read."""
    calls = iter([change])

    def hook(files, offset):
        next(calls, lambda: None)()

    server.on_read = hook


def touched(path):
    os.utime(path, (0, 0))


def longer(path):
    with path.open("a") as file:
        file.write("1,2\n")


def shorter(path):
    os.truncate(path, path.stat().st_size - len("39999,279993\n"))


@pytest.mark.parametrize("change", [touched, longer, shorter])
@pytest.mark.parametrize("read", ["fetch", "stream"])
def test_a_file_that_changes_while_it_is_read_may_be_read_again(server, large, source, change, read):
    during_the_read(server, lambda: change(large))
    found = source("x.csv")
    if read == "fetch":
        error = found.fetch().error
    else:
        with pytest.raises(SourceUnavailableError) as raised:
            list(found.stream())
        error = raised.value
    assert type(error) is SourceUnavailableError
    assert error.retryable
    assert str(error).endswith("/~/x.csv was written to while it was read; fetch it again")
    server.on_read = None
    assert found.fetch().success


@pytest.mark.parametrize("difference", [-100, 100])
def test_more_or_less_bytes_than_the_server_says_are_an_error(server, large, source, difference):
    server.stated = {"size": large.stat().st_size + difference}
    assert type(source("x.csv").fetch().error) is SourceUnavailableError


def test_a_file_of_more_than_max_bytes_is_not_read(server, large, source):
    server.on_read = lambda files, offset: pytest.fail("it was read")
    error = source("x.csv", max_bytes=1000).fetch().error
    assert isinstance(error, ParseError)
    assert "has more than 1,000 bytes; if that is right, raise max_bytes" in str(error)


def test_an_answer_longer_than_what_was_asked_for_is_an_error(server, large, source):
    server.on_read = lambda files, offset: b"x" * (1 << 20)
    assert type(source("x.csv").fetch().error) is SourceUnavailableError


def cut(files, offset):
    if offset:
        files.connection.abort()


def ended(files, offset):
    if offset:
        files.channel.abort()


@pytest.mark.parametrize("hook", [cut, ended])
@pytest.mark.parametrize("read", ["fetch", "stream"])
def test_a_connection_lost_in_the_middle_may_be_tried_again(server, large, source, hook, read, caplog):
    server.on_read = hook
    if read == "fetch":
        error = source("x.csv").fetch().error
    else:
        with pytest.raises(NetworkError) as raised:
            list(source("x.csv").stream())
        error = raised.value
    assert type(error) is NetworkError
    assert error.retryable
    assert str(error).endswith("/~/x.csv: the connection was lost while it was read; fetch it again")
    assert "never retrieved" not in caplog.text


def test_a_server_that_stops_to_answer_is_a_timeout(server, large, source):
    with server.stalled():
        error = source("x.csv", timeout=0.05).fetch().error
    assert type(error) is TimeoutError
    assert error.retryable
    assert str(error).endswith("/~/x.csv: no answer within 0.05 s; try again later, or raise timeout")


def test_what_a_server_says_of_a_failure_is_shown_in_one_short_line(server, large, source):
    def fail(files, offset):
        raise asyncssh.SFTPFailure("disk\n\x1b[31m" + "x" * 10_000)

    server.on_read = fail
    error = source("x.csv").fetch().error
    assert type(error) is SourceError
    assert not error.retryable
    assert "cannot be read: the server says 'disk xxxx" in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 400


def test_an_interrupt_closes_the_connection(server, large, source, monkeypatch):
    def interrupt(self, begun, label):
        raise KeyboardInterrupt

    monkeypatch.setattr("spine_sources_sftp.connection.Connection.wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        source("x.csv").fetch()
    server.wait_for(lambda: not server.active)
    assert not [thread for thread in threading.enumerate() if thread.name == "spine-sftp"]


def test_a_stream_that_is_dropped_closes_its_connection(server, large, source):
    stream = source("x.csv").stream()
    next(stream)
    assert len(server.active) == 1
    del stream
    server.wait_for(lambda: not server.active)
    assert not [thread for thread in threading.enumerate() if thread.name == "spine-sftp"]
