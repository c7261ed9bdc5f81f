"""Metrics on the board."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from spine.project import Project
from spine_board.tokens import Tokens


def test_a_scrape_gets_the_metrics_of_the_project(project: Project, client_of: Callable[..., TestClient]) -> None:
    project.run("good")
    answer = client_of().get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert [sample.value for sample in found["spine_runs_ended"].samples if sample.labels["workflow"] == "good"]


def test_a_scrape_from_elsewhere_needs_a_token(project: Project, client_of: Callable[..., TestClient]) -> None:
    client = client_of("http://192.0.2.7:8470", host="192.0.2.7")
    assert client.get("/metrics", follow_redirects=False).status_code == 401
    token = Tokens(project).add("prometheus")
    assert client.get("/metrics", headers={"authorization": f"Bearer {token}"}).status_code == 200
