"""GET /metrics, for Prometheus; `application` calls it.

What is counted is counted in plain numbers, elsewhere. prometheus_client, which takes half as long
to load as the whole start, is loaded by the first who asks.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from function.adapters.core import Core
from function.adapters.meter import SECONDS_BOUNDS, Meter
from function.adapters.problems import KINDS
from function.adapters.requests import headers_of, read_body
from function.adapters.routes import READING_METHODS, Route, Routes
from function.drift import STATUSES, drift_of
from function.errors import BodyTooLargeError
from function.observations import SCORE_BOUNDS
from function.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

    from function.adapters.operations import Operation

PATH = "/metrics"


def routes(core: Core, meter: Meter, settings: Settings) -> Routes:
    """Return the path that shows what was counted.

    Parameters
    ----------
    core
        What was decided, and the model.
    meter
        How long it took.
    settings
        The limits, and the revision's name.

    Returns
    -------
    Routes
    """
    registry: CollectorRegistry | None = None

    async def answer(request: Request) -> Response:
        nonlocal registry
        from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

        await read_body(request, settings.max_body_bytes)
        if registry is None:
            registry = _registry(Collector(core, meter))
        accepted = headers_of(request.scope).get(b"accept", b"").decode("latin-1")
        encode, media_type = choose_encoder(accepted)
        return Response(encode(registry), headers={"content-type": media_type})

    return {PATH: Route(READING_METHODS, answer, _operation)}


def _operation() -> "Operation":
    from function.adapters.operations import Content, Operation  # noqa: PLC0415

    return Operation(
        name="read_metrics",
        summary="What was decided and refused, how long it took, and how far it has drifted",
        gives={"text/plain": Content(), "application/openmetrics-text": Content()},
        problems=(BodyTooLargeError,),
    )


def _registry(collector: "Collector") -> "CollectorRegistry":
    from prometheus_client import CollectorRegistry, ProcessCollector  # noqa: PLC0415

    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    ProcessCollector(registry=registry)
    return registry


class Collector:
    """Turns the counts into metrics, as a `prometheus_client` registry asks.

    Parameters
    ----------
    core
        What was decided, and the model.
    meter
        How long it took.
    """

    def __init__(self, core: Core, meter: Meter) -> None:
        self._core = core
        self._meter = meter

    def collect(self) -> "Iterator[Metric]":
        """Give all metrics.

        Yields
        ------
        prometheus_client.core.Metric
        """
        yield from self._decisions()
        yield from self._requests()
        yield from self._drift()

    def _decisions(self) -> "Iterator[Metric]":
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        model, found = self._core.scorer.model, self._core.observations
        names = {"name": model.name, "version": model.version, "revision": self._core.revision}
        yield InfoMetricFamily("fraud_model", "The model that decides.", value=names)
        decisions = CounterMetricFamily(
            "fraud_decisions",
            "Transactions decided, by outcome and model version.",
            labels=["outcome", "version"],
        )
        decisions.add_metric(["fraud", model.version], found.frauds)
        decisions.add_metric(["honest", model.version], found.honest)
        yield decisions
        scores = HistogramMetricFamily(
            "fraud_probability", "Probabilities of a fraud, by model version.", labels=["version"]
        )
        buckets = _buckets(SCORE_BOUNDS, found.score_counts)
        scores.add_metric([model.version], buckets, found.score_sum)
        yield scores

    def _requests(self) -> "Iterator[Metric]":
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            HistogramMetricFamily,
        )

        seconds = HistogramMetricFamily(
            "fraud_request_seconds",
            "From a request's head to its answer, to the end of a stream's.",
            labels=["protocol"],
        )
        for protocol, timings in self._meter.timings.items():
            seconds.add_metric([protocol], _buckets(SECONDS_BOUNDS, timings.counts), timings.total)
        yield seconds
        errors = CounterMetricFamily(
            "fraud_input_errors", "Requests and lines refused, by reason.", labels=["reason"]
        )
        for error, kind in KINDS.items():
            errors.add_metric([kind.name], self._core.observations.errors[error])
        yield errors

    def _drift(self) -> "Iterator[Metric]":
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

        model = self._core.scorer.model
        names = [feature.name for feature in model.features]
        drift = drift_of(self._core.observations.latest, model.reference, names)
        latest = "of the latest transactions against the training data"
        psi = GaugeMetricFamily(
            "fraud_feature_psi", f"Population stability index {latest}.", labels=["feature"]
        )
        baseline = GaugeMetricFamily(
            "fraud_feature_psi_baseline",
            "The same between the days of the training data.",
            labels=["feature"],
        )
        for name, index in drift.features.items():
            psi.add_metric([name], index)
            baseline.add_metric([name], model.reference.features[name].baseline_psi)
        status = GaugeMetricFamily(
            "fraud_drift", f"1 for what is found {latest}.", labels=["status"]
        )
        for each in STATUSES:
            status.add_metric([each], each == drift.status)
        yield from (psi, baseline, status)
        for name, text, value in (
            ("fraud_drift_samples", "Transactions looked at for drift.", drift.samples),
            ("fraud_probability_psi", f"Index of the probabilities {latest}.", drift.score),
            (
                "fraud_probability_psi_baseline",
                "The same between the days of the training data.",
                model.reference.score.baseline_psi,
            ),
            ("fraud_alert_rate", "Share of the latest called a fraud.", drift.alert_rate),
            (
                "fraud_alert_rate_reference",
                "The same in the training data.",
                model.reference.alert_rate,
            ),
        ):
            yield GaugeMetricFamily(name, text, value=value)


def _buckets(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Return the cumulative counts up to each bound, and up to infinity all."""
    totals = list(accumulate(counts))
    return [*zip(map(repr, bounds), totals, strict=False), ("+Inf", totals[-1])]
