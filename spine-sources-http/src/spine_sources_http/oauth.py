"""Access tokens of OAuth 2.0 client credentials (RFC 6749, section 4.4), kept until they expire."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from spine.core.errors import AuthenticationError
from spine.core.secrets import Secret
from spine.http.machine import Machine
from spine_sources_http.auth import Auth

_MARGIN = 30.0  # seconds before its end at which a token is renewed
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")

AskForToken = Callable[[dict[str, str], dict[str, str]], Any]


class AccessToken:
    """The token of one source; threads share it, and one of them renews it while the others wait."""

    def __init__(self, auth: Auth, machine: Machine) -> None:
        self._auth = auth
        self._machine = machine
        self._token: Secret | None = None
        self._expires: float | None = None
        self._lock = Lock()

    def get(self, ask: AskForToken) -> Secret:
        """Return a token that is valid; `ask` sends a form with headers and returns the JSON of the answer."""
        with self._lock:
            if self._token is None or (self._expires is not None and self._machine.monotonic() >= self._expires):
                self._take(ask(*self._request()))
            assert self._token is not None
            return self._token

    def refuse(self, token: Secret) -> None:
        """Forget a token that the server did not accept; another thread may have renewed it already."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _request(self) -> tuple[dict[str, str], dict[str, str]]:
        form = {"grant_type": "client_credentials"}
        if self._auth.scope:
            form["scope"] = self._auth.scope
        if self._auth.client_auth == "basic":
            return form, {"Authorization": self._auth.client_authorization()}
        assert self._auth.client_secret is not None
        secret = self._auth.client_secret.reveal()
        return form | {"client_id": str(self._auth.client_id), "client_secret": secret}, {}

    def _take(self, answer: Any) -> None:
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise AuthenticationError("the token URL of auth answered without an access_token: check token_url")
        seconds = answer.get("expires_in")
        if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():  # not by the RFC, and common
            seconds = float(seconds)
        valid = isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < 1e9
        self._token = Secret(token)
        self._expires = self._machine.monotonic() + max(seconds - _MARGIN, seconds / 2) if valid else None
