"""Masks in texts and errors."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from spine.core.errors import SourceError
from spine.core.masking import KnownSecrets
from spine.core.secrets import MASK

SECRET = "canary/5ecret+value"


@pytest.mark.parametrize(
    "form", [SECRET, quote(SECRET, safe=""), quote(SECRET), base64.b64encode(SECRET.encode()).decode()]
)
def test_a_secret_is_masked_in_every_form_in_which_it_travels(form):
    known = KnownSecrets([SECRET])
    assert known.mask(f"said {form}!") == f"said {MASK}!"
    assert KnownSecrets(written=[SECRET]).mask(form) == MASK


@pytest.mark.parametrize(
    "shown", [repr, json.dumps, lambda text: json.dumps(text, ensure_ascii=False), lambda text: text]
)
def test_a_secret_is_masked_where_it_is_written_as_a_literal(shown):
    secret = 'pä"5ecret\\word'
    assert MASK in KnownSecrets([secret]).mask(f"{{'a': {shown(secret)}}}")
    assert "5ecret" not in KnownSecrets([secret]).mask(f"{{'a': {shown(secret)}}}")


def test_each_line_of_a_long_secret_is_masked():
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nshort\n"
    assert KnownSecrets([key]).mask("line 2 is MIIEvQIBADANBgkqhkiG9w0") == f"line 2 is {MASK}"


def test_secrets_of_one_fetch_are_known_in_addition():
    known = KnownSecrets([SECRET])
    assert known.also(["another-one"]).mask(f"{SECRET} another-one") == f"{MASK} {MASK}"
    assert known.mask("another-one") == "another-one"
    assert known.also([]) is known


def test_of_two_secrets_that_overlap_the_longer_one_is_masked_first():
    assert KnownSecrets(["token", "token-of-mine"]).mask("a token-of-mine b token") == f"a {MASK} b {MASK}"


def test_a_secret_that_is_learned_later_is_masked_from_then_on():
    known = KnownSecrets()
    assert known.mask(SECRET) == SECRET
    known.add(SECRET)
    assert known.mask(SECRET) == MASK


def test_a_short_secret_is_masked_only_where_it_is_asked_for():
    assert KnownSecrets(["no"]).mask("no note") == "no note"
    assert KnownSecrets(["no"], shortest=1).mask("no note") == f"{MASK} {MASK}te"
    assert KnownSecrets([""], shortest=0).mask("text") == "text"


def test_only_what_is_known_to_be_secret_is_looked_for_in_urls():
    assert KnownSecrets([SECRET]).occur_in(f"https://h/?a={quote(SECRET, safe='')}")
    assert not KnownSecrets(written=[SECRET]).occur_in(f"https://h/?a={SECRET}")


def test_an_error_is_cleaned_with_its_context_and_causes():
    error = SourceError(f"{SECRET} failed", cause=ValueError(SECRET)).with_context(url=f"https://h/{SECRET}")
    cleaned = KnownSecrets([SECRET]).clean(error)
    assert cleaned is error
    assert (str(error), error.args, error.context.url) == (f"{MASK} failed", (f"{MASK} failed",), f"https://h/{MASK}")
    assert error.cause is None


def test_a_cause_without_a_secret_is_kept():
    cause = ValueError("harmless")
    assert KnownSecrets([SECRET]).clean(SourceError("failed", cause=cause)).cause is cause
