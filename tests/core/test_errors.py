"""The error tree, the fields of an error, and the classification of other exceptions."""

from __future__ import annotations

import concurrent.futures
import copy
import copyreg
import csv
import errno
import http.client
import json
import math
import multiprocessing
import pickle
import runpy
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import urllib.error
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import pyarrow
import pytest
import sqlalchemy.exc as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from spine.core import errors
from spine.core.classification import parse_retry_after
from spine.core.errors import (
    BadParamsError,
    ErrorCategory,
    ErrorContext,
    InvalidConfigError,
    MissingConfigError,
    PipelineNotFoundError,
    RateLimitError,
    SourceError,
    SpineError,
    TransientError,
    ValidationError,
    categorize_error,
    error_to_dict,
    get_retry_after,
    is_retryable,
)
from spine.core.secrets import Secret
from spine.framework import exceptions

HERE = Path(__file__).parent

TREE = """
    SpineError                Exception           INTERNAL       no
    TransientError            SpineError          NETWORK        yes
    NetworkError              TransientError      NETWORK        yes
    TimeoutError              TransientError      NETWORK        yes
    RateLimitError            TransientError      NETWORK        yes
    DatabaseConnectionError   TransientError      DATABASE       yes
    SourceError               SpineError          SOURCE         no
    SourceNotFoundError       SourceError         SOURCE         no
    SourceUnavailableError    SourceError         SOURCE         yes
    ParseError                SourceError         PARSE          no
    ValidationError           SpineError          VALIDATION     no
    SchemaError               ValidationError     VALIDATION     no
    ConstraintError           ValidationError     VALIDATION     no
    ConfigError               SpineError          CONFIG         no
    MissingConfigError        ConfigError         CONFIG         no
    InvalidConfigError        ConfigError         CONFIG         no
    AuthError                 SpineError          AUTH           no
    AuthenticationError       AuthError           AUTH           no
    AuthorizationError        AuthError           AUTH           no
    PipelineError             SpineError          PIPELINE       no
    PipelineNotFoundError     PipelineError       PIPELINE       no
    BadParamsError            PipelineError       PIPELINE       no
    OrchestrationError        SpineError          ORCHESTRATION  no
    WorkflowError             OrchestrationError  ORCHESTRATION  no
    ScheduleError             OrchestrationError  ORCHESTRATION  no
    StorageError              SpineError          STORAGE        no
    DatabaseError             SpineError          DATABASE       no
    QueryError                DatabaseError       DATABASE       no
    IntegrityError            DatabaseError       DATABASE       no
"""
ROWS = [line.split() for line in TREE.strip().splitlines()]
CLASSES = [getattr(errors, row[0]) for row in ROWS]
ARGUMENTS = {InvalidConfigError: ("db.port", "abc")}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
contexts = st.builds(
    ErrorContext,
    pipeline=st.none() | st.text(),
    run_id=st.none() | st.text(),
    http_status=st.none() | st.integers(100, 599),
    metadata=st.dictionaries(st.text(), json_values, max_size=3),
)
options = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from(ErrorCategory),
        "retryable": st.booleans(),
        "retry_after": st.integers(0, 10**6) | st.floats(0, 10**6),
        "context": contexts,
        "cause": st.sampled_from([ValueError("why"), SourceError("inner", cause=KeyError("deep"))]),
    },
)


@pytest.fixture(autouse=True)
def pickled_by_python_alone(monkeypatch):
    """Undo what a package that Dask imports does to the pickling of every exception class that it finds then."""
    for cls in [cls for cls in copyreg.dispatch_table if issubclass(cls, BaseException)]:
        monkeypatch.delitem(copyreg.dispatch_table, cls)


def make(cls: type[SpineError], **given_options) -> SpineError:
    return cls(*ARGUMENTS.get(cls, ("what happened",)), **given_options)


def assert_same(restored: BaseException | None, original: BaseException | None) -> None:
    assert type(restored) is type(original)
    if original is not None:
        assert restored.args == original.args
        assert vars(restored) == vars(original)
        assert_same(restored.__cause__, original.__cause__)


