"""Exports a span for each request by OpenTelemetry; `main` loads it where an endpoint is set.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/: the endpoint and all else is set by
OTEL_ variables, which the library reads itself.
"""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.application import Function
from function.adapters.requests import protocol_of, set_headers
from function.scoring import ModelReference

SERVER_ERROR = 500
PROPAGATOR = TraceContextTextMapPropagator()


def traced(function: Function, model: ModelReference, revision: str) -> Function:
    """Make a function that reports each request as a span.

    Parameters
    ----------
    function
        What answers. It sees the span as the trace that its request belongs to.
    model
        Which decides.
    revision
        The revision's name.

    Returns
    -------
    Function
        What is left to report when the process ends is reported then.
    """
    resource = Resource.create({"service.name": "fraud", "service.version": revision})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("fraud")
    constant = {"fraud.model.name": model.name, "fraud.model.version": model.version}

    async def answer(request: Request) -> Response:
        scope = request.scope
        context = PROPAGATOR.extract(
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        )
        attributes = {**constant, "http.request.method": scope["method"]}
        with tracer.start_as_current_span(
            scope["method"], context, SpanKind.SERVER, attributes
        ) as span:
            _enter(request)
            response = await function(request)
            span.set_attribute("fraud.protocol", protocol_of(request))
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= SERVER_ERROR:
                span.set_status(StatusCode.ERROR)
            return response

    return answer


def _enter(request: Request) -> None:
    """Let the request belong to the current span, in place of what the client sent."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    own = {name.encode(): value.encode() for name, value in carrier.items()}
    kept = [pair for pair in request.scope["headers"] if pair[0] not in own]
    set_headers(request.scope, [*kept, *own.items()])
