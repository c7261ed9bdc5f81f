"""`block_private`: no address of this machine or network is connected to, however it is reached."""

from __future__ import annotations

import pytest
from attrs import evolve

from spine.core.errors import SourceError
from spine.core.scope import current_scope
from spine.http.machine import Machine
from spine_sources_http.source import HttpSource
from tests.sources_http.server import Reply, rows


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_private_host_is_refused(server, source, fake_time, host):
    fake_time.names["localhost"] = ["127.0.0.1"]
    server.on("/x", rows())
    error = source(f"http://{host}:{server.port}/x", block_private=True).fetch().error
    assert isinstance(error, SourceError)
    assert str(error) == (
        f"{host} is a loopback, link-local, private or reserved address, which block_private refuses; "
        "use a public host, or set block_private = false"
    )
    assert server.asked == []


def test_one_private_address_among_several_is_enough(server, source, fake_time):
    fake_time.names["api.example"] = ["93.184.216.34", "127.0.0.1"]
    assert "which block_private refuses" in str(
        source(f"http://api.example:{server.port}/x", block_private=True).fetch().error
    )


def test_a_name_is_resolved_once_and_connected_to_what_was_looked_at(server, source, fake_time):
    """A name that changes its address between the look and the connection leads nowhere else."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    server.on("/x", rows({"a": 1}))
    url = f"http://api.example:{server.port}/x"
    current_scope().provide(Machine, evolve(fake_time.machine, resolve=rebinding))
    assert HttpSource("api", url).fetch().data == [{"a": 1}]
    assert asked == ["api.example"]


def test_a_redirect_to_a_private_host_is_refused(server, other, fake_time):
    """The first server stands for a public one; its address is on loopback, like that of every server of a test."""
    machine = evolve(fake_time.machine, is_public=lambda address: address != "127.0.0.2")
    fake_time.names["internal.example"] = ["127.0.0.2"]
    url = server.on("/x", Reply(302, headers={"Location": f"http://internal.example:{other.port}/y"}))
    current_scope().provide(Machine, machine)
    error = HttpSource("api", url, block_private=True).fetch().error
    assert str(error).startswith("internal.example is a loopback, link-local, private or reserved address")
    assert (len(server.asked), other.asked) == (1, [])


def test_the_next_address_is_tried_when_one_does_not_answer(server, source, fake_time):
    fake_time.names["api.example"] = ["127.0.0.9", "127.0.0.1"]
    server.on("/x", rows({"a": 1}))
    assert source(f"http://api.example:{server.port}/x").fetch().data == [{"a": 1}]


def site_and_inside(fake_time, *private: str) -> None:
    """The site's host is public unless it is among `private`; internal.example is on this machine."""
    fake_time.names |= {"site.example": ["127.0.0.1"], "internal.example": ["127.0.0.2"]}
    machine = evolve(fake_time.machine, is_public=lambda address: address not in private)
    current_scope().provide(Machine, machine)


@pytest.mark.parametrize("block_private", [None, False])
@pytest.mark.parametrize("leading", ["redirect", "next page"])
def test_a_public_site_leads_to_no_private_address_unless_that_is_allowed(
    server, other, fake_time, block_private, leading
):
    site_and_inside(fake_time, "127.0.0.2")
    inside = f"http://internal.example:{other.port}/y"
    led = (
        Reply(302, headers={"Location": inside})
        if leading == "redirect"
        else rows({"a": 1}, Link=f'<{inside}>; rel="next"')
    )
    server.on("/x", led)
    made = HttpSource(
        "api",
        f"http://site.example:{server.port}/x",
        block_private=block_private,
        max_attempts=1,
        **({} if leading == "redirect" else {"pagination": {"type": "link"}}),
    )
    error = str(made.fetch().error)
    if block_private is None:
        assert error.startswith("internal.example is a loopback, link-local, private or reserved address")
    else:
        assert "block_private" not in error
    assert other.asked == []  # nothing listens at its address


def test_a_private_site_may_lead_to_private_addresses(server, other, fake_time):
    site_and_inside(fake_time, "127.0.0.1")
    fake_time.names["internal.example"] = ["127.0.0.1"]
    server.on("/x", Reply(302, headers={"Location": f"http://internal.example:{other.port}/y"}))
    other.on("/y", rows({"a": 1}))
    assert HttpSource("api", f"http://site.example:{server.port}/x").fetch().data == [{"a": 1}]


def test_a_public_site_whose_name_becomes_private_is_not_followed_there(server, other, fake_time):
    site_and_inside(fake_time, "127.0.0.2")
    server.on("/x", Reply(302, headers={"Location": f"http://site.example:{other.port}/y"}))
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    machine = evolve(current_scope().get(Machine, Machine), resolve=lambda host, port: next(answers))
    current_scope().provide(Machine, machine)
    error = HttpSource("api", f"http://site.example:{server.port}/x").fetch().error
    assert str(error).startswith("site.example is a loopback, link-local, private or reserved address")
