"""Secrets among the settings: what a plugin declares as one, what is named like one, and credentials in URLs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from spine.config.contracts import ContractSection
from spine.config.references import is_reference
from spine.core.secrets import MASK, Secret, names_a_secret, names_a_secret_parameter
from spine.plugins.catalog import Catalog
from spine.plugins.errors import PluginError

HIDDEN_TEXTS = "hidden_texts"  # field metadata: the texts of this option are data that may hold a secret

TABLES_OF_COLUMNS = ("aliases", "columns", "schema")  # options whose keys are names of columns

Hide = Callable[[str, bool], str]  # of a text, and whether it is certainly a secret

_HTTP = ("http", "https")
_AUTHORITY = re.compile(r"([^/?#\s:]*)(?::([^/?#\s]*))?")
_PARAMETER = re.compile(r"([?&;]([^?=&;#\s]+)=)([^&;#\s]*)")


@attrs.frozen
class Secrecy:
    """The part of an option that is a secret: all of it, its URLs, or the fields of a config class.

    `texts` says that its texts may be secrets, and are not shown either; `columns` that the keys of the table are names
    of columns, which say nothing about the values.
    """

    whole: bool = False
    texts: bool = False
    urls: bool = False
    columns: bool = False
    fields: Mapping[str, Secrecy] | None = None
    each: Secrecy | None = None

    @property
    def is_partial(self) -> bool:
        """True if something in it is declared as a secret."""
        parts = [*(self.fields or {}).values(), *([self.each] if self.each else [])]
        return self.whole or any(part.is_partial for part in parts)

    def of_key(self, key: str) -> Secrecy:
        """Return the secrecy of a key of a table."""
        if self.whole or self.texts:
            return self
        if self.columns:
            return attrs.evolve(self.each or OPEN, urls=self.urls)
        if self.fields is not None:  # a key that is not declared may be that of a secret, misspelt
            found = self.fields.get(key) or attrs.evolve(self, fields=None, whole=names_a_secret(key), texts=True)
        else:
            texts = names_a_secret_parameter(key)
            found = attrs.evolve(self.each or self, whole=names_a_secret(key), texts=texts)
        return attrs.evolve(found, urls=found.urls or self.urls)


OPEN: Secrecy = Secrecy()
WHOLE: Secrecy = Secrecy(whole=True)


def secrecy_of_options(catalog: Catalog, kind: str, name: str) -> Secrecy:
    """Return the secrecy of the table of a source, channel or the like; texts for a plugin that is not available."""
    try:
        config = catalog.load_config(kind, name)
    except PluginError:
        return Secrecy(fields={"type": OPEN}, urls=kind == "alert_channel")
    if config is None:
        return OPEN
    urls = {"url": WHOLE} if kind == "alert_channel" else {}
    return Secrecy(fields={**_of_class(config), **urls, "type": OPEN}, urls=kind == "alert_channel")


def secrecy_of_contract() -> Secrecy:
    """Return the secrecy of a table of `[contracts]`, whose keys may be names of columns."""
    return Secrecy(fields=_of_class(ContractSection))


def masked(value: Any, secrecy: Secrecy = OPEN) -> Any:
    """Return a setting with secrets masked; references are shown as they are written."""
    return _walk(value, secrecy, lambda _text, _certain: MASK)


def secrets_in(value: Any, secrecy: Secrecy = OPEN) -> list[str]:
    """Return the secrets of a setting, without what only may be one; references have none."""
    found: list[str] = []

    def note(text: str, certain: bool) -> str:
        found.extend([text] if certain else [])
        return MASK

    _walk(value, secrecy, note)
    return found


def _walk(value: Any, secrecy: Secrecy, hide: Hide) -> Any:
    if is_reference(value):
        return {key: _walk(part, secrecy if key == "default" else OPEN, hide) for key, part in value.items()}
    if isinstance(value, Mapping):
        return {key: _walk(item, secrecy.of_key(key), hide) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(item, secrecy, hide) for item in value]
    if value in (None, "") or (not isinstance(value, str) and not secrecy.whole):
        return value
    text = str(value)
    if secrecy.whole or secrecy.texts or secrecy.is_partial or (secrecy.urls and "://" in text):
        return hide(text, not secrecy.texts or secrecy.whole)  # is_partial: a text in the place of a table
    return _PARAMETER.sub(lambda match: _hide_parameter(match, hide), _without_credentials(text, hide))


def _without_credentials(text: str, hide: Hide) -> str:
    before, *urls = text.split("://")
    shown = before
    for url in urls:
        end = _end_of_credentials(url, is_http=before.lower().endswith(_HTTP))
        user, colon, password = url[:end].partition(":")
        shown += f"://{user}{colon}{hide(password, True) if password else ''}{url[end:]}"
        before = url
    return shown


def _end_of_credentials(url: str, *, is_http: bool) -> int:
    """Return where user and password end in a URL without its scheme; 0 if it has none.

    A password that is not quoted may hold a slash or an at sign: drivers of databases read up to the last one.
    """
    authority = _AUTHORITY.match(url)
    assert authority is not None
    port = authority[2]
    if is_http and "@" in authority[0]:
        return authority[0].rindex("@")
    if is_http and (not port or port.isdigit()):
        return 0
    return max(0, url.rfind("@"))


def _hide_parameter(match: re.Match[str], hide: Hide) -> str:
    named = match[3] and match[3] != MASK and names_a_secret_parameter(match[2])
    return f"{match[1]}{hide(match[3], names_a_secret(match[2]))}" if named else match[0]


def _of_class(config: type[Any], above: tuple[type[Any], ...] = ()) -> dict[str, Secrecy]:
    try:
        hints = get_type_hints(config)
    except (NameError, TypeError):  # a type that is imported for checkers only
        hints = {}
    return {field.name: _of_field(field, hints.get(field.name), above) for field in attrs.fields(config)}


def _of_field(field: attrs.Attribute[Any], hint: Any, above: tuple[type[Any], ...]) -> Secrecy:
    declared = _of_type(hint, above) if hint is not None else Secrecy(whole="Secret" in str(field.type))
    texts = bool(field.metadata.get(HIDDEN_TEXTS)) or names_a_secret(field.name)
    return attrs.evolve(declared, texts=texts, columns=field.name in TABLES_OF_COLUMNS)


def _of_type(kind: Any, above: tuple[type[Any], ...]) -> Secrecy:
    if isinstance(kind, type) and attrs.has(kind) and kind not in above:
        return Secrecy(fields=_of_class(kind, (*above, kind)))
    if kind is Secret:
        return WHOLE
    parts = [_of_type(part, above) for part in get_args(kind) if part is not Ellipsis]
    if any(part.whole for part in parts):
        return WHOLE
    inner = next((part for part in parts if part.fields is not None or part.each is not None), OPEN)
    is_table = isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping)
    return Secrecy(each=inner) if is_table and inner != OPEN else inner
