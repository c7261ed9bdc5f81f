"""Ids: UUIDs of version 7, in the order in which they were made."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest

from spine.core.ids import new_id, trace_id_of


def test_an_id_is_a_uuid_of_version_7_that_tells_its_time() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(new_id())
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 60_000


def test_ids_of_one_process_sort_in_the_order_of_their_making() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_of_many_threads_differ_and_each_threads_own_are_in_order() -> None:
    with ThreadPoolExecutor(8) as pool:
        lists = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(8)))
    assert all(made == sorted(made) for made in lists)
    assert len({one for made in lists for one in made}) == 16_000


def test_a_clock_that_is_set_back_does_not_turn_the_order_around(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert before < new_id() < new_id()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_makes_other_ids_than_its_parent() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_id().encode())
        os._exit(0)
    ours = new_id()
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        theirs = answer.read()
    assert UUID(theirs).version == 7
    assert theirs != ours


def test_the_trace_id_of_a_run_is_its_uuid_without_hyphens() -> None:
    assert trace_id_of("0193A1B2-7c3d-7e4f-8a5b-6c7d8e9f0a1b") == "0193a1b27c3d7e4f8a5b6c7d8e9f0a1b"


@pytest.mark.parametrize("run_id", ["r1", "", "\ud800", "0" * 32, "g" * 32, "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1\n"])
def test_the_trace_id_of_any_other_id_is_a_digest(run_id: str) -> None:
    assert len(trace_id_of(run_id)) == 32
    assert int(trace_id_of(run_id), 16) > 0
    assert trace_id_of(run_id) != trace_id_of(f"{run_id}x")
