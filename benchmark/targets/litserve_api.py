"""The pipeline behind LitServe."""

import os
from argparse import ArgumentParser

import joblib
import litserve
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Fraud(litserve.LitAPI):
    """Answers POST /predict with the probability of a fraud."""

    def setup(self, _device: str) -> None:
        """Read the pipeline."""
        self.pipeline = joblib.load(os.environ["BENCHMARK_PIPELINE"])

    def decode_request(self, request: dict[str, list[list[float]]]) -> Array:
        """Take the rows of a request."""
        return np.array(request["features"])

    def predict(self, features: Array) -> Array:
        """Return a probability for each row."""
        probabilities: Array = self.pipeline.predict_proba(features)[:, 1]
        return probabilities

    def encode_response(self, probabilities: Array) -> dict[str, list[float]]:
        """Answer with them."""
        return {"probabilities": probabilities.tolist()}


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    server = litserve.LitServer(Fraud(), accelerator="cpu")
    server.run(options.host, options.port, log_level="error", generate_client_file=False)
