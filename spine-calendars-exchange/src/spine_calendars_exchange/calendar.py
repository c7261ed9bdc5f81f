"""Business calendar of an exchange."""

from __future__ import annotations

from datetime import date
from functools import cache

import exchange_calendars
from attrs import frozen

from spine.core.configured import configured_by
from spine.core.errors import ConfigError
from spine_calendars_exchange.config import ExchangeCalendarConfig

_FIRST, _LAST = date(2000, 1, 1), date(2059, 12, 31)
_KNOWN_YEAR = ("2022-01-03", "2022-12-30")  # within the data of every exchange


class ExchangeCalendar:
    """The days on which an exchange has a session, a short one included.

    A day outside of the library's data is a ConfigError; `covers_until` is the last one in it.
    """

    @configured_by(ExchangeCalendarConfig)
    def __init__(self, options: ExchangeCalendarConfig) -> None:
        self.name = options.name
        self._exchange = options.exchange
        self._sessions = _sessions(exchange_calendars.resolve_alias(options.exchange))
        self.covers_until = self._sessions.last

    def is_business_day(self, day: date) -> bool:
        """Return True for a day with a session; ConfigError for one that the library does not know."""
        known = self._sessions
        if known.first <= day <= known.last:
            return day in known.days
        raise ConfigError(
            f"whether {self._exchange} has a session on {day} is not known, only from {known.first} to {known.last}: "
            "pip install --upgrade exchange-calendars"
        )


@frozen
class _Sessions:
    """The days with a session from `first` to `last`, the ends of the library's data."""

    days: frozenset[date]
    first: date
    last: date


@cache
def _sessions(exchange: str) -> _Sessions:
    """Return the sessions of an exchange; it takes up to a second, so the schedules of a project share them."""
    sample = exchange_calendars.get_calendar(exchange, *_KNOWN_YEAR)
    least, most = sample.bound_min(), sample.bound_max()
    first = _FIRST if least is None else max(_FIRST, least.date())
    last = _LAST if most is None else min(_LAST, most.date())
    sessions = exchange_calendars.get_calendar(exchange, first.isoformat(), last.isoformat()).sessions
    return _Sessions(frozenset(sessions.date), first, last)
