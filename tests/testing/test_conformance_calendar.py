"""Each rule of the suite for calendars fails for a calendar that breaks it."""

from __future__ import annotations

import pytest

from tests.testing.suite_run import failures

HEAD = """
import threading
import time
from datetime import date

from spine.testing.conformance.calendar import CalendarConformance


class Right:
    name = "right"

    def is_business_day(self, day):
        return day.weekday() < 5


class Suite(CalendarConformance):
    def make_calendar(self):
        return self.Made()

    def known_days(self):
        return {date(2026, 11, 27): True, date(2026, 11, 28): False}


class TestRight(Suite):
    Made = Right
"""

WRONG = {
    "HasNoProperName": (
        """
    class Made(Right):
        name = "two words"
""",
        {"test_it_is_a_calendar"},
    ),
    "EndsWithAYear": (
        """
    class Made(Right):
        covers_until = 2027
""",
        {"test_its_end_is_a_day"},
    ),
    "WorksOnSaturdays": (
        """
    class Made(Right):
        def is_business_day(self, day):
            return day.weekday() < 6
""",
        {"test_known_days_are_right"},
    ),
    "IsNeverAsked": (
        """
    def known_days(self):
        return {date(2026, 11, 27): True}

    Made = Right
""",
        {"test_known_days_are_right"},
    ),
    "AnswersWithATruth": (
        """
    class Made(Right):
        def is_business_day(self, day):
            return "open" if day.weekday() < 5 else ""
""",
        {"test_the_answer_is_true_or_false"},
    ),
    "KnowsOneYear": (
        """
    class Made(Right):
        def is_business_day(self, day):
            return {2026: super().is_business_day(day)}[day.year]
""",
        {
            "test_every_day_has_an_answer",
            "test_a_business_day_comes_again",
            "test_the_answer_stays_the_same",
            "test_threads_may_share_it",
        },
    ),
    "IsClosedFromNextYearOn": (
        """
    class Made(Right):
        def is_business_day(self, day):
            return day.year < 2027 and super().is_business_day(day)
""",
        {"test_a_business_day_comes_again"},
    ),
    "LearnsFromQuestions": (
        """
    class Made(Right):
        asked = 0

        def is_business_day(self, day):
            self.asked += 1
            return day.weekday() < 5 and not 1470 < self.asked < 1490
""",
        {"test_the_answer_stays_the_same", "test_threads_may_share_it"},
    ),
    "KeepsTheDayOnItself": (
        """
    class Made(Right):
        def is_business_day(self, day):
            self.day = day
            if threading.current_thread() is not threading.main_thread():
                time.sleep(0.00001)
            return self.day.weekday() < 5
""",
        {"test_threads_may_share_it"},
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_calendars"), source)


@pytest.mark.slow
def test_a_right_calendar_passes(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_calendar():
    from spine.testing.conformance.calendar import CalendarConformance

    rules = {name for name in vars(CalendarConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