@pytest.mark.parametrize(("name", "base", "category", "retryable"), ROWS)
def test_each_class_has_its_place_category_and_flag(name, base, category, retryable):
    cls = getattr(errors, name)
    error = make(cls)
    assert [parent.__name__ for parent in cls.__bases__] == [base]
    assert error.category is categorize_error(error) is ErrorCategory[category]
    assert error.retryable is is_retryable(error) is (retryable == "yes")


def test_the_tree_has_no_other_class_and_the_docstring_draws_each_once():
    defined = {name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, SpineError)}
    assert defined == {row[0] for row in ROWS}
    drawn = [line.split()[0] for line in errors.__doc__.splitlines() if line.startswith("    ") and "Error" in line]
    assert sorted(drawn) == sorted(defined)


def test_every_category_has_its_name_as_its_value():
    assert [member.value for member in ErrorCategory] == [
        "NETWORK",
        "DATABASE",
        "STORAGE",
        "SOURCE",
        "PARSE",
        "VALIDATION",
        "DATA_QUALITY",
        "CONFIG",
        "AUTH",
        "PIPELINE",
        "ORCHESTRATION",
        "INTERNAL",
        "UNKNOWN",
    ]
    assert all(member.name == member.value and isinstance(member, str) for member in ErrorCategory)


def test_the_framework_exports_the_same_classes():
    assert set(exceptions.__all__) == set(errors.__all__)
    assert all(getattr(exceptions, name) is getattr(errors, name) for name in errors.__all__)


def test_importing_the_errors_imports_no_heavy_library():
    heavy = [
        "sqlalchemy",
        "httpx",
        "pyarrow",
        "psycopg",
        "cattrs",
        "click",
        "email.utils",
        "ssl",
        "sqlite3",
        "urllib.error",
        "pickle",
    ]
    script = f"import sys, spine.core.errors; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_takes_the_common_options(cls):
    cause, context = ValueError("why"), ErrorContext(step="load")
    error = make(
        cls,
        category=ErrorCategory.AUTH,
        retryable=not cls.default_retryable,
        context=context,
        retry_after=2,
        cause=cause,
    )
    assert error.category is ErrorCategory.AUTH
    assert error.retryable is is_retryable(error) is (not cls.default_retryable)
    assert error.context is context
    assert error.retry_after == 2
    assert error.cause is error.__cause__ is cause


@given(st.text())
def test_the_text_of_an_error_is_its_message(message):
    error = SpineError(message)
    assert str(error) == error.message == message


def test_the_text_is_the_message_also_beside_a_builtin_that_quotes_its_text():
    class Missing(SourceError, KeyError):
        pass

    assert str(Missing("no such row")) == "no such row"
    assert_same(copy.copy(Missing("no such row")), Missing("no such row"))


def test_raise_from_sets_the_cause_too():
    error = SpineError("outer")
    with pytest.raises(SpineError):
        raise error from ValueError("inner")
    assert isinstance(error.cause, ValueError)
    assert error.to_dict()["cause"] == "inner"
    error.cause = None
    assert error.__cause__ is None


def test_a_third_party_class_changes_the_defaults_for_itself_and_its_subclasses():
    class Throttled(SourceError):
        default_retryable = True
        default_category = ErrorCategory.NETWORK

    class Paused(Throttled):
        pass

    assert (Paused("x").retryable, Paused("x").category) == (True, ErrorCategory.NETWORK)
    assert (SourceError("x").retryable, SourceError("x").category) == (False, ErrorCategory.SOURCE)


