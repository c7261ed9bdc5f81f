"""Functions over the global `pipeline_registry`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from spine.core.errors import PipelineNotFoundError
from spine.framework.pipelines import Pipeline, pipeline_registry

P = TypeVar("P", bound=type[Pipeline])


def register_pipeline(name: str) -> Callable[[P], P]:
    """Register the decorated Pipeline class; ValueError if the name is `already registered`.

    A class without its own `name` takes this one; if registered under several names, each execution has the one it was
    requested by.
    """

    def register(cls: P) -> P:
        pipeline_registry.register(name, cls)
        if not cls.__dict__.get("name"):
            cls.name = name
        return cls

    return register


def get_pipeline(name: str) -> type[Pipeline]:
    """Return the class registered as `name`; KeyError, with the known names, if it is `not found`."""
    try:
        return pipeline_registry.get(name)
    except PipelineNotFoundError as error:
        raise KeyError(str(error)) from error


def list_pipelines() -> list[str]:
    """Return every name, sorted."""
    return pipeline_registry.list_pipelines()


def clear_registry() -> None:
    """Remove every pipeline."""
    pipeline_registry.clear()
