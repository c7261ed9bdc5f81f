"""`[schedules.NAME]` of spine.toml becomes schedules, or an error that names file, schedule and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from spine.config.load import load_settings
from spine.core.errors import ConfigError
from spine.scheduling.declare import read_schedules
from spine.scheduling.policy import CatchUp, Overlap
from spine.scheduling.schedule import Schedule
from spine.scheduling.wall_clock import Gap, Repeat
from tests.scheduling.schedules import utc


def _read(root: Path, table: str, **environ: str) -> Schedule:
    (root / "spine.toml").write_text(f"[schedules.weekly]\n{table}\n")
    return read_schedules(load_settings(root, environ), environ, utc("2026-11-23"))["weekly"]


def test_a_whole_table_is_read(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        """
        workflow = "finra.weekly_refresh"
        cron = "0 6 * * MON"
        timezone = "America/New_York"
        params = { week = "latest", tier = { n = 1 } }
        enabled = false
        max_instances = 2
        misfire_grace_seconds = 300
        catch_up = "all"
        catch_up_limit = 5
        overlap = "queue"
        jitter_seconds = 2.5
        gap = "skip"
        repeat = "both"
        blackouts = ["Sat 22:00-Sun 06:00", "22:00-02:00"]
        """,
    )
    assert found == Schedule(
        name="weekly",
        workflow="finra.weekly_refresh",
        cron="0 6 * * MON",
        timezone="America/New_York",
        params={"week": "latest", "tier": {"n": 1}},
        enabled=False,
        max_instances=2,
        misfire_grace_seconds=300.0,
        catch_up=CatchUp.ALL,
        catch_up_limit=5,
        overlap=Overlap.QUEUE,
        jitter_seconds=2.5,
        gap=Gap.SKIP,
        repeat=Repeat.BOTH,
        blackouts=["Sat 22:00-Sun 06:00", "22:00-02:00"],
    )


@pytest.mark.parametrize("at", ['"2026-12-01T06:00"', "2026-12-01T06:00:00", "2026-12-01T01:00:00-05:00"])
def test_a_date_may_be_text_or_a_date_of_toml(tmp_path: Path, at: str) -> None:
    found = _read(tmp_path, f'pipeline = "p"\nat = {at}')
    assert found.trigger.next_after(utc("2026-11-23")) == utc("2026-12-01T06:00")


def test_values_come_from_the_environment_too(tmp_path: Path) -> None:
    table = 'workflow = "w"\nevery = "5m"\ntimezone = { env = "ZONE" }'
    changed = {"EVERY": "7m", "ENABLED": "false", "PARAMS__KEY": "k"}
    environ = {f"SPINE__SCHEDULES__WEEKLY__{key}": text for key, text in changed.items()}
    found = _read(tmp_path, table, ZONE="Asia/Tokyo", **environ)
    assert (found.timezone, found.every, found.enabled, found.params) == ("Asia/Tokyo", "7m", False, {"key": "k"})


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('workflow = "w"\ncron = "0 25 * * *"', "cron hour '25' is not valid: use 0-23, *, lists, ranges and steps"),
        ('workflow = "w"\nevery = "5m"\ntimezon = "UTC"', "unknown key 'timezon'; did you mean 'timezone'?"),
        ('workflow = "w"\nevery = "5m"\nname = "x"', "unknown key 'name'; known: "),
        ('workflow = "w"\nevery = "5m"\nzone = "UTC"', "unknown key 'zone'; did you mean 'timezone'?"),
        ('workflow = "w"\nevery = 5', "every must be a text, not an integer"),
        ('workflow = "w"\nevery = "5m"\noverlap = "x"', "overlap 'x' is not valid: use skip, queue, cancel_old, allow"),
        ('workflow = "w"\nevery = "5m"\ngap = "x"', "gap 'x' is not valid: use skip, shift"),
        ('workflow = "w"\nevery = "5m"\nparams = 5', "params must be a table, not an integer"),
        ('workflow = "w"\nevery = "5m"\nparams = [1]', "params must be a table, not a list"),
        (
            'workflow = "w"\nevery = "5m"\nparams = { a = [{ env = "T" }] }',
            ".params.a[0] is a reference",
        ),
        ('workflow = "w"\nevery = "5m"\nmax_instances = "2"', "max_instances must be an integer, not a text"),
        ('workflow = "w"\nevery = "5m"\nblackouts = "22:00-02:00"', "blackouts must be a list, not a text"),
        ('workflow = "w"\nat = 2026-12-01', "at '2026-12-01' is not a date and time"),
        ('workflow = "w"\nat = "2026-11-22T06:00"', "at '2026-11-22T06:00' is in the past"),
        (
            'workflow = "w"',
            "a time is missing: write one of cron, every, at, business_day, on_capture",
        ),
    ],
)
def test_a_fault_names_file_schedule_and_key(tmp_path: Path, table: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(tmp_path, table)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/spine.toml: schedules.weekly")
    assert sentence in message
    assert "\n" not in message


def test_a_date_that_has_passed_still_loads_where_no_time_is_given(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[schedules.once]\nworkflow = "w"\nat = "2020-01-01T00:00"\n')
    assert list(read_schedules(load_settings(tmp_path, {}), {})) == ["once"]
