"""An error as one sentence on stderr and as the exit code of its class."""

from __future__ import annotations

import pytest

from spine.cli.failure import report
from spine.core.errors import BadParamsError, ConfigError, PipelineNotFoundError, SpineError, ValidationError
from spine.framework.captures import CaptureNotFoundError
from spine.framework.sources.registry import UnknownSourceError
from spine.orchestration.records import UnknownRunError
from spine.orchestration.registry import UnknownWorkflowError


class LicenseError(SpineError):
    exit_code = 7


@pytest.mark.parametrize(
    "cls",
    [
        BadParamsError,
        CaptureNotFoundError,
        ConfigError,
        PipelineNotFoundError,
        UnknownRunError,
        UnknownSourceError,
        UnknownWorkflowError,
        ValidationError,
    ],
)
def test_wrong_input_of_the_user_exits_with_2(cls: type[SpineError]) -> None:
    assert report(cls("there is no such thing"), debug=False) == 2


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (SpineError("it broke"), "Error: it broke\n", 1),
        (LicenseError("it has expired"), "Error: it has expired\n", 7),
        (KeyError("a"), "Error: KeyError: 'a' (run again with --debug for the traceback)\n", 1),
    ],
)
def test_an_error_is_one_sentence_and_the_exit_code_of_its_class(
    error: Exception, sentence: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, debug=False) == code
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", sentence)
