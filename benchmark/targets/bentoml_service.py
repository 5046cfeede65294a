"""The pipeline behind BentoML."""

import os

import bentoml
import joblib
import numpy as np


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Fraud:
    """Answers POST /predict with the probability of a fraud."""

    def __init__(self) -> None:
        self.pipeline = joblib.load(os.environ["BENCHMARK_PIPELINE"])

    @bentoml.api
    def predict(self, features: np.ndarray) -> list[float]:
        """Answer with a probability for each row."""
        probabilities: list[float] = self.pipeline.predict_proba(features)[:, 1].tolist()
        return probabilities
