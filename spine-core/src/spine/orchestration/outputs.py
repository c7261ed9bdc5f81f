"""Outputs of completed steps: a read-only mapping that grows without being copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from spine.core.errors import WorkflowError
from spine.core.frozen import FrozenDict, freeze


class Outputs(Mapping[str, FrozenDict]):
    """Output by step, in the order of completion.

    Every `with_output` returns a new mapping; all share one dict, of which each sees its first entries only, so that
    adding an output costs the same for the last of 20,000 steps as for the first.
    """

    __slots__ = ("_entries", "_size")

    def __init__(self, outputs: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        frozen = {step: freeze(output or {}) for step, output in (outputs or {}).items()}
        self._entries: dict[str, tuple[int, FrozenDict]] = {
            step: (position, output) for position, (step, output) in enumerate(frozen.items())
        }
        self._size = len(self._entries)

    def with_output(self, step: str, output: FrozenDict) -> Outputs:
        """Return outputs that also hold `output` of `step`."""
        if self._size != len(self._entries) or step in self._entries:  # already extended, or a step ran again
            return Outputs({**self, step: output})
        grown = Outputs.__new__(Outputs)
        grown._entries = self._entries
        grown._size = self._size + 1
        self._entries[step] = (self._size, output)
        return grown

    def without(self, step: str) -> Outputs:
        """Return outputs that raise NotComputedError for `step`, which a dry run has skipped."""
        return DryRunOutputs({name: output for name, output in self.items() if name != step}, [step])

    def __getitem__(self, step: str) -> FrozenDict:
        position, output = self._entries[step]
        if position >= self._size:
            raise KeyError(step)
        return output

    def __iter__(self) -> Iterator[str]:
        return islice(iter(tuple(self._entries)), self._size)

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as for any mapping

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[Outputs], tuple[Any, ...]]:
        return Outputs, (dict(self),)

    def __deepcopy__(self, memo: object) -> Outputs:
        return self


class NotComputedError(WorkflowError):
    """A dry run needs the output of a step that it skipped."""


class DryRunOutputs(Outputs):
    """Outputs in a dry run; each access to the output of a skipped step raises NotComputedError."""

    __slots__ = ("skipped",)

    def __init__(self, outputs: Mapping[str, Mapping[str, Any]] | None, skipped: Iterable[str]) -> None:
        super().__init__(outputs)
        self.skipped = frozenset(skipped)

    def with_output(self, step: str, output: FrozenDict) -> Outputs:
        return DryRunOutputs({**self, step: output}, self.skipped - {step})

    def without(self, step: str) -> Outputs:
        kept = {name: output for name, output in self.items() if name != step}
        return DryRunOutputs(kept, self.skipped | {step})

    def __getitem__(self, step: str) -> FrozenDict:
        if step in self.skipped:
            raise NotComputedError(f"the dry run has no output of step {step!r}: it was not run")
        return super().__getitem__(step)

    def __reduce__(self) -> tuple[type[Outputs], tuple[Any, ...]]:
        return DryRunOutputs, (dict(self), self.skipped)
