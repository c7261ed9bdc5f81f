"""Error of data that breaks a contract."""

from __future__ import annotations

from collections.abc import Sequence

from spine.core.classification import ErrorCategory
from spine.core.errors import SpineError
from spine.framework.contracts.result import QualityResult


class ContractViolationError(SpineError):
    """Data breaks the contract of its capture, and was not captured; `results` has the checks that failed."""

    default_category = ErrorCategory.DATA_QUALITY
    results: Sequence[QualityResult] = ()

    def because_of(self, results: Sequence[QualityResult]) -> ContractViolationError:
        """Keep the results and return this same error."""
        self.results = results
        return self
