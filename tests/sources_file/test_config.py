"""The options: one documented field each, the same as FileSource's keyword arguments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import NOTHING, Attribute, fields

from spine.core.errors import ConfigError, InvalidConfigError, SourceError, ValidationError
from spine.framework.sources import FileFormat
from spine.plugins.options import option_fields
from spine_sources_file.config import FileSourceConfig
from spine_sources_file.source import FileSource

README = Path(__file__).parents[2] / "spine-sources-file" / "README.md"


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
        ({"path": ["x.csv", ""]}, "path ['x.csv', ''] is not valid: give the path of a file, a glob or a list"),
        ({"escape_char": '"'}, "quote_char '\"' has another meaning already: use another character"),
        ({"schema": {"a": "int"}}, "type 'int' is not known; did you mean 'int64'?"),
        ({"schema": {"a": "decimal"}}, "type 'decimal' needs its digits: decimal(18,4)"),
        ({"schema": {"a": {"type": "int64", "format": "%d"}}}, "type 'int64' takes no format: leave it out"),
        ({"schema": ["a"]}, "schema ['a'] is not valid: give a table of columns and types"),
        ({"infer_types": 1}, "infer_types 1 is not valid: give true or false"),
        ({"null_values": "NA"}, "null_values 'NA' is not valid: give a list of texts"),
        ({"columns": []}, "columns is not valid: give at least one name"),
        ({"on_bad_row": "ignore"}, "on_bad_row 'ignore' is not known; known: fail, quarantine, skip"),
        ({"on_bad_row": "skip", "max_bad_rows": "5"}, "max_bad_rows '5' is not valid: give a number, or a percentage"),
        ({"on_bad_row": "skip", "max_bad_rows": "101%"}, "max_bad_rows '101%' is not valid"),
        ({"max_bad_rows": 5}, 'max_bad_rows has no effect with on_bad_row = "fail"'),
        ({"max_bytes": -1}, "max_bytes -1 is not valid: give a number, 0 or more"),
        ({"settle_seconds": "1"}, "settle_seconds '1' is not valid: give a number, 0 or more"),
        ({"json_path": "a"}, "json_path has no effect on csv files: leave it out"),
        ({"path": "x.parquet", "infer_types": True}, "infer_types has no effect on parquet files: leave it out"),
        ({"path": "x.json", "delimiter": ";"}, "delimiter has no effect on json files: leave it out"),
        ({"path": "x.json", "line_column": "n"}, "line_column has no effect on json files: leave it out"),
        ({"path": "x.parquet", "skip_rows": 1}, "skip_rows has no effect on parquet files: leave it out"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_the_source_is_made(options, sentence):
    with pytest.raises(ConfigError) as caught:
        FileSource("s", **{"path": "x.csv", **options})
    assert str(caught.value).startswith(sentence)


def readme_row(option: Attribute) -> str:
    """Return what the README's table says about an option."""
    needed = option.default is NOTHING
    default = "" if needed or option.default is None else f"`{getattr(option.default, 'value', option.default)}`"
    formats = ", ".join(known.value for known in option.metadata.get("formats", ())) or "all"
    return f"| `{option.name}` | {'needed' if needed else default} | {formats} | {option.metadata['help']} |"


def test_the_readme_has_a_table_of_the_options():
    rows = re.findall(r"^\| `.*$", README.read_text(), re.M)
    expected = [readme_row(option) for option in option_fields("source", FileSourceConfig).values()]
    changed = "\n".join(row for row in expected if row not in rows)
    assert rows == expected, (
        f"copy into the table of spine-sources-file/README.md, in the order of FileSourceConfig:\n{changed}"
    )


def test_a_source_tells_its_configuration():
    config = FileSource("s", "x.psv", column_names=["a"]).config
    assert (config["path"], config["column_names"], config["format"]) == ("x.psv", ("a",), None)


def test_the_name_follows_the_rule():
    with pytest.raises(ValidationError, match="source name"):
        FileSource("a/b", "x.csv")
