"""Tolerated failures of a map or parallel step: a count, or a share of its items."""

from __future__ import annotations

from spine.core.errors import ValidationError


def parse_tolerance(tolerated: int | str) -> tuple[float, bool]:
    """Return the number and whether it is a percentage; ValidationError for anything but `3` or `"5%"`."""
    if isinstance(tolerated, int) and not isinstance(tolerated, bool) and tolerated >= 0:
        return tolerated, False
    if isinstance(tolerated, str) and tolerated.endswith("%"):
        number = tolerated[:-1].strip()
        if number.replace(".", "", 1).isdigit() and float(number) <= 100:
            return float(number), True
    raise ValidationError(f'tolerated_failures is a count such as 3 or a share such as "5%", not {tolerated!r}')


def check_tolerance(_spec: object, _attribute: object, value: int | str) -> None:
    """Validate a field; raises as `parse_tolerance`."""
    parse_tolerance(value)


def tolerates(tolerated: int | str, failures: int, total: int) -> bool:
    """Return True if `failures` of `total` items are tolerated."""
    number, is_share = parse_tolerance(tolerated)
    return failures * 100 <= number * total if is_share else failures <= number


def most_tolerated(tolerated: int | str, total: int | None) -> int | None:
    """Return the number of failures that are tolerated; None for a share of a total that is not known yet."""
    number, is_share = parse_tolerance(tolerated)
    if not is_share:
        return int(number)
    return None if total is None else int(number * total / 100)


def may_tolerate(tolerated: int | str, failures: int, total: int | None) -> bool:
    """Return True if `failures` are tolerated, or are a share of a total that is not known yet."""
    if total is None:
        number, is_share = parse_tolerance(tolerated)
        return failures <= number or is_share
    return tolerates(tolerated, failures, total)
