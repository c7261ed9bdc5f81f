"""`spine alerts`, on projects with a real HTTP peer."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from random import Random

import pytest

from tests.clocks import moving
from tests.http_peer import Answer, HttpPeer, drip, http_peer
from tests.projects import Project, wait_until

CANARY = "canary-5f3a9c"
WORKFLOWS = """
from pathlib import Path
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

def load(context, config):
    if Path(__file__).with_name("broken").exists():
        return StepResult.fail("the file is broken")
    return StepResult.ok()

workflow_registry.register(Workflow("weekly", [Step.lambda_("load", load)]))
"""


def project_with(tmp_path, toml: str) -> Project:
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\nmodules = ["flows"]\n{toml}')
    project.write("flows.py", WORKFLOWS)
    return project


def webhook(name: str, url: str, more: str = "") -> str:
    return f'[channels.{name}]\ntype = "webhook"\nurl = "{url}/{CANARY}"\n{more}\n'


def test_a_failed_run_alerts_and_its_recovery_resolves_the_incident(tmp_path):
    with http_peer() as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        assert project.call("run", "weekly").code == 1
        [alert] = project.call("alerts", "list", "--json").json
        assert (alert["source"], alert["incident_resolved_at"], alert["at_run_end"]) == ("weekly", None, True)
        (tmp_path / "broken").unlink()
        assert project.call("run", "weekly").code == 0
        assert project.call("alerts", "list", "--open", "--json").json == []
        assert len(peer.received) == 2


ELSEWHERE = """
from spine.framework.alerts import AlertSeverity, send_alert
from spine.orchestration import Step, Workflow, workflow_registry

def tell(context, config):
    send_alert(AlertSeverity.ERROR, "of the step", "m", "s")

def tell_item(context, item):
    send_alert(AlertSeverity.ERROR, f"of item {item}", "m", "s")