def test_the_constructors_with_parameters_of_their_own_keep_them():
    assert (RateLimitError().message, RateLimitError().retry_after) == ("Rate limit exceeded", 60)
    assert RateLimitError("slower", retry_after=5).retry_after == 5

    assert MissingConfigError("db.url").key == "db.url"
    assert "db.url" in str(MissingConfigError("db.url"))
    assert str(MissingConfigError("db.url", "set it")) == "set it"

    invalid = InvalidConfigError("db.port", "abc")
    assert (invalid.key, invalid.value) == ("db.port", "abc")
    assert "db.port" in str(invalid)
    assert "'abc'" in str(invalid)
    assert str(InvalidConfigError("db.port", "abc", "must be a number")) == "must be a number"

    assert PipelineNotFoundError("ingest").pipeline_name == "ingest"
    assert "ingest" in str(PipelineNotFoundError("ingest"))
    assert str(PipelineNotFoundError("ingest", "not found; did you mean 'ingress'?")).endswith("'ingress'?")

    bad = BadParamsError("bad", missing_params=["week"], invalid_params={"tier": "must be 1 or 2"})
    assert (bad.missing_params, bad.invalid_params) == (["week"], {"tier": "must be 1 or 2"})
    assert not BadParamsError("bad").missing_params
    assert not BadParamsError("bad").invalid_params


def test_a_secret_in_an_invalid_setting_shows_as_its_mask():
    error = InvalidConfigError("slack.url", {"token": Secret("hunter2")})
    assert "********" in str(error)
    assert "hunter2" not in str(error) + repr(error) + json.dumps(error.to_dict())
    restored = pickle.loads(pickle.dumps(error))
    assert "********" in restored.value
    assert b"hunter2" not in pickle.dumps(error)


def test_a_validation_error_describes_what_was_set():
    error = ValidationError("too long", field="symbol", value=["x"], constraint="max_length")
    assert (error.field, error.value, error.constraint) == ("symbol", ["x"], "max_length")
    described = error.to_dict()
    assert (described["field"], described["value"], described["constraint"]) == ("symbol", "['x']", "max_length")
    assert not {"field", "value", "constraint"} & ValidationError("x").to_dict().keys()


def test_to_dict_has_the_optional_entries_only_where_they_are_set():
    assert SpineError("x").to_dict() == {
        "error_type": "SpineError",
        "message": "x",
        "category": "INTERNAL",
        "retryable": False,
    }
    error = RateLimitError("x", retry_after=1.5, context=ErrorContext(step="load"), cause=KeyError())
    assert error.to_dict() == {
        "error_type": "RateLimitError",
        "message": "x",
        "category": "NETWORK",
        "retryable": True,
        "retry_after": 1.5,
        "context": {"step": "load"},
        "cause": "KeyError",
    }


def test_a_context_lists_what_is_set_with_its_metadata_beside():
    context = ErrorContext(pipeline="ingest", http_status=503, metadata={"week": 7})
    assert context.to_dict() == {"pipeline": "ingest", "http_status": 503, "week": 7}
    assert ErrorContext().to_dict() == {}
    assert ErrorContext().metadata is not ErrorContext().metadata


def itself() -> list:
    endless: list = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Path("a/b"), "a/b"),
        (datetime(2025, 12, 26, tzinfo=UTC), "2025-12-26 00:00:00+00:00"),
        (Secret("hunter2"), "********"),
        (ErrorCategory.AUTH, "AUTH"),
        ((1, 2), [1, 2]),
        ({"a": {1: Path("b")}}, {"a": {"1": "b"}}),
        (math.nan, "nan"),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        (itself(), "[[...]]"),
    ],
)
def test_a_value_that_json_cannot_hold_is_written_as_text(value, written):
    described = SpineError("x").with_context(detail=value).to_dict()
    assert described["context"] == {"detail": written}
    json.dumps(described, allow_nan=False)


@given(options)
def test_to_dict_is_json(given_options):
    described = SpineError("x", **given_options).to_dict()
    assert json.loads(json.dumps(described, allow_nan=False)) == described


names = st.text(min_size=1) | st.sampled_from(
    [*dir(SpineError), *dir(ErrorContext), "self", "details", "message", "category", "context", "metadata", "key"]
)


@given(st.dictionaries(names, json_values))
def test_with_context_takes_any_keyword_and_replaces_nothing_of_the_error(details):
    error = SpineError("x", retry_after=3)
    before = {name: value for name, value in vars(error).items() if name != "context"}
    methods = {name: getattr(SpineError, name) for name in dir(SpineError)}

    assert error.with_context(**details) is error

    after = dict(vars(error))
    context = after.pop("context")
    assert after == before
    assert all(getattr(type(error), name) is method or name.startswith("__") for name, method in methods.items())
    for name, value in details.items():
        if name in {field.name for field in ErrorContext.__attrs_attrs__} - {"metadata"}:
            assert getattr(context, name) == value
        elif name != "metadata":
            assert context.metadata[name] == value
    json.dumps(error.to_dict(), allow_nan=False)


