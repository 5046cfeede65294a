"""Measures the function: beside its peers, for long, and in a cluster.

`scripts/bench`, `scripts/soak`, `scripts/load` and `scripts/coldstart` call it.

Imports point one way, as pyproject.toml has it in layers; `bare` and `targets` run in processes of
their own and import nothing of these.
"""
