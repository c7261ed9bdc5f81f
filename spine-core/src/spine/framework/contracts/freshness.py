"""Check of the age of data."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from attrs import define

from spine.core.clock import utc_now
from spine.framework.contracts.running import Outcome
from spine.framework.contracts.values import decoded

if TYPE_CHECKING:
    import pyarrow as pa


@define
class Freshness:
    """Check of the age of a business date, or of the newest value of a column; a date begins at its midnight in UTC."""

    max_age_days: float
    column: str | None = None
    newest: date | None = None

    def take(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.column is not None:
            values = decoded(table[self.column])
            if pa.types.is_timestamp(values.type):
                values = values.cast(pa.timestamp("us", values.type.tz), safe=False)  # Python has no nanoseconds
            found: Any = pc.max(values).as_py()
            if found is not None and not isinstance(found, date):
                raise TypeError(f"column {self.column!r} is {values.type}, neither a date nor a time")
            if found is not None and (self.newest is None or _moment(found) > _moment(self.newest)):
                self.newest = found
        return table

    def outcome(self) -> Outcome:
        what = "business date" if self.column is None else f"newest {self.column}"
        expected = f"at most {self.max_age_days:g} days old"
        if self.newest is None:
            return Outcome(False, expected, f"there is no {what}")
        age = utc_now() - _moment(self.newest)
        observed = f"the {what} is {self.newest.isoformat()}, {age / timedelta(days=1):.1f} days old"
        return Outcome(age <= timedelta(days=self.max_age_days), expected, observed)


def _moment(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