def test_with_context_merges_metadata():
    error = SpineError("x").with_context(a=1, b=1).with_context(metadata={"b": 2}, c=3, step="load")
    assert error.context == ErrorContext(step="load", metadata={"a": 1, "b": 2, "c": 3})


def test_errors_that_were_given_one_context_do_not_write_into_each_others():
    context = ErrorContext(workflow="weekly")
    one, other = SpineError("1", context=context), SpineError("2", context=context)
    one.with_context(step="load", row=3)
    assert other.context == context == ErrorContext(workflow="weekly")
    assert copy.copy(one).with_context(row=4).context.metadata != one.context.metadata


@pytest.mark.parametrize("cls", CLASSES)
@settings(max_examples=30, deadline=None)
@given(given_options=options)
def test_an_error_survives_pickling_and_copying_whole(cls, given_options):
    error = make(cls, **given_options)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert_same(pickle.loads(pickle.dumps(error, protocol)), error)
    assert_same(copy.copy(error), error)
    assert_same(copy.deepcopy(error), error)


@pytest.mark.parametrize(
    "error",
    [
        MissingConfigError("db.url", "set it"),
        InvalidConfigError("db.port", ["abc"]),
        PipelineNotFoundError("ingest"),
        BadParamsError("bad", missing_params=["week"], invalid_params={"tier": "no"}),
        ValidationError("bad", field="a", value={1: [2]}, constraint="c"),
    ],
)
def test_own_parameters_survive_pickling_and_copying(error):
    for restored in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert_same(restored, error)
        assert str(restored) == str(error)


class QuotaError(RateLimitError):
    """A third party's error, whose constructor no one else can call."""

    def __init__(self, account: str, *, used: int, limit: int) -> None:
        super().__init__(f"{account} used {used} of {limit}", retry_after=9)
        self.account = account
        self.used = used


class MissingFileError(SourceError, FileNotFoundError):
    """A third party's error that is a builtin one as well."""


@pytest.mark.parametrize("error", [QuotaError("acme", used=3, limit=2), MissingFileError("no week 7")])
def test_errors_of_third_parties_survive_pickling_and_copying(error):
    error.with_context(step="load").add_note("seen on Monday")
    for restored in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert_same(restored, error)
        assert str(restored) == error.message
        assert restored.__notes__ == ["seen on Monday"]


class NeedsKeywordsError(Exception):
    """Pickles, but cannot be loaded: httpx.HTTPStatusError is made like this."""

    def __init__(self, message: str, *, response: object) -> None:
        super().__init__(message)
        self.response = response


@pytest.mark.parametrize("cause", [NeedsKeywordsError("refused", response=1), ConnectionError(threading.Lock())])
def test_a_cause_that_does_not_pickle_arrives_as_its_description(cause):
    restored = pickle.loads(pickle.dumps(SourceError("outer", cause=cause)))
    assert type(restored) is SourceError
    assert str(restored.cause) == f"{type(cause).__name__}: {cause}"
    assert restored.cause.category is categorize_error(cause)
    assert restored.cause.retryable is is_retryable(cause)


def test_a_detail_that_does_not_pickle_arrives_as_its_repr():
    lock = threading.Lock()
    restored = pickle.loads(pickle.dumps(SpineError("x").with_context(lock=lock, row=3)))
    assert restored.context.metadata == {"lock": repr(lock), "row": 3}


def test_copying_keeps_the_very_cause():
    cause = NeedsKeywordsError("refused", response=1)
    assert copy.copy(SpineError("x", cause=cause)).cause is cause


