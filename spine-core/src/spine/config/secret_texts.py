"""Secrets of a project, as texts to mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from spine.config.references import is_reference, resolve
from spine.config.secrecy import OPEN, Secrecy, secrecy_of_contract, secrecy_of_options, secrets_in
from spine.config.settings import Settings
from spine.core.errors import ConfigError
from spine.plugins.catalog import Catalog
from spine.plugins.descriptors import SECTIONS

_SCHEMES = ("Basic", "Bearer", "Token")


def secret_texts(settings: Settings, catalog: Catalog, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield every text that `spine.toml` or a variable gives as a secret, and the parts that travel alone.

    These are references that resolve now, options that their plugin declares as a Secret or that are named like one,
    credentials in URLs, and the URLs of channels.
    """
    for secret in [*_referred(settings.document, settings, environ), *_declared(settings, catalog)]:
        yield secret
        yield unquote(secret)
        yield from (part for found in secrets_in(secret) for part in (found, unquote(found)))
        scheme, _, credential = secret.partition(" ")
        if scheme in _SCHEMES:
            yield credential


def _declared(settings: Settings, catalog: Catalog) -> Iterator[str]:
    kinds = {spec.section: spec.kind for spec in SECTIONS.values()}
    for section, tables in settings.document.items():
        kind = kinds.get(section)
        if kind is None:
            yield from secrets_in(tables, Secrecy(each=secrecy_of_contract()) if section == "contracts" else OPEN)
            continue
        for name, declared in settings.declared(kind).items():
            yield from secrets_in(tables[name], secrecy_of_options(catalog, kind, declared.type))


def _referred(value: Any, settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if is_reference(value):
        with suppress(ConfigError):  # a missing text cannot leak
            yield str(resolve(value, "", settings.root, environ))
        return
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from _referred(item, settings, environ)
