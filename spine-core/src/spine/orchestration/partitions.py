"""Partitions of a workflow: the slices of data, such as days, of which each run is about one."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from attrs import field, frozen

from spine.core.frozen import FrozenList
from spine.core.hashing import hash_json
from spine.core.names import check_text
from spine.orchestration.date_format import check_format, format_date, parse_date

Key = dict[str, str]
"""One partition: the value of each of its parameters."""

_ISO = "%Y-%m-%d"
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXAMPLE = date(2026, 1, 31)
_DAY = timedelta(days=1)
_SAMPLES = 60
_SHOWN = 10  # values in an error


class Partitions(ABC):
    """Partitions by the parameters `params`; those of a time and a `Static`, or of two `Static`, are crossed by `*`."""

    @property
    @abstractmethod
    def params(self) -> tuple[str, ...]:
        """The parameters, in order."""

    @property
    @abstractmethod
    def time(self) -> TimePartitions | None:
        """The days, weeks or months; None without a time."""

    @abstractmethod
    def read(self, given: Mapping[str, Any]) -> Key:
        """Return the partition that these parameters name, in its own form.

        Raises ValueError, with the form that is right, if one is missing or names no partition.
        """

    @abstractmethod
    def keys(self, since: date | str | None = None, until: date | str | None = None) -> Iterator[Key]:
        """Yield the partitions in order, from the one that contains the date `since` to the one that contains `until`.

        `since` defaults to the start. Raises ValueError where a time has no bound; without a time both are ignored.
        """

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the declaration as JSON values; see `partitions_of`."""

    def containing(self, day: date) -> Key:
        """Return the parameter of the time with the partition that contains a local date; {} without a time."""
        if self.time is None:
            return {}
        return {self.time.param: self.time.print(self.time.first_of(day))}

    def first(self) -> Key:
        """Return the parameter of the time with its first partition, or an example of one; {} without a time."""
        return self.containing((self.time and self.time.start) or _EXAMPLE)

    def values_of(self, param: str) -> list[str] | None:
        """Return the values of a parameter that are declared one by one; None for a time."""
        return None

    def __mul__(self, other: object) -> Partitions:
        if not isinstance(other, Partitions):
            return NotImplemented
        return Crossed(self, other)