@pytest.mark.parametrize("context_hidden", [True, False])
def test_copying_keeps_whether_the_context_of_the_raise_is_shown(context_hidden):
    error = SpineError("x")
    error.__suppress_context__ = context_hidden
    assert copy.copy(error).__suppress_context__ is context_hidden
    assert pickle.loads(pickle.dumps(error)).__suppress_context__ is context_hidden


@pytest.mark.parametrize(
    ("seconds", "whole"),
    [(None, None), (0, 0), (5, 5), (0.1, 1), (2.0, 2), (-3, 0), (math.inf, None), (math.nan, None)],
)
def test_get_retry_after_rounds_up_to_whole_seconds(seconds, whole):
    found = get_retry_after(TransientError("x", retry_after=seconds))
    assert found == whole
    assert found is None or type(found) is int


def test_a_group_is_retryable_if_each_member_is():
    network = ExceptionGroup("", [ConnectionError(), ExceptionGroup("", [RateLimitError(retry_after=7)])])
    assert (is_retryable(network), categorize_error(network), get_retry_after(network)) == (
        True,
        ErrorCategory.NETWORK,
        7,
    )
    mixed = ExceptionGroup("", [ConnectionError(), ValueError()])
    assert (is_retryable(mixed), categorize_error(mixed)) == (False, ErrorCategory.UNKNOWN)


def verdict(error: BaseException) -> str:
    return f"{categorize_error(error).value} {'yes' if is_retryable(error) else 'no'}"


class OwnFileNotFoundError(FileNotFoundError):
    """A third party's kind of builtin."""


class TimeoutException(Exception):
    """No relation of httpx's."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionError(), "NETWORK yes"),
        (ConnectionRefusedError(), "NETWORK yes"),
        (ConnectionResetError(), "NETWORK yes"),
        (BrokenPipeError(), "NETWORK yes"),
        (TimeoutError(), "NETWORK yes"),
        (multiprocessing.TimeoutError(), "NETWORK yes"),
        (concurrent.futures.CancelledError(), "UNKNOWN no"),
        (OSError(errno.ETIMEDOUT, "late"), "NETWORK yes"),
        (OSError(errno.ECONNREFUSED, "no"), "NETWORK yes"),
        (OSError(errno.ENETUNREACH, "no route"), "NETWORK yes"),
        (OSError(errno.EHOSTUNREACH, "no route"), "NETWORK yes"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "NETWORK yes"),
        (ssl.SSLEOFError(), "NETWORK yes"),
        (ssl.SSLCertVerificationError("expired"), "NETWORK no"),
        (http.client.IncompleteRead(b""), "NETWORK yes"),
        (http.client.RemoteDisconnected(), "NETWORK yes"),
        (FileNotFoundError(), "SOURCE no"),
        (OwnFileNotFoundError(), "SOURCE no"),
        (OSError(errno.ENOENT, "no such file"), "SOURCE no"),
        (PermissionError(), "AUTH no"),
        (OSError(errno.EACCES, "no"), "AUTH no"),
        (OSError(), "STORAGE no"),
        (OSError(errno.ENOSPC, "full"), "STORAGE no"),
        (OSError(errno.EIO, "broken"), "STORAGE no"),
        (OSError(errno.EROFS, "read-only"), "STORAGE no"),
        (OSError(errno.EBUSY, "busy"), "STORAGE yes"),
        (OSError(errno.ESTALE, "stale handle"), "STORAGE yes"),
        (IsADirectoryError(), "STORAGE no"),
        (NotADirectoryError(), "STORAGE no"),
        (ValueError(), "VALIDATION no"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "VALIDATION no"),
        (json.JSONDecodeError("bad", "", 0), "PARSE no"),
        (csv.Error(), "PARSE no"),
        (KeyError(), "CONFIG no"),
        (AttributeError(), "CONFIG no"),
        (IndexError(), "UNKNOWN no"),
        (RuntimeError(), "UNKNOWN no"),
        (Exception(), "UNKNOWN no"),
        (KeyboardInterrupt(), "UNKNOWN no"),
        (TimeoutException(), "UNKNOWN no"),
    ],
    ids=repr,
)
def test_exceptions_of_python_are_classified(error, expected):
    assert verdict(error) == expected
    assert get_retry_after(error) is None


STATUSES = [
    (304, "SOURCE no"),
    (400, "SOURCE no"),
    (401, "AUTH no"),
    (403, "AUTH no"),
    (404, "SOURCE no"),
    (407, "AUTH no"),
    (408, "NETWORK yes"),
    (410, "SOURCE no"),
    (422, "SOURCE no"),
    (429, "NETWORK yes"),
    (500, "NETWORK yes"),
    (503, "NETWORK yes"),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_exceptions_of_urllib_are_classified_by_their_status(status, expected):
    headers = Message()
    headers["Retry-After"] = "17"
    error = urllib.error.HTTPError("http://localhost/", status, "reason", headers, None)
    assert verdict(error) == expected
    assert get_retry_after(error) == 17
    error.close()


def test_exceptions_of_urllib_without_an_answer_are_classified_by_their_reason():
    assert verdict(urllib.error.URLError(ConnectionRefusedError())) == "NETWORK yes"
    assert verdict(urllib.error.URLError(ssl.SSLCertVerificationError())) == "NETWORK no"
    assert verdict(urllib.error.URLError("unknown url type: gopher")) == "SOURCE no"


def httpx_tree() -> SimpleNamespace:
    """Build classes with the names and bases of httpx's, which core does not depend on, nor do these tests."""
    bases = """
        HTTPError Exception; RequestError HTTPError; TransportError RequestError
        TimeoutException TransportError; ConnectTimeout TimeoutException; PoolTimeout TimeoutException
        NetworkError TransportError; ConnectError NetworkError; ReadError NetworkError
        ProtocolError TransportError; LocalProtocolError ProtocolError; RemoteProtocolError ProtocolError
        ProxyError TransportError; UnsupportedProtocol TransportError
        DecodingError RequestError; TooManyRedirects RequestError; HTTPStatusError HTTPError
        InvalidURL Exception; CookieConflict Exception; StreamError RuntimeError; StreamClosed StreamError
    """
    known: dict[str, type] = {"Exception": Exception, "RuntimeError": RuntimeError}
    for line in bases.replace(";", "\n").strip().splitlines():
        name, base = line.split()
        known[name] = type(name, (known[base],), {"__module__": "httpx"})
    return SimpleNamespace(**known)


