"""The options of a calendar of holidays."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean
from spine.core.weekend import weekend_days


def _weekend(given: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if given is None else weekend_days(given)


@frozen
class HolidayCalendarConfig:
    """The arguments of HolidayCalendar, and the keys of its table in `spine.toml`; see `check_place`."""

    name: str
    country: str | None = field(
        default=None, kw_only=True, metadata={"help": "Code of the country in ISO 3166-1, such as DE."}
    )
    subdivision: str | None = field(
        default=None, kw_only=True, metadata={"help": "Code of a part of the country, such as BY."}
    )
    market: str | None = field(
        default=None, kw_only=True, metadata={"help": "Financial market instead of a country, such as NYSE or ECB."}
    )
    weekend: tuple[str, ...] | None = field(
        default=None,
        kw_only=True,
        converter=_weekend,
        metadata={
            "help": "Days of the week that are no business days, such as fri and sat; those of the country by default."
        },
    )

    def __attrs_post_init__(self) -> None:
        check_place(self.country, self.subdivision, self.market)


def check_place(country: str | None, subdivision: str | None, market: str | None) -> None:
    """Raise an InvalidConfigError unless it is one country, with or without a part of it, or one market, that exist."""
    import holidays  # costs more than an open project, which reads the options of each plugin that it declares

    if (country is None) == (market is None):
        raise InvalidConfigError("country", country, "country and market exclude one another: give one of them")
    if market is not None:
        _check("market", market, holidays.list_supported_financial(), "a market such as NYSE or ECB")
        if subdivision is not None:
            raise InvalidConfigError("subdivision", subdivision, "subdivision belongs to country: a market has none")
        return
    assert country is not None  # one of the two is given
    countries = holidays.list_supported_countries()
    _check("country", country, countries, "a code of ISO 3166-1, such as DE")
    if subdivision is None:
        return
    parts = countries[country]
    if not parts:
        sentence = f"subdivision {subdivision[:40]!r} has no effect: {country} has none; leave it out"
        raise InvalidConfigError("subdivision", subdivision, sentence)
    _check("subdivision", subdivision, parts, f"one of {country}, such as {parts[0]}")


def _check(option: str, value: str, known: Iterable[str], example: str) -> None:
    if value in known:
        return
    close = did_you_mean(value.upper()[:40], known)
    hint = close if close.startswith("; did") else ""
    raise InvalidConfigError(option, value, f"{option} {value[:40]!r} is not known: use {example}{hint}")