each = Step.map("each", "numbers", function=tell_item, executor="own")
workflow_registry.register(Workflow("w", [Step.lambda_("tell", tell, timeout=600), each], defaults={"numbers": [1, 2]}))
"""


@pytest.mark.slow
def test_alerts_of_a_step_and_of_items_in_processes_of_their_own_reach_the_channel(tmp_path):
    with http_peer() as peer:
        settings = webhook("ops", peer.url) + '[executors.own]\ntype = "processes"\n'
        project = project_with(tmp_path, settings)
        project.write("flows.py", ELSEWHERE)
        assert project.call("run", "w").code == 0
        told = {alert["title"]: alert["delivery"] for alert in project.call("alerts", "list", "--json").json}
    assert told == {"of the step": "SENT", "of item 1": "SENT", "of item 2": "SENT"}
    assert len(peer.received) == 3


def test_an_alert_that_was_not_sent_is_flushed_later(tmp_path):
    with http_peer(Answer(503)) as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        project.call("run", "weekly")
        [delivery] = project.call("alerts", "history", "--json").json
        assert delivery["status"] == "PENDING"
        peer.usual = Answer()
        sent = project.call("alerts", "flush", "--json").json[0]
        assert (sent["success"], sent["attempt"]) == (True, 2)
        [channel] = project.call("alerts", "channels", "--json").json
        assert (channel["consecutive_failures"], channel["last_success_at"] is None) == (0, False)


def test_a_dripping_channel_does_not_delay_another(tmp_path, fixed_clock):
    with http_peer(Answer(raw=drip)) as slow, http_peer() as fast:
        toml = webhook("slow", slow.url, "deadline_seconds = 300")
        # the clock may move between the request to it and its reply
        toml += webhook("quick", fast.url, "deadline_seconds = 1000")
        project = project_with(tmp_path, toml)
        project.write("broken", "")
        with moving(fixed_clock, 299, 1, when=lambda: bool(slow.received and fast.received)):
            project.call("run", "weekly")
    assert len(fast.received) == 1
    rows = project.call("alerts", "history", "--json").json
    assert {row["channel_name"]: row["status"] for row in rows} == {"slow": "PENDING", "quick": "SENT"}


@pytest.mark.slow
def test_no_secret_shows_in_tables_or_output(tmp_path):
    with http_peer(Answer(400, body=CANARY)) as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        project.call("run", "weekly")
        for command in (["list"], ["show", "latest"], ["channels"], ["history"], ["test", "ops"], ["flush"]):
            for form in ([], ["--json"]):
                outcome = project.call("alerts", *command, *form)
                assert CANARY not in outcome.out + outcome.err
        assert CANARY.encode() not in b"".join(path.read_bytes() for path in (tmp_path / ".spine").glob("spine.db*"))


def test_route_explains_who_takes_an_alert_and_why_others_do_not(tmp_path):
    toml = webhook("all", "http://localhost:1") + webhook("finra", "http://localhost:1", 'domains = ["finra.*"]')
    project = project_with(tmp_path, toml + webhook("urgent", "http://localhost:1", 'min_severity = "CRITICAL"'))
    found = project.call("alerts", "route", "--severity", "ERROR", "--domain", "sec", "--explain", "--json").json
    assert {row["name"]: row["reason"] for row in found} == {
        "all": "it fits",
        "finra": "the domain 'sec' does not fit finra.*",
        "urgent": "ERROR is below its min_severity CRITICAL",
    }


def test_a_silence_needs_an_end_in_the_future_and_a_known_field(tmp_path):
    project = project_with(tmp_path, "")
    assert project.call("alerts", "silence", "--match", "source=x").code == 2
    assert "has passed" in project.call("alerts", "silence", "--match", "source=x", "--until", "2020-01-01").sentence
    wrong = project.call("alerts", "silence", "--match", "sauce=x", "--until", "2999-01-01")
    assert "did you mean 'source'" in wrong.sentence
    made = project.call("alerts", "silence", "--match", "source=weekly", "--until", "2999-01-01", "--json")
    assert made.json["match"] == {"source": "weekly"}


def test_a_fallback_that_is_no_channel_is_refused(tmp_path):
    project = project_with(tmp_path, '[alerts]\nfallback = "nobody"\n')
    assert "alerts.fallback: there is no channel 'nobody'" in project.call("alerts", "flush").sentence


@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, 5, pytest.param(50, marks=pytest.mark.soak)])
def test_a_killed_sender_loses_nothing_and_repeats_one_message_at_most(kills, tmp_path):
    from spine.app import open_project
    from spine.framework.alerts import Alert, alert_registry

    random, count = Random(7), kills * 20
    with http_peer() as peer, http_peer(Answer(503)) as down:
        project = project_with(tmp_path, webhook("ops", peer.url) + webhook("down", down.url))
        with open_project(tmp_path) as opened:
            opened.register_channels()
            for number in range(count):
                alert = Alert("ERROR", f"failure {number}", "", "test")
                opened.alerts.add(alert_registry.routed(alert))
        for _ in range(kills):
            enough = len(peer.received) + random.randint(1, 8)
            process = project.start("alerts", "flush")
            wait_until(lambda: len(peer.received) >= enough or process.poll() is not None)  # noqa: B023
            process.send_signal(signal.SIGKILL)
            process.communicate()
        down.usual = Answer()
        down.received.clear()
        project.call("alerts", "flush")
        for channel, times in (("ops", _received(peer)), ("down", _received(down))):
            assert len(times.keys() | _set_aside(project, channel)) == count
            assert sum(times.values()) <= count + kills


def _received(peer: HttpPeer) -> Counter[str]:
    titles = Counter(received.json["title"] for received in peer.received)
    return Counter({title: times for title, times in titles.items() if title.startswith("failure")})


def _set_aside(project: Project, channel: str) -> set[str]:
    """Return the titles of what no sender survived three times in a row, of which another alert tells."""
    alerts = project.call("alerts", "list", "--limit", "5000", "--json").json
    told = [alert["message"] for alert in alerts if alert["title"] == f"an alert could not be delivered by {channel}"]
    return {alert["title"] for alert in alerts if any(alert["id"] in message for message in told)}


def _let_hours_pass(project: Project) -> None:
    """Set the times of alerts and of their next attempts back."""
    with sqlite3.connect(project.root / ".spine" / "spine.db") as database:
        database.execute("UPDATE core_alerts SET created_at = '2026-01-05T10:00:00.000000+00:00'")
        database.execute("UPDATE core_alert_deliveries SET next_retry_at = '2026-01-05T10:00:05.000000+00:00'")


def test_a_delivery_whose_time_has_passed_is_overdue_and_names_the_command(tmp_path):
    with http_peer(Answer(503)) as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        project.call("run", "weekly")
        assert "overdue" not in project.call("alerts", "list").out
        _let_hours_pass(project)
        for command in (("alerts", "list"), ("alerts", "show", "latest"), ("status",)):
            shown = project.call(*command).out
            assert "overdue" in shown
            assert "no process delivers" in shown
            assert "spine alerts flush" in shown
            assert "next attempt at" not in shown
        [alert] = project.call("alerts", "list", "--json").json
        assert alert["is_overdue"]
        peer.usual = Answer()
        project.call("alerts", "flush")
        [alert] = project.call("alerts", "list", "--json").json
        assert not alert["is_overdue"]


def test_a_paused_channel_is_not_overdue(tmp_path):
    with http_peer(Answer(429, headers={"Retry-After": "3000"})) as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        project.call("run", "weekly")
        _let_hours_pass(project)
        assert "overdue" not in project.call("alerts", "list").out


def test_a_channel_and_its_messages_name_the_host_alone(tmp_path):
    with http_peer(Answer(503)) as peer:
        host = peer.url.removeprefix("http://")
        url = f"http://ann:hunter2@{host}"
        mail = (
            'type = "email"\nsmtp_host = "mail.invalid"\nfrom_address = "a@example.org"\nrecipients = ["b@example.org"]'
        )
        off = 'type = "webhook"\nurl = { env = "NOT_SET" }'
        project = project_with(tmp_path, webhook("ops", url) + f"[channels.mail]\n{mail}\n[channels.off]\n{off}\n")
        shown = project.call("alerts", "channels")
        rows = {row["name"]: row["target"] for row in project.call("alerts", "channels", "--json").json}
        assert rows == {"mail": "mail.invalid:587", "ops": host, "off": None}
        assert f"webhook       {host}" in shown.out
        project = project_with(tmp_path, webhook("ops", url))
        tested = project.call("alerts", "test", "ops")
        assert f"the webhook service of alert channel 'ops' at {host}" in tested.out
        for outcome in (shown, tested):
            assert CANARY not in outcome.out + outcome.err
            assert "hunter2" not in outcome.out + outcome.err


def test_a_test_sends_nothing_else_and_is_no_alert_that_was_not_sent(tmp_path):
    with http_peer(Answer(503)) as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        project.call("run", "weekly")
        _let_hours_pass(project)
        before = len(peer.received)
        assert project.call("alerts", "test", "ops").code == 1
        assert len(peer.received) == before + 1
        assert [row["title"] for row in project.call("alerts", "list", "--unsent", "--json").json] == ["weekly failed"]
        peer.usual = Answer()
        tested = project.call("alerts", "test", "ops")
        assert len(peer.received) == before + 2
        assert tested.err == "alerts wait to be sent: spine alerts flush\n"


def test_a_test_of_a_channel_that_there_is_not_records_nothing(tmp_path):
    with http_peer() as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        tested = project.call("alerts", "test", "opps")
        assert (tested.code, "did you mean 'ops'?" in tested.out) == (1, True)
        assert project.call("alerts", "list", "--json").json == []


def test_an_incident_of_several_partitions_says_that_each_has_to_succeed(tmp_path):
    project = project_with(tmp_path, "")
    project.write(
        "flows.py",
        """
