"""The pipeline behind KServe's model server, as its own server for scikit-learn serves one.

It follows python/sklearnserver in KServe's repository, which is on no package index.
"""

import os
from argparse import ArgumentParser

import joblib
from kserve import Model, ModelServer, model_server
from kserve.utils.utils import get_predict_input, get_predict_response

Payload = dict[str, object]


class Fraud(Model):
    """Answers the protocols v1 and v2 with the probability of a fraud."""

    def load(self) -> bool:
        """Read the pipeline."""
        self.pipeline = joblib.load(os.environ["BENCHMARK_PIPELINE"])
        self.ready = True
        return True

    def predict(
        self,
        payload: Payload,
        headers: dict[str, str] | None = None,  # noqa: ARG002  KServe gives it
    ) -> Payload:
        """Answer the instances of a request."""
        probabilities = self.pipeline.predict_proba(get_predict_input(payload))
        response: Payload = get_predict_response(payload, probabilities, self.name)
        return response


if __name__ == "__main__":
    ArgumentParser(parents=[model_server.parser]).parse_args()
    model = Fraud("fraud")
    model.load()
    ModelServer(enable_grpc=False).start([model])
