"""Form of a backfill: the range, the choice and the order that a person selects, as the fields of a request."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spine.core.errors import ValidationError

if TYPE_CHECKING:
    from spine.project import Project

CHOICES = ("missing", "failed", "all")
_ONLY = "only."
_MOST_AT_ONCE = 100


@frozen
class BackfillForm:
    """Content of a form: `only` limits listed parameters to one value each."""

    choices: Sequence[str]
    since: str | None = None
    until: str | None = None
    only: Mapping[str, list[str]] = field(factory=dict)
    max_parallel: int = 1
    order: str = "oldest"

    def plan(self, project: Project, workflow: str) -> Any:
        """Return the backfill that it asks for, which is not stored."""
        options = project.backfills.options(self.choices, max_parallel=self.max_parallel, order=self.order)
        return project.backfills.plan(workflow, options, self.since, self.until, only=self.only)

    def command(self, workflow: str) -> str:
        """Return the command that does the same."""
        words = ["spine", "backfill", workflow]
        words += ["--from", self.since] if self.since else []
        words += ["--to", self.until] if self.until else []
        words += [f"--{choice}" for choice in self.choices]
        words += [part for name, values in self.only.items() for part in ("--only", f"{name}={values[0]}")]
        words += ["--max-parallel", str(self.max_parallel)]
        words += ["--order", self.order] if self.order != "oldest" else []
        return shlex.join(words)


def range_of(fields: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the first and the last date that a form has, None where it is empty."""
    return (fields.get("since") or "").strip() or None, (fields.get("until") or "").strip() or None


def form_of(fields: Mapping[str, str]) -> BackfillForm:
    """Return what a form says; ValidationError for a number that is none."""
    chosen = tuple(choice for choice in CHOICES if fields.get(choice)) or ("missing",)
    since, until = range_of(fields)
    order = fields.get("order") or "oldest"
    only = {name.removeprefix(_ONLY): [value] for name, value in fields.items() if name.startswith(_ONLY) and value}
    return BackfillForm(chosen, since, until, only, _number(fields.get("max_parallel") or "1"), order)


def query_of(form: BackfillForm) -> dict[str, str]:
    """Return the fields that say the same."""
    said = {"since": form.since or "", "until": form.until or "", "order": form.order}
    said |= dict.fromkeys(form.choices, "on")
    said |= {f"{_ONLY}{name}": values[0] for name, values in form.only.items()}
    return {**said, "max_parallel": str(form.max_parallel)}


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= _MOST_AT_ONCE:
        return int(given)
    raise ValidationError(
        f"max_parallel={given!r:.40} is not possible: give a number from 1 to {_MOST_AT_ONCE}",
        field="max_parallel",
        value=given,
    )
