"""The options: one documented field each, the same as FileSource's keyword arguments."""

from __future__ import annotations

import inspect

import pytest
from attrs import fields

from spine.core.errors import ConfigError, InvalidConfigError, SourceError, ValidationError
from spine.framework.sources import FileFormat
from spine_sources_file.config import FileSourceConfig
from spine_sources_file.source import FileSource


def test_the_fields_are_the_keyword_arguments_with_the_same_defaults():
    arguments = list(inspect.signature(FileSource.__init__).parameters.values())[2:-1]
    described = {option.name: option for option in fields(FileSourceConfig)}
    assert {argument.name for argument in arguments} == set(described)
    for argument in arguments:
        default = None if argument.default is inspect.Parameter.empty else argument.default
        assert described[argument.name].default in (default, fields(FileSourceConfig).path.default)


def test_every_field_is_documented():
    for option in fields(FileSourceConfig):
        assert option.metadata["help"].endswith("."), f"{option.name} needs a sentence in metadata['help']"


def test_an_unknown_option_is_named_with_the_closest_one():
    with pytest.raises(InvalidConfigError, match=r"FileSource has no option 'delimeter'; did you mean 'delimiter'\?"):
        FileSource("s", "x.csv", delimeter=";")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["x", "x.xlsx", "data/*", "x.gz", "x.{suffix}"])
def test_a_path_without_a_known_suffix_needs_a_format(path):
    with pytest.raises(SourceError, match=r"^Cannot detect format of .* say which it is, for example format = \"csv\""):
        FileSource("s", path)
    assert FileSource("s", path, format="jsonl").format is FileFormat.JSONL


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"path": ""}, "path '' is not valid"),
        ({"path": None}, "path None is not valid"),
        ({"format": "cvs"}, "format 'cvs' is not known; did you mean 'csv'?"),
        ({"encoding": "utf9"}, "encoding 'utf9' is not one that Python knows"),
        ({"delimiter": "||"}, "delimiter '||' is not valid: use one character"),
        ({"delimiter": 1}, "delimiter 1 is not valid: give a text that is not empty"),
        ({"column_names": "a,b"}, "column_names 'a,b' is not valid: give a list of names"),
        ({"column_names": []}, "column_names is not valid: give at least one name"),
        ({"skip_rows": -1}, "skip_rows -1 is not valid: give a number, 0 or more"),
        ({"skip_rows": True}, "skip_rows True is not valid: give a number, 0 or more"),
        ({"comment": ""}, "comment '' is not valid"),
        ({"allow_empty": "yes"}, "allow_empty 'yes' is not valid: give true or false"),
        ({"path": "x.json", "delimiter": ";"}, "delimiter has no effect on json files: leave it out"),
        ({"path": "x.json", "line_column": "n"}, "line_column has no effect on json files: leave it out"),
        ({"path": "x.parquet", "skip_rows": 1}, "skip_rows has no effect on parquet files: leave it out"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_source_is_made(options, sentence):
    with pytest.raises(ConfigError) as caught:
        FileSource("s", **{"path": "x.csv", **options})
    assert str(caught.value).startswith(sentence)


def test_a_source_tells_its_configuration():
    config = FileSource("s", "x.psv", column_names=["a"]).config
    assert (config["path"], config["column_names"], config["format"]) == ("x.psv", ("a",), None)


def test_the_name_follows_the_rule():
    with pytest.raises(ValidationError, match="source name"):
        FileSource("a/b", "x.csv")
