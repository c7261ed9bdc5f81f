"""A canary in every place where a secret may stand, in a source that fails: nothing that Spine shows holds it."""

from __future__ import annotations

import base64
import logging
import traceback
from urllib.parse import quote, unquote

import pytest

from spine.core.scope import current_scope
from spine.core.secrets import Secret
from spine.framework.sources import FetchStore, MemoryFetchStore
from spine.http.machine import Machine
from spine_sources_http.source import HttpSource
from tests.projects import Project
from tests.sources_http.server import Asked, Reply, document

CANARY = "canary/5ecret+value"
FORMS = [CANARY, quote(CANARY, safe=""), quote(CANARY), base64.b64encode(CANARY.encode()).decode(), "5ecret"]

PLACES = {
    "user in the URL": lambda url: {"url": url.replace("//", f"//u:{quote(CANARY, safe='')}@")},
    "path of a secret URL": lambda url: {"url": Secret(f"{url}/{CANARY}")},
    "query of the URL": lambda url: {"url": f"{url}?key={quote(CANARY, safe='')}"},
    "query": lambda url: {"url": url, "params": {"anything": CANARY}},
    "secret in the query": lambda url: {"url": url, "params": {"anything": Secret(CANARY)}},
    "header": lambda url: {"url": url, "headers": {"X-Anything": CANARY}},
    "secret header": lambda url: {"url": url, "headers": {"X-Anything": Secret(CANARY)}},
    "body": lambda url: {"url": url, "method": "POST", "json": {"deep": [{"password": CANARY}]}},
    "api key in a header": lambda url: {"url": url, "auth": {"type": "api_key", "header": "X-K", "key": CANARY}},
    "api key in the query": lambda url: {"url": url, "auth": {"type": "api_key", "query": "k", "key": CANARY}},
    "bearer": lambda url: {"url": url, "auth": {"type": "bearer", "token": CANARY}},
    "basic": lambda url: {"url": url, "auth": {"type": "basic", "username": "u", "password": CANARY}},
    "client secret": lambda url: {
        "url": url,
        "auth": {"type": "oauth2", "token_url": url, "client_id": "c", "client_secret": CANARY},
    },
}


def echo(asked: Asked) -> Reply:
    """A server that gives back what it was sent: as a redirect to nowhere, with a cookie."""
    told = quote(f"{asked.query}{asked.headers}{asked.body.decode()}")[:500]
    return Reply(302, headers={"Location": f"/next?{told}", "Set-Cookie": f"s={CANARY}", "X-Echo": CANARY})


FAULTS = {
    "nobody answers": None,
    "not found": Reply(404, headers={"X-Echo": CANARY}),
    "no JSON": Reply(body=f'{{"{CANARY}": '.encode()),
    "twice": Reply(body=f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode()),
    "broken off": Reply(body=b"[1, 2", after=2),
    "unauthorized": Reply(401),
    "circle": echo,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", PLACES)
def test_no_secret_shows_in_errors_logs_and_records(server, scope, caplog, capsys, fake_time, place, fault):
    reply = FAULTS[fault]
    if reply is not None:
        for path in ("/x", f"/x/{CANARY}", "/next"):
            server.on(path, reply)
    url = "http://127.0.0.1:1/x" if reply is None else f"{server.url}/x"
    store = scope.provide(FetchStore, MemoryFetchStore())
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="spine"):
        current_scope().provide(Machine, fake_time.machine)
        made = HttpSource("api", max_attempts=2, **PLACES[place](url))
        result = made.fetch()
        with pytest.raises(type(result.error)) as streamed:
            next(made.stream())
    assert not result.success
    tracebacks = [traceback.format_exception(error) for error in (result.error, streamed.value)]
    told = [result, result.error, result.error.to_dict(), result.error.args, vars(result.error), result.metadata]
    told += [made, made.config, made.locator(), made.get_cache_key(), store.fetches, tracebacks, capsys.readouterr()]
    shown = " ".join(f"{thing!r} {thing}" for thing in told) + caplog.text
    assert "127.0.0.1" in shown
    assert not [form for form in FORMS if form in shown]


PARAMETER_PLACES = {
    "path": lambda url: {"url": f"{url}/{{a}}"},
    "query": lambda url: {"url": f"{url}?page={{a}}"},
    "header": lambda url: {"url": url, "headers": {"X-Anything": "is {a}"}},
    "body": lambda url: {"url": url, "method": "POST", "json": {"deep": ["{a}"]}},
}
NAMED_PLACES = {
    "query": lambda url: {"url": f"{url}?api_key={{a}}"},
    "header": lambda url: {"url": url, "headers": {"Authorization": "Bearer {a}"}},
    "body": lambda url: {"url": url, "method": "POST", "json": {"deep": [{"password": "{a}"}]}},
}


def _shown_by_fetch(made: HttpSource, params: dict[str, object], store: MemoryFetchStore) -> str:
    result = made.fetch(params)
    with pytest.raises(type(result.error)) as streamed:
        next(made.stream(params))
    tracebacks = [traceback.format_exception(error) for error in (result.error, streamed.value)]
    told = [result, result.error, result.error.to_dict(), result.metadata, result.metadata.to_dict()]
    told += [made.locator(params), made.get_cache_key(params), store.fetches, tracebacks]
    return " ".join(f"{thing!r} {thing}" for thing in told)


