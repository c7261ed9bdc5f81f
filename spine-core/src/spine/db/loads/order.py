"""Description of a load, and its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from spine.core.choice import choose
from spine.core.errors import ValidationError


class LoadMode(str, Enum):
    """Effect of a load on the rows that a table has."""

    APPEND = "append"
    REPLACE_PARTITION = "replace_partition"
    MERGE = "merge"
    SCD2 = "scd2"

    @property
    def needs_key(self) -> bool:
        """True if a key identifies the rows."""
        return self in (LoadMode.MERGE, LoadMode.SCD2)

    @classmethod
    def of(cls, given: str, table: str, key: Sequence[str]) -> LoadMode:
        """Return the mode of a load into `table`; ValidationError for another text, or a key that does not fit it."""
        mode = choose(cls, "mode", given)
        if bool(key) != mode.needs_key:
            wanted = "needs key=[...], the columns that identify a row" if mode.needs_key else "takes no key"
            raise ValidationError(f"the load into {table} with mode {mode.value!r} {wanted}", field="key")
        return mode


def adds_columns(schema: str) -> bool:
    """Return True for the option "evolve", False for "freeze"; ValidationError for another text."""
    if schema not in ("evolve", "freeze"):
        raise ValidationError(f'schema is "evolve" or "freeze", not {schema!r:.80}', field="schema", value=schema)
    return schema == "evolve"


@frozen
class LoadOrder:
    """Table, `table` or `schema.table`, and mode of a load, with the key or the partition that the mode needs.

    `evolves` adds new columns of the data to the table. `valid_from` is the time of new versions for SCD2, by default
    that of the load.
    """

    table: str
    mode: LoadMode = LoadMode.APPEND
    key: Sequence[str] = ()
    partition: Mapping[str, str] = field(factory=dict)
    evolves: bool = True
    valid_from: datetime | None = None


@frozen
class LoadMark:
    """Call of a step that loads: `id` is unique to it, and the same in each attempt."""

    id: str
    database: str
    partition_key: str
    run_id: str
    step_name: str | None
    attempt: int


@frozen
class Loaded:
    """Numbers of rows; `repeated` is True if an earlier attempt has loaded them."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    repeated: bool = False
