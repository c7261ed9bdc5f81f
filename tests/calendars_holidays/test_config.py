"""Countries and markets that do not exist are refused with the closest one, and the README lists the options."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import Attribute, fields

from spine.core.errors import InvalidConfigError
from spine_calendars_holidays.calendar import HolidayCalendar
from spine_calendars_holidays.config import HolidayCalendarConfig
from tests.projects import Project

README = Path(__file__).parents[2] / "spine-calendars-holidays" / "README.md"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "country and market exclude one another: give one of them"),
        ({"country": "DE", "market": "ECB"}, "country and market exclude one another: give one of them"),
        (
            {"country": "de"},
            "country 'de' is not known: use a code of ISO 3166-1, such as DE; did you mean 'DE'?",
        ),
        ({"country": "HolidayBase"}, "country 'HolidayBase' is not known: use a code of ISO 3166-1, such as DE"),
        ({"market": "nyse"}, "market 'nyse' is not known: use a market such as NYSE or ECB; did you mean 'NYSE'?"),
        ({"market": "ECB", "subdivision": "BY"}, "subdivision belongs to country: a market has none"),
        (
            {"country": "DE", "subdivision": "by"},
            "subdivision 'by' is not known: use one of DE, such as BB; did you mean 'BY'?",
        ),
        ({"country": "SG", "subdivision": "X"}, "subdivision 'X' has no effect: SG has none; leave it out"),
        (
            {"country": "DE", "weekend": ["Samstag"]},
            "weekend 'samstag' is not valid: use mon, tue, wed, thu, fri, sat, sun",
        ),
        ({"country": "DE", "region": "BY"}, "HolidayCalendar has no option 'region'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_calendar_is_made(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidConfigError) as raised:
        HolidayCalendar("c", **options)
    assert str(raised.value).startswith(sentence)


def test_the_sentence_names_the_place_in_the_settings(tmp_path: Path) -> None:
    settings = '[calendars.office]\ntype = "holidays"\ncountry = "FX"\n'
    (tmp_path / "spine.toml").write_text(settings)
    rows = Project(tmp_path).call("doctor", "--json").json
    [says] = [row["says"] for row in rows if row["check"] == "calendar office"]
    assert "spine.toml: calendars.office: country 'FX' is not known" in says


def test_the_options_are_read_without_the_library() -> None:
    """Each command of a project that declares such a calendar reads them."""
    code = "import sys, spine_calendars_holidays.config; sys.exit('holidays' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def readme_row(option: Attribute) -> str:
    return f"| `{option.name}` |  | {option.metadata['help']} |"


def test_the_readme_lists_every_option() -> None:
    rows = "\n".join(readme_row(option) for option in fields(HolidayCalendarConfig) if option.name != "name")
    assert f"|---|---|---|\n{rows}\n" in README.read_text(), rows
