"""Redirects and links to pages: followed, and no credential ever crosses to another origin."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import trustme

from spine.core.errors import AuthenticationError, NetworkError, SourceError
from spine_sources_http.source import HttpSource
from tests.sources_http.server import Reply, Server, rows, serving

SECRET = "canary-of-redirects"
CREDENTIALS = [
    {"auth": {"type": "bearer", "token": SECRET}},
    {"auth": {"type": "basic", "username": "u", "password": SECRET}},
    {"auth": {"type": "api_key", "header": "X-Own", "key": SECRET}},
    {"auth": {"type": "api_key", "query": "key", "key": SECRET}},
    {"headers": {"X-Custom": SECRET}},
    {"headers": {"Cookie": f"session={SECRET}"}},
    {"params": {"sig": SECRET}},
]


def to(url: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": url, "Set-Cookie": "session=1"})


def carries(asked) -> bool:
    return SECRET in f"{asked}" or "authorization" in asked.headers or "cookie" in asked.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed_with_credentials(server, source, status):
    server.on("/a/x", to("../b?q=1", status))
    server.on("/b", rows({"a": 1}))
    result = source(f"{server.url}/a/x", **CREDENTIALS[0]).fetch()
    assert result.data == [{"a": 1}]
    assert (server.asked[1].query, server.asked[1].headers["authorization"]) == ({"q": ["1"]}, f"Bearer {SECRET}")


@pytest.mark.parametrize("options", CREDENTIALS)
def test_no_credential_follows_a_redirect_to_another_origin(server, other, source, options):
    url = server.on("/x", to(f"{other.url}/y"))
    other.on("/y", rows({"a": 1}))
    assert source(url, **options).fetch().data == [{"a": 1}]
    assert carries(server.asked[0])
    assert not carries(other.asked[0])


@pytest.mark.parametrize("options", CREDENTIALS)
def test_no_credential_goes_to_the_next_page_at_another_origin(server, other, source, options):
    url = server.on("/x", rows({"n": 1}, Link=f'<{other.url}/y>; rel="next"'))
    other.on("/y", rows({"n": 2}))
    assert source(url, pagination={"type": "link"}, **options).fetch().data == [{"n": 1}, {"n": 2}]
    assert not carries(other.asked[0])


def test_what_crossed_once_stays_without_credentials(server, other, source):
    url = server.on("/x", to(f"{other.url}/y"))
    other.on("/y", to(f"{server.url}/z"))
    server.on("/z", Reply(401))
    error = source(url, **CREDENTIALS[0]).fetch().error
    assert isinstance(error, AuthenticationError)
    assert "the redirect there carries no credentials; set url to the final address" in str(error)
    assert not carries(server.asked[1])


def test_neutral_headers_go_along(server, other, source):
    url = server.on("/x", to(f"{other.url}/y"))
    other.on("/y", rows())
    assert source(url, headers={"Accept": "text/csv", "User-Agent": "me"}).fetch().success
    assert (other.asked[0].headers["accept"], other.asked[0].headers["user-agent"]) == ("text/csv", "me")


@pytest.mark.parametrize("form", [SECRET, "canary%2Dof-redirects", "%63anary-of-redirects"])
def test_a_server_that_puts_a_credential_into_the_new_url_is_not_followed(server, other, source, form):
    url = server.on("/x", to(f"{other.url}/y?token={form}"))
    error = source(url, **CREDENTIALS[0]).fetch().error
    assert isinstance(error, SourceError)
    assert str(error) == f"{url}: a redirect would take a credential to {other.url}: not followed"
    assert other.asked == []


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_post_keeps_its_body_where_the_status_says_so(server, source, status, method):
    url = server.on("/x", to("/y", status))
    server.on("/y", rows())
    assert source(url, method="POST", json={"q": 1}).fetch().success
    asked = server.asked[1]
    assert (asked.method, asked.body) == (method, b'{"q": 1}' if method == "POST" else b"")
    assert ("content-type" in asked.headers) == (method == "POST")


def test_a_json_body_does_not_cross_to_another_origin(server, other, source):
    url = server.on("/x", to(f"{other.url}/y", 307))
    error = source(url, method="POST", json={"password": SECRET}).fetch().error
    assert str(error) == f"{url}: a redirect would send the JSON body to {other.url}: set url to that address"
    assert other.asked == []


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("/x", "more than 10 redirects; set url to the final address"),
        ("", "a redirect (302) without a target"),
        ("http://[::1/", "a redirect (302) to a URL that is not valid"),
        ("ftp://h/x", "a redirect leads to ftp URLs, and only http and https are read"),
        ("file:///etc/passwd", "a redirect leads to file URLs, and only http and https are read"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_a_source_error(server, source, location, sentence):
    error = source(server.on("/x", to(location))).fetch().error
    assert isinstance(error, SourceError)
    assert sentence in str(error)


def test_only_allowed_hosts_are_reached(server, source):
    url = server.on("/x", to(f"http://localhost:{server.port}/y"))
    server.on("/y", rows({"a": 1}))
    error = source(url, allowed_hosts=["data.example", "*.example.org"]).fetch().error
    assert str(error) == f"{url}: a redirect leads to localhost, which is not one of allowed_hosts"
    assert source(url, allowed_hosts=["LOCALHOST"]).fetch().success


@pytest.mark.parametrize(
    ("host", "allowed"), [("a.example.org", True), ("example.org", False), ("xexample.org", False)]
)
def test_a_pattern_allows_the_hosts_below_it(server, source, fake_time, host, allowed):
    fake_time.names[host] = ["127.0.0.1"]
    url = server.on("/x", to(f"http://{host}:{server.port}/y"))
    server.on("/y", rows())
    assert source(url, allowed_hosts=["*.example.org"]).fetch().success is allowed


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Server]:
    """A server that speaks TLS for 127.0.0.1 and secure.example."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "secure.example").configure_cert(tls)
    with serving(tls) as server:
        yield server


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def test_https_is_verified(secure, ca_file):
    url = secure.on("/x", rows({"a": 1}))
    assert HttpSource("api", url, ca_file=ca_file).fetch().data == [{"a": 1}]
    error = HttpSource("api", url).fetch().error
    assert isinstance(error, NetworkError)
    assert not error.retryable
    assert "the certificate of 127.0.0.1 is not trusted: " in str(error)


