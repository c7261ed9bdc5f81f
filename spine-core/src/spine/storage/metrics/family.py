"""Families of metrics: a name and a type with samples, and histograms of durations."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal

from attrs import define, field, frozen
from sqlalchemy import ColumnElement, case, func

BOUNDS = (0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
"""Upper bounds of the buckets of every histogram, in seconds."""

OTHERS = "(others)"
"""Value of a label that stands for the names beyond the limit of a label."""

Kind = Literal["counter", "gauge", "histogram"]


@frozen
class Sample:
    """Value of a series; `suffix` is what a histogram adds to the name of its family."""

    labels: Mapping[str, str]
    value: float
    suffix: str = ""


@frozen
class Family:
    """Metric with the samples of its series."""

    name: str
    kind: Kind
    help: str
    samples: Sequence[Sample]


@define
class Histogram:
    """Number of observations in each bucket, and their sum in seconds."""

    counts: list[int] = field(factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def add(self, sums: Sequence[Any]) -> None:
        """Add a row of the columns of `bucket_columns`."""
        milliseconds, total, *below = (float(value or 0) for value in sums)
        self.seconds += milliseconds / 1000
        upper = [*below, total]
        for number, count in enumerate(upper):
            self.counts[number] += int(count - (upper[number - 1] if number else 0))

    def samples(self, labels: Mapping[str, str]) -> Iterator[Sample]:
        """Yield the series: cumulative buckets, sum and count."""
        names = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
        for name, count in zip(names, accumulate(self.counts), strict=True):
            yield Sample({**labels, "le": name}, count, "_bucket")
        yield Sample(labels, self.seconds, "_sum")
        yield Sample(labels, sum(self.counts), "_count")


def bucket_columns(milliseconds: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Return the sum and the number of durations, and how many are within each bound: the columns of a query."""
    within = [func.sum(case((milliseconds <= int(bound * 1000), 1), else_=0)) for bound in BOUNDS]
    return [func.sum(milliseconds), func.count(milliseconds), *within]
