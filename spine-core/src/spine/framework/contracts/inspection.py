"""Inspection of the data of a capture by the contracts of its name."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from spine.config.contracts import Check, CheckKind, Drift, Severity
from spine.core.plain_text import counted
from spine.framework.captures.batches import BatchStream
from spine.framework.contracts.making import running_check
from spine.framework.contracts.registry import Contract
from spine.framework.contracts.result import QualityResult
from spine.framework.contracts.running import Outcome, RowCheck, RunningCheck, SetAside
from spine.framework.contracts.sample import json_text, rows_of
from spine.framework.contracts.shape import Shape
from spine.framework.contracts.subject import Subject
from spine.framework.contracts.violation import ContractViolationError
from spine.framework.rejects import Reject

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("spine.contracts")

MOST_SET_ASIDE = 100_000  # rows of one capture; more are a failure of the data as a whole


@define
class Quarantine:
    """Rows that are set aside for one capture; they become rejects when it is made."""

    subject: Subject
    rejects: list[Reject] = field(factory=list)
    count: int = 0

    def of(self, contract: Contract) -> SetAside:
        """Return the function that sets aside the rows of a check."""
        return partial(self._add, contract)

    def _add(self, contract: Contract, rows: pa.Table, check_name: str) -> None:
        self.count += rows.num_rows
        if self.count > MOST_SET_ASIDE:
            return
        reason = f"contract {contract.pattern!r}: {check_name}"
        self.rejects += (
            Reject(self.subject.name, reason, json_text(row), location=self.subject.place) for row in rows_of(rows)
        )


@define
class _Made:
    """A check that is being made; `problem` says why it cannot be made on this data."""

    check: Check
    running: RunningCheck
    problem: str | None = None

    def take(self, table: pa.Table) -> pa.Table:
        """Let the check look at the next rows; data that it cannot compare does not pass."""
        if self.problem is None:
            with self._comparing():
                return self.running.take(table)
        return table

    def outcome(self) -> tuple[Severity, Outcome]:
        """Return the outcome, with FAIL in the place of a severity that it cannot have."""
        severity, found = self.check.severity, Outcome(False, None)
        if self.problem is None:
            with self._comparing():
                found = self.running.outcome()
        if self.problem is not None:
            return Severity.FAIL, Outcome(False, None, self.problem)
        if severity is Severity.QUARANTINE and not found.passed and found.failed_rows is None:
            severity = Severity.FAIL
        return severity, found

    @contextmanager
    def _comparing(self) -> Iterator[None]:
        """Note an error of a comparison as the problem; one of an own function is raised."""
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, TypeError, ValueError, ArithmeticError) as error:
            if self.check.check is CheckKind.FUNCTION:
                raise
            self.problem = f"it cannot be checked: {error}"


class _ByContract:
    """Inspection by one contract."""

    def __init__(self, contract: Contract, schema: pa.Schema, subject: Subject, quarantine: Quarantine) -> None:
        self.contract = contract
        self.shape = Shape(contract, schema)
        self._subject = subject
        self._drifted = RowCheck(
            "drift", "", self.shape.new, partial(_has_any, self.shape.new), quarantine.of(contract)
        )
        set_aside = quarantine.of(contract)
        last = sorted(contract.checks, key=lambda check: check.check is CheckKind.ROW_COUNT)  # counts what is left
        self._made = [_Made(check, running_check(check, subject, set_aside)) for check in last]
        if not self.fits:
            self._made = []

    @property
    def fits(self) -> bool:
        """True if the columns are as the contract wants them."""
        return not self.shape.problems and not (self.shape.new and self.contract.drift is Drift.FREEZE)

    def take(self, table: pa.Table) -> pa.Table:
        """Return the rows that are to be captured; none if a value is not of its column's type."""
        if self.shape.new and self.contract.drift is Drift.QUARANTINE:
            table = self._drifted.take(table)
        table = self.shape.fit(table)
        for made in self._made if self.fits else ():
            if all(name in table.column_names for name in made.check.columns):  # no rows may have no columns
                table = made.take(table)
        return table

    def results(self) -> Iterator[QualityResult]:
        """Yield the result of each check."""
        if self.contract.columns or self.shape.problems:
            yield self._result("columns", Severity.FAIL, self._columns())
        if self.shape.problems:
            return
        if self.shape.new or self.contract.drift is not Drift.EVOLVE:
            yield self._result("drift", *self._drift())
        for made in self._made:
            yield self._result(made.check.name, *made.outcome())

    def _columns(self) -> Outcome:
        expected = ", ".join(f"{name} {kind}" for name, kind in self.contract.columns.items())
        problems = self.shape.problems
        return Outcome(not problems, expected, "; ".join(problems) or None)

    def _drift(self) -> tuple[Severity, Outcome]:
        drift, new = self.contract.drift, self.shape.new
        observed = f"new: {', '.join(new)}" if new else None
        if drift is Drift.FREEZE:
            return Severity.FAIL, Outcome(not new, "no other columns", observed)
        if drift is Drift.QUARANTINE:
            return Severity.QUARANTINE, evolve(self._drifted.outcome(), expected="no values in other columns")
        return Severity.WARN, Outcome(True, f"other columns: {drift.value}", observed)

    def _result(self, name: str, severity: Severity, outcome: Outcome) -> QualityResult:
        return QualityResult(
            capture_name=self._subject.name,
            partition=self._subject.partition,
            contract=self.contract.pattern,
            check_name=name,
            severity=severity,
            passed=outcome.passed,
            observed=outcome.observed,
            expected=outcome.expected,
            failed_rows=outcome.failed_rows,
            sample=outcome.sample,
        )


