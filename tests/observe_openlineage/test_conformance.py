"""The listener passes the conformance suite, with hostile texts, and asks nothing of a project."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.secrets import Secret
from spine.orchestration.events import RunEnded
from spine.orchestration.status import WorkflowStatus
from spine.testing.conformance.listener import HOSTILE, ListenerConformance
from spine_observe_openlineage.config import OpenLineageConfig
from spine_observe_openlineage.listener import OpenLineageListener
from tests.http_peer import HttpPeer
from tests.observe_openlineage.specification import check_event


class TestOpenLineageListener(ListenerConformance):
    @pytest.fixture(autouse=True)
    def _with_a_receiver(self, peer: HttpPeer) -> None:
        self.peer = peer

    def make_listener(self) -> Any:
        return OpenLineageListener("lineage", self.peer.url, Secret("k3y-of-it"))

    def secrets(self) -> list[str]:
        return ["k3y-of-it"]

    def test_hostile_texts_arrive(self) -> None:
        listener = self.make_listener()
        for text in HOSTILE:
            ended = RunEnded(run_id=f"run {text[:9]}", status=WorkflowStatus.FAILED, workflow=text, error=text)
            listener.on_event(ended)
        listener.close()
        assert len(self.peer.received) == len(HOSTILE)
        for received in self.peer.received:
            check_event(received.json)


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"url": "localhost:5000"}, "not an http or https URL"), ({"url": "http://x", "path": "y"}, "both given")],
)
def test_wrong_options_are_refused(options: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        OpenLineageConfig(**options)  # type: ignore[arg-type]
