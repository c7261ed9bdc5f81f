"""Delimited text, record by record with line numbers: exact and slow, for text that the fast reader does not handle."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Self

from spine.core.errors import ParseError
from spine.formats.badrow import BadRow, OnBadRow
from spine.formats.dialect import DelimitedOptions
from spine.formats.textlines import Flaw, TextLines

_MOST_RAW = 131_072  # characters kept of a bad row; also the longest field that the csv module reads


class Record(NamedTuple):
    """The fields of a record, the line it starts on, and its text where bad rows are kept."""

    line: int
    fields: list[str]
    raw: str


class Records:
    """The records of delimited text as csv.reader gives them, each with the number of the line it starts on.

    With `on_bad`, a bad row is passed to it and reading continues; without, it is a ParseError.
    """

    def __init__(
        self, stream: BinaryIO, options: DelimitedOptions, label: str, *, on_bad: OnBadRow | None = None
    ) -> None:
        self._label = label
        self._options = options
        self._on_bad = on_bad
        self._header: list[str] = []
        self.lines = TextLines(stream, options.encoding, options.comment, keep=on_bad is not None)
        self.lines.skip(options.skip_rows)
        self._reader = csv.reader(
            self.lines,
            delimiter=options.delimiter,
            quotechar=options.quote_char,
            escapechar=options.escape_char,
            quoting=csv.QUOTE_MINIMAL if options.quote_char else csv.QUOTE_NONE,
            strict=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.release()

    def next(self, width: int | None = None) -> list[str] | None:
        """Return the next record that is not a blank line, None at the end.

        Given a `width`, a record with another number of fields is a bad row; without, a bad record raises.
        """
        while True:
            self.lines.start_record()
            try:
                record = next(self._reader)
            except StopIteration:
                return None
            except csv.Error as error:
                self._refuse(self.lines.flaw or self._flaw(error), raising=width is None)
                continue
            flaw = self.lines.flaw
            if not record and width == 1:
                record = [""]  # a blank cell, as COPY of PostgreSQL writes a null
            if flaw is None and record and width not in (None, len(record)):
                flaw = self._ragged(len(record))
            if flaw is not None:
                self._refuse(flaw, raising=width is None)
            elif record:
                return record

    def header(self) -> list[str]:
        """Return the column names as they are written; a header that cannot be read is always a ParseError."""
        names = self.next()
        if names is not None:
            return names
        if self.lines.number == 0:
            raise ParseError(f"{self._label} is empty")
        raise ParseError(f"{self._label} has no header line: there are only blank lines and comments")

    def rows(self, header: list[str]) -> Iterator[Record]:
        """Yield each record that has as many fields as the header."""
        self._header = header
        while (fields := self.next(len(header))) is not None:
            yield Record(self.lines.record_start, fields, self.lines.raw())

    def refuse(self, line: int, raw: str, flaw: Flaw) -> None:
        """Report a bad row, or raise the ParseError for it."""
        if self._on_bad is None:
            raise ParseError(f"{self._label}, line {line}: {flaw.reason}; {flaw.fix}")
        self._on_bad(BadRow(self._label, line, raw[:_MOST_RAW], flaw.reason))

    def _refuse(self, flaw: Flaw, *, raising: bool) -> None:
        if raising:
            raise ParseError(f"{self._label}, line {self.lines.record_start}: {flaw.reason}; {flaw.fix}")
        self.refuse(self.lines.record_start, self.lines.raw(), flaw)

    def _ragged(self, count: int) -> Flaw:
        header = self._header
        fields = f"{count} field{'s' if count != 1 else ''}"
        width = f"column_names has {len(header)}" if self._options.column_names else f"the header has {len(header)}"
        others = [sign for sign in "|;\t," if len(header) == 1 and sign in header[0]]
        fix = f"is the delimiter {others[0]!r}?" if others else "correct or remove that line"
        return Flaw(f"{fields} where {width}", fix)

    def _flaw(self, error: csv.Error) -> Flaw:
        if "field larger" in str(error):
            return Flaw("a field of more than 131,072 characters", "is a quote opened and never closed before it?")
        if "unexpected end" in str(error):
            return Flaw("a quote is opened and never closed", "close it, or read the file without quotes")
        if "expected after" in str(error):
            fix = "double the quotes within it" + ("" if self._options.escape_char else '; is escape_char = "\\" ?')
            return Flaw("text after the closing quote of a field", fix)
        return Flaw(str(error), "correct or remove that line")