class TimePartitions(Partitions):
    """Days, weeks or months, one after the other."""

    param: str
    format: str
    start: date | None
    unit: ClassVar[str]
    calendar: str | None = None

    @property
    def params(self) -> tuple[str, ...]:
        return (self.param,)

    @property
    def time(self) -> TimePartitions:
        return self

    @abstractmethod
    def first_of(self, day: date) -> date:
        """Return the first day of the partition that contains `day`; ValueError before the first or after the last."""

    @abstractmethod
    def after(self, first: date) -> date | None:
        """Return the first day of the partition after the one that begins on `first`; None if it is the last."""

    def print(self, first: date) -> str:
        """Return the value of the partition that begins on that day."""
        return format_date(self.format, first)

    def parse(self, text: str) -> date | None:
        """Return the day that a text in the partition's own format, or in ISO 8601, names; None if it names none."""
        return parse_date(self.format, text, self._weekday) or _iso_date(text)

    def first_day(self, value: Any) -> date:
        """Return the first day of the partition that a parameter's value names; ValueError if it names none."""
        day = self._day(value)
        first = None if day is None else self.first_of(day)
        if first is None or day is None:
            raise ValueError(f"parameter {self.param!r} is {value!r:.80}, which is no {self.unit}: {self._form}")
        if first != day:
            raise ValueError(
                f"parameter {self.param!r} is {value!r:.80}, which is not the first day of a {self.unit}: "
                f"give {self.print(first)} for the {self.unit} with that day"
            )
        if self.start is not None and first < self.start:
            raise ValueError(
                f"parameter {self.param!r} is {value!r:.80}, which is before the first {self.unit}, "
                f"{self.print(self.start)}"
            )
        return first

    def bound(self, given: date | str) -> date:
        """Return the first day of the partition that contains a date, given in its own format or in ISO 8601."""
        day = self._day(given)
        if day is None:
            raise ValueError(f"{given!r:.80} is no date: {self._form}")
        return self.first_of(day)

    def newest_complete(self, today: date) -> date | None:
        """Return the first day of the newest partition that ends before `today`; None if there is none."""
        try:
            return self.first_of(self.first_of(today) - _DAY)
        except (ValueError, OverflowError):
            return None

    def read(self, given: Mapping[str, Any]) -> Key:
        if given.get(self.param) is None:
            raise ValueError(f"parameter {self.param!r} is missing, it names the {self.unit}: {self._form}")
        return {self.param: self.print(self.first_day(given[self.param]))}

    def keys(self, since: date | str | None = None, until: date | str | None = None) -> Iterator[Key]:
        begin = self.start if since is None else self.bound(since)
        if begin is None or until is None:
            raise ValueError(f"the {self.unit}s of {self.param!r} have no bound: give the first and the last")
        if self.start is not None:
            begin = max(begin, self.start)
        return self._between(begin, self.bound(until))

    def to_dict(self) -> dict[str, Any]:
        start = None if self.start is None else self.start.isoformat()
        return {"type": type(self).__name__.lower(), "param": self.param, "format": self.format, "start": start}

    def __attrs_post_init__(self) -> None:
        _check_param(self.param)
        check_format(self.format)
        for first in self._samples():
            if parse_date(self.format, self.print(first), self._weekday) != first:
                raise ValueError(
                    f"format {self.format!r} of parameter {self.param!r} does not tell its {self.unit}s apart: "
                    f"{first} is {self.print(first)!r}, from which the date cannot be read back"
                )
        object.__setattr__(self, "start", self._read_start(self.start))

    @property
    def _weekday(self) -> int:
        return 0

    @property
    def _form(self) -> str:
        own = self.print(self.first_of(_EXAMPLE))
        iso = self.first_of(_EXAMPLE).isoformat()
        return f"give it as {own}" if own == iso else f"give it as {own} or {iso}"

    def _between(self, first: date, last: date) -> Iterator[Key]:
        current: date | None = first
        while current is not None and current <= last:
            yield {self.param: self.print(current)}
            current = self.after(current)

    def _day(self, value: Any) -> date | None:
        if isinstance(value, date):
            return value.date() if isinstance(value, datetime) else value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return self.parse(value) if isinstance(value, str) else None

    def _read_start(self, given: Any) -> date | None:
        object.__setattr__(self, "start", None)  # a start is not before itself
        if given is None:
            return None
        try:
            return self.first_day(given)
        except ValueError as error:
            raise ValueError(f"the start of {self.param!r} is not valid: {error}") from None

    def _samples(self) -> Iterator[date]:
        """Yield first days of partitions around the end of a year, and of the first and the last that there are."""
        day: date | None = self.first_of(date(2023, 12, 25))
        for _ in range(_SAMPLES):
            assert day is not None
            yield day
            day = self.after(day)
        yield self.first_of(date(1, 1, 7))
        yield self.first_of(date(9999, 12, 31))


@frozen
class Daily(TimePartitions):
    """Days; `param` has the date in `format`. There is none before `start`.

    With a `calendar`, one of [calendars] or a type such as `weekdays`, lists and backfills have its business days only.
    """

    param: str
    format: str = _ISO
    start: date | str | None = None  # type: ignore[assignment]  # a date, once it is made
    calendar: str | None = field(default=None, kw_only=True)
    unit = "day"

    def to_dict(self) -> dict[str, Any]:
        closed = {} if self.calendar is None else {"calendar": self.calendar}
        return super().to_dict() | closed

    def first_of(self, day: date) -> date:
        return day

    def after(self, first: date) -> date | None:
        return None if first == date.max else first + _DAY


@frozen
class Weekly(TimePartitions):
    """Weeks that begin on `weekday`, 0 for Monday; `param` has the date of a week's first day in `format`."""

    param: str
    weekday: int = 0
    format: str = _ISO
    start: date | str | None = None  # type: ignore[assignment]  # a date, once it is made
    unit = "week"

    def __attrs_post_init__(self) -> None:
        if type(self.weekday) is not int or not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday is {self.weekday!r}: it is a number from 0, Monday, to 6, Sunday")
        super().__attrs_post_init__()

    def first_of(self, day: date) -> date:
        back = (day.weekday() - self.weekday) % 7
        if day.toordinal() <= back:
            raise ValueError(f"the week of {day.isoformat()} begins before year 1")
        return day - timedelta(days=back)

    def after(self, first: date) -> date | None:
        return None if date.max - first < timedelta(days=7) else first + timedelta(days=7)

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "weekday": self.weekday}

    @property
    def _weekday(self) -> int:
        return self.weekday


@frozen
class Monthly(TimePartitions):
    """Months; `param` has the month in `format`."""

    param: str
    format: str = "%Y-%m"
    start: date | str | None = None  # type: ignore[assignment]  # a date, once it is made
    unit = "month"

    def first_of(self, day: date) -> date:
        return day.replace(day=1)

    def after(self, first: date) -> date | None:
        if (first.year, first.month) == (9999, 12):
            return None
        return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _texts(given: Iterable[str]) -> Sequence[str]:
    return given if isinstance(given, str) else FrozenList(given)


