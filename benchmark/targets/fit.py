"""Fits the pipeline that a peer serves, with the scikit-learn of the peer's own environment.

python fit.py TRANSACTIONS.npz PIPELINE.joblib

It takes an array and has no columns to select, which is the least that scikit-learn can be asked
to do: a peer that serves it is as fast as it can be.
"""

import sys
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

source, target = map(Path, sys.argv[1:])
with np.load(source) as data:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    joblib.dump(pipeline.fit(data["features"], data["frauds"]), target)