class Inspection:
    """Inspection of the data of one capture; `results` and `rejects` are known when all of it was read."""

    def __init__(self, contracts: Sequence[Contract], subject: Subject) -> None:
        self.results: list[QualityResult] = []
        self._contracts = contracts
        self._subject = subject
        self._quarantine = Quarantine(subject)
        self._inspected: list[_ByContract] = []
        self._rows_left = 0

    @property
    def rejects(self) -> list[Reject]:
        """The rows that were set aside."""
        return self._quarantine.rejects

    def of(self, data: pa.Table | BatchStream) -> pa.Table | BatchStream:
        """Return the data that is to be captured; ContractViolationError, for a stream at its end, if it may not be.

        A stream is inspected batch by batch, unless a check needs all rows at once.
        """
        import pyarrow as pa

        if isinstance(data, BatchStream) and self._needs_all():
            data = pa.Table.from_batches(data.batches, data.schema)
        if isinstance(data, BatchStream):
            schema = self._begin(data.schema)
            return BatchStream(schema, self._each(data.batches))
        if not data.num_columns and not data.num_rows:
            data = self._declared().empty_table()
        self._begin(data.schema)
        table = self._taken(data)
        self._end()
        return table

    def _needs_all(self) -> bool:
        checks = [check for contract in self._contracts for check in contract.checks]
        return any(
            check.check is CheckKind.FUNCTION
            or (check.check is CheckKind.UNIQUE and check.severity is Severity.QUARANTINE)
            for check in checks
        )

    def _declared(self) -> pa.Schema:
        import pyarrow as pa

        columns: dict[str, Any] = {}
        for contract in self._contracts:
            columns |= contract.columns
        return pa.schema([(name, kind.arrow) for name, kind in columns.items()])

    def _begin(self, schema: pa.Schema) -> pa.Schema:
        for contract in self._contracts:
            inspected = _ByContract(contract, schema, self._subject, self._quarantine)
            self._inspected.append(inspected)
            if not inspected.fits:
                self._end()
            schema = inspected.shape.fitted_schema()
        return schema

    def _each(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            yield from self._taken(pa.Table.from_batches([batch])).to_batches()
        self._end()

    def _taken(self, table: pa.Table) -> pa.Table:
        for inspected in self._inspected:
            table = inspected.take(table)
            if not inspected.fits:
                self._end()
        self._rows_left += table.num_rows
        return table

    def _end(self) -> None:
        """Collect the results; raise a ContractViolationError if the data may not be captured."""
        self.results = [result for inspected in self._inspected for result in inspected.results()]
        failed = [result for result in self.results if not result.passed and result.severity is Severity.FAIL]
        aside = [result for result in self.results if not result.passed and result.severity is Severity.QUARANTINE]
        if failed:
            raise ContractViolationError(f"{told(failed, self._subject.place)}; {_ADVICE}").because_of(failed)
        if aside and (not self._rows_left or self._quarantine.count > MOST_SET_ASIDE):
            count = self._quarantine.count
            why = f"more than the {MOST_SET_ASIDE:,} that are set aside" if self._rows_left else "which are all"
            what = f"{told(aside, self._subject.place)}: {counted(count, 'row')} in all, {why}"
            raise ContractViolationError(f"{what}; {_ADVICE}").because_of(aside)
        for result in self.results:
            if result.is_warning:
                logger.warning("%s", told([result], self._subject.place))


_ADVICE = "correct the data or the contract"


def told(results: Sequence[QualityResult], place: str) -> str:
    """Return a sentence about checks that did not pass: the first one with its numbers and a row, and how many more."""
    first = results[0]
    found = first.observed or "it does not pass"
    if first.failed_rows is None and first.expected and first.check_name != "columns":
        found += f", expected {first.expected}"
    such = f", such as {json_text(first.sample[0])}" if first.sample else ""
    more = f" (and {counted(len(results) - 1, 'more check')})" if len(results) > 1 else ""
    return f"capture {place} breaks contract {first.contract!r}: {first.check_name}: {found}{such}{more}"


def _has_any(names: Sequence[str], table: pa.Table) -> Any:
    """Return the rows that have a value in one of these columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = pa.chunked_array([pa.nulls(table.num_rows, pa.bool_()).fill_null(False)])
    for name in names:
        mask = pc.or_(mask, pc.is_valid(table[name]))
    return mask