httpx = httpx_tree()


def answered(status: int, **headers: str) -> Exception:
    error = httpx.HTTPStatusError(f"status {status}")
    error.response = SimpleNamespace(status_code=status, headers=headers)
    return error


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ConnectTimeout", "NETWORK yes"),
        ("PoolTimeout", "NETWORK yes"),
        ("ConnectError", "NETWORK yes"),
        ("ReadError", "NETWORK yes"),
        ("RemoteProtocolError", "NETWORK yes"),
        ("ProxyError", "NETWORK yes"),
        ("LocalProtocolError", "INTERNAL no"),
        ("UnsupportedProtocol", "CONFIG no"),
        ("InvalidURL", "CONFIG no"),
        ("DecodingError", "PARSE no"),
        ("TooManyRedirects", "SOURCE no"),
        ("StreamClosed", "INTERNAL no"),
        ("CookieConflict", "INTERNAL no"),
        ("HTTPError", "NETWORK no"),
    ],
)
def test_exceptions_of_httpx_are_classified(name, expected):
    assert verdict(getattr(httpx, name)("x")) == expected


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_an_answer_that_httpx_raises_is_classified_by_its_status(status, expected):
    assert verdict(answered(status)) == expected
    assert get_retry_after(answered(status)) is None
    assert get_retry_after(answered(status, **{"Retry-After": "120"})) == 120


def test_a_status_error_without_an_answer_is_the_sources():
    assert verdict(httpx.HTTPStatusError("x")) == "SOURCE no"


