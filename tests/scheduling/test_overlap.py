"""The result of a tick during earlier runs depends on their number alone."""

from __future__ import annotations

import pytest

from spine.scheduling.overlap import OverlapRule, Start
from spine.scheduling.policy import Overlap
from tests.scheduling.schedules import schedule

FULL = {"skip": Start.SKIP, "queue": Start.QUEUE, "cancel_old": Start.CANCEL_OLDEST}


@pytest.mark.parametrize(("overlap", "decision"), FULL.items())
@pytest.mark.parametrize("most", [None, 1, 3])
def test_a_tick_starts_while_there_is_room(overlap: str, decision: Start, most: int | None) -> None:
    rule = schedule(overlap=overlap, max_instances=most).overlap_rule
    found = [rule.decide(running) for running in range(5)]
    room = most or 1
    assert found == [Start.NOW] * room + [decision] * (5 - room)


def test_allow_takes_any_number_unless_one_is_stated() -> None:
    assert schedule(overlap="allow").overlap_rule.decide(1000) is Start.NOW
    limited = schedule(overlap="allow", max_instances=2).overlap_rule
    assert [limited.decide(running) for running in range(4)] == [Start.NOW] * 2 + [Start.SKIP] * 2


def test_the_reason_tells_numbers_and_policy() -> None:
    assert schedule().overlap_rule.reason(1) == "1 of at most 1 run still going (overlap = skip)"


def test_a_queue_takes_no_more_ticks_than_its_limit() -> None:
    rule = OverlapRule(Overlap.QUEUE, 1, queue_limit=2)
    assert [rule.decide(running) for running in range(4)] == [Start.NOW, Start.QUEUE, Start.QUEUE, Start.SKIP]
    assert rule.reason(3) == "2 ticks wait for room already (queue_limit = 2)"
