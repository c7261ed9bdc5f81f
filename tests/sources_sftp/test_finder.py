"""Paths and globs on a server follow the rules of those on this machine, and what a server lists is not trusted."""

from __future__ import annotations

import glob
import os

import asyncssh
import pytest

from spine.core.errors import ErrorCategory, SourceError, SourceNotFoundError, SourceUnavailableError
from spine_sources_sftp import finder

TREE = ["a/x.csv", "a/b/x.csv", "a/b/c/y.csv", "a/.hidden/x.csv", "a/b/.x.csv", "d/x[1].csv", "d/x1.csv", "x.csv"]


@pytest.fixture
def tree(remote):
    for name in TREE:
        (remote / name).parent.mkdir(parents=True, exist_ok=True)
        (remote / name).write_text("a\n1\n")
    return remote


def paths(source, pattern):
    files = source(pattern, format="csv").fetch().metadata.files
    return [file.path.partition("/~/")[2] for file in files]


@pytest.mark.parametrize(
    "pattern",
    [
        *("*.csv", "*/x.csv", "a/*/*.csv", "**/x.csv", "a/**/*.csv", "a/**", "**/b/**/*.csv", "?/x*", "[ad]/x.csv"),
        *("a/.h*/x.csv", "a/b/.*", "d/x[[]1].csv", "d/x[1].csv", "d/x[!2]*", "d/../x.cs?"),
    ],
)
def test_a_glob_finds_what_it_finds_on_this_machine(tree, source, pattern):
    found = glob.glob(pattern, root_dir=tree, recursive=True)  # noqa: PTH207 -- the rules are those of glob
    here = [name for name in found if (tree / name).is_file()]
    if (tree / pattern).is_file():  # a file that has this very name
        here = [pattern]
    assert paths(source, pattern) == sorted(here)


def test_a_file_that_is_named_like_a_glob_does_not_stand_for_the_others(tree, source):
    (tree / "*.csv").write_text("a\n1\n")
    assert paths(source, "*.csv") == ["*.csv", "x.csv"]


def test_a_file_that_is_gone_since_the_listing_may_be_missing_next_time(server, source):
    server.listed = [asyncssh.SFTPName(b"gone.csv", b"", asyncssh.SFTPAttrs(type=1, size=1))]
    error = source("*.csv").fetch().error
    assert isinstance(error, SourceUnavailableError)
    assert str(error).endswith("/~/gone.csv does not exist any more; fetch it again")


def test_links_are_followed_and_loops_end(tree, source):
    (tree / "link.csv").symlink_to("x.csv")
    (tree / "a" / "loop").symlink_to(".")
    (tree / "self.csv").symlink_to("self.csv")
    (tree / "gone.csv").symlink_to("nowhere")
    assert paths(source, "*.csv") == ["link.csv", "x.csv"]
    assert paths(source, "a/l*/x.csv") == ["a/loop/x.csv"]
    assert paths(source, "a/**/x.csv") == ["a/b/x.csv", "a/x.csv"]
    assert isinstance(source("self.csv").fetch().error, SourceError)


@pytest.mark.parametrize(
    ("path", "kind", "sentence"),
    [
        ("nowhere.csv", SourceNotFoundError, "{url}/nowhere.csv does not exist"),
        ("nowhere/x.csv", SourceNotFoundError, "{url}/nowhere/x.csv does not exist"),
        ("z*.csv", SourceNotFoundError, "no file matches {url}/z*.csv"),
        ("nowhere/*.csv", SourceNotFoundError, "no file matches {url}/nowhere/*.csv"),
        ("a", SourceError, "{url}/a is a folder: give a file, or a glob such as 'a/*.csv'"),
        ("pipe", SourceError, "{url}/pipe is not a regular file"),
    ],
)
def test_what_is_no_file_is_told(server, tree, source, path, kind, sentence):
    os.mkfifo(tree / "pipe")
    error = source(path, format="csv").fetch().error
    assert type(error) is kind
    assert not error.retryable
    assert str(error) == sentence.format(url=f"sftp://127.0.0.1:{server.port}/~")


