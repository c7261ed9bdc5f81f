"""Executor of Spine on a Dask cluster: items of maps for workers on other machines."""
