"""Incremental reading: the cursor of a query, and the rows near it that were read before."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field, frozen

from spine.core.duration import parse_duration
from spine.core.errors import ConfigError, ParseError, SpineError, ValidationError
from spine.framework.sources.state import decode, encode, read_seen, read_state, write_state

TRANSACTIONS = "transactions"
"""The lag as far back as the database's oldest running transaction."""

_KINDS = (int, float, Decimal, str, date, datetime)
_MOST_SEEN = 100_000  # rows; the state of a source is one row of the history
_OPEN_CONDITION = re.compile(r"(?<![<>=!])>\s*:cursor\b|:cursor\s*<(?!\s*=)")
_PLAIN_CONDITION = r"""(?i)\b{}\b["\]`]?\s*>\s*:cursor\s*(?:;|\)|$|\b(?:and|order|group|limit)\b)"""


@frozen
class Incremental:
    """Options of an incremental source: `lag` is a timedelta, a number or TRANSACTIONS.

    With a lag or a closed boundary, a fetch reads rows near the cursor again; those of the same `key` and cursor value
    as in the last fetch are left out.
    """

    source: str
    column: str
    initial: Any
    lag: timedelta | int | float | str | None = None
    is_closed: bool = False
    key: tuple[str, ...] = ()
    is_plain: bool = False  # the query says column > :cursor, so each row has a greater value

    @property
    def reads_again(self) -> bool:
        """True if a fetch reads rows again that the last one has read."""
        return self.is_closed or self.lag is not None

    def begin(self, oldest_transaction: Callable[[], datetime]) -> Reading:
        """Return a reading that continues after the stored cursor."""
        last = read_state(self.source)
        seen = read_seen(self.source) if self.reads_again else frozenset()
        held = oldest_transaction() if self.lag == TRANSACTIONS else None
        return Reading(self, last, seen, held)

    def before(self, value: Any) -> Any:
        """Return the value that the lag reaches back to from `value`."""
        lag = self.lag
        try:
            if isinstance(lag, timedelta):
                return _earlier(value, lag)
            if isinstance(lag, (int, float)):
                return value - (Decimal(str(lag)) if isinstance(value, Decimal) else lag)
        except (TypeError, ValueError, OverflowError) as error:
            unit = 'a time, such as "1h"' if isinstance(value, (date, str)) else "a number"
            raise self.wrong(f"holds {value!r:.80}, which its lag of {lag} does not fit: write {unit}") from error
        return value

    def wrong(self, problem: str) -> ValidationError:
        """Return an error about the cursor's column."""
        where = f"source {self.source!r}: the cursor column {self.column!r}"
        return ValidationError(f"{where} {problem}", field=self.column)