def refuse(server, offset):
    raise asyncssh.SFTPPermissionDenied("no")


def test_a_file_that_may_not_be_read_is_told(server, tree, source):
    server.on_read = refuse
    error = source("x.csv").fetch().error
    assert error.category is ErrorCategory.AUTH
    assert not error.retryable
    assert str(error).endswith(
        "/~/x.csv cannot be read: permission denied; have the server grant this user the right to read it"
    )


def entry(name, kind=asyncssh.FILEXFER_TYPE_REGULAR):
    permissions = {asyncssh.FILEXFER_TYPE_REGULAR: 0o100644, asyncssh.FILEXFER_TYPE_DIRECTORY: 0o040755}[kind]
    return asyncssh.SFTPName(name, attrs=asyncssh.SFTPAttrs(size=4, permissions=permissions, atime=0, mtime=0))


@pytest.mark.parametrize("name", [b"../x.csv", b"/etc/x.csv", b"a/b.csv", b"x\0.csv", b"", b"x" * 2000 + b".csv"])
def test_a_listed_name_that_no_file_can_have_is_an_error(server, source, name):
    server.listed = [entry(name)]
    error = source("*.csv").fetch().error
    assert type(error) is SourceError
    assert str(error).endswith("which no file can have; nothing was read")
    assert "the server lists the name b'" in str(error)
    assert len(str(error)) < 300


@pytest.mark.parametrize("name", [b"a\nb.csv", b"\x1b[31mx.csv", b"\xff.csv", "\u202ex.csv".encode()])
def test_a_name_that_matches_is_plain_text(server, tree, source, name):
    server.listed = [entry(name), entry(b"x.csv")]
    error = source("*.csv").fetch().error
    assert type(error) is SourceError
    assert str(error).isprintable()
    assert "rename that file, or give a pattern that does not match it" in str(error)
    assert paths(source, "x*.csv") == ["x.csv"]


def test_the_folder_itself_and_the_one_above_are_no_entries(server, source):
    server.listed = [entry(b"."), entry(b"..", asyncssh.FILEXFER_TYPE_DIRECTORY)]
    assert isinstance(source("**/.*", format="csv").fetch().error, SourceNotFoundError)


def test_a_folder_that_is_listed_as_a_file_is_an_error(server, tree, source):
    server.listed = [entry(b"a")]
    error = source("*", format="csv").fetch().error
    assert isinstance(error, SourceError)
    assert "/~/a" in str(error)


def test_the_number_of_entries_is_limited(server, source, monkeypatch):
    monkeypatch.setattr(finder, "MOST_ENTRIES", 1200)
    server.listed = [entry(b"x%d" % number) for number in range(1201)]
    error = source("*.csv").fetch().error
    assert type(error) is SourceError
    assert "more than 1,200 entries were listed there and before" in str(error)
    server.listed = server.listed[:1200]
    assert isinstance(source("*.csv").fetch().error, SourceNotFoundError)


def test_folders_without_an_end_are_limited(server, source, monkeypatch):
    monkeypatch.setattr(finder, "MOST_LEVELS", 5)
    server.listed = [entry(b"a", asyncssh.FILEXFER_TYPE_DIRECTORY)]
    error = source("**/*.csv").fetch().error
    assert type(error) is SourceError
    assert str(error).endswith("lies in more than 5 folders: give a path without '**'")


def test_a_server_may_leave_out_what_a_file_is_and_when_it_was_modified(server, tree, source):
    server.stated = {"permissions": None, "type": asyncssh.FILEXFER_TYPE_UNKNOWN, "atime": None, "mtime": None}
    result = source("x.csv").fetch()
    assert result.data == [{"a": "1"}]
    assert result.metadata.last_modified is None


def test_a_server_that_does_not_say_the_size_is_told(server, tree, source):
    server.stated = {"size": None}
    error = source("x.csv").fetch().error
    assert str(error).endswith("/~/x.csv cannot be read: the server does not say how many bytes it has")
