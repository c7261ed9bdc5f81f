"""Files of object stores, through fsspec; its memory store stands for all of them."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from uuid import uuid4

import fsspec
import pytest

from spine.core.errors import ConfigError, InvalidConfigError, SourceNotFoundError, SourceUnavailableError
from spine_sources_file.source import FileSource
from tests.payload_places import KEYS, Place


@pytest.fixture
def bucket() -> Iterator[str]:
    """The URL of an empty folder in memory."""
    name = f"/{uuid4().hex}"
    store = fsspec.filesystem("memory")
    store.mkdir(name)
    yield f"memory:/{name}"
    store.rm(name, recursive=True)


def put(url: str, content: bytes) -> None:
    with fsspec.open(url, "wb") as file:
        file.write(content)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_of_a_store_is_fetched_streamed_and_compared(bucket, suffix):
    content = b"a,b\n1,x\n2,y\n"
    put(f"{bucket}/x.csv{suffix}", gzip.compress(content) if suffix else content)
    source = FileSource("s", f"{bucket}/x.csv{suffix}")
    result = source.fetch()
    assert result.data == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert [row for batch in source.stream() for row in batch] == result.data
    assert result.metadata.path == f"{bucket}/x.csv{suffix}"
    assert not source.has_changed(last_hash=result.metadata.content_hash)
    put(f"{bucket}/x.csv{suffix}", b"a,b\n")
    assert source.has_changed(last_hash=result.metadata.content_hash)


def test_a_glob_and_a_placeholder_find_the_files_of_a_store(bucket):
    for week in ("20251222", "20251215"):
        put(f"{bucket}/x_{week}.csv", f"week\n{week}\n".encode())
    source = FileSource("s", f"{bucket}/x_{{week}}.csv")
    assert source.placeholder_values("week") == ["20251215", "20251222"]
    assert source.fetch({"week": "20251222"}).data == [{"week": "20251222"}]
    result = FileSource("s", f"{bucket}/*.csv", include_path_column="from").fetch()
    assert [row["from"] for row in result.data] == [f"{bucket}/x_20251215.csv", f"{bucket}/x_20251222.csv"]


def test_a_file_that_is_not_there_is_not_found(bucket):
    for name in ("x.csv", "*.csv"):
        error = FileSource("s", f"{bucket}/{name}").fetch().error
        assert isinstance(error, SourceNotFoundError)
        assert f"{bucket}/{name}" in str(error)


@pytest.mark.slow
def test_each_fetch_lists_the_store_anew(s3: Place, monkeypatch: pytest.MonkeyPatch):
    for name, value in (("AWS_ENDPOINT_URL_S3", s3.options["endpoint_url"]), ("AWS_ACCESS_KEY_ID", KEYS["key"])):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["secret"])
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    some, one = FileSource("s", f"{s3.url}/*.csv"), FileSource("s", f"{s3.url}/a.csv")
    s3.put("a.csv", b"n\n1\n")
    assert some.fetch().data == one.fetch().data == [{"n": "1"}]
    s3.put("b.csv", b"n\n2\n")
    assert some.fetch().data == [{"n": "1"}, {"n": "2"}]
    digest = one.fetch().metadata.content_hash
    s3.put("a.csv", b"n\n11\n111\n")
    assert one.has_changed(last_hash=digest)
    assert one.fetch().data == [{"n": "11"}, {"n": "111"}]
    assert [row for batch in some.stream() for row in batch] == [{"n": "11"}, {"n": "111"}, {"n": "2"}]
    assert FileSource("s", f"{s3.url}/{{name}}.csv").placeholder_values("name") == ["a", "b"]


@pytest.mark.slow
def test_a_store_that_does_not_answer_may_be_tried_again(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"
    settings = {"ENDPOINT_URL_S3": nobody, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "y", "MAX_ATTEMPTS": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    for path in ("s3://bucket/a.csv", "s3://bucket/*.csv", "s3://bucket/[a].csv"):
        error = FileSource("s", path).fetch().error
        assert isinstance(error, SourceUnavailableError)
        assert f'Could not connect to the endpoint URL: "{nobody}/bucket' in str(error)


def test_an_object_that_is_named_like_a_glob_does_not_stand_for_the_others(bucket):
    for name in ("*.csv", "x.csv", "[1].csv"):
        put(f"{bucket}/{name}", f"n\n{name}\n".encode())
    assert [row["n"] for row in FileSource("s", f"{bucket}/*.csv").fetch().data] == ["*.csv", "[1].csv", "x.csv"]
    assert FileSource("s", f"{bucket}/[1].csv").fetch().data == [{"n": "[1].csv"}]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http_is_left_to_the_http_source(scheme):
    with pytest.raises(InvalidConfigError) as caught:
        FileSource("s", f"{scheme}://user:canary@host/x.csv?key=canary")
    assert str(caught.value) == f"FileSource reads no {scheme} URL: use a source of type 'http', which is HttpSource"
    assert "canary" not in repr(caught.value.to_dict()) + repr(caught.value.value)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("simplecache::https://host/x.csv", "path chains several URLs with '::': give one URL only"),
        ("sftp://user:canary@host/x.csv", "path holds a password: leave it to the configuration of fsspec for sftp"),
    ],
)
def test_a_url_is_one_and_without_a_password(path, sentence):
    with pytest.raises(InvalidConfigError) as caught:
        FileSource("s", path)
    assert str(caught.value) == sentence


def test_a_store_that_fsspec_does_not_know_says_so():
    error = FileSource("s", "nowhere://x/y.csv").fetch().error
    assert isinstance(error, ConfigError)
    assert str(error).startswith("fsspec reads no nowhere URLs: ")


def test_a_store_whose_library_is_not_there_says_what_to_install():
    error = FileSource("s", "gs://bucket/x.csv").fetch().error
    assert isinstance(error, ConfigError)
    assert str(error).startswith("Reading gs URLs needs fsspec: pip install 'spine-sources-file[remote]'")
