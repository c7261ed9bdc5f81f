"""Exchanges that do not exist are refused with the closest one, and the README lists the options."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import Attribute, fields

from spine.core.errors import InvalidConfigError
from spine_calendars_exchange.calendar import ExchangeCalendar
from spine_calendars_exchange.config import ExchangeCalendarConfig
from tests.projects import Project

README = Path(__file__).parents[2] / "spine-calendars-exchange" / "README.md"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"exchange": "xnys"},
            "exchange 'xnys' is not known: use a code of ISO 10383, such as XNYS; did you mean 'XNYS'?",
        ),
        ({"exchange": ""}, "exchange '' is not known: use a code of ISO 10383, such as XNYS"),
        ({"exchange": "XNYS", "weekend": ["sat"]}, "ExchangeCalendar has no option 'weekend'"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_calendar_is_made(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidConfigError) as raised:
        ExchangeCalendar("c", **options)
    assert str(raised.value).startswith(sentence)


def test_the_sentence_names_the_place_in_the_settings(tmp_path: Path) -> None:
    settings = '[calendars.tokyo]\ntype = "exchange"\nexchange = "XTOK"\n'
    (tmp_path / "spine.toml").write_text(settings)
    rows = Project(tmp_path).call("doctor", "--json").json
    [says] = [row["says"] for row in rows if row["check"] == "calendar tokyo"]
    assert "spine.toml: calendars.tokyo: exchange 'XTOK' is not known" in says


def test_the_options_are_read_without_pandas() -> None:
    """Each command of a project that declares such a calendar reads them."""
    code = "import sys, spine_calendars_exchange.config; sys.exit('pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def readme_row(option: Attribute) -> str:
    return f"| `{option.name}` | needed | {option.metadata['help']} |"


def test_the_readme_lists_every_option() -> None:
    rows = "\n".join(readme_row(option) for option in fields(ExchangeCalendarConfig) if option.name != "name")
    assert f"|---|---|---|\n{rows}\n" in README.read_text(), rows
