"""Captures of a project that are to be made anew, and old revisions that are forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spine.core.hashing import canonical_json
from spine.framework.captures import Capture
from spine.framework.lineage.stale import StaleCapture
from spine.orchestration.run_store import run_store
from spine.storage.captures.forget import forget
from spine.storage.captures.orphans import find_orphans, remove_orphans
from spine.storage.clock import StoreClock
from spine.storage.lineage.stale import stale_captures

if TYPE_CHECKING:
    from spine.app.application import Application

_ORPHAN_AGE = timedelta(hours=1)
_REPLACED_AGE = timedelta(days=1)  # a backup of the files may take so long after that of the database


@frozen
class StaleWork:
    """Workflow to run, with the parameters of the run that made the stale captures."""

    workflow: str
    params: Mapping[str, Any]
    captures: Sequence[str]

    @property
    def key(self) -> str:
        """Identity of the work: the workflow and its parameters."""
        return canonical_json([self.workflow, dict(self.params)])


def stale_work(application: Application, workflow: str | None = None) -> list[StaleWork]:
    """Return the runs to make stale captures anew, of all workflows or of one; those without a stale input first.

    A capture that no run made, or whose run is no longer in the history, has none.
    """
    stale = stale_captures(application.history)
    names = {(found.capture.name, found.capture.partition_key) for found in stale}
    ready = [found for found in stale if not _inputs(found) & names]
    works: dict[str, StaleWork] = {}
    for found in [*ready, *(found for found in stale if found not in ready)]:
        run = run_store().get_run(found.made_by)
        if run is None or workflow not in (None, run.workflow_name):
            continue
        work = StaleWork(run.workflow_name, run.params, [found.capture.name])
        known = works.setdefault(work.key, work)
        if known is not work:
            works[work.key] = StaleWork(work.workflow, work.params, [*known.captures, found.capture.name])
    return list(works.values())


def _inputs(found: StaleCapture) -> set[tuple[str, str]]:
    return {(source.name, canonical_json(source.partition)) for source in found.inputs}


def forget_old(application: Application) -> list[Capture]:
    """Forget the revisions that `[captures]` does not keep, remove their files, and return them.

    One that was current within the last day stays: who reads it, or copies it for a backup, is not in the history.
    """
    settings = application.settings.captures
    now = StoreClock(application.adapter).now()
    before = None if settings.keep_days is None else now - timedelta(days=settings.keep_days)
    found = forget(application.history, keep=settings.keep, before=before, replaced_before=now - _REPLACED_AGE)
    if found:
        store = application.payloads
        remove_orphans(store, find_orphans(application.history, store, older_than=_ORPHAN_AGE))
    return found
