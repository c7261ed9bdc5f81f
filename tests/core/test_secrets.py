"""Secrets are masked in every output."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from typing import Any

import attrs
import pytest

from spine.core.secrets import Secret, SecretText, names_a_secret, names_a_secret_parameter

TEXT = "hunter2"


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(TEXT)),
        str(Secret(TEXT)),
        f"{Secret(TEXT)}",
        f"{Secret(TEXT):>20}",
        f"{Secret(TEXT)!r}",
        "%s %r" % (Secret(TEXT), Secret(TEXT)),  # noqa: UP031
        repr({"password": [Secret(TEXT)]}),
        repr(attrs.make_class("Settings", ["password"])(Secret(TEXT))),
    ],
)
def test_a_secret_does_not_show_in_text(shown: str) -> None:
    assert TEXT not in shown
    assert "****" in shown


def test_only_reveal_returns_the_text() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_a_secret_does_not_show_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("connecting with %s", Secret(TEXT))
    assert TEXT not in caplog.text


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps])
def test_a_secret_is_not_written(write: Any) -> None:
    with pytest.raises(TypeError):
        write(Secret(TEXT))


def test_secrets_compare_by_their_text_and_are_themselves_when_copied() -> None:
    secret = Secret(TEXT)
    assert secret == Secret(TEXT)
    assert secret != Secret("other")
    assert secret != TEXT
    assert len({secret, Secret(TEXT)}) == 1
    assert copy.copy(secret) is copy.deepcopy(secret) is secret
    assert not Secret("")


def test_a_text_that_came_by_reference_works_like_any_and_its_repr_does_not_show_it() -> None:
    text = SecretText("s3cret")
    assert (text, f"{text}", type(str(text))) == ("s3cret", "s3cret", str)
    assert repr([text]) == "[SecretText('********')]"


@pytest.mark.parametrize(
    "name", ["password", "SMTP_PASSWORD", "x-api-key", "apiKey", "routing_key", "webhook_url", "aws_signature"]
)
def test_a_name_of_a_secret(name: str) -> None:
    assert names_a_secret(name)
    assert names_a_secret_parameter(name)


@pytest.mark.parametrize("name", ["key", "sig", "code", "auth", "PWD"])
def test_a_word_that_names_a_secret_in_a_url_only(name: str) -> None:
    assert names_a_secret_parameter(name)
    assert not names_a_secret(name)


@pytest.mark.parametrize("name", ["monkey", "keys", "design", "encoding", "page", ""])
def test_a_name_of_no_secret(name: str) -> None:
    assert not names_a_secret_parameter(name)