@define
class Reading:
    """One incremental fetch: `last` is the stored cursor, `_seen` the digests of rows near it that were read before.

    No row from `_held` on may be complete: a transaction that began then is running.
    """

    _options: Incremental
    last: Any
    _seen: frozenset[str]
    _held: datetime | None
    _newest: Any = field(default=None, init=False)
    _near: dict[str, Any] = field(factory=dict, init=False)
    _nearest: Any = field(default=None, init=False)  # rows from here on are near

    @property
    def cursor(self) -> Any:
        """The value of `:cursor`: the last one less the lag, but not below `initial`."""
        options = self._options
        if self.last is None:
            return options.initial
        start = options.before(self.last)
        initial = _like(options.initial, start)
        return initial if _is_less(start, initial) and not _is_less(self.last, initial) else start

    def new_rows(self, batches: Iterable[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows of each batch that were not read before."""
        for batch in batches:
            if batch:
                self._check_columns(batch[0])
            fresh = [row for row in batch if self._add(row)]
            self._forget_early()
            yield fresh

    def finish(self) -> None:
        """Store the greatest value so far, and the rows that the next fetch reads again."""
        options, newest = self._options, self._newest
        if newest is None:
            return
        last = _like(self.last, newest)
        value = last if last is not None and newest < last else newest
        if self._held is not None:
            least = _like(options.initial, newest) if last is None else last
            value = min(value, self._low(value))
            value = least if _is_less(value, least) else value
        if len(self._near) > _MOST_SEEN:
            raise options.wrong(
                f"has {len(self._near):,} rows within its lag, and {_MOST_SEEN:,} can be remembered: shorten the lag"
            )
        if value != self.last or self._near.keys() != self._seen:
            write_state(options.source, value, seen=self._near)

    def _add(self, row: dict[str, Any]) -> bool:
        """Take a row into account; return False if it was read before."""
        value = row[self._options.column]
        if value is None:
            return True
        self._advance(value)
        if not self._options.reads_again:
            return True
        if not self._seen and self._nearest is not None and value < self._nearest:
            return True
        digest = self._digest(row, value)
        self._near[digest] = value
        return digest not in self._seen

    def _advance(self, value: Any) -> None:
        options = self._options
        if type(value) not in _KINDS:
            raise options.wrong(
                f"holds {value!r:.80}, a {type(value).__name__}: a cursor is a number, a text, a date or a time"
            )
        if isinstance(value, (float, Decimal)) and not math.isfinite(value):
            raise options.wrong(f"holds {value}, which no later value exceeds: leave it out in the query")
        other = _like(self.last, value) if self._newest is None else self._newest
        try:
            if isinstance(value, str) and self.last is not None and options.is_plain and not value > self.last:
                raise options.wrong(
                    f"holds {value!r:.80}, which the database sorts after the cursor {self.last!r:.80}: "
                    'write COLLATE "C" (on SQLite COLLATE BINARY) after it in the condition'
                )
            if other is None or value > other or self._newest is None:
                self._newest = value
        except TypeError:
            raise options.wrong(
                f"holds {value!r:.80} ({type(value).__name__}), which cannot be compared with {other!r:.80} "
                f"({type(other).__name__}): cast it in the query, or reset the cursor"
            ) from None

    def _low(self, newest: Any) -> Any:
        """Return the value from which on rows are read again, if `newest` is the greatest one."""
        held = self._held
        if held is None:
            return self._options.before(newest)
        if not isinstance(newest, datetime) or newest.tzinfo is None:
            raise self._options.wrong(
                f"holds {newest!r:.80}, and transactions have times with a zone: cast it to timestamptz in the query"
            )
        return min(newest, held)

    def _forget_early(self) -> None:
        if self._near:
            low = self._nearest = self._low(self._newest)
            self._near = {digest: value for digest, value in self._near.items() if not value < low}

    def _digest(self, row: dict[str, Any], value: Any) -> str:
        key = [row[name] for name in self._options.key]
        if None in key:
            raise self._options.wrong(
                f"is {value!r:.80} in a row whose key ({', '.join(self._options.key)}) has a null: rows need a key"
            )
        return hashlib.sha256(repr((value, key)).encode(errors="surrogatepass")).hexdigest()[:24]

    def _check_columns(self, row: dict[str, Any]) -> None:
        options = self._options
        for name, what in ((options.column, "cursor"), *((name, "key") for name in options.key)):
            if name not in row:
                raise ParseError(
                    f"source {options.source!r}: the query returns no column {name!r}, its {what}; "
                    f"it returns {', '.join(row)}"
                )


def make_incremental(
    source: str,
    query: str,
    *,
    column: str | None,
    initial: Any,
    lag: int | float | str | None,
    boundary: str,
    key: Sequence[str],
) -> Incremental | None:
    """Return the options of an incremental source, None without a cursor; ConfigError for those that do not fit."""
    needs = f"source {source!r} has cursor = {column!r}, so"
    if column is None:
        if lag is not None or boundary != "open" or key:
            raise ConfigError(f"source {source!r} has lag, boundary or key without cursor: name the cursor's column")
        return None
    if ":cursor" not in query:
        raise ConfigError(f"{needs} its query must name :cursor")
    if initial is None:
        raise ConfigError(f"{needs} it needs initial: the value to begin with")
    if boundary not in ("open", "closed"):
        raise ConfigError(f"source {source!r}: boundary is 'open' or 'closed', not {boundary!r}")
    if boundary == "closed" and _OPEN_CONDITION.search(query):
        raise ConfigError(f'source {source!r} has boundary = "closed", so its query must say >= :cursor, not >')
    options = Incremental(source, column, initial, _lag(source, lag), boundary == "closed", tuple(key))
    if options.reads_again and not key:
        raise ConfigError(f"source {source!r} reads rows again, so it needs key: the columns that identify a row")
    is_plain = not options.reads_again and re.search(_PLAIN_CONDITION.format(re.escape(column)), query) is not None
    return evolve(options, is_plain=is_plain)


def rebatched(batches: Iterable[list[dict[str, Any]]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in lists of `size`, the last one shorter."""
    rows: list[dict[str, Any]] = []
    for batch in batches:
        rows = rows + batch if rows else batch
        while len(rows) >= size:
            yield rows[:size]
            rows = rows[size:]
    if rows:
        yield rows


def _lag(source: str, given: int | float | str | None) -> timedelta | int | float | str | None:
    if isinstance(given, str) and given != TRANSACTIONS:
        try:
            return parse_duration(given)
        except SpineError as error:
            raise ConfigError(f"source {source!r}: lag is a time, a number or {TRANSACTIONS!r}: {error}") from error
    if isinstance(given, (int, float)) and not (0 < given < math.inf):
        raise ConfigError(f"source {source!r}: lag is more than 0, not {given}")
    return given


def _earlier(value: Any, lag: timedelta) -> Any:
    if isinstance(value, str):
        return _earlier_text(value, lag)
    if isinstance(value, datetime):
        return value - lag
    if isinstance(value, date):
        return value - timedelta(days=math.ceil(lag / timedelta(days=1)))
    raise TypeError


def _earlier_text(text: str, lag: timedelta) -> str:
    """Return an earlier ISO time in the form of `text`, in whole seconds, which sort before those with fractions."""
    if len(text) == len("2026-01-01"):
        return str(_earlier(date.fromisoformat(text), lag).isoformat())
    moment = (datetime.fromisoformat(text) - lag).replace(microsecond=0)
    if text.endswith("Z"):  # would sort after a fraction
        moment = moment.replace(tzinfo=None)
    return moment.isoformat(text[10])


def _is_less(one: Any, other: Any) -> bool:
    """Return True if `one` is below `other`, False also for two that cannot be compared."""
    try:
        return bool(one < other)
    except TypeError:
        return False


def _like(given: Any, value: Any) -> Any:
    """Return a value that was given as text or as a date, in a file or a command, in the type of `value`."""
    if isinstance(given, str) and not isinstance(value, str):
        try:
            given = decode({"type": encode(value)["type"], "value": given})
        except (ValueError, ArithmeticError):
            return given
    if isinstance(value, datetime) and isinstance(given, date):
        moment = given if isinstance(given, datetime) else datetime(given.year, given.month, given.day)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None and value.tzinfo is not None else moment
    return given
