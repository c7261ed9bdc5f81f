"""Arrow types as text, independent of the encoding of values and of the pyarrow version."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def schema_text(schema: pa.Schema) -> list[list[str]]:
    """Return [column name, type] of every column; types that the digest treats as equal have the same text."""
    return [[field.name, type_text(field.type)] for field in schema]


def type_text(data_type: pa.DataType) -> str:
    """Return a type's text: pyarrow's, but the same for all encodings and without list item names."""
    from pyarrow import types as is_

    if is_.is_dictionary(data_type) or is_.is_run_end_encoded(data_type):
        return type_text(data_type.value_type)
    if is_text(data_type):
        return "string"
    if is_.is_binary(data_type) or is_.is_large_binary(data_type) or is_.is_binary_view(data_type):
        return "binary"
    if is_.is_fixed_size_list(data_type):
        return f"fixed_size_list<{type_text(data_type.value_type)}>[{data_type.list_size}]"
    if is_list(data_type):
        return f"list<{type_text(data_type.value_type)}>"
    if is_.is_map(data_type):
        return f"map<{type_text(data_type.key_type)}, {type_text(data_type.item_type)}>"
    if is_.is_struct(data_type):
        return f"struct<{', '.join(f'{_name(field.name)}: {type_text(field.type)}' for field in data_type)}>"
    if is_extension(data_type):
        return f"extension<{_name(data_type.extension_name)}: {type_text(data_type.storage_type)}{_detail(data_type)}>"
    return str(data_type)


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name)


def _detail(data_type: Any) -> str:
    serialize = getattr(data_type, "__arrow_ext_serialize__", bytes)
    return f" {serialize().hex()}".rstrip()


def is_text(data_type: pa.DataType) -> bool:
    """Return True for a text type."""
    from pyarrow import types as is_

    return bool(is_.is_string(data_type) or is_.is_large_string(data_type) or is_.is_string_view(data_type))


def is_list(data_type: pa.DataType) -> bool:
    """Return True for a list type, of fixed or variable length."""
    from pyarrow import types as is_

    kinds = (is_.is_list, is_.is_large_list, is_.is_list_view, is_.is_large_list_view, is_.is_fixed_size_list)
    return any(kind(data_type) for kind in kinds)


def is_extension(data_type: pa.DataType) -> bool:
    """Return True for an extension type, which is stored as another type."""
    import pyarrow as pa

    return isinstance(data_type, pa.BaseExtensionType)
