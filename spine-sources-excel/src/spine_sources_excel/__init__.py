"""Spine source for workbooks. The class is `spine_sources_excel.source.ExcelSource`."""
