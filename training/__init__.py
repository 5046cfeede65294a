"""Trains the model: gets the data, fits and measures a recipe, writes the model file.

`scripts/train` is its only command. It imports of function/ just what a model file is.
"""
