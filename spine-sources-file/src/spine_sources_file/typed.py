"""Typed errors for failures to read a file; each names the file."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from spine.core.errors import ErrorCategory, ParseError, SourceError, SourceNotFoundError, SourceUnavailableError
from spine.formats.fileformat import detect_compression

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)


@contextmanager
def reading(label: str) -> Iterator[None]:
    """Raise failures while the file is read as typed errors."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"{label} does not exist", cause=error) from error
    except IsADirectoryError as error:
        raise SourceError(f"{label} is a folder", cause=error) from error
    except PermissionError as error:
        raise SourceError(
            f"{label} cannot be read: permission denied; grant this user the right to read it",
            category=ErrorCategory.AUTH,
            cause=error,
        ) from error
    except (ConnectionError, TimeoutError) as error:
        raise SourceUnavailableError(f"{label} cannot be reached: {error}", cause=error) from error
    except _DAMAGED as error:
        raise damaged(label, error) from error
    except OSError as error:
        compressed = detect_compression(label) is not None and error.errno is None
        if compressed:  # bz2 and zstandard say so, without an error number
            raise damaged(label, error) from error
        raise SourceError(f"{label} cannot be read: {error.strerror or error}", cause=error) from error


def damaged(label: str, error: Exception) -> ParseError:
    """Return the error for a file that is cut off or not what its suffix says."""
    return ParseError(f"{label} is damaged or incomplete: {error}; fetch the file again", cause=error)
