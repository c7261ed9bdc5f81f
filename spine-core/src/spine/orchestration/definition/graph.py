"""Graph of a workflow: the possible step transitions, as text and as Mermaid."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from spine.orchestration.definition.step import END, Step
from spine.orchestration.definition.workflow import Workflow


@frozen
class Edge:
    """Transition from `source` to `target`, None for the end of the run; `label` is its condition."""

    source: str
    target: str | None
    label: str = ""


def edges(workflow: Workflow) -> list[Edge]:
    """Return every transition, in order of the steps."""
    found = [edge for position, step in enumerate(workflow.steps) for edge in _from(workflow, position, step)]
    return list(dict.fromkeys(found))


def draw(workflow: Workflow) -> list[str]:
    """Return the steps as lines of text, one per step, with its transitions other than to the next step."""
    lines = []
    following = [step.name for step in workflow.steps[1:]] + [None]
    ways = edges(workflow)
    for step, below in zip(workflow.steps, following, strict=True):
        own = [way for way in ways if way.source == step.name]
        elsewhere = [way for way in own if way.target != below or way.label]
        falls = any(way.target == below for way in own) and below is not None
        notes = ", ".join(f"{way.label + ': ' if way.label else ''}-> {way.target or 'end'}" for way in elsewhere)
        lines.append(f"[{step.name}] {step.kind}{_traits(step)}{'  ' + notes if notes else ''}")
        lines += [f"   {line}" for line in step.spec.inside()]
        if falls:
            lines.append(" |")
    return lines


def mermaid(workflow: Workflow) -> str:
    """Return the graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""
    ids = {step.name: f"s{position}" for position, step in enumerate(workflow.all_steps)}
    lines = ["flowchart TD"]
    lines += [f"    {ids[step.name]}{_shape(step)}" for step in workflow.all_steps]
    lines.append("    done((end))")
    for way in edges(workflow):
        label = f"|{_quoted(way.label)}|" if way.label else ""
        target = ids.get(way.target, "done") if way.target else "done"
        lines.append(f"    {ids[way.source]} -->{label} {target}")
    for step in workflow.steps:
        lines += [f"    {ids[name]} -.->|after| {ids[step.name]}" for name in step.after or ()]
    for title, steps in (("failure", workflow.on_failure), ("success", workflow.on_success)):
        lines += [f"    done -.->|{title}| {ids[step.name]}" for step in steps]
    return "\n".join(lines)


def _from(workflow: Workflow, position: int, step: Step) -> Iterator[Edge]:
    ways = step.spec.branches()
    for way in ways:
        yield Edge(step.name, _real(way.target) if way.target else _past(workflow, position, step), way.label)
    if ways:
        return
    if step.next_step is not None:
        yield Edge(step.name, _real(step.next_step))
    else:
        branches = {target for before in workflow.steps for target in before.branches}
        yield Edge(step.name, _after(workflow, position, branches))


def _past(workflow: Workflow, position: int, step: Step) -> str | None:
    """Return the step after the first branch of a step, where the run continues if no branch is taken."""
    first = workflow.step_index(step.branches[0]) if step.branches else position
    return _after(workflow, max(position, first), set(step.branches[:1]))


def _after(workflow: Workflow, position: int, skipped: set[str]) -> str | None:
    """Return the next step in order, skipping branch targets."""
    for step in workflow.steps[position + 1 :]:
        if step.name not in skipped:
            return step.name
    return None


def _real(target: str | None) -> str | None:
    return None if target == END else target


def _traits(step: Step) -> str:
    traits = [
        ", ".join(step.spec.pipelines()),
        f"when {step.when.__name__}" if step.when is not None and hasattr(step.when, "__name__") else "",
        f"up to {step.effective_retry.max_attempts} attempts" if step.effective_retry else "",
        f"timeout {step.timeout:g} s" if step.timeout else "",
        f"memory {step.max_memory:,} bytes" if step.max_memory else "",
        "always runs" if step.always_run else "",
        f"after {', '.join(step.after)}" if step.after else "",
        f"on error {step.on_error.value}" if step.on_error.value == "continue" else "",
    ]
    shown = ", ".join(trait for trait in traits if trait)
    return f" ({shown})" if shown else ""


def _shape(step: Step) -> str:
    opening, closing = step.spec.shape
    return f"{opening}{_quoted(f'{step.name}: {step.kind}')}{closing}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'
