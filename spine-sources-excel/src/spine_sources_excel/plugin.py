"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            "excel",
            "spine_sources_excel.source:ExcelSource",
            config="spine_sources_excel.config:ExcelSourceConfig",
            help="Workbooks: one sheet of an .xlsx, .xlsm, .xlsb, .xls or .ods file.",
        ),
    ]
