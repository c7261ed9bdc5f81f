"""Numbered text lines of a byte stream; the flaw of a line is recorded, and its text kept."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from attrs import frozen

LONGEST_LINE = 1 << 24  # characters
_UNDECODED = 0xDC00  # a byte that cannot be decoded is kept as this surrogate plus its value
_MARKED = re.compile("[\udc00-\udcff]")
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@frozen
class Flaw:
    """The fault of a row, and what to do about it."""

    reason: str
    fix: str


def _keep_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeEncodeError):
        return bytes(ord(sign) - _UNDECODED for sign in error.object[error.start : error.end]), error.end
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(_UNDECODED + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("spine-keep-bytes", _keep_bytes)


def text_stream(stream: BinaryIO, encoding: str, newline: str) -> io.TextIOWrapper:
    """Return the text of a stream, with every byte that is invalid in the encoding as a surrogate."""
    return io.TextIOWrapper(stream, encoding=encoding, errors="spine-keep-bytes", newline=newline)


def find_flaw(line: str, encoding: str) -> Flaw | None:
    """Return the flaw of a line whatever its format: bytes of another encoding, a NUL, excessive length."""
    if len(line) >= LONGEST_LINE and not line.endswith(("\n", "\r")):
        return Flaw(f"longer than {LONGEST_LINE:,} characters", "is this text, with line ends?")
    if not line.isascii() and (found := _MARKED.search(line)):
        wrong = f"byte 0x{ord(found[0]) - _UNDECODED:02x} is not valid {encoding}"
        return Flaw(wrong, encoding_fix(line.encode("utf-8", "spine-keep-bytes"), encoding))
    if "\0" in line:
        return Flaw("a NUL byte", f"the file is damaged, or its encoding is not {encoding!r}")
    return None


def encoding_fix(raw: bytes, encoding: str) -> str:
    """Return what to do about a text, or a line of one, that is not of `encoding`.

    cp1252 has the characters of latin-1 and, unlike it, those that Windows puts at 0x80 to 0x9f; it refuses the rest.
    """
    if raw[:2] in _MARKS:
        return f'try encoding = "{_MARKS[raw[:2]]}"'
    if "utf-8" not in encoding.lower():
        return 'try encoding = "utf-8"'
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end == len(raw) and error.reason == "unexpected end of data":
            return "it ends within a character: fetch the file again"
    try:
        raw.decode("cp1252")
    except UnicodeDecodeError:
        return "it is neither cp1252: set the encoding that its sender names"
    return 'try encoding = "cp1252"'


def shown(line: str) -> str:
    r"""Return a line for display: without its line end, bytes that are not text as `\\xe9`."""
    return _MARKED.sub(lambda found: f"\\x{ord(found[0]) - _UNDECODED:02x}", line.rstrip("\r\n"))


class TextLines(Iterator[str]):
    """The lines for csv.reader; comment lines are skipped where a record may start, not inside one."""

    def __init__(self, stream: BinaryIO, encoding: str, comment: str | None, *, keep: bool = False) -> None:
        self._encoding = "utf-8" if codecs.lookup(encoding).name == "utf-8-sig" else encoding
        self._text = text_stream(stream, self._encoding, "")
        self._comment = comment
        self._in_record = False
        self._kept: list[str] | None = [] if keep else None
        self.number = 0
        self.record_start = 0
        self.exhausted = False
        self.flaw: Flaw | None = None

    def release(self) -> None:
        """Detach from the stream, which its opener closes."""
        self._text.detach()

    def start_record(self) -> None:
        self._in_record = False
        self.flaw = None
        if self._kept:
            self._kept = []

    def skip(self, count: int) -> None:
        for _ in range(count):
            self._read()

    def raw(self) -> str:
        """Return the lines of the current record as they were read, without the last line end."""
        return shown("".join(self._kept)) if self._kept else ""

    def __next__(self) -> str:
        line = self._read()
        while line and not self._in_record and self._comment and line.startswith(self._comment):
            line = self._read()
        if not line:
            self.exhausted = True
            raise StopIteration
        if not self._in_record:
            self._in_record, self.record_start = True, self.number
        self.flaw = self.flaw or find_flaw(line, self._encoding)
        if self._kept is not None:
            self._kept.append(line)
        return line

    def _read(self) -> str:
        line = self._text.readline(LONGEST_LINE)
        if line:
            self.number += 1
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(LONGEST_LINE)
        return line
