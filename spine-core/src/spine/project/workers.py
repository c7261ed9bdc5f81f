"""Workers of a project: processes of `spine worker run`, on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from spine.project.page import Rows

if TYPE_CHECKING:
    from spine.app import Application
    from spine.storage.workers import Workers as SqlWorkers


@frozen
class Workers:
    """Queries over workers."""

    _application: Application

    def list(self) -> Rows:
        """Return the workers that live, oldest first, with the `runs` of each.

        `workflows` maps the workflows of each to their definition hashes; it executes only runs that have the same.
        """
        return self._workers().living()

    def waiting(self) -> Rows:
        """Return how many `runs` wait for a worker, for each queue, workflow and definition, and `since` when."""
        return self._workers().waiting()

    def _workers(self) -> SqlWorkers:
        from spine.storage.workers import Workers as SqlWorkers  # the class above has its name

        return SqlWorkers(self._application.history)