@pytest.mark.parametrize("fault", ["nobody answers", "no JSON", "unauthorized", "circle"])
@pytest.mark.parametrize(
    ("options", "value"),
    [
        *((options, Secret(CANARY)) for options in PARAMETER_PLACES.values()),
        *((options, CANARY) for options in NAMED_PLACES.values()),
    ],
)
def test_a_secret_parameter_is_sent_and_never_shown(server, scope, caplog, fake_time, options, value, fault):
    reply = FAULTS[fault]
    if reply is not None:
        for path in ("/x", f"/x/{CANARY}", f"/x/{quote(CANARY, safe='')}", "/next"):
            server.on(path, reply)
    store = scope.provide(FetchStore, MemoryFetchStore())
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="spine"):
        current_scope().provide(Machine, fake_time.machine)
        made = HttpSource(
            "api", max_attempts=2, **options("http://127.0.0.1:1/x" if reply is None else f"{server.url}/x")
        )
        shown = _shown_by_fetch(made, {"a": value}, store) + caplog.text
    if reply is not None:
        asked = server.asked[0]
        sent = unquote(f"{asked.path} {asked.query} {asked.headers} {asked.body.decode()}")
        assert CANARY in sent
    assert "127.0.0.1" in shown
    assert not [form for form in FORMS if form in shown]


def test_a_parameter_that_names_a_secret_is_hidden_wherever_it_goes(server, scope):
    server.on("/x", Reply(404))
    store = scope.provide(FetchStore, MemoryFetchStore())
    shown = _shown_by_fetch(HttpSource("api", f"{server.url}/x?q={{token}}"), {"token": CANARY, "week": 7}, store)
    assert not [form for form in FORMS if form in shown]
    assert "'week': 7" in shown


def test_two_secrets_are_two_places_in_the_history(server, scope):
    """Otherwise one tenant's data would be compared with, and its ETag sent for, the other's."""
    server.on("/x", lambda asked: document([{"a": 1}], ETag='"1"'))
    made = HttpSource("api", f"{server.url}/x?api_key={{key}}")
    locators = {made.locator({"key": key}) for key in ("tenant-one", "tenant-two", Secret("tenant-one"))}
    assert len(locators) == 2
    assert len({made.get_cache_key({"key": key}) for key in ("tenant-one", "tenant-two", Secret("tenant-one"))}) == 2
    for key in ("tenant-one", "tenant-two", "tenant-one"):
        assert made.fetch({"key": key}).success
    assert ["if-none-match" in asked.headers for asked in server.asked] == [False, False, True]


def test_log_lines_of_httpcore_for_others_are_kept(server, caplog):
    """Only Spine's own requests are silent: a program that uses httpx beside Spine keeps its logs."""
    import httpx

    server.on("/x", document([{"a": 1}]))
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="spine"):
        HttpSource("api", f"{server.url}/x").fetch()
        assert [record.name for record in caplog.records] == ["spine.sources.http"]
        httpx.get(f"{server.url}/x")
    assert any(record.name == "httpcore.http11" for record in caplog.records)


def test_an_access_token_is_a_secret_too(server, scope, caplog, fake_time):
    token_url = server.on("/token", document({"access_token": "canary-token"}))
    url = server.on("/x", lambda asked: Reply(302, headers={"Location": f"/y?{asked.headers['authorization']}"}))
    auth = {"type": "oauth2", "token_url": token_url, "client_id": "c", "client_secret": "s"}
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="spine"):
        current_scope().provide(Machine, fake_time.machine)
        result = HttpSource("api", url, auth=auth).fetch()
    assert not result.success
    assert "canary-token" not in f"{result!r} {result.error} {caplog.text}"


TOML = """
[sources.api]
type = "http"
url = { env = "CANARY_URL" }
max_attempts = 2
retry_delay = 0
params = { a = { env = "CANARY" }, b = ["x", { env = "CANARY" }] }
headers = { X-Anything = { env = "CANARY" } }
auth = { type = "basic", username = "u", password = { env = "CANARY" } }
"""


@pytest.mark.slow
@pytest.mark.parametrize("reply", [Reply(500), Reply(body=f'{{"{CANARY}": '.encode())])
def test_no_secret_shows_on_the_command_line_or_in_the_database(tmp_path, server, reply):
    server.on("/" + quote(CANARY), reply)
    server.on(f"/{CANARY}", reply)
    project = Project(tmp_path)
    project.write("spine.toml", TOML)
    env = {"CANARY": CANARY, "CANARY_URL": f"{server.url}/{CANARY}?q={quote(CANARY)}"}
    shown = ""
    for arguments in (
        ("sources", "fetch", "api"),
        ("-v", "--debug", "sources", "fetch", "api"),
        ("sources", "list", "--json"),
        ("config", "show"),
        ("sources", "fetch", "api", "--json"),
    ):
        outcome = project.run(*arguments, env=env)
        shown += outcome.out + outcome.err
    assert [asked.query["a"] for asked in server.asked][:1] == [[CANARY]]
    assert server.asked[0].headers["x-anything"] == CANARY
    database = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"core_source_fetches" in database
    assert not [form for form in FORMS if form in shown or form.encode() in database]
