"""Receivers of events: an HTTP service, or a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from spine.core.deadline import Deadline
from spine.core.errors import NetworkError, TransientError, ValidationError
from spine.core.http_status import StatusMeaning, meaning_of
from spine.core.secrets import Secret
from spine.http.exchange import Request, exchange
from spine.http.headers import basic_auth

_PATH = "api/v1/lineage"


class Receiver(Protocol):
    """Receiver of events."""

    @property
    def place(self) -> str:
        """Name in messages, without a secret."""
        ...

    def take(self, event: dict[str, Any], seconds: float) -> None:
        """Take an event within `seconds`; raise a TransientError if it may take it later."""
        ...


class HttpReceiver:
    """Service of lineage, such as Marquez, that takes events by POST."""

    def __init__(self, url: str, api_key: Secret | None, endpoint: str | None) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        path = parts.path if parts.path.strip("/") else "/" + (endpoint or _PATH).lstrip("/")
        self.place = f"{parts.scheme}://{host}"
        self._url = Secret(urlunsplit((parts.scheme, host, path, parts.query, "")))
        self._headers: dict[str, Secret] = {}
        if parts.username is not None:
            self._headers["Authorization"] = Secret(basic_auth(unquote(parts.username), unquote(parts.password or "")))
        if api_key is not None:
            self._headers["Authorization"] = Secret(f"Bearer {api_key.reveal()}")

    def take(self, event: dict[str, Any], seconds: float) -> None:
        reply = exchange(self.place, Request("POST", self._url, event, self._headers), Deadline(seconds))
        meaning = meaning_of(reply.status)
        if meaning.retryable:
            raise NetworkError(f"{self.place} answers with status {reply.status}")
        if meaning is not StatusMeaning.DONE:
            raise ValidationError(f"{self.place} refuses the event with status {reply.status}: {reply.shown}")


class FileReceiver:
    """File of JSON lines; several processes may append to it."""

    def __init__(self, path: str) -> None:
        self.place = path

    def take(self, event: dict[str, Any], seconds: float) -> None:
        line = json.dumps(event).encode() + b"\n"
        try:
            Path(self.place).parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line)  # at once, so that lines of two processes do not mix
            finally:
                os.close(file)
        except OSError as error:
            raise TransientError(f"{self.place} cannot be written: {error.strerror}", cause=error) from error
