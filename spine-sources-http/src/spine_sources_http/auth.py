"""Credentials of a source: the options, and the headers or parameter that they add to a request."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal
from urllib.parse import quote_plus, urlsplit

from attrs import field, fields, frozen

from spine.core.errors import InvalidConfigError
from spine.core.secrets import Secret
from spine.core.suggest import did_you_mean
from spine.http.headers import HEADER_NAME, HEADER_VALUE, basic_auth
from spine_sources_http.checks import is_one_of, is_text


class AuthType(str, Enum):
    """The kinds of credentials."""

    API_KEY = "api_key"
    BASIC = "basic"
    BEARER = "bearer"
    OAUTH2 = "oauth2"


_NEEDED = {
    AuthType.API_KEY: ("key",),
    AuthType.BASIC: ("username", "password"),
    AuthType.BEARER: ("token",),
    AuthType.OAUTH2: ("token_url", "client_id", "client_secret"),
}
_ALLOWED = {
    AuthType.API_KEY: ("header", "query"),
    AuthType.OAUTH2: ("scope", "client_auth"),
}


def _type(value: Any) -> AuthType:
    try:
        return AuthType(value)
    except ValueError as error:
        known = did_you_mean(str(value), [known.value for known in AuthType])
        raise InvalidConfigError("auth.type", value, f"auth.type {value!r} is not known{known}") from error


def _secret(value: str | Secret | None) -> Secret | None:
    if value is None or isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise InvalidConfigError("auth", None, "a credential of auth must be a text or a Secret")
    return Secret(str(value))


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@frozen
class Auth:
    """The credentials of a source; they are sent to the origin of its URL and to no other."""

    type: AuthType = field(converter=_type, metadata=_help("api_key, basic, bearer or oauth2 (client credentials)."))
    key: Secret | None = field(default=None, converter=_secret, metadata=_help("The API key."))
    header: str | None = field(
        default=None, validator=is_text("auth"), metadata=_help("The header that the API key goes into.")
    )
    query: str | None = field(
        default=None, validator=is_text("auth"), metadata=_help("The parameter of the URL that the API key goes into.")
    )
    username: str | None = field(
        default=None, validator=is_text("auth"), metadata=_help("The user of basic authentication (RFC 7617).")
    )
    password: Secret | None = field(default=None, converter=_secret, metadata=_help("The password of that user."))
    token: Secret | None = field(default=None, converter=_secret, metadata=_help("The bearer token (RFC 6750)."))
    token_url: str | None = field(
        default=None, validator=is_text("auth"), metadata=_help("The token endpoint of OAuth 2.0 (RFC 6749).")
    )
    client_id: str | None = field(default=None, validator=is_text("auth"), metadata=_help("The client id there."))
    client_secret: Secret | None = field(default=None, converter=_secret, metadata=_help("The client's secret."))
    scope: str | None = field(
        default=None, validator=is_text("auth"), metadata=_help("The scopes to ask for, separated by spaces.")
    )
    client_auth: Literal["basic", "body"] = field(
        default="basic",
        validator=is_one_of("basic", "body", table="auth"),
        metadata=_help("Transport of the client's secret: basic authentication or the body."),
    )

    def __attrs_post_init__(self) -> None:
        needed = _NEEDED[self.type]
        allowed = {"type", *needed, *_ALLOWED.get(self.type, ())}
        for option in fields(Auth):
            given = getattr(self, option.name)
            if option.name in needed and not given:
                raise InvalidConfigError(
                    f"auth.{option.name}", None, f"auth of type {self.type.value} needs {option.name}: give it"
                )
            if option.name not in allowed and given != option.default:
                raise InvalidConfigError(
                    f"auth.{option.name}", None, f"auth of type {self.type.value} has no {option.name}: leave it out"
                )
        if self.type is AuthType.API_KEY and bool(self.header) == bool(self.query):
            raise InvalidConfigError("auth", None, "auth of type api_key needs either header or query: say which")
        if self.header and not HEADER_NAME.fullmatch(self.header):
            raise InvalidConfigError("auth.header", self.header, f"auth.header {self.header!r} is not a header name")
        if self.token_url and not _is_url(self.token_url):
            raise InvalidConfigError(
                "auth.token_url", None, "auth.token_url is not valid: give one that starts with https:// or http://"
            )
        for secret in (self.key, self.token) if not self.query else ():
            if secret and not HEADER_VALUE.fullmatch(secret.reveal()):
                raise InvalidConfigError(
                    "auth", None, "the key or token of auth has a character that no header can hold: look for line ends"
                )

    @property
    def secrets(self) -> list[str]:
        """The texts of it that must be masked."""
        found = [secret.reveal() for secret in (self.key, self.password, self.token, self.client_secret) if secret]
        if self.type is AuthType.BASIC and self.password:
            found.append(basic_auth(self.username or "", self.password.reveal()).removeprefix("Basic "))
        if self.type is AuthType.OAUTH2:
            found.append(self.client_authorization().removeprefix("Basic "))
        return found

    def headers(self) -> dict[str, str]:
        """Return the headers with the credentials, none for a key in the URL and for OAuth 2.0."""
        if self.type is AuthType.API_KEY and self.header and self.key:
            return {self.header: self.key.reveal()}
        if self.type is AuthType.BASIC and self.password:
            return {"Authorization": basic_auth(self.username or "", self.password.reveal())}
        if self.type is AuthType.BEARER and self.token:
            return {"Authorization": f"Bearer {self.token.reveal()}"}
        return {}

    def query_pair(self) -> tuple[str, str] | None:
        """Return the parameter with the credentials, for a key in the URL."""
        return (self.query, self.key.reveal()) if self.query and self.key else None

    def client_authorization(self) -> str:
        """Return the Authorization header of the token request (RFC 6749, section 2.3.1)."""
        secret = self.client_secret.reveal() if self.client_secret else ""
        return basic_auth(quote_plus(self.client_id or ""), quote_plus(secret))


def as_auth(value: Auth | Mapping[str, Any] | None) -> Auth | None:
    """Return the checked option `auth`."""
    if value is None or isinstance(value, Auth):
        return value
    if not isinstance(value, Mapping):
        raise InvalidConfigError("auth", None, 'auth must be a table such as { type = "bearer", token = "..." }')
    known = [option.name for option in fields(Auth)]
    for name in value:
        if name not in known:
            raise InvalidConfigError(f"auth.{name}", None, f"auth has no option {name!r}{did_you_mean(name, known)}")
    if "type" not in value:
        raise InvalidConfigError("auth.type", None, "auth needs a type: api_key, basic, bearer or oauth2")
    return Auth(**value)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
