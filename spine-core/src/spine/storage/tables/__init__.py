"""The tables of the store, all named `core_*`, and the view `captures`. Columns are described in docs/history.md."""
