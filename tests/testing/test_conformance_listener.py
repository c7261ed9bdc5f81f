"""Each rule of the suite for listeners fails for a listener that breaks it."""

from __future__ import annotations

import pytest

from tests.testing.suite_run import failures

HEAD = """
import sqlite3
import threading

from spine.testing.conformance.listener import ListenerConformance, events

KNOWN = {event.event_type for event in events()}


class Right:
    name = "right"

    def __init__(self):
        self.seen = []
        self.is_closed = False

    def on_event(self, event):
        self.seen.append(event.event_type)

    def close(self):
        self.is_closed = True


class Suite(ListenerConformance):
    shows_events = True

    def make_listener(self):
        self.made = self.Made()
        return self.made

    def seen(self):
        return self.made.seen

    def secrets(self):
        return ["hunter2"]


class TestRight(Suite):
    Made = Right
"""

WRONG = {
    "HasNoProperName": (
        """
    class Made(Right):
        name = "two words"
""",
        {"test_it_is_a_listener"},
    ),
    "ExpectsRuns": (
        """
    class Made(Right):
        def on_event(self, event):
            if event.event_type in KNOWN - {"alert.delivery"}:
                assert event.run_id
            super().on_event(event)
""",
        {"test_it_takes_every_event_of_spine", "test_events_arrive_in_order_and_none_is_lost"},
    ),
    "ExpectsWhatItKnows": (
        """
    class Made(Right):
        def on_event(self, event):
            if event.event_type not in KNOWN:
                raise KeyError(event.event_type)
            super().on_event(event)
""",
        {"test_it_takes_an_event_that_it_does_not_know", "test_an_event_stays_as_it_is"},
    ),
    "WritesPlainLatin": (
        """
    class Made(Right):
        def on_event(self, event):
            repr(event.payload.get("error")).encode("ascii")
            super().on_event(event)
""",
        {"test_it_takes_any_text"},
    ),
    "ChangesThePayload": (
        """
    class Made(Right):
        def on_event(self, event):
            super().on_event(event)
            if event.event_type not in KNOWN:
                event.payload["phase"]["since"] = str(event.payload["phase"]["since"])
""",
        {"test_an_event_stays_as_it_is"},
    ),
    "StaysWithItsThread": (
        """
    class Made(Right):
        def __init__(self):
            super().__init__()
            self.database = sqlite3.connect(":memory:")

        def on_event(self, event):
            self.database.execute("SELECT 1")
            super().on_event(event)
""",
        {"test_it_works_in_another_thread_than_its_maker", "test_events_arrive_in_order_and_none_is_lost"},
    ),
    "ClosesOnce": (
        """
    class Made(Right):
        def close(self):
            if self.is_closed:
                raise ValueError("it is closed")
            super().close()
""",
        {"test_closing_twice_is_harmless"},
    ),
    "KeepsTheLastOnes": (
        """
    class Made(Right):
        def __init__(self):
            super().__init__()
            self.kept = []

        def on_event(self, event):
            self.kept.append(event.event_type)
            if len(self.kept) == 4:
                self.seen += self.kept
                self.kept = []
""",
        {"test_events_arrive_in_order_and_none_is_lost"},
    ),
    "TurnsThemAround": (
        """
    class Made(Right):
        def on_event(self, event):
            self.seen.insert(0, event.event_type)
""",
        {"test_events_arrive_in_order_and_none_is_lost"},
    ),
    "ShowsASecret": (
        """
    class Made(Right):
        def __repr__(self):
            return "Made(password='hunter2')"
""",
        {"test_no_secret_shows"},
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_listeners"), source)


@pytest.mark.slow
def test_a_right_listener_passes(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_listener():
    from spine.testing.conformance.listener import ListenerConformance

    rules = {name for name in vars(ListenerConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))


def test_every_event_of_spine_is_in_the_suite():
    """Each class with an `event_type` of its own; those of runs that end share one class."""
    from spine.framework import events as framework_events
    from spine.orchestration.events import EVENT_TYPES
    from spine.scheduling.tick import TickDecided
    from spine.testing.conformance.listener import events

    own = {cls.event_type for cls in vars(framework_events).values() if isinstance(getattr(cls, "event_type", 0), str)}
    assert {event.event_type for event in events()} == own | set(EVENT_TYPES) | {TickDecided.event_type}
