"""Registry of the pipelines of the current project, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.errors import PipelineError, PipelineNotFoundError
from spine.core.registry import Registry

if TYPE_CHECKING:
    from spine.framework.pipelines.pipeline import Pipeline


class PipelineRegistry:
    """Pipeline classes by name."""

    def __init__(self, *, ambient: bool = False) -> None:
        self._entries: Registry[type[Pipeline]] = Registry("pipeline", ambient=ambient)

    def register(self, name: str, pipeline: type[Pipeline], *, replace: bool = False) -> type[Pipeline]:
        """Register the class and return it; ValueError if the name is taken, unless `replace`."""
        if not callable(getattr(pipeline, "run", None)):
            raise PipelineError(f"{pipeline!r:.80} is not a pipeline: derive a class from Pipeline, or use @pipeline")
        return self._entries.add(name, pipeline, replace=replace)

    def get(self, name: str) -> type[Pipeline]:
        """Return the class; PipelineNotFoundError, with the known names, if nothing is registered as `name`."""
        found = self._entries.find(name)
        if found is None:
            raise PipelineNotFoundError(name, self._entries.not_found(name))
        return found

    def list_pipelines(self) -> list[str]:
        """Return every name, sorted."""
        return self._entries.names()

    def clear(self) -> None:
        """Remove every pipeline."""
        self._entries.clear()


pipeline_registry = PipelineRegistry(ambient=True)
