"""Metrics in Prometheus' text format, read by the parser of prometheus_client."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.projects import DEADLINE_SECONDS

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]

COUNTED = ("_total", "_bucket", "_sum", "_count")  # of series that never decrease


def series_of(text: str) -> Series:
    """Return the value of each series; every series has a help, a type and no double."""
    found: Series = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        assert family.type in ("counter", "gauge", "histogram"), family.name
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, f"{key} twice"
            found[key] = sample.value
    return found


def scrape(url: str, **headers: str) -> tuple[int, str]:
    """Return the status and the text of an answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=DEADLINE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def value(text: str, name: str, **labels: str) -> float:
    """Return the value of one series."""
    return series_of(text)[name, frozenset(labels.items())]


def names_of(text: str) -> set[str]:
    """Return the names of all series."""
    return {name for name, _ in series_of(text)}


def decreased(before: str, after: str) -> list[Any]:
    """Return the series of counters and histograms that are lower, or missing, in `after`."""
    later = series_of(after)
    counters = {key: value for key, value in series_of(before).items() if key[0].endswith(COUNTED)}
    return [key for key, value in counters.items() if later.get(key, -1) < value]