def test_the_certificate_is_that_of_the_name_and_not_of_the_address(secure, source, ca_file, fake_time):
    fake_time.names = {"secure.example": ["127.0.0.1"], "wrong.example": ["127.0.0.1"]}
    secure.on("/x", rows({"a": 1}))
    assert source(f"https://secure.example:{secure.port}/x", ca_file=ca_file).fetch().success
    assert secure.asked[0].headers["host"] == f"secure.example:{secure.port}"
    error = source(f"https://wrong.example:{secure.port}/x", ca_file=ca_file).fetch().error
    assert "the certificate of wrong.example is not trusted" in str(error)


@pytest.mark.parametrize("way", ["redirect", "link"])
def test_https_never_falls_to_http(secure, server, ca_file, way):
    target = server.on("/y", rows())
    reply = to(target) if way == "redirect" else rows({"n": 1}, Link=f'<{target}>; rel="next"')
    pagination = {"type": "link"} if way == "link" else None
    error = HttpSource("api", secure.on("/x", reply), ca_file=ca_file, pagination=pagination).fetch().error
    assert "leads from https to http, which is not encrypted: not followed" in str(error)
    assert server.asked == []


@pytest.mark.parametrize("port", [True, False])
def test_a_next_page_of_the_same_host_is_asked_for_by_https(secure, ca_file, port):
    """A service behind a proxy that ends TLS writes http into its links, often without the port."""
    link = secure.url.replace("https:", "http:") if port else "http://127.0.0.1"
    url = secure.on("/x", rows({"n": 1}, Link=f'<{link}/y>; rel="next"'))
    secure.on("/y", rows({"n": 2}))
    made = HttpSource("api", url, ca_file=ca_file, pagination={"type": "link"}, **CREDENTIALS[0])
    assert made.fetch().data == [{"n": 1}, {"n": 2}]
    assert carries(secure.asked[1])


@pytest.mark.parametrize("written", ["café?q=é".encode(), "café?q=é".encode("latin-1")])
def test_a_location_and_a_link_that_are_not_ascii_lead_to_the_same_bytes(server, source, written):
    text = written.decode("latin-1")  # as the server of the test writes headers
    url = server.on("/x", to(f"/{text}"))
    path = "/" + quote(written.partition(b"?")[0])
    server.on(path, rows({"n": 1}, Link=f'</{text}&p=2>; rel="next"'), rows({"n": 2}))
    assert source(url, pagination={"type": "link"}).fetch().data == [{"n": 1}, {"n": 2}]
    assert [each.path for each in server.asked] == ["/x", path, path]


def test_http_may_rise_to_https_without_credentials(secure, server, ca_file):
    url = server.on("/x", to(f"{secure.url}/y"))
    secure.on("/y", rows({"a": 1}))
    assert HttpSource("api", url, ca_file=ca_file, **CREDENTIALS[0]).fetch().data == [{"a": 1}]
    assert not carries(secure.asked[0])
