"""The branch rules as a table: which steps run in which order, and which are skipped.

A workflow is written as its steps in order, one text each: `name`, and after it what the step says of the way on.

    name                    goes on with the next step
    name > target           next_step=target, END for the end
    name ? then             a choice without else_step
    name ? then : else      a choice

`answers` gives each choice's conditions, in the order in which it is asked (the last one stays).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen


@frozen
class BranchCase:
    """One case; `rule` is the sentence that it shows."""

    rule: str
    steps: Sequence[str]
    ran: Sequence[str]
    answers: Mapping[str, Sequence[bool]] = field(factory=dict)
    error: str = ""


YES = {"c": [True]}
NO = {"c": [False]}

BRANCH_CASES = [
    BranchCase("Steps run in order.", ["a", "b", "d"], ["a", "b", "d"]),
    BranchCase(
        "The branch that is not taken is skipped when the flow reaches it by falling through.",
        ["c ? yes : no", "yes", "no", "end"],
        ["c", "yes", "end"],
        YES,
    ),
    BranchCase(
        "A choice jumps to the branch that it takes, over what stands between.",
        ["c ? yes : no", "yes", "no", "end"],
        ["c", "no", "end"],
        NO,
    ),
    BranchCase(
        "Steps after the branch that was taken run, up to the other branch and again after it.",
        ["c ? yes : no", "yes", "more", "no", "end"],
        ["c", "yes", "more", "end"],
        YES,
    ),
    BranchCase(
        "Only the branch's own step is skipped, not the steps that follow it.",
        ["c ? yes : no", "yes", "no", "after_no", "end"],
        ["c", "yes", "after_no", "end"],
        YES,
    ),
    BranchCase(
        "The branches may stand in either order.",
        ["c ? yes : no", "no", "yes", "end"],
        ["c", "no", "end"],
        NO,
    ),
    BranchCase(
        "next_step on a branch says where both ways meet.",
        ["c ? yes : no", "yes > end", "no", "after_no", "end"],
        ["c", "yes", "end"],
        YES,
    ),
    BranchCase(
        "next_step reaches even the branch that was not taken.",
        ["c ? yes : no", "yes > no", "between", "no", "end"],
        ["c", "yes", "no", "end"],
        YES,
    ),
    BranchCase("END on a step ends the run there.", ["a > END", "b"], ["a"]),
    BranchCase("END as a branch ends the run if it is taken.", ["c ? more : END", "more", "end"], ["c"], NO),
    BranchCase(
        "END as a branch is nothing if it is not taken.", ["c ? more : END", "more", "end"], ["c", "more", "end"], YES
    ),
    BranchCase("A choice without else_step takes its then_step.", ["c ? yes", "yes", "end"], ["c", "yes", "end"], YES),
    BranchCase(
        "A choice without else_step goes on with the step after its then_step.",
        ["c ? yes", "yes", "end"],
        ["c", "end"],
        NO,
    ),
    BranchCase(
        "A choice without else_step passes over everything up to its then_step.",
        ["c ? yes", "between", "yes", "end"],
        ["c", "end"],
        NO,
    ),
    BranchCase("A choice whose then_step is the last one may end the run.", ["c ? yes", "yes"], ["c"], NO),
    BranchCase(
        "A choice that is jumped over decides nothing.",
        ["c ? yes : no", "d ? one : two", "one", "two", "yes", "no", "end"],
        ["c", "yes", "end"],
        YES,
    ),
    BranchCase(
        "Choices one after the other each decide for themselves.",
        ["c ? one : two", "one", "two", "d ? three : four", "three", "four", "end"],
        ["c", "two", "d", "three", "end"],
        {"c": [False], "d": [True]},
    ),
    BranchCase(
        "A choice inside of a branch decides only if that branch is taken.",
        ["c ? inner : no", "inner ? one : two", "one > end", "two > end", "no", "end"],
        ["c", "inner", "two", "end"],
        {"c": [True], "inner": [False]},
    ),
    BranchCase(
        "A choice may jump backwards; without else_step it goes on when its condition is false.",
        ["a", "b", "again ? a", "end"],
        ["a", "b", "again", "a", "b", "again", "end"],
        {"again": [True, False]},
    ),
    BranchCase(
        "A choice that is reached again decides anew.",
        ["c ? yes : no", "yes", "no", "again ? c", "end"],
        ["c", "yes", "again", "c", "no", "again", "end"],
        {"c": [True, False], "again": [True, False]},
    ),
    BranchCase(
        "A target that does not exist fails the run, by its name, if it is taken.",
        ["c ? yes : nowhere", "yes"],
        ["c"],
        NO,
        error="step 'c' goes to 'nowhere', which is not a step of workflow 'w'",
    ),
    BranchCase(
        "A target that does not exist is nothing if it is not taken.",
        ["c ? yes : nowhere", "yes"],
        ["c", "yes"],
        YES,
    ),
    BranchCase(
        "next_step to a step that does not exist fails the step that has it.",
        ["a > nowhere", "b"],
        ["a"],
        error="step 'a' goes to 'nowhere', which is not a step of workflow 'w'",
    ),
]
