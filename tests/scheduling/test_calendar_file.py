"""The calendar of a file: its lists of dates, and files that are no such lists."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spine.core.errors import ConfigError, InvalidConfigError
from spine.scheduling.calendar_file import MAX_BYTES, FileCalendar
from spine.testing.conformance.calendar import CalendarConformance

CHRISTMAS = date(2026, 12, 25)
THURSDAY = date(2026, 12, 24)
Make = Callable[..., FileCalendar]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a calendar of a file with that text."""

    def made(text: str | bytes, **options: object) -> FileCalendar:
        path = tmp_path / "holidays.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return FileCalendar("firm", path, **options)

    return made


class TestFileCalendar(CalendarConformance):
    @pytest.fixture(autouse=True)
    def file(self, make: Make) -> None:
        make("2026-12-25\n2027-05-31\n2028-12-25\n")
        self.make = make

    def make_calendar(self) -> FileCalendar:
        return self.make("2026-12-25\n2027-05-31\n2028-12-25\n")

    def known_days(self) -> dict[date, bool]:
        return {THURSDAY: True, CHRISTMAS: False, date(2026, 12, 26): False, date(2027, 5, 31): False}


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-25",
        "2026-12-25\r\n",
        "\ufeff2026-12-25\n",
        "2026-12-25\r2026-12-25",
        "date,name\n2026-12-25,Christmas\n",
        "\ufeffDatum;Feiertag\r\n2026-12-25;Weihnachten\r\n",
        '"date","name"\n"2026-12-25","Christmas, first day"\n',
        "# the firm's holidays, agreed on 2026-11-01\n\n  2026-12-25 # Christmas\n",
        "2026-12-25 00:00:00\n",
        "2026-12-25\tChristmas\n",
    ],
)
def test_a_list_of_dates_may_be_text_or_csv(make: Make, text: str) -> None:
    calendar = make(text)
    week = [CHRISTMAS + timedelta(days=number) for number in range(-1, 4)]
    assert [calendar.is_business_day(day) for day in week] == [True, False, False, False, True]


def test_the_weekend_is_an_option(make: Make) -> None:
    calendar = make("2026-12-24\n", weekend=["Fri", "Sat"])
    week = [date(2026, 12, 21) + timedelta(days=number) for number in range(7)]
    assert [calendar.is_business_day(day) for day in week] == [True, True, True, False, False, False, True]
    assert make("2026-12-24\n", weekend=[]).is_business_day(date(2026, 12, 26))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-12-24\n25.12.2026\n", ", line 2: '25.12.2026' is not a date: write a date as 2026-12-24 at the"),
        ("2026-12-24\nChristmas\n", ", line 2: 'Christmas' is not a date: write a date as 2026-12-24 at the"),
        ("Christmas,2026-12-25\n", " has no date: write a date as 2026-12-24 at the beginning of the line"),
        ("20261225\n", ", line 1: '20261225' is not a date"),
        ("2026-W52-5\n", ", line 1: '2026-W52-5' is not a date"),
        ("٢٠٢٦-١٢-٢٥\n", ", line 1: '٢٠٢٦-١٢-٢٥' is not a date"),
        ("date\n# more\n2026-02-29\n", ", line 3: there is no 2026-02-29: correct the date"),
        ("2026-12-25\n\x1b[2J" + "x" * 100, ", line 2: '\\x1b[2Jxxx"),
        ("", " has no date: write a date as 2026-12-24 at the beginning of the line"),
        ("date,name\n", " has no date: write"),
        (b"2026-12-25\n\xff\xfe", " is not UTF-8 text: save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), " has more than 1,048,576 bytes: give a file with a date for each holiday only"),
    ],
)
def test_a_file_that_is_no_list_of_dates_is_told_with_the_line(
    make: Make, tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        make(text)
    assert str(raised.value).startswith(f"calendar firm: {tmp_path}/holidays.csv{sentence}")
    assert str(raised.value).isprintable()


def test_a_year_without_a_date_between_others_is_an_error(make: Make) -> None:
    """Otherwise 2062 for 2026 would make a list that seems to be complete for a long time."""
    with pytest.raises(ConfigError) as raised:
        make("2025-12-25\n2062-01-01\n2026-01-01\n")
    assert str(raised.value).endswith(
        "has no date between 2026-01-01 in line 3 and 2062-01-01 in line 2: add those of 2027, or correct the year"
    )


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2026-12-25\n", date(2026, 12, 31)),
        ("2027-05-01\n2026-12-25\n", date(2027, 12, 31)),
        ("2026-12-25\n2027-01-01\n", date(2026, 12, 31)),  # lists of a year often end with the next new year
        ("2027-01-01\n", date(2027, 12, 31)),
    ],
)
def test_it_covers_the_years_with_dates(make: Make, text: str, end: date) -> None:
    assert make(text).covers_until == end


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
    for path, sentence in {
        tmp_path / "gone.csv": f"{tmp_path}/gone.csv cannot be read: No such file or directory",
        tmp_path: f"{tmp_path} is not a file: give a text or CSV file with dates",
        tmp_path / "pipe": f"{tmp_path}/pipe is not a file: give a text or CSV file with dates",
        "a\0b": "ab cannot be read: embedded null byte",
    }.items():
        with pytest.raises(ConfigError) as raised:
            FileCalendar("firm", path)
        assert str(raised.value) == f"calendar firm: {sentence}"


def test_an_unknown_option_is_refused(make: Make) -> None:
    with pytest.raises(InvalidConfigError, match="FileCalendar has no option 'weekends'; did you mean 'weekend'"):
        make("2026-12-25\n", weekends=["sat"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.one_of(st.binary(max_size=60), st.text(alphabet='0123456789-/,;# \r\n\ufeff"ax', max_size=60)))
def test_any_file_is_a_calendar_or_one_sentence(make: Make, text: str | bytes) -> None:
    refused: ConfigError | None = None
    try:
        make(text)
    except ConfigError as error:
        refused = error
    assert refused is None or str(refused).isprintable()