from pathlib import Path
from spine import Step, Workflow, workflow_registry

def load(ctx, config):
    if not Path(__file__).with_name("ok").exists():
        raise RuntimeError("no")

workflow_registry.register(Workflow("daily", [Step.lambda_("load", load)], partition_by=["day"]))
""",
    )
    for day in ("1", "2", "3"):
        project.call("run", "daily", "-p", f"day={day}")
    told = " ends after a completed run of daily (day={}), and of {}\n"
    assert told.format(3, "2 other partitions") in project.call("alerts", "list").out
    project.write("ok", "")
    project.call("run", "daily", "-p", "day=3")
    assert told.format(2, "1 other partition") in project.call("alerts", "list").out
    assert project.call("alerts", "list", "--json").json[0]["ends_after"].endswith("and of 1 other partition")
    project.call("run", "daily", "-p", "day=1")
    assert " ends after a completed run of daily (day=2)\n" in project.call("alerts", "list").out
    project.call("run", "daily", "-p", "day=2")
    assert "ends after" not in project.call("alerts", "list").out


def test_an_open_incident_says_how_it_ends_and_names_the_commands(tmp_path):
    with http_peer() as peer:
        project = project_with(tmp_path, webhook("ops", peer.url))
        project.write("broken", "")
        project.call("run", "weekly")
        alert_id = project.call("alerts", "list", "--json").json[0]["id"]
        for command in (("alerts", "list"), ("alerts", "show", "latest")):
            shown = project.call(*command).out
            assert f"open            {alert_id} ends after a completed run of weekly\n" in shown
            assert f"you work on it  spine alerts ack {alert_id}\n" in shown
            assert f"it is over      spine alerts resolve {alert_id}\n" in shown
        assert "; ends after a completed run of weekly: spine alerts show" in project.call("status").out
        project.write("spine.toml", (tmp_path / "spine.toml").read_text() + "[alerts]\non_recovery = false\n")
        assert "stays open until it is resolved" in project.call("alerts", "list").out
        assert "stays open until it is resolved" in project.call("status").out
        assert project.call("alerts", "list", "--json").json[0]["ends_after"] is None
        project.call("alerts", "resolve", "latest")
        assert "spine alerts resolve" not in project.call("alerts", "list").out
