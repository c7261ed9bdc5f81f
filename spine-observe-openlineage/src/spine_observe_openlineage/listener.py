"""Listener that reports the begin and the end of each run."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import spine
from spine.core.errors import ConfigError, SpineError
from spine.core.ids import trace_id_of
from spine.core.kept_text import kept_text, kept_values
from spine.core.plain_text import plain_text
from spine.core.secrets import Secret
from spine.framework.events import Event
from spine.project import current_project
from spine_observe_openlineage.datasets import Datasets, datasets_of
from spine_observe_openlineage.facets import PRODUCER, SCHEMA_URL, Json, facet
from spine_observe_openlineage.outbox import Outbox
from spine_observe_openlineage.receivers import FileReceiver, HttpReceiver, Receiver

_STATES = {
    "run.started": "START",
    "run.resumed": "RUNNING",
    "run.completed": "COMPLETE",
    "run.partial": "COMPLETE",
    "run.failed": "FAIL",
    "run.crashed": "FAIL",
    "run.cancelled": "ABORT",
}
_MOST_RUNS = 1_000  # whose workflow is remembered, for their child runs


class OpenLineageListener:
    """Listener that sends OpenLineage events to a service, or writes them into a file."""

    def __init__(
        self,
        name: str,
        url: str | None = None,
        api_key: Secret | None = None,
        path: str | None = None,
        namespace: str | None = None,
        timeout: float = 2.0,
    ) -> None:
        self.name = name
        self._namespace = namespace or os.environ.get("OPENLINEAGE_NAMESPACE")
        self._outbox = Outbox(name, _receiver(name, url, api_key, path), timeout)
        self._workflows: OrderedDict[str, str] = OrderedDict()

    def on_event(self, event: Event) -> None:
        """Send an event for the begin or the end of a run, and what waits."""
        state, run_id = _STATES.get(event.event_type), getattr(event, "run_id", None)
        if state is not None and isinstance(run_id, str):
            self._outbox.put(self._run_event(state, run_id, event))
        self._outbox.send()

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        self._outbox.close()

    @property
    def namespace(self) -> str:
        """Namespace of the jobs."""
        if self._namespace is None:
            try:
                self._namespace = current_project().name
            except SpineError:
                return "spine"
        return self._namespace

    def _run_event(self, state: str, run_id: str, event: Event) -> Json:
        payload, is_end = event.payload, state not in ("START", "RUNNING")
        workflow = str(payload.get("workflow") or "workflow")
        self._workflows[run_id] = workflow
        if len(self._workflows) > _MOST_RUNS:
            self._workflows.popitem(last=False)
        found = datasets_of(run_id, self.namespace) if is_end else Datasets()
        job_type = facet("JobTypeJobFacet", processingType="BATCH", integration="SPINE", jobType="WORKFLOW")
        told: Json = kept_values(
            {
                "eventType": state,
                "eventTime": event.timestamp.isoformat(),
                "run": {"runId": _uuid(run_id), "facets": self._run_facets(run_id, event)},
                "job": {"namespace": self.namespace, "name": workflow, "facets": {"jobType": job_type}},
                "inputs": list(found.inputs),
                "outputs": list(found.outputs),
                "producer": PRODUCER,
                "schemaURL": SCHEMA_URL,
            }
        )
        return told

    def _run_facets(self, run_id: str, event: Event) -> Json:
        payload = event.payload
        own = {name: payload.get(name) or None for name in ("partition", "domain", "outcome")}
        facets = {
            "processing_engine": facet("ProcessingEngineRunFacet", name="spine", version=spine.__version__),
            "spine_run": facet("RunFacet", spineRunId=run_id, traceId=trace_id_of(run_id), **own),
        }
        parent = payload.get("parent_run_id")
        job = None if not parent else self._workflow_of(str(parent))
        if job is not None:
            of_parent = {"namespace": self.namespace, "name": job}
            facets["parent"] = facet("ParentRunFacet", run={"runId": _uuid(str(parent))}, job=of_parent)
        if payload.get("error"):
            message = plain_text(kept_text(str(payload["error"])))
            facets["errorMessage"] = facet("ErrorMessageRunFacet", message=message, programmingLanguage="PYTHON")
        return facets

    def _workflow_of(self, run_id: str) -> str | None:
        """Return the workflow of a run, None for one that is not known here or in the history."""
        if run_id not in self._workflows:
            try:
                self._workflows[run_id] = str(current_project().runs.find(run_id)["workflow_name"])
            except SpineError:
                return None
        return self._workflows[run_id]


def _receiver(name: str, url: str | None, api_key: Secret | None, path: str | None) -> Receiver:
    environ: Mapping[str, Any] = os.environ
    if path is not None:
        return FileReceiver(path)
    url = url or environ.get("OPENLINEAGE_URL")
    if not url:
        raise ConfigError(
            f"listener {name!r} has no receiver: give url or path in [listeners.{name}], or set OPENLINEAGE_URL"
        )
    key = api_key or (Secret(environ["OPENLINEAGE_API_KEY"]) if environ.get("OPENLINEAGE_API_KEY") else None)
    return HttpReceiver(url, key, environ.get("OPENLINEAGE_ENDPOINT"))


def _uuid(run_id: str) -> str:
    """Return a run's id as the specification wants it."""
    return str(UUID(trace_id_of(run_id)))
