"""Measures the function beside its peers; `scripts/bench` is its only command.

Imports point one way: `bench` → `measuring`, `report` → `processes`, `results` → `contenders`,
`wrk` → `errors`. `peer` and `targets` run in processes of their own and import nothing of these.
"""
