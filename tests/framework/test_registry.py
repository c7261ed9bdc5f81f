"""The functions over the one registry of pipelines."""

from __future__ import annotations

import pytest

from spine.core.errors import PipelineError, ValidationError
from spine.core.scope import Scope, use_scope
from spine.framework.pipelines import Pipeline, PipelineRegistry, PipelineResult, pipeline, pipeline_registry
from spine.framework.registry import clear_registry, get_pipeline, list_pipelines, register_pipeline


class Ingest(Pipeline):
    def run(self) -> PipelineResult:
        return PipelineResult.unchanged("nothing to do")


@pytest.fixture(autouse=True)
def unnamed() -> None:
    """Registering gives the class a name."""
    Ingest.name = ""


def test_a_registered_class_is_found_by_its_name() -> None:
    assert register_pipeline("finra.ingest")(Ingest) is Ingest
    assert get_pipeline("finra.ingest") is Ingest
    assert Ingest.name == "finra.ingest"
    assert pipeline_registry.get("finra.ingest") is Ingest


def test_a_name_that_is_taken_is_a_value_error_and_leaves_both_classes_alone() -> None:
    register_pipeline("finra.ingest")(Ingest)

    class Other(Ingest):
        name = "mine"

    with pytest.raises(ValueError, match=r"pipeline 'finra.ingest' is already registered"):
        register_pipeline("finra.ingest")(Other)
    assert Other.name == "mine"
    assert get_pipeline("finra.ingest") is Ingest


def test_a_class_registered_under_two_names_keeps_its_first() -> None:
    register_pipeline("one")(Ingest)
    register_pipeline("two")(Ingest)
    assert Ingest.name == "one"
    assert get_pipeline("two") is Ingest


def test_an_unknown_name_is_a_key_error_with_what_there_is() -> None:
    register_pipeline("finra.ingest")(Ingest)
    with pytest.raises(KeyError, match=r"'finra.ingset' not found; did you mean 'finra.ingest'\?"):
        get_pipeline("finra.ingset")
    with pytest.raises(KeyError, match=r"not found; known: finra.ingest"):
        get_pipeline("zzz")


def test_names_are_listed_sorted_and_forgotten_by_clearing() -> None:
    for name in ("b", "a"):
        register_pipeline(name)(Ingest)
    assert list_pipelines() == ["a", "b"]
    clear_registry()
    assert list_pipelines() == []


@pytest.mark.parametrize("nonsense", [object, "text", lambda params: None])
def test_a_class_that_is_no_pipeline_is_refused_when_it_is_registered(nonsense: object) -> None:
    with pytest.raises(PipelineError, match="is not a pipeline: derive a class from Pipeline"):
        pipeline_registry.register("x", nonsense)  # type: ignore[arg-type]


def test_a_name_that_breaks_the_rule_is_refused() -> None:
    with pytest.raises(ValidationError, match="pipeline name 'a b' is not valid"):
        register_pipeline("a b")(Ingest)


def test_a_registry_of_ones_own_shares_nothing_with_the_global_one() -> None:
    own = PipelineRegistry()
    own.register("mine", Ingest)
    assert (own.list_pipelines(), list_pipelines()) == (["mine"], [])


def test_a_scope_replaces_the_contents_of_the_global_registry() -> None:
    pipeline("outer")(lambda params: None)
    with use_scope(Scope()):
        assert list_pipelines() == []
    assert list_pipelines() == ["outer"]
