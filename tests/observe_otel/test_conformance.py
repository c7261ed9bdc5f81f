"""The listener passes the conformance suite, with hostile texts, and asks nothing of a project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from spine.orchestration.events import RunEnded
from spine.orchestration.status import WorkflowStatus
from spine.testing.conformance.listener import HOSTILE, ListenerConformance
from spine_observe_otel.config import OtelConfig
from spine_observe_otel.listener import OtelListener
from tests.observe_otel.otlp_peer import OtlpPeer


class TestOtelListener(ListenerConformance):
    @pytest.fixture(autouse=True)
    def _with_a_receiver(self, otlp: OtlpPeer) -> Iterator[None]:
        self.otlp, self.made = otlp, list[Any]()
        yield
        for listener in self.made:
            listener.close()

    def make_listener(self) -> Any:
        self.made.append(OtelListener("traces", self.otlp.url))
        return self.made[-1]

    def test_hostile_texts_arrive(self) -> None:
        listener = self.make_listener()
        for text in HOSTILE:
            listener.on_event(
                RunEnded(run_id=f"run {text[:9]}", status=WorkflowStatus.FAILED, workflow=text, error=text)
            )
        listener.close()
        assert len(self.otlp.spans()) == len(HOSTILE)


def test_an_endpoint_is_a_url() -> None:
    with pytest.raises(ValueError, match="endpoint is not an http or https URL"):
        OtelConfig("localhost:4318")
