"""Command steps: a program, run without a shell."""

from __future__ import annotations

import json
import logging
import os
import re
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

from spine.config.references import is_reference, resolve
from spine.core.errors import ErrorCategory, ParseError, ValidationError
from spine.core.masking import KnownSecrets
from spine.core.secrets import SecretText
from spine.orchestration.definition.spec import StepSpec, TimeoutBy
from spine.orchestration.isolation.exit_code import how_it_ended
from spine.orchestration.isolation.program import Program
from spine.orchestration.isolation.project_address import current_address
from spine.orchestration.step_result import StepResult
from spine.orchestration.steptypes.base import Preview

if TYPE_CHECKING:
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step
    from spine.orchestration.steptypes.base import StepServices

MAX_TEXT = 1 << 20  # characters of stdout in an output
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w.-]*)\}")

logger = logging.getLogger("spine.command")


def _argv(given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not given or not all(isinstance(part, str) for part in given):
        raise ValidationError(f'a command is a list of texts, such as ["prog", "--week={{week}}"], not {given!r:.80}')
    if _PLACEHOLDER.search(given[0]):
        raise ValidationError(f"the program of a command is written out, not taken from a parameter: {given[0]!r:.80}")
    return tuple(given)


def _env(given: Any) -> dict[str, Any]:
    for name, value in (given or {}).items():
        if not isinstance(name, str) or not (isinstance(value, str) or is_reference(value)):
            raise ValidationError(
                f'the environment variable {name!r} of a command is a text, {{"env": "NAME"}} or {{"file": "path"}}'
            )
    return dict(given or {})


def _output(given: Any) -> str | None:
    if given not in ("json", "text", None):
        raise ValidationError(f'the output of a command is "json", "text" or None, not {given!r:.80}')
    return None if given is None else str(given)


def _folder(given: Any) -> str | None:
    return None if given is None else os.fspath(given)


def _codes(given: Any) -> tuple[int, ...]:
    return tuple(given)


@frozen
class CommandStepSpec(StepSpec):
    """Program and arguments, working folder, and the meaning of exit codes and output."""

    tier: ClassVar[str] = "basic"
    timeout_by: ClassVar[TimeoutBy] = TimeoutBy.STOP
    silent: ClassVar[frozenset[str]] = frozenset(("ok_codes", "retry_codes"))

    argv: tuple[str, ...] = field(converter=_argv)
    cwd: str | None = field(default=None, converter=_folder)
    env: dict[str, Any] = field(factory=dict, converter=_env)
    output: str | None = field(default=None, converter=_output)
    ok_codes: tuple[int, ...] = field(default=(0,), converter=_codes)
    retry_codes: tuple[int, ...] = field(default=(), converter=_codes)

    def does(self) -> str:
        return " ".join(self.argv)

    def json_of(self, name: str, value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else super().json_of(name, value)


class CommandStep:
    """Handler that runs the program; its lines are in the run's log, its exit code and output in the step's output."""

    def execute(self, step: Step, context: WorkflowContext, services: StepServices) -> StepResult:
        spec = step.spec_of(CommandStepSpec)
        argv = [fill(part, context, is_whole_argument=True) for part in spec.argv]
        root = _root()
        where = f"the environment of step {step.name!r}"
        own = resolve({name: _filled(value, context) for name, value in spec.env.items()}, where, root, os.environ)
        said = _Said(step.name, spec.output, [value for value in own.values() if isinstance(value, SecretText)])
        with TemporaryDirectory(prefix="spine-command-") as folder:
            told = Path(folder) / "output.json"
            env = {**os.environ, **_facts(step, context), "SPINE_OUTPUT": str(told), **own}
            code = Program(argv, root / (spec.cwd or "."), env, said.add).wait(services.stop.check)
            if code not in spec.ok_codes:
                return _failure(spec, code, said)
            return StepResult.ok({"exit_code": code, **said.output(told)})

    def preview(self, step: Step, context: WorkflowContext, services: StepServices) -> Preview:
        """Return its command line, with the values that are known."""
        spec = step.spec_of(CommandStepSpec)
        return Preview(" ".join(fill(part, context, is_whole_argument=True) for part in spec.argv))


class _Said:
    """Output lines of a program: masked, logged at once, and kept as far as the step's output needs them."""

    def __init__(self, step: str, form: str | None, secrets: Sequence[str]) -> None:
        self._step = step
        self._form = form
        self._secrets = KnownSecrets(secrets, shortest=1)
        self._kept: deque[str] = deque(maxlen=None if form == "text" else 1)
        self._characters = 0
        self.last = ""

    def add(self, stream: str, line: str) -> None:
        line = self._secrets.mask(line)
        logger.getChild(stream).info("%s", line)
        self.last = line.strip() or self.last
        if stream == "stdout" and (self._form == "text" or line.strip()):
            self._characters += len(line) + 1
            if self._characters <= MAX_TEXT or self._form != "text":
                self._kept.append(line)

    def output(self, told: Path) -> Mapping[str, Any]:
        """Return the program's output in the form configured by the step."""
        if self._form is None:
            return {}
        if self._form == "text":
            if self._characters > MAX_TEXT:
                raise ParseError(f"the program of step {self._step!r} printed more than {MAX_TEXT:,} characters")
            return {"text": "\n".join(self._kept)}
        written = told.read_text(encoding="utf-8", errors="replace") if told.exists() else None
        text = "".join(self._kept) if written is None else self._secrets.mask(written)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            place = "printed as its last line" if written is None else "wrote to SPINE_OUTPUT"
            raise ParseError(
                f"the text that the program of step {self._step!r} {place} is not a JSON object: {text!r:.200}"
            )
        return found


def fill(text: str, context: WorkflowContext, *, is_whole_argument: bool = False) -> str:
    """Return `text` with each `{name}` replaced by that parameter, partition key or output `step.key`.

    `{{` and `}}` stand for braces. Raises ValidationError for a name without a value, for a value that cannot be an
    argument, and for a whole argument whose value begins with `-`: the program would take it for an option.
    """

    def value_of(match: re.Match[str]) -> str:
        return match[0][0] if match[1] is None else _as_text(match[1], _find(match[1], context))

    filled = _PLACEHOLDER.sub(value_of, text)
    name = text[1:-1]
    if is_whole_argument and filled.startswith("-") and text.startswith("{") and not _is_number(filled):
        raise ValidationError(
            f"{name!r} would be taken for an option of the program: {filled!r:.80}; write it behind a name, as "
            f"--{name}={text}"
        )
    return filled


def _filled(value: Any, context: WorkflowContext) -> Any:
    return fill(value, context) if isinstance(value, str) else value


def _find(name: str, context: WorkflowContext) -> Any:
    for known in (context.params, context.partition):
        if name in known:
            return known[name]
    step, _, key = name.partition(".")
    if key and context.has_output(step):
        return context.get_output(step, key)
    return None


def _as_text(name: str, value: Any) -> str:
    if value is None:
        raise ValidationError(
            f"the command needs a value for {{{name}}}: there is no such parameter, key of the partition or output; "
            f"for braces as they are write {{{{{name}}}}}"
        )
    if isinstance(value, str):
        if "\0" in value:
            raise ValidationError(f"the value of {{{name}}} has a NUL character, which no argument can hold")
        return value
    return json.dumps(value, default=str)


def _is_number(text: str) -> bool:
    """Return True for a number in digits: a program takes `-inf` and `-nan` for options."""
    return _NUMBER.fullmatch(text) is not None


def _root() -> Path:
    address = current_address()
    return Path(address["root"]) if address is not None else Path.cwd()


def _facts(step: Step, context: WorkflowContext) -> dict[str, str]:
    """Return facts about the run, for the program's environment."""
    return {
        "SPINE_RUN_ID": context.run_id,
        "SPINE_WORKFLOW": context.workflow_name,
        "SPINE_STEP": step.name,
        "SPINE_PARTITION": json.dumps(dict(context.partition), sort_keys=True, default=str),
        "SPINE_DRY_RUN": "1" if context.is_dry_run else "",
        **_times(context),
    }


def _times(context: WorkflowContext) -> dict[str, str]:
    tick = context.schedule
    if tick is None:
        return {"SPINE_TICK": "", "SPINE_INTERVAL_START": "", "SPINE_INTERVAL_END": ""}
    return {
        "SPINE_TICK": tick.scheduled_at.isoformat(),
        "SPINE_INTERVAL_START": tick.interval_start.isoformat(),
        "SPINE_INTERVAL_END": tick.interval_end.isoformat(),
    }


def _failure(spec: CommandStepSpec, code: int, said: _Said) -> StepResult:
    last = f": {said.last:.300}" if said.last else ""
    text = f"{spec.argv[0]} {how_it_ended(code)}{last}"
    failed = StepResult.fail(text, ErrorCategory.PIPELINE, {"exit_code": code})
    failed.retry = code in spec.retry_codes
    return failed
