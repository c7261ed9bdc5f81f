"""Backoff between attempts."""

from __future__ import annotations


def backoff(attempt: int, first: float, longest: float, *, factor: float = 2.0) -> float:
    """Return the seconds to wait after failed attempt number `attempt` (from 1): `first`, growing up to `longest`.

    Where many clients may fail together, wait a random part of it ("full jitter",
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
    """
    try:
        grown = first * float(factor) ** (attempt - 1)
    except OverflowError:  # possible with many attempts
        return longest if first else 0.0
    return min(grown, longest)
