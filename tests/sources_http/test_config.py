"""The options: one documented field each, the same as HttpSource's keyword arguments, in `spine.toml` as well."""

from __future__ import annotations

import pytest
from attrs import fields

from spine.core.errors import ConfigError, InvalidConfigError, ValidationError
from spine.formats.fileformat import FileFormat
from spine_sources_http.auth import Auth
from spine_sources_http.config import HttpSourceConfig
from spine_sources_http.pagination import Pagination
from spine_sources_http.responseformat import ResponseFormat
from spine_sources_http.source import HttpSource
from tests.projects import Project
from tests.sources_http.server import Asked, Reply, rows


@pytest.mark.parametrize("options", [HttpSourceConfig, Auth, Pagination])
def test_every_field_is_documented(options):
    for option in fields(options):
        assert option.metadata["help"].endswith("."), f"{option.name} needs a sentence in metadata['help']"


def test_an_unknown_option_is_named_with_the_closest_one():
    with pytest.raises(InvalidConfigError, match=r"HttpSource has no option 'heders'; did you mean 'headers'\?"):
        HttpSource("s", "http://h/x", heders={})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"url": ""}, "url is not valid: give one that starts with http:// or https://"),
        ({"url": None}, "url is not valid"),
        ({"url": "ftp://h/x"}, "url is not valid: give one that starts with http:// or https://"),
        ({"url": "http:///x"}, "url is not valid"),
        ({"url": "http://h/a b"}, "url is not valid"),
        ({"url": "http://h:port/x"}, "url is not valid: its host or port cannot be read"),
        ({"url": "http://{host}/x"}, "url has a placeholder in its host: a parameter may not choose the server"),
        ({"url": "http://u@h/x"}, "url has a user without a password: use auth"),
        ({"url": "http://u:p@h/x", "auth": {"type": "bearer", "token": "t"}}, "url has a user or password and there"),
        ({"method": "PUT"}, "method 'PUT' is not one of GET and POST"),
        ({"json": {"a": 1}}, 'json has no effect on GET: set method = "POST", or leave it out'),
        ({"params": ["a"]}, "params is not valid: give a table of names and values"),
        ({"params": {"a": {}}}, "params.a is not valid: give a text, a number, true, false, or a list"),
        ({"headers": {"A": 1}}, "headers.A is not valid: give a text"),
        ({"headers": {"A B": "x"}}, "headers has 'A B', which is not a header name"),
        ({"headers": {"Host": "x"}}, "headers has 'Host', which is set for each request: leave it out"),
        ({"format": "jsn"}, "format 'jsn' is not known; did you mean 'json'?"),
        ({"json_path": ""}, "json_path '' is not valid: give a text that is not empty"),
        ({"format": "csv", "json_path": "a"}, "json_path has no effect on csv responses: leave it out"),
        ({"delimiter": ";"}, "delimiter has no effect on json responses: leave it out"),
        ({"allow_empty": True}, "allow_empty has no effect on json responses: leave it out"),
        ({"encoding": "utf9"}, "encoding 'utf9' is not one that Python knows"),
        ({"format": "csv", "column_names": "a"}, "column_names 'a' is not valid: give a list of texts"),
        ({"schema": {"n": "int64"}}, "schema has no effect on json responses: leave it out"),
        ({"format": "csv", "schema": {"n": "int"}}, "type 'int' is not known; did you mean 'int64'?"),
        ({"format": "csv", "schema": "int64"}, "schema 'int64' is not valid: give a table of columns and types"),
        ({"format": "csv", "aliases": {"a": 1}}, "aliases {'a': 1} is not valid: give a table of new and old names"),
        ({"format": "csv", "null_values": "-"}, "null_values '-' is not valid: give a list of texts"),
        ({"total_timeout": 0}, "total_timeout 0 is not valid: give a number, 0.001 or more"),
        ({"read_timeout": float("nan")}, "read_timeout nan is not valid"),
        ({"max_attempts": 0}, "max_attempts 0 is not valid: give a whole number, 1 or more"),
        ({"max_bytes": 1.5}, "max_bytes 1.5 is not valid: give a whole number, 1 or more"),
        ({"requests_per_second": 0}, "requests_per_second 0 is not valid"),
        ({"allowed_hosts": "h"}, "allowed_hosts 'h' is not valid: give a list of texts"),
        ({"block_private": "yes"}, "block_private 'yes' is not valid: give true or false"),
        ({"pagination": "link"}, "pagination must be a table such as"),
        ({"pagination": {}}, "pagination needs a type"),
        ({"pagination": {"type": "lnk"}}, "pagination.type 'lnk' is not known; did you mean 'link'?"),
        ({"pagination": {"type": "page", "parm": "p"}}, "pagination has no option 'parm'; did you mean 'param'?"),
        ({"pagination": {"type": "cursor"}}, "pagination of type cursor needs path: the place of it in the answer"),
        ({"pagination": {"type": "link", "path": "a"}}, "pagination of type link has no path"),
        ({"pagination": {"type": "link", "param": "a"}}, "pagination of type link has no param: leave it out"),
        ({"pagination": {"type": "link", "start": 1}}, "pagination of type link has no start: leave it out"),
        ({"pagination": {"type": "page", "size": 1}}, "pagination needs both size and size_param, or none"),
        (
            {"pagination": {"type": "page", "max_pages": 0}},
            "pagination.max_pages 0 is not valid: give a whole number, 1 or more",
        ),
        ({"pagination": {"type": "page", "place": "body"}}, "pagination.place 'body' is not valid: give query or json"),
        ({"pagination": {"type": "page", "place": "json"}}, 'pagination.place "json" needs method = "POST"'),
        ({"format": "raw", "pagination": {"type": "page"}}, "pagination has no effect on raw responses: leave it out"),
        (
            {"format": "csv", "pagination": {"type": "cursor", "path": "a"}},
            "pagination of type cursor needs responses in JSON; use link",
        ),
        (
            {"method": "POST", "json": [1], "pagination": {"type": "page", "place": "json"}},
            "json must be a table, as pagination puts its parameters into it",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_source_is_made(options, sentence):
    with pytest.raises(ConfigError) as caught:
        HttpSource("s", **{"url": "http://h/x", **options})
    assert str(caught.value).startswith(sentence)


def test_a_ca_file_that_is_not_there_is_a_config_error(tmp_path):
    error = HttpSource("s", "https://localhost/x", ca_file=str(tmp_path / "no.pem")).fetch().error
    assert isinstance(error, ConfigError)
    assert str(error).startswith(f"ca_file {tmp_path}/no.pem cannot be read: ")


def test_a_source_tells_its_configuration_without_values():
    made = HttpSource("s", "http://u:p@h/{week}?a=1", params={"b": 2}, headers={"C": "3"}, format="CSV", domain="d")
    assert made.config["url"] == "http://h/{week}"
    assert (made.config["params"], made.config["headers"]) == ({"b": "********"}, {"C": "********"})
    assert (made.config["format"], made.format, made.domain) == (ResponseFormat.CSV, ResponseFormat.CSV, "d")


def test_a_response_may_have_every_format_that_spine_reads():
    assert {known.value for known in ResponseFormat} == {known.value for known in FileFormat} | {"raw"}


def test_the_name_follows_the_rule():
    with pytest.raises(ValidationError, match="source name"):
        HttpSource("a/b", "http://h/x")


TOML = """
[sources."finra.api"]
type = "http"
url = "{url}/query"
method = "POST"
headers = {{ X-Api-Key = {{ env = "API_KEY" }}, X-Plain = "plain" }}
params = {{ week = "{{week}}", n = 5, deep = true, tags = ["a", "b"] }}
json = {{ filter = ["{{week}}"], secret = {{ env = "API_KEY" }} }}
json_path = "items"
total_timeout = 20
allowed_hosts = ["127.0.0.1"]

[sources."finra.api".auth]
type = "bearer"
token = {{ env = "API_KEY" }}

[sources."finra.api".pagination]
type = "cursor"
path = "next"
place = "json"
"""


def test_a_source_of_a_project_is_declared_in_spine_toml(tmp_path, server):
    def answer(asked: Asked) -> Reply:
        assert asked.query == {"week": ["w{1}"], "n": ["5"], "deep": ["true"], "tags": ["a", "b"]}
        assert (asked.headers["x-api-key"], asked.headers["x-plain"]) == ("k-{week}", "plain")
        assert asked.headers["authorization"] == "Bearer k-{week}"
        assert (asked.json["filter"], asked.json["secret"]) == (["w{1}"], "k-{week}")
        number = asked.json.get("cursor", 0)
        body = rows({"n": number}).body.decode()
        return Reply(body=f'{{"items": {body}, "next": {number + 1 if number < 2 else "null"}}}'.encode())

    url = server.on("/query", answer)
    project = Project(tmp_path)
    project.write("spine.toml", TOML.format(url=server.url))
    outcome = project.run("sources", "fetch", "finra.api", "-p", "week=w{1}", "--json", env={"API_KEY": "k-{week}"})
    assert outcome.code == 0, outcome.err
    assert (outcome.json["row_count"], outcome.json["source_type"]) == (3, "http")
    assert outcome.json["url"].startswith(f"{url}?week=w{{1}}&n=********&")


@pytest.mark.slow
def test_a_second_fetch_of_a_project_is_unchanged_by_what_its_database_remembers(tmp_path, server):
    def answer(asked: Asked) -> Reply:
        return Reply(304) if asked.headers.get("if-none-match") == '"v1"' else rows({"a": 1}, ETag='"v1"')

    project = Project(tmp_path)
    project.write("spine.toml", f'[sources.api]\ntype = "http"\nurl = "{server.on("/x", answer)}"\n')
    first, second = (project.run("sources", "fetch", "api", "--json").json for _ in range(2))
    assert (first["content_changed"], first["row_count"]) == (True, 1)
    assert (second["content_changed"], second["etag"]) == (False, '"v1"')
    assert second["content_hash"] == first["content_hash"]
    assert "row_count" not in second


def test_a_mistake_in_spine_toml_is_named_with_its_place(tmp_path):
    project = Project(tmp_path)
    project.write("spine.toml", '[sources.api]\ntype = "http"\nurl = "http://h/x"\nauth = { type = "bearr" }\n')
    outcome = project.run("sources", "fetch", "api")
    assert outcome.code == 2
    assert "sources.api.auth: auth.type 'bearr' is not known; did you mean 'bearer'?" in outcome.sentence