@frozen
class Static(Partitions):
    """Partitions that are listed: `param` has one of the texts `values`."""

    param: str
    values: Sequence[str] = field(converter=_texts)

    def __attrs_post_init__(self) -> None:
        _check_param(self.param)
        if isinstance(self.values, str):
            raise ValueError(f"the values of {self.param!r} are {self.values!r}: give a list of texts")  # noqa: TRY004
        if not self.values:
            raise ValueError(f"the values of {self.param!r} are empty: give a list of texts")
        for value in self.values:
            if not isinstance(value, str):
                raise ValueError(f"a value of {self.param!r} is {value!r:.80}: it must be a text")  # noqa: TRY004
            check_text(value, f"a value of {self.param!r}")
        if double := next((value for value, count in Counter(self.values).items() if count > 1), None):
            raise ValueError(f"the values of {self.param!r} have {double!r:.80} twice")

    @property
    def params(self) -> tuple[str, ...]:
        return (self.param,)

    @property
    def time(self) -> None:
        return None

    def read(self, given: Mapping[str, Any]) -> Key:
        value = given.get(self.param)
        form = "give one of " + ", ".join(self.values[:_SHOWN]) + (", ..." if len(self.values) > _SHOWN else "")
        if value is None:
            raise ValueError(f"parameter {self.param!r} is missing: {form}")
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or text not in self.values:
            raise ValueError(f"parameter {self.param!r} is {value!r:.80}, which is none of its values: {form}")
        return {self.param: text}

    def keys(self, since: date | str | None = None, until: date | str | None = None) -> Iterator[Key]:
        return ({self.param: value} for value in self.values)

    def values_of(self, param: str) -> list[str] | None:
        return list(self.values) if param == self.param else None

    def to_dict(self) -> dict[str, Any]:
        return {"type": "static", "param": self.param, "values": list(self.values)}


@frozen
class Crossed(Partitions):
    """Each partition of one kind with each of another; `A * B` makes it."""

    left: Partitions
    right: Partitions

    def __attrs_post_init__(self) -> None:
        for side in (self.left, self.right):
            if isinstance(side, Crossed):
                raise ValueError(f"partitions by {', '.join(self.params)}: only two can be crossed")  # noqa: TRY004
        if self.left.params == self.right.params:
            raise ValueError(f"two crossed partitions have the parameter {self.left.params[0]!r}: use two parameters")
        if self.left.time is not None and self.right.time is not None:
            raise ValueError(
                f"{self.left.params[0]!r} and {self.right.params[0]!r} are both times: cross a time with a Static"
            )

    @property
    def params(self) -> tuple[str, ...]:
        return (*self.left.params, *self.right.params)

    @property
    def time(self) -> TimePartitions | None:
        return self.left.time or self.right.time

    def read(self, given: Mapping[str, Any]) -> Key:
        return self.left.read(given) | self.right.read(given)

    def keys(self, since: date | str | None = None, until: date | str | None = None) -> Iterator[Key]:
        outer, inner = (self.right, self.left) if self.right.time is not None else (self.left, self.right)
        inner_keys, outer_keys = list(inner.keys()), outer.keys(since, until)
        return ({name: {**key, **own}[name] for name in self.params} for key in outer_keys for own in inner_keys)

    def values_of(self, param: str) -> list[str] | None:
        return self.left.values_of(param) or self.right.values_of(param)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "crossed", "left": self.left.to_dict(), "right": self.right.to_dict()}


def partitions_of(data: Mapping[str, Any]) -> Partitions:
    """Return the partitions from their `to_dict` form."""
    if data["type"] == "crossed":
        return partitions_of(data["left"]) * partitions_of(data["right"])
    kinds: dict[str, type[Any]] = {kind.__name__.lower(): kind for kind in (Daily, Weekly, Monthly, Static)}
    made: Partitions = kinds[data["type"]](**{name: value for name, value in data.items() if name != "type"})
    return made


def lock_of(workflow_name: str, partition: Mapping[str, str]) -> str:
    """Return the name of the lock that a run of this partition holds while it is open."""
    return hash_json([workflow_name, dict(partition)])


def _check_param(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise ValueError(f"the parameter of a partition is {name!r}: it must be the name of a parameter")
    check_text(name, "the parameter of a partition")


def _iso_date(text: str) -> date | None:
    if not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
