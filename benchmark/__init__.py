"""Measures the function beside its peers, and for long: `scripts/bench` and `scripts/soak`.

Imports point one way, as pyproject.toml has it in layers; `bare` and `targets` run in processes of
their own and import nothing of these.
"""
