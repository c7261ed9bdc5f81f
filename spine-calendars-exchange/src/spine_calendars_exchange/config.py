"""The options of a calendar of an exchange."""

from __future__ import annotations

from attrs import field, frozen

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean


def _exchange(value: str) -> str:
    import exchange_calendars  # with pandas: an open project, which reads the options of its plugins, does not need it

    known = exchange_calendars.get_calendar_names()
    if value in known:
        return value
    close = did_you_mean(str(value).upper()[:40], known)
    hint = close if close.startswith("; did") else ""
    sentence = f"exchange {str(value)[:40]!r} is not known: use a code of ISO 10383, such as XNYS{hint}"
    raise InvalidConfigError("exchange", value, sentence)


@frozen
class ExchangeCalendarConfig:
    """The arguments of ExchangeCalendar, and the keys of its table in `spine.toml`."""

    name: str
    exchange: str = field(
        converter=_exchange,
        metadata={"help": "Code of the exchange in ISO 10383, such as XNYS, or its name in exchange-calendars."},
    )
