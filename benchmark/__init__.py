"""Measures the function beside its peers; `scripts/bench` is its only command."""
