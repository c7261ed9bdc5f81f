"""Text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from spine.storage.metrics.family import Family, Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")  # readers may split lines at some of them


def exposition(families: Iterable[Family]) -> str:
    """Return families as text; one without samples is left out."""
    return "".join(f"{line}\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        yield f"{family.name}{sample.suffix}{_labels(sample)} {_number(sample.value)}"


def _labels(sample: Sample) -> str:
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
    return f"{{{shown}}}" if shown else ""


def _escaped(text: str) -> str:
    """Return the value of a label; a character that a reader could refuse is written as an escape."""
    visible = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return visible.encode("utf-8", "backslashreplace").decode().translate(_ESCAPES)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
