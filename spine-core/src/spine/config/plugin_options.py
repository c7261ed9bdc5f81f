"""Objects of plugins, made from tables such as `[sources."name"]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from spine.config.references import resolve
from spine.config.settings import PluginOptions, Settings
from spine.config.structure import check_keys, structure
from spine.plugins.catalog import Catalog
from spine.plugins.descriptors import KINDS, SECTIONS
from spine.plugins.errors import PluginError
from spine.plugins.options import option_fields

PROJECT_PATH = "path"  # field metadata: a relative path of this option is relative to spine.toml
PROJECT_DEFAULTS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("alert_channel", "console"): {"stream": "stderr"},  # stdout is for a command's output
}


def check_options(catalog: Catalog, settings: Settings) -> None:
    """Raise a ConfigError for the first option that its plugin does not declare.

    Values are checked when the object is built, as their references may not be resolvable yet; so are the options of
    a plugin that is not available.
    """
    for spec in SECTIONS.values():
        for name, options in settings.declared(spec.kind).items():
            try:
                config = catalog.load_config(spec.kind, options.type)
            except PluginError:
                continue
            if config is not None:
                known, where = option_fields(spec.kind, config), _where(spec.kind, name, settings)
                check_keys(options.options, known, where, listed_by=_listing(catalog, spec.kind, options.type))


def _listing(catalog: Catalog, kind: str, type_name: str) -> str:
    [claim, *_] = catalog.claims(kind, type_name)
    return f"spine plugins show {claim.report.name}"


def build(
    catalog: Catalog,
    kind: str,
    name: str,
    declared: PluginOptions,
    settings: Settings,
    environ: Mapping[str, str],
    **given: Any,
) -> Any:
    """Return the object that `declared` describes; `given` are arguments that override its options.

    Raises ConfigError for an invalid option, PluginError if its type is not available.
    """
    arguments = build_arguments(catalog, kind, name, declared, settings, environ, **given)
    with _placed_errors(_where(kind, name, settings)):
        return catalog.make(kind, declared.type, **arguments)


def build_arguments(
    catalog: Catalog,
    kind: str,
    name: str,
    declared: PluginOptions,
    settings: Settings,
    environ: Mapping[str, str],
    **given: Any,
) -> dict[str, Any]:
    """Return the arguments with which `build` makes the object, checked; the errors are the same."""
    where = _where(kind, name, settings)
    with _placed_errors(where):
        config = catalog.load_config(kind, declared.type)
        catalog.load_class(kind, declared.type)  # before its options, which need it
    usual = PROJECT_DEFAULTS.get((kind, declared.type), {})
    options = {**usual, **resolve(dict(declared.options), where, settings.root, environ)}
    identity = {**({"name": name} if "name" in KINDS[kind].given_arguments else {}), **given}
    if config is not None:
        known = option_fields(kind, config)
        check_keys(options, known, where, listed_by=_listing(catalog, kind, declared.type))
        taken = {field.name for field in attrs.fields(config)}
        checked = structure({**options, **{key: identity[key] for key in identity if key in taken}}, config, where)
        options = {key: _placed(getattr(checked, key), field, settings) for key, field in known.items()}
    return {**options, **identity}


@contextmanager
def _placed_errors(where: str) -> Iterator[None]:
    try:
        yield
    except PluginError as error:
        raise type(error)(f"{where}: {error}", cause=error) from error


def _placed(value: Any, field: attrs.Attribute[Any], settings: Settings) -> Any:
    if value is None or not field.metadata.get(PROJECT_PATH) or _is_url(value) or value == ":memory:":
        return value
    if isinstance(value, (list, tuple)):
        return [_placed(item, field, settings) for item in value]
    return str(settings.root / str(value))


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and "://" in value


def _where(kind: str, name: str, settings: Settings) -> str:
    return f"{settings.place}: {KINDS[kind].section}.{name}"
