"""The scoring function: what the container runs.

Imports point one way: `main` → `adapters` → `scoring` → `model`, `transaction` → `errors`. Nothing
here imports training/ or knative/, and nothing below `adapters` knows of HTTP.
"""
