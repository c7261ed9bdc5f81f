"""Classification of exceptions that Spine did not raise itself: their category, and whether a retry can succeed.

A rule is found by the name of the exception's class, else of its nearest base that has one, so no library is imported
in order to be recognised.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from attrs import frozen

from spine.core.clock import utc_now


class ErrorCategory(str, Enum):
    """The category of a failure, by the part that failed."""

    NETWORK = "NETWORK"
    DATABASE = "DATABASE"
    STORAGE = "STORAGE"
    SOURCE = "SOURCE"
    PARSE = "PARSE"
    VALIDATION = "VALIDATION"
    DATA_QUALITY = "DATA_QUALITY"
    CONFIG = "CONFIG"
    AUTH = "AUTH"
    PIPELINE = "PIPELINE"
    ORCHESTRATION = "ORCHESTRATION"
    INTERNAL = "INTERNAL"
    UNKNOWN = "UNKNOWN"


@frozen
class Classification:
    """The classification of one exception; `retry_after` is in seconds."""

    category: ErrorCategory
    retryable: bool = False
    retry_after: float | None = None


def classify(error: BaseException) -> Classification:
    """Return the classification of an exception of Python or of a library; UNKNOWN where no rule fits."""
    for cls in type(error).__mro__:
        rule = _RULES.get(_rule_name(cls))
        if rule is not None:
            return rule if isinstance(rule, Classification) else rule(error)
    return Classification(ErrorCategory.UNKNOWN)


def parse_retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds to wait that a Retry-After header asks for (RFC 9110, section 10.2.3).

    A date that has passed is 0, a malformed header None.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime  # only a date needs it, and it is slow to import

    try:
        moment = parsedate_to_datetime(text)
        # the older forms of an HTTP date carry no zone and mean UTC
        return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _rule_name(cls: type) -> str:
    return f"{cls.__module__.partition('.')[0]}.{cls.__name__}"


_NETWORK = Classification(ErrorCategory.NETWORK, retryable=True)
_NETWORK_FOR_GOOD = Classification(ErrorCategory.NETWORK)
_DATABASE = Classification(ErrorCategory.DATABASE)
_DATABASE_FOR_NOW = Classification(ErrorCategory.DATABASE, retryable=True)
_SOURCE = Classification(ErrorCategory.SOURCE)
_PARSE = Classification(ErrorCategory.PARSE)
_VALIDATION = Classification(ErrorCategory.VALIDATION)
_CONFIG = Classification(ErrorCategory.CONFIG)
_AUTH = Classification(ErrorCategory.AUTH)
_INTERNAL = Classification(ErrorCategory.INTERNAL)

# Python gives these no class of their own under ConnectionError
_UNREACHABLE = {
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENETRESET,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EADDRNOTAVAIL,
}
# transient errors of the file system
_BUSY = {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ESTALE}


def _os_error(error: OSError) -> Classification:
    if error.errno in _UNREACHABLE:
        return _NETWORK
    return Classification(ErrorCategory.STORAGE, retryable=error.errno in _BUSY)


def _causes(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def _connection(error: BaseException) -> Classification:
    """Classify a failed connection by its causes: a retry cannot succeed after a certificate was refused."""
    bases = {_rule_name(cls) for cause in _causes(error) for cls in type(cause).__mro__}
    return _NETWORK_FOR_GOOD if "ssl.SSLCertVerificationError" in bases else _NETWORK


def _http_answer(status: object, headers: Any) -> Classification:
    if not isinstance(status, int):
        return _SOURCE
    from spine.core.http_status import meaning_of  # needed only for HTTP responses

    meaning = meaning_of(status)
    category = ErrorCategory.AUTH if meaning.is_about_credentials else ErrorCategory.SOURCE
    if meaning.retryable:
        category = ErrorCategory.NETWORK
    header = headers.get("Retry-After") if headers is not None else None
    return Classification(category, meaning.retryable, parse_retry_after(str(header), utc_now()) if header else None)


def _httpx_status(error: Any) -> Classification:
    response = getattr(error, "response", None)
    return _http_answer(getattr(response, "status_code", None), getattr(response, "headers", None))


def _urllib_status(error: Any) -> Classification:
    return _http_answer(error.code, error.headers)


def _urllib(error: Any) -> Classification:
    # `reason` is the exception of a failed connection, or a text if the URL cannot be opened
    return classify(error.reason) if isinstance(error.reason, BaseException) else _SOURCE


# https://www.postgresql.org/docs/current/errcodes-appendix.html: serialization failure, deadlock, lock not available,
# too many connections, and the server going down, crashing, coming up or dropping an idle session
_PASSING_STATES = {"40001", "40P01", "55P03", "53300", "57P01", "57P02", "57P03", "57P05"}
_CONNECTION_STATES = "08"
# SQLITE_BUSY and SQLITE_LOCKED; the upper bytes of a code hold its extended part
_PASSING_SQLITE_CODES = {5, 6}
# while a connection is being made, drivers give no code, only the text of libpq or of the server
_PASSING_TEXTS = (
    "database is locked",
    "database is busy",
    "table is locked",
    "schema is locked",
    "connection refused",
    "connection reset",
    "connection timed out",
    "connection timeout",
    "connection is closed",
    "connection is lost",
    "connection already closed",
    "server closed the connection",
    "terminating connection",
    "timeout expired",
    "too many clients",
    "remaining connection slots",
    "system is starting up",
    "system is shutting down",
    "system is in recovery mode",
    "name resolution",
)


def _driver(error: Any) -> Classification:
    """Classify an error of a database driver, bare or wrapped by SQLAlchemy."""
    if getattr(error, "connection_invalidated", False):
        return _DATABASE_FOR_NOW
    origin = getattr(error, "orig", None)
    return _DATABASE_FOR_NOW if _passes(error if origin is None else origin) else _DATABASE


def _passes(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if isinstance(state, str):
        return state in _PASSING_STATES or state.startswith(_CONNECTION_STATES)
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _PASSING_SQLITE_CODES
    text = str(error).lower()
    return any(passing in text for passing in _PASSING_TEXTS)


# keyed by the first part of the class's module and its name; the nearest class in the method resolution order decides
_RULES: dict[str, Classification | Callable[[Any], Classification]] = {
    "builtins.ConnectionError": _NETWORK,
    "builtins.TimeoutError": _NETWORK,
    "builtins.FileNotFoundError": _SOURCE,
    "builtins.PermissionError": _AUTH,
    "builtins.OSError": _os_error,
    "builtins.ValueError": _VALIDATION,
    "builtins.KeyError": _CONFIG,
    "builtins.AttributeError": _CONFIG,
    "json.JSONDecodeError": _PARSE,
    "_csv.Error": _PARSE,
    "multiprocessing.TimeoutError": _NETWORK,
    "socket.gaierror": _NETWORK,
    "socket.herror": _NETWORK,
    "ssl.SSLError": _connection,
    "http.IncompleteRead": _NETWORK,
    "http.BadStatusLine": _NETWORK,
    "urllib.HTTPError": _urllib_status,
    "urllib.URLError": _urllib,
    "urllib.ContentTooShortError": _NETWORK,
    "httpx.TimeoutException": _NETWORK,
    "httpx.NetworkError": _connection,
    "httpx.RemoteProtocolError": _NETWORK,
    "httpx.ProxyError": _connection,
    "httpx.HTTPStatusError": _httpx_status,
    "httpx.TooManyRedirects": _SOURCE,
    "httpx.DecodingError": _PARSE,
    "httpx.UnsupportedProtocol": _CONFIG,
    "httpx.InvalidURL": _CONFIG,
    "httpx.LocalProtocolError": _INTERNAL,
    "httpx.StreamError": _INTERNAL,
    "httpx.CookieConflict": _INTERNAL,
    "httpx.HTTPError": _NETWORK_FOR_GOOD,
    "botocore.ConnectionError": _connection,
    "botocore.HTTPClientError": _connection,
    "botocore.NoCredentialsError": _AUTH,
    "aiohttp.ClientConnectionError": _connection,
    "aiohttp.ClientPayloadError": _NETWORK,
    "sqlalchemy.TimeoutError": _DATABASE_FOR_NOW,
    "sqlalchemy.DisconnectionError": _DATABASE_FOR_NOW,
    "sqlalchemy.ProgrammingError": _DATABASE,
    "sqlalchemy.IntegrityError": _DATABASE,
    "sqlalchemy.DataError": _DATABASE,
    "sqlalchemy.DBAPIError": _driver,
    "sqlalchemy.ArgumentError": _CONFIG,
    "sqlalchemy.SQLAlchemyError": _DATABASE,
    "psycopg.ProgrammingError": _DATABASE,
    "psycopg.IntegrityError": _DATABASE,
    "psycopg.DataError": _DATABASE,
    "psycopg.Error": _driver,
    "sqlite3.OperationalError": _driver,
    "sqlite3.Error": _DATABASE,
    "pyarrow.ArrowInvalid": _PARSE,
    "pyarrow.ArrowSerializationError": _PARSE,
    "pyarrow.ArrowNotImplementedError": _PARSE,
    "pyarrow.ArrowTypeError": _VALIDATION,
    "pyarrow.ArrowKeyError": _VALIDATION,
    "pyarrow.ArrowCapacityError": _VALIDATION,
    "pyarrow.ArrowException": _INTERNAL,
}
