"""Events of runs and their datasets, as a receiver of OpenLineage gets them."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from spine.project import open_project
from tests.http_peer import Answer, HttpPeer
from tests.observe_openlineage.conftest import make_shop
from tests.observe_openlineage.specification import check_event
from tests.projects import Project

Json = dict[str, Any]


def events(peer: HttpPeer) -> list[Json]:
    """Return the events that were received, each checked."""
    found = [received.json for received in list(peer.received)]
    for event in found:
        check_event(event)
    return found


def states(found: Sequence[Json]) -> list[tuple[str, str]]:
    return [(event["job"]["name"], event["eventType"]) for event in found]


def dataset(found: Sequence[Json], name: str) -> Json:
    [each] = [each for each in found if each["name"].endswith(name)]
    return each


@pytest.mark.slow
def test_a_run_has_a_begin_and_an_end_with_its_datasets(shop: Project, peer: HttpPeer) -> None:
    assert shop.run("run", "daily", "-p", "day=7").code == 0
    begin, end = events(peer)
    assert states([begin, end]) == [("daily", "START"), ("daily", "COMPLETE")]
    assert peer.received[0].path == "/api/v1/lineage"
    assert begin["run"]["runId"] == end["run"]["runId"] == shop.call("runs", "show", "latest", "--json").json["run_id"]
    assert {event["job"]["namespace"] for event in (begin, end)} == {"shop"}
    assert end["job"]["facets"]["jobType"]["processingType"] == "BATCH"
    source = dataset(end["inputs"], "prices.csv")
    assert [each["name"] for each in end["inputs"]] == [str(shop.root / "prices.csv")]
    assert source["namespace"] == "file"
    assert source["inputFacets"]["inputStatistics"]["rowCount"] == 2
    prices = dataset(end["outputs"], "prices")
    assert prices["namespace"] == "spine://shop"
    assert prices["outputFacets"]["outputStatistics"]["rowCount"] == 2
    fields = prices["facets"]["schema"]["fields"]
    assert [(field["name"], field["type"]) for field in fields] == [("symbol", "string"), ("price", "string")]
    assert prices["facets"]["spine_captures"]["captures"][0]["partition"] == {"day": "7"}
    assert (
        prices["facets"]["version"]["datasetVersion"] == prices["facets"]["spine_captures"]["captures"][0]["captureId"]
    )


@pytest.mark.slow
def test_a_table_and_a_capture_of_an_earlier_run_are_datasets(shop: Project, peer: HttpPeer) -> None:
    assert shop.run("run", "daily").code == 0
    assert shop.run("run", "use").code == 0
    daily, use = [event for event in events(peer) if event["eventType"] == "COMPLETE"]
    table = next(each for each in daily["outputs"] if each["namespace"].startswith("sqlite://"))
    assert (table["namespace"], table["name"]) == (f"sqlite://{shop.root / 'side.db'}", "totals")
    [read] = use["inputs"]
    assert (read["namespace"], read["name"]) == ("spine://shop", "totals")
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 1


@pytest.mark.slow
def test_a_failure_has_its_message_and_what_was_committed_before(shop: Project, peer: HttpPeer) -> None:
    secret = "https://hooks.example/s3cr3t-t0ken"
    assert shop.run("run", "broken", env={"TOKEN": secret, "TOKEN_URL": secret}).code == 1
    _, end = events(peer)
    assert end["eventType"] == "FAIL"
    assert "no room for" in end["run"]["facets"]["errorMessage"]["message"]
    assert dataset(end["outputs"], "prices")["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert secret.encode() not in b"".join(received.body for received in peer.received)


@pytest.mark.slow
def test_the_end_of_a_run_that_was_killed_and_resumed_has_the_datasets_of_both_processes(
    shop: Project, peer: HttpPeer
) -> None:
    assert shop.run("run", "killed").code == -signal.SIGKILL
    assert shop.run("runs", "recover").code == 0
    found = events(peer)
    assert states(found)[-2:] == [("killed", "RUNNING"), ("killed", "COMPLETE")]
    assert dataset(found[-1]["outputs"], "prices")["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert len({event["run"]["runId"] for event in found}) == 1


@pytest.mark.slow
def test_a_child_run_names_its_parent(shop: Project, peer: HttpPeer) -> None:
    assert shop.run("run", "parent").code == 0
    found = events(peer)
    assert states(found) == [("parent", "START"), ("daily", "START"), ("daily", "COMPLETE"), ("parent", "COMPLETE")]
    parent = found[1]["run"]["facets"]["parent"]
    assert (parent["run"]["runId"], parent["job"]["name"]) == (found[0]["run"]["runId"], "parent")
    assert "parent" not in found[0]["run"]["facets"]


def test_a_cancelled_run_is_aborted(shop: Project, peer: HttpPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.root)
    with open_project() as project:
        run_id = project.submit("waits")
        project.cancel(run_id)
    [end] = events(peer)
    assert (end["eventType"], end["run"]["runId"]) == ("ABORT", run_id)


@pytest.mark.slow
def test_a_file_gets_a_line_for_each_event(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, 'path = "out/lineage.jsonl"\nnamespace = "production"')
    assert shop.run("run", "daily").code == 0
    found = [json.loads(line) for line in (tmp_path / "out" / "lineage.jsonl").read_text().splitlines()]
    for event in found:
        check_event(event)
    assert states(found) == [("daily", "START"), ("daily", "COMPLETE")]
    assert {event["job"]["namespace"] for event in found} == {"production"}
    assert dataset(found[1]["outputs"], "prices")["namespace"] == "spine://production"


@pytest.mark.slow
def test_a_file_that_cannot_be_written_costs_a_warning(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, 'path = "prices.csv/lineage.jsonl"')
    done = shop.run("run", "daily")
    assert done.code == 0
    assert "prices.csv/lineage.jsonl cannot be written" in done.err


@pytest.mark.slow
def test_the_variables_of_openlineage_name_the_receiver_and_its_key(tmp_path: Path, peer: HttpPeer) -> None:
    shop = make_shop(tmp_path, "")
    environ = {"OPENLINEAGE_URL": peer.url, "OPENLINEAGE_API_KEY": "k3y-of-it", "OPENLINEAGE_NAMESPACE": "test"}
    assert shop.run("run", "daily", env=environ).code == 0
    assert {event["job"]["namespace"] for event in events(peer)} == {"test"}
    assert peer.received[0].headers["Authorization"] == "Bearer k3y-of-it"
    assert "OPENLINEAGE_URL" in shop.run("run", "daily").err


@pytest.mark.slow
def test_a_receiver_that_fails_for_a_while_gets_every_event_in_order(shop: Project, peer: HttpPeer) -> None:
    peer.answers.extend([Answer(503), Answer(503)])
    done = shop.run("run", "daily")
    assert done.code == 0
    assert done.err.count("tries again") == 1
    assert [event["eventType"] for event in events(peer)][-2:] == ["START", "COMPLETE"]


@pytest.mark.slow
def test_an_event_that_is_refused_is_left_out(shop: Project, peer: HttpPeer) -> None:
    peer.answers.append(Answer(422, body="no such job"))
    done = shop.run("run", "daily")
    assert done.code == 0
    assert "leaves an event out" in done.err
    assert "no such job" in done.err
    assert [event["eventType"] for event in events(peer)] == ["START", "COMPLETE"]


@pytest.mark.slow
def test_a_receiver_that_is_gone_costs_a_warning(tmp_path: Path) -> None:
    with socket.socket() as held:  # so that nothing else listens there
        held.bind(("127.0.0.1", 0))
        url = f"http://user:passw0rd@127.0.0.1:{held.getsockname()[1]}"
        done = make_shop(tmp_path, f'url = "{url}"').run("run", "daily")
    assert done.code == 0
    assert done.err.count("tries again") == 1
    assert "2 events were not sent" in done.err
    assert "passw0rd" not in done.err


@pytest.mark.slow
def test_a_receiver_that_never_answers_costs_a_warning(shop: Project, peer: HttpPeer) -> None:
    peer.usual = Answer(raw=lambda write, closing: closing.wait() and None)
    done = shop.run("run", "daily")
    assert done.code == 0
    assert "2 events were not sent" in done.err
