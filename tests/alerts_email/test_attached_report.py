"""Reports of runs as attachments of mails."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from spine.framework.alerts import Alert
from spine.framework.alerts.content import MessageKind
from spine.project import open_project
from spine.project.runs import Runs
from spine.testing import make_project
from spine_alerts_email import attachment
from spine_alerts_email.channel import EmailChannel
from tests.alerts_email.mail_peer import Mailbox, mail_peer

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

def fail(context, config):
    raise ValueError("no file of today")

workflow_registry.register(Workflow("bad", [Step.lambda_("load", fail)]))
"""
CHANNEL = """
[channels.night]
type = "email"
smtp_host = "localhost"
smtp_port = {port}
use_tls = false
from_address = "spine@example.org"
recipients = ["ops@example.org"]
attach_report = {attach}
deadline_seconds = {seconds}

[alerts]
on_failure = "ERROR"
"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_peer() as mailbox:
        yield mailbox


def run_bad(tmp_path: Path, mailbox: Mailbox, *, attach: bool = True, seconds: float = 60, more: str = "") -> str:
    """Run the workflow that fails, in a project whose alerts are mailed."""
    settings = CHANNEL.format(port=mailbox.port, attach=str(attach).lower(), seconds=seconds) + more
    with open_project(make_project(tmp_path / "project", flows=FLOWS, settings=settings)) as project:
        run_id = project.run("bad").run_id
        project.alerts.flush()
        return run_id


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def attached(mail: EmailMessage) -> list[Any]:
    return list(mail.iter_attachments())


def test_the_alert_of_a_failed_run_carries_its_report(tmp_path: Path, mailbox: Mailbox) -> None:
    run_id = run_bad(tmp_path, mailbox)
    [mail] = mailbox.messages
    [file] = attached(mail)
    assert (file.get_content_type(), file.get_filename()) == ("text/html", f"run-{run_id}.html")
    written = file.get_payload(decode=True).decode()
    assert run_id in written
    assert "FAILED" in written
    assert "no file of today" in written
    assert f"report: attached as run-{run_id}.html" in text_of(mail)


def test_without_the_option_nothing_is_attached(tmp_path: Path, mailbox: Mailbox) -> None:
    run_bad(tmp_path, mailbox, attach=False)
    [mail] = mailbox.messages
    assert not attached(mail)
    assert "report:" not in text_of(mail)


def test_without_the_board_the_alert_is_mailed_and_says_what_is_missing(tmp_path: Path, mailbox: Mailbox) -> None:
    run_bad(tmp_path, mailbox, more='\n[plugins]\ndisabled = ["board"]\n')
    [mail] = mailbox.messages
    assert not attached(mail)
    assert "report: not attached: report format 'html' is provided by plugin 'board'" in text_of(mail)


def test_a_writer_that_fails_does_not_stop_the_alert(
    tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Runs, reference: str, format: str = "html") -> bytes:  # noqa: A002 # as the method has it
        raise ZeroDivisionError("password=hunter2")

    monkeypatch.setattr(Runs, "report", broken)
    run_bad(tmp_path, mailbox)
    [mail] = mailbox.messages
    assert "report: not attached: its writer raised ZeroDivisionError" in text_of(mail)
    assert "hunter2" not in mail.as_string()


def test_a_writer_that_hangs_does_not_stop_the_alert(
    tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Event()

    def hanging(self: Runs, reference: str, format: str = "html") -> bytes:  # noqa: A002
        end.wait()
        return b""

    monkeypatch.setattr(Runs, "report", hanging)
    monkeypatch.setattr("spine_alerts_email.channel._SHARE_OF_REPORT", 0.001)
    try:
        run_bad(tmp_path, mailbox, seconds=60)
    finally:
        end.set()
    [mail] = mailbox.messages
    assert "report: not attached: it was not ready within 0.06 seconds" in text_of(mail)


def test_a_report_that_is_too_large_is_not_mailed(
    tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment, "_MOST_BYTES", 1_000)
    run_id = run_bad(tmp_path, mailbox)
    [mail] = mailbox.messages
    assert not attached(mail)
    assert f"spine runs report {run_id} --html report.html" in text_of(mail)


def make(mailbox: Mailbox) -> EmailChannel:
    return EmailChannel(
        "night",
        smtp_host="localhost",
        smtp_port=mailbox.port,
        use_tls=False,
        from_address="spine@example.org",
        recipients="ops@example.org",
        attach_report=True,
    )


def test_an_alert_that_is_about_no_run_has_no_report(mailbox: Mailbox) -> None:
    assert make(mailbox).send(Alert("ERROR", "disk is full", "no space", "disk")).success
    [mail] = mailbox.messages
    assert "report" not in text_of(mail)


def test_outside_of_a_project_the_alert_is_mailed(mailbox: Mailbox) -> None:
    assert make(mailbox).send(Alert("ERROR", "failed", "no file", "w", run_id="r1")).success
    assert "report: not attached: current_project() found no open project" in text_of(mailbox.messages[0])


@pytest.mark.parametrize("run_id", ["../../etc/passwd", "r\r\nX-Evil: 1", "\u202egnp.exe", "", "x" * 500])
def test_no_id_of_a_run_is_a_path_or_a_header(run_id: str) -> None:
    name = attachment._sized(run_id, b"x").name
    assert name.removeprefix("run-").removesuffix(".html").replace("-", "x").isalnum()
    assert len(name) < 80


def test_the_resolution_has_no_report(mailbox: Mailbox) -> None:
    make(mailbox).resolve(Alert("ERROR", "failed", "no file", "w", run_id="r1"))
    assert MessageKind.RESOLVED.name in str(mailbox.messages[0]["Subject"])
    assert "report:" not in text_of(mailbox.messages[0])