def test_a_date_in_retry_after_that_has_passed_means_now():
    assert get_retry_after(answered(503, **{"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0


def test_a_refused_certificate_is_found_behind_what_the_client_raises():
    middle = OSError("httpcore")
    middle.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    error = httpx.ConnectError("x")
    error.__cause__ = middle
    assert verdict(error) == "NETWORK no"


def test_causes_that_run_in_a_circle_are_no_trouble():
    one, other = httpx.ConnectError("1"), httpx.ConnectError("2")
    one.__cause__, other.__cause__ = other, one
    assert verdict(one) == "NETWORK yes"


def test_exceptions_of_object_stores_are_classified():
    import aiohttp
    from botocore import exceptions

    url, cause = {"endpoint_url": "http://h"}, {"error": ssl.SSLCertVerificationError("self-signed certificate")}
    passing = [
        exceptions.EndpointConnectionError(**url),
        exceptions.ConnectTimeoutError(**url),
        exceptions.ReadTimeoutError(**url),
        exceptions.ConnectionClosedError(**url),
        aiohttp.ClientPayloadError("cut"),
        aiohttp.ServerDisconnectedError("x"),
        aiohttp.ServerTimeoutError("x"),
    ]
    assert [verdict(error) for error in passing] == ["NETWORK yes"] * len(passing)
    refused = exceptions.SSLError(**url, **cause)
    refused.__cause__ = cause["error"]
    assert verdict(refused) == "NETWORK no"
    assert verdict(exceptions.NoCredentialsError()) == "AUTH no"


NOW = datetime(2025, 12, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 26 Dec 2025 12:01:30 GMT", 90),
        ("Friday, 26-Dec-25 12:01:30 GMT", 90),
        ("Fri Dec 26 12:01:30 2025", 90),
        ("Fri, 26 Dec 2025 11:00:00 GMT", 0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Fri, 99 Dec 2025 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_any_form_of_http_date(text, seconds):
    assert parse_retry_after(text, NOW) == seconds


@given(st.integers(0, 10**8))
def test_an_http_date_means_the_seconds_until_then(seconds):
    text = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(text, NOW) == seconds


@given(st.text() | st.text("0123456789-+:, GMTFriDec"))
def test_a_malformed_retry_after_raises_nothing(text):
    found = parse_retry_after(text, NOW)
    assert found is None or found >= 0
    get_retry_after(answered(503, **{"Retry-After": text}))


class DriverError(Exception):
    """Error of a PostgreSQL driver."""

    def __init__(self, text: str = "x", sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def through_sqlalchemy(cls: type[sa.DBAPIError], orig: BaseException, *, invalidated: bool = False) -> sa.DBAPIError:
    return cls("SELECT 'database is locked'", {}, orig, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (sa.TimeoutError("QueuePool limit reached"), "DATABASE yes"),
        (sa.DisconnectionError(), "DATABASE yes"),
        (through_sqlalchemy(sa.OperationalError, DriverError(), invalidated=True), "DATABASE yes"),
        (through_sqlalchemy(sa.InterfaceError, DriverError("the connection is closed")), "DATABASE yes"),
        (through_sqlalchemy(sa.OperationalError, sqlite3.OperationalError("database is locked")), "DATABASE yes"),
        (through_sqlalchemy(sa.OperationalError, sqlite3.OperationalError("database table is locked")), "DATABASE yes"),
        (through_sqlalchemy(sa.OperationalError, sqlite3.OperationalError("no such table: locked")), "DATABASE no"),
        (through_sqlalchemy(sa.OperationalError, DriverError("connection failed: Connection refused")), "DATABASE yes"),
        (through_sqlalchemy(sa.OperationalError, DriverError("password authentication failed")), "DATABASE no"),
        (through_sqlalchemy(sa.InterfaceError, DriverError("bad parameter")), "DATABASE no"),
        (through_sqlalchemy(sa.ProgrammingError, DriverError(sqlstate="42P01")), "DATABASE no"),
        (through_sqlalchemy(sa.IntegrityError, DriverError(sqlstate="23505")), "DATABASE no"),
        (through_sqlalchemy(sa.DataError, DriverError(sqlstate="22003")), "DATABASE no"),
        (sa.OperationalError("SELECT 1", {}, None), "DATABASE no"),
        (sa.StatementError("x", "SELECT 1", {}, ValueError()), "DATABASE no"),
        (sa.NoSuchColumnError("x"), "DATABASE no"),
        (sa.NoSuchModuleError("x"), "CONFIG no"),
    ],
    ids=repr,
)
def test_exceptions_of_sqlalchemy_are_classified(error, expected):
    assert verdict(error) == expected


@pytest.mark.parametrize(
    ("sqlstate", "retryable"),
    [
        ("40001", True),
        ("40P01", True),
        ("55P03", True),
        ("53300", True),
        ("57P01", True),
        ("57P02", True),
        ("57P03", True),
        ("08000", True),
        ("08006", True),
        ("42601", False),
        ("57014", False),
        ("53100", False),
        ("25P02", False),
    ],
)
def test_the_sqlstate_of_the_driver_decides_over_its_text(sqlstate, retryable):
    driver = DriverError("connection refused", sqlstate)
    base = type("Error", (DriverError,), {"__module__": "psycopg"})
    bare = type("OperationalError", (base,), {"__module__": "psycopg.errors"})("connection refused", sqlstate)
    for error in (through_sqlalchemy(sa.OperationalError, driver), bare):
        assert categorize_error(error) is ErrorCategory.DATABASE
        assert is_retryable(error) is retryable


def test_a_sqlite_database_that_another_writer_holds_is_worth_another_try(tmp_path):
    """The code that sqlite3 reports decides, as the driver raises it and through SQLAlchemy."""
    first = sqlite3.connect(tmp_path / "db", isolation_level=None, timeout=0)
    second = sqlite3.connect(tmp_path / "db", isolation_level=None, timeout=0)
    try:
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as locked:
            second.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as wrong:
            second.execute("SELECT * FROM locked")
    finally:
        first.close()
        second.close()
    assert verdict(locked.value) == verdict(through_sqlalchemy(sa.OperationalError, locked.value)) == "DATABASE yes"
    assert verdict(wrong.value) == verdict(through_sqlalchemy(sa.OperationalError, wrong.value)) == "DATABASE no"
    assert verdict(sqlite3.IntegrityError("UNIQUE constraint failed")) == "DATABASE no"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ArrowInvalid", "PARSE no"),
        ("ArrowSerializationError", "PARSE no"),
        ("ArrowNotImplementedError", "PARSE no"),
        ("ArrowTypeError", "VALIDATION no"),
        ("ArrowKeyError", "VALIDATION no"),
        ("ArrowCapacityError", "VALIDATION no"),
        ("ArrowIndexError", "INTERNAL no"),
        ("ArrowException", "INTERNAL no"),
    ],
)
def test_exceptions_of_pyarrow_are_classified(name, expected):
    assert verdict(getattr(pyarrow.lib, name)("x")) == expected


def test_any_exception_has_a_description():
    cause = KeyError("symbol")
    error = ValueError("bad row")
    error.__cause__ = cause
    assert error_to_dict(error) == {
        "error_type": "ValueError",
        "message": "bad row",
        "category": "VALIDATION",
        "retryable": False,
        "cause": "'symbol'",
    }
    assert error_to_dict(SpineError("x")) == SpineError("x").to_dict()
    assert error_to_dict(answered(429, **{"Retry-After": "5"}))["retry_after"] == 5


@pytest.mark.parametrize(
    ("raised", "done"),
    [
        (RateLimitError(), "retry"),
        (ConnectionRefusedError("refused"), "retry"),
        (SourceError("no file"), "alert"),
        (FileNotFoundError("no file"), "alert"),
        (None, None),
    ],
)
def test_the_seed_block_of_section_2_runs_as_written(raised, done):
    """`tests/docs/seed/errors.py` is a copy of the specification's block, which is not part of the repository."""
    happened: list[object] = []

    def fetch_data() -> None:
        if raised is not None:
            raise raised

    runpy.run_path(
        str(HERE.parent / "docs/seed/errors.py"),
        {
            "fetch_data": fetch_data,
            "schedule_retry": lambda: happened.append("retry"),
            "send_alert": lambda error: happened.append(("alert", error)),
        },
    )
    assert happened == {"retry": ["retry"], "alert": [("alert", raised)], None: []}[done]
