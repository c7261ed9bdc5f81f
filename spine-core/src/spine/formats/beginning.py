"""The first bytes of a text: what it is if it is none, and the line in which Excel names the delimiter."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, cast

from attrs import evolve

from spine.core.errors import ParseError
from spine.formats.dialect import DelimitedOptions
from spine.formats.signatures import COLUMNAR_FORMATS, container_of

OpenText = Callable[[], AbstractContextManager[BinaryIO]]

_LENGTH = 512  # bytes
_SEPARATOR = re.compile(r'\ufeff?"?sep=(\\t|.)"?(\r\n|\r|\n)')
_SUFFIXES = {"gzip": ".gz", "xz": ".xz", "zstd": ".zst", "bzip2": ".bz2", "a zip archive": ".zip"}


@contextmanager
def begun(open_text: OpenText, options: DelimitedOptions, label: str) -> Iterator[tuple[BinaryIO, DelimitedOptions]]:
    """Open a text, and yield it with the options as its first line changes them.

    A line `sep=;`, which Excel writes for itself, is skipped and names the delimiter.
    """
    with open_text() as stream:
        start = stream.read(_LENGTH)
        refuse_container(start, label)
        yield cast("BinaryIO", _Begun(start, stream)), _as_said(start, options)


def refuse_container(start: bytes, label: str) -> None:
    """Raise a ParseError that names the format of a file that is no text, but an archive or a workbook."""
    name = container_of(start)
    if name is not None:
        suffix, columnar = _SUFFIXES.get(name), COLUMNAR_FORMATS.get(name)
        fix = f"let its name end in {suffix}" if suffix else "have it exported as text"
        fix = f'say format = "{columnar}"' if columnar else fix
        raise ParseError(f"{label} is not text, but {name} by its first bytes: {fix}")


def _as_said(start: bytes, options: DelimitedOptions) -> DelimitedOptions:
    if options.skip_rows or options.column_names:
        return options
    found = _SEPARATOR.match(start.decode(options.encoding, "ignore"))
    return evolve(options, delimiter="\t" if found[1] == r"\t" else found[1], skip_rows=1) if found else options


class _Begun(io.BufferedIOBase):
    """A stream of which the start was read; the stream is closed by who opened it."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start = start
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if not self._start:
            return self._stream.read(-1 if size is None else size)
        if size is None or size < 0:
            chunk, self._start = self._start + self._stream.read(), b""
        else:
            chunk, self._start = self._start[:size], self._start[size:]
        return chunk

    read1 = read
