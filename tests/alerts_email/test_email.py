"""Alerts by e-mail, to a real mail server with TLS and a login."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core import errors
from spine.core.plain_text import shorten
from spine.core.secrets import Secret
from spine.framework.alerts import Alert, AlertSeverity, ResolvingChannel
from spine.framework.alerts.content import MessageKind
from spine.testing.conformance.alert_channel import HOSTILE, AlertChannelConformance
from spine_alerts_email.address import parse_address
from spine_alerts_email.channel import EmailChannel
from spine_alerts_email.message import build_message
from tests.alerts_email.mail_peer import Line, Mailbox, mail_peer, scripted
from tests.framework.alerts.ended import ENDED, SAID

PASSWORD = "canary4711secret"
THREE = ["ops@example.org", "data@example.org", "boss@example.org"]
ALERT = Alert("ERROR", "FINRA Ingestion Failed", "no file", "finra.otc.ingest", domain="finra.otc", run_id="r1")


def make(port: int, **options: Any) -> EmailChannel:
    usual: dict[str, Any] = {"from_address": "Spine <spine@example.org>", "recipients": THREE}
    return EmailChannel("night", smtp_host="localhost", smtp_port=port, **(usual | options))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_peer() as mailbox:
        yield mailbox


class TestEmailConforms(AlertChannelConformance):
    can_fail = True
    shows_deliveries = True
    sends_in_parallel = True
    meets_deadline = True
    resolves = True

    @pytest.fixture(autouse=True)
    def receiver(self, tls: ssl.SSLContext) -> Iterator[None]:
        with (
            mail_peer(starttls=tls, login=("spine", PASSWORD)) as self.mailbox,
            scripted(Line.drip) as (self.dripping_port, _),
        ):
            yield

    def make_channel(self, **options: Any) -> EmailChannel:
        return make(self.mailbox.port, smtp_user="spine", smtp_password=PASSWORD, **options)

    def make_failing_channel(self) -> EmailChannel:
        return make(self.mailbox.port, smtp_user="spine", smtp_password=f"not-{PASSWORD}")

    def make_unanswered_channel(self, deadline_seconds: float) -> EmailChannel:
        return make(self.dripping_port, use_tls=False, deadline_seconds=deadline_seconds)

    def delivered(self) -> int:
        return len(self.mailbox.envelopes)

    def secrets(self) -> list[str]:
        return [PASSWORD]


@pytest.mark.parametrize("password", [PASSWORD, Secret(PASSWORD)])
def test_a_mail_goes_over_starttls_and_with_a_login(tls: ssl.SSLContext, password: Any):
    with mail_peer(starttls=tls, login=("spine", PASSWORD)) as mailbox:
        result = make(mailbox.port, smtp_user="spine", smtp_password=password).send(ALERT)
    assert result.success, result.error
    assert result.message == "delivered to 3 of 3"
    assert mailbox.logins == [("spine", PASSWORD)]
    assert mailbox.over_tls == [True]
    assert mailbox.envelopes[0].mail_from == "spine@example.org"
    assert mailbox.envelopes[0].rcpt_tos == THREE


def test_a_mail_goes_over_tls_from_the_start(tls: ssl.SSLContext):
    with mail_peer(implicit_tls=tls, login=("spine", PASSWORD)) as mailbox:
        channel = make(mailbox.port, implicit_tls=True, smtp_user="spine", smtp_password=PASSWORD)
        assert channel.send(ALERT).success
    assert mailbox.over_tls == [True]


def test_a_relay_without_tls_is_used_where_it_is_asked_for(mailbox: Mailbox):
    assert make(mailbox.port, use_tls=False).send(ALERT).success
    assert mailbox.over_tls == [False]


def test_a_mail_has_the_headers_of_an_automatic_message(mailbox: Mailbox):
    make(mailbox.port, use_tls=False).send(ALERT)
    [mail] = mailbox.messages
    assert mail["From"] == "Spine <spine@example.org>"
    assert mail["To"] == ", ".join(THREE)
    assert mail["Subject"] == "[ERROR] FINRA Ingestion Failed"
    assert mail["Message-ID"] == f"<{ALERT.alert_id}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == ALERT.created_at.replace(microsecond=0)


def test_a_mail_that_is_sent_again_is_the_same_mail(mailbox: Mailbox):
    channel = make(mailbox.port, use_tls=False)
    channel.send(ALERT)
    channel.send(ALERT)
    first, again = mailbox.messages
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Date"] == again["Date"]


def test_the_end_of_an_incident_is_an_answer_to_its_mail(mailbox: Mailbox):
    channel = make(mailbox.port, use_tls=False)
    assert isinstance(channel, ResolvingChannel)
    channel.send(ALERT)
    channel.resolve(ALERT)
    firing, end = mailbox.messages
    assert end["In-Reply-To"] == end["References"] == firing["Message-ID"]
    assert end["Message-ID"] != firing["Message-ID"]
    assert end["Subject"] == "[RESOLVED] FINRA Ingestion Failed"


def test_a_resolution_says_what_was_resolved(mailbox: Mailbox):
    assert make(mailbox.port, use_tls=False).resolve(ENDED).success
    [end] = mailbox.messages
    assert end["Subject"] == "[RESOLVED] weekly, step load"
    assert end["Date"] == "Mon, 02 Mar 2026 08:10:07 +0000"
    for kind in ("plain", "html"):
        text = end.get_body([kind]).get_content()
        assert SAID in text
        assert "no file" not in text


def test_the_text_and_the_html_say_what_is_known(mailbox: Mailbox):
    alert = Alert(
        "CRITICAL",
        "FINRA Ingestion Failed",
        "Weekly OTC file\ncould not be downloaded",
        "finra.otc.ingest",
        domain="finra.otc",
        run_id="r1",
        error=errors.NetworkError("connection reset"),
        metadata={"step": "ingest", "suppressed_count": 12},
        created_at=ALERT.created_at.replace(2026, 3, 1, 6, 0, 7, 0),
    )
    make(mailbox.port, use_tls=False, base_url="https://spine.example.org").send(alert)
    [mail] = mailbox.messages
    text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert text.splitlines() == [
        "[CRITICAL] FINRA Ingestion Failed (+ 12 more)",
        "",
        "Weekly OTC file",
        "could not be downloaded",
        "",
        "source: finra.otc.ingest",
        "domain: finra.otc",
        "run: r1",
        "step: ingest",
        "error: NetworkError: connection reset",
        "category: NETWORK",
        "retryable: yes",
        "look closer: spine runs show r1",
        "link: https://spine.example.org/runs/r1",
        "time: 2026-03-01 06:00:07 UTC",
    ]
    for part in ("CRITICAL (+ 12 more)", "FINRA Ingestion Failed", "could not be downloaded", "NETWORK", "ingest"):
        assert part in html
    assert '<a href="https://spine.example.org/runs/r1">' in html


def mail(text: str) -> Any:
    alert = Alert(
        AlertSeverity.ERROR,
        text,
        text,
        text,
        domain=text,
        run_id=text,
        error=text,
        metadata={text: text},
        alert_id=text,
    )
    sender = parse_address("spine@example.org", "from_address")
    return build_message(alert, MessageKind.FIRING, sender, [sender], "https://spine.example.org")


ANYTHING = st.text(st.sampled_from("\r\n\0<>\"'&@;=?:, Bc\x1b[m\u2028\x85") | st.characters())
ENCODED = "=?utf-8?q?x=0D=0AReply-To:_evil=40x.org=0D=0AContent-Type:_text/html=0D=0A=0D=0A<h1>log_in</h1>?="
TITLES = [
    ENCODED,
    f"Bad file {ENCODED}",
    f"{ENCODED} {ENCODED}",
    f"{'x' * 80}{ENCODED}",
    f"ü {ENCODED}",
    ENCODED.replace("utf-8?q", "us-ascii?Q"),
    ENCODED.replace("utf-8", "nonsense"),
    "=?utf-8?b?eA0KUmVwbHktVG86IGV2aWxAeC5vcmcNCg0KPGgxPg==?=",
    "=?unknown-8bit?q?=80=0D=0AReply-To:_evil=40x.org?=",
    "=?utf-8?q?=0D=0A_?= =?utf-8?q?Reply-To:_evil?=",
    "株式会社 " * 20,
    "x" * 500,
    " \u00a0 ",
]


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_an_encoded_word_in_a_title_is_shown_as_it_is_written(mailbox: Mailbox, title: str):
    """Several releases of Python write the line ends of a decoded word: CVE-2024-6923 and its siblings."""
    make(mailbox.port, use_tls=False).send(Alert("ERROR", title, "no file", "s"))
    [received] = mailbox.messages
    assert received["Reply-To"] is None
    assert received.get_content_type() == "multipart/alternative"
    assert received["Subject"].strip() == shorten(f"[ERROR] {title.strip() or '(no title)'}", 200).strip()
    head = bytes(mailbox.envelopes[0].content or b"").partition(b"\r\n\r\n")[0]
    [subject] = re.findall(rb"^Subject: .*(?:\r\n .*)*", head, re.MULTILINE)
    assert all(len(line) <= 78 for line in subject.split(b"\r\n"))


@given(ANYTHING)
def test_no_text_becomes_a_header(text: str):
    names = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    head, _, _ = mail(text).as_bytes().partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert [line.partition(b":")[0].decode() for line in lines] == names
    assert b"\n" not in head.replace(b"\r\n", b"")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_of_a_mail_is_not_too_long(text: str):
    """At most 998 bytes: RFC 5322, section 2.1.1."""
    assert max(len(line) for line in mail(text).as_bytes().split(b"\r\n")) <= 998


@given(ANYTHING)
def test_no_text_becomes_html(text: str):
    from html.parser import HTMLParser

    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()

        def handle_starttag(self, tag: str, attributes: Any) -> None:
            self.seen.add(tag)

    tags = Tags()
    tags.feed(mail(f"{text}<script src=x><img onerror=y>").get_body(["html"]).get_content())
    assert tags.seen <= {"html", "head", "meta", "body", "div", "p", "h1", "table", "tr", "td", "a"}


@pytest.mark.parametrize(
    "options",
    [
        {"from_address": "spine"},
        {"from_address": "spine@example.org\r\nBcc: all@example.org"},
        {"from_address": "Spine\nBcc: <spine@example.org>"},
        {"recipients": []},
        {"recipients": ["ops@example.org", "a@b, c@d"]},
        {"recipients": ["öps@example.org"]},
        {"smtp_user": "spine", "smtp_password": "pass\nword"},
        {"smtp_user": "spïne"},
        {"implicit_tls": True, "use_tls": False},
    ],
)
def test_what_cannot_be_is_refused_when_the_channel_is_made(options: dict[str, Any]):
    with pytest.raises(errors.InvalidConfigError) as caught:
        make(587, **options)
    assert "pass" not in str(caught.value).replace("smtp_password", "")


def test_one_recipient_may_be_given_as_a_text(mailbox: Mailbox):
    assert make(mailbox.port, use_tls=False, recipients="ops@example.org").send(ALERT).success
    assert mailbox.envelopes[0].rcpt_tos == ["ops@example.org"]
