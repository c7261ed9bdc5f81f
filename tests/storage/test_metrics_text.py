"""The text format of Prometheus: hostile values come through its parser, each as a label of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from spine.storage.metrics.family import Family, Sample
from spine.storage.metrics.text import exposition

HOSTILE = [
    'a"b',
    "a\\b",
    "a\\nb",
    "a\nb",
    'a"} 1\nspine_runs_open{workflow="b',
    "# TYPE x counter",
    " ",
    "é 😀 \u202e",
    "{}",
    "a,b=c",
]


def read(*labels: str) -> list[str]:
    """Return the labels as the parser reads them."""
    samples = [Sample({"name": label}, number) for number, label in enumerate(labels)]
    [family] = text_string_to_metric_families(exposition([Family("x", "gauge", "help", samples)]))
    return [sample.labels["name"] for sample in family.samples]


def test_hostile_labels_are_read_as_they_were() -> None:
    assert read(*HOSTILE) == HOSTILE


@pytest.mark.parametrize("label", ["\0", "\r", "\x0b", "\x1b[31m", "\x85", "\u2028", "\ud800"])
def test_a_character_that_a_reader_may_refuse_is_an_escape(label: str) -> None:
    text = exposition([Family("x", "gauge", "help", [Sample({"name": label}, 1)])])
    assert label[:1] not in text
    assert len(text.splitlines()) == 3
    text.encode()


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_any_labels_are_one_line_each(labels: list[str]) -> None:
    assert len(read(*labels)) == len(labels)


def test_numbers_are_exact_and_a_family_without_samples_is_left_out() -> None:
    values = [0, 1, 1.5, 1796006017.205686, 2**53, 1e22, 0.1 + 0.2]
    samples = [Sample({"n": str(number)}, value) for number, value in enumerate(values)]
    text = exposition([Family("none", "counter", "help", []), Family("x", "gauge", "help", samples)])
    [family] = text_string_to_metric_families(text)
    assert [sample.value for sample in family.samples] == values
