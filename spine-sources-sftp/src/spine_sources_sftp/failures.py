"""Typed errors for failures of a connection and of the files behind it; each names the server or the file."""

from __future__ import annotations

import socket

import asyncssh

from spine.core.errors import (
    AuthenticationError,
    ErrorCategory,
    NetworkError,
    SourceError,
    SourceNotFoundError,
    SpineError,
    TimeoutError,  # noqa: A004 -- Spine's own
)
from spine.core.plain_text import one_line, shorten
from spine_sources_sftp.config import SftpSourceConfig

FAILURES = (OSError, EOFError, ValueError, asyncssh.Error)  # of asyncssh; a malformed packet is a ValueError

_MISSING = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, ConnectionError, EOFError)


def connection_failure(error: Exception, server: SftpSourceConfig) -> SpineError:
    """Return the error for a connection that could not be made."""
    name = server.address
    match error:
        case SpineError():
            return error
        case asyncssh.PermissionDenied():
            given = [option for option in ("password", "key_file") if getattr(server, option) is not None]
            return AuthenticationError(
                f"{name} refuses the login of {server.username!r}: check username and {' and '.join(given)}",
                cause=error,
            )
        case asyncssh.KeyExchangeFailed() | asyncssh.ProtocolNotSupported():
            return NetworkError(
                f"{name} has no method of encryption that is still held to be safe: have the server updated "
                f"({_said(error)})",
                retryable=False,
                cause=error,
            )
        case asyncssh.ChannelOpenError() | asyncssh.SFTPError():
            return SourceError(
                f"{name} accepts the login of {server.username!r}, but offers no SFTP: have it enabled for that user "
                f"({_said(error)})",
                retryable=isinstance(error, asyncssh.SFTPConnectionLost),  # perhaps the connection alone was lost
                cause=error,
            )
        case socket.gaierror():
            return NetworkError(f"no address is known for {server.host}: check host ({_said(error)})", cause=error)
        case ConnectionRefusedError():
            return NetworkError(
                f"{name} refuses the connection: check port, and that the server is running", cause=error
            )
        case OSError():
            return NetworkError(f"{name} cannot be reached: {error.strerror or _said(error)}", cause=error)
        case _:
            return NetworkError(
                f"{name} ended the connection before the login, if it is an SFTP server at all: check port, or try "
                f"again later ({_said(error)})",
                cause=error,
            )


def file_failure(error: Exception, label: str) -> SpineError:
    """Return the error for a file or folder that could not be read."""
    match error:
        case SpineError():
            return error
        case _ if isinstance(error, _MISSING):
            return SourceNotFoundError(f"{label} does not exist", cause=error)
        case asyncssh.SFTPPermissionDenied():
            return SourceError(
                f"{label} cannot be read: permission denied; have the server grant this user the right to read it",
                category=ErrorCategory.AUTH,
                cause=error,
            )
        case _ if isinstance(error, _LOST):
            return NetworkError(f"{label}: the connection was lost while it was read; fetch it again", cause=error)
        case _:
            return SourceError(
                f"{label} cannot be read: the server says {_said(error)!r}; its log may say more", cause=error
            )


def no_answer(label: str, seconds: float, option: str) -> TimeoutError:
    """Return the error for an answer that did not come in time."""
    return TimeoutError(f"{label}: no answer within {seconds:g} s; try again later, or raise {option}")


def _said(error: Exception) -> str:
    """Return the text of an error, which the server may have written."""
    return shorten(one_line(str(error)), 200) or type(error).__name__
