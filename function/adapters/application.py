"""Chooses by path and method what answers, measures it and logs it; `main` calls it."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from function.adapters import (
    about,
    documentation,
    inference_v1,
    inference_v2,
    log,
    metrics,
    scoring,
)
from function.adapters.core import Core
from function.adapters.keys import Keys
from function.adapters.meter import Meter
from function.adapters.problems import KINDS, problem_response
from function.adapters.requests import headers_of, protocol_of, traceparent_of
from function.adapters.routes import Handler, Routes
from function.errors import InputError, MethodNotAllowedError, UnknownPathError
from function.scoring import Scorer
from function.settings import Settings

Function = Callable[[Request], Awaitable[Response]]

CLIENT_CLOSED_REQUEST = 499
DISPATCHED = b"reply"
"""The value of the header Prefer in all that Knative's Brokers and channels send."""


def application(scorer: Scorer, settings: Settings) -> Function:
    """Make the function that answers every request.

    Parameters
    ----------
    scorer
        The model.
    settings
        The limits, and the revision's name.

    Returns
    -------
    Function
        It raises nothing that a client could cause.

    Raises
    ------
    KeysFileError
        If there is a file of keys and it is not as it should be.
    """
    core, meter = Core(scorer, settings), Meter()
    routes = _routes(core, meter, settings)
    keys = Keys(settings.keys_file) if settings.keys_file else None
    log_all = settings.log == "requests"

    def finish(request: Request, status: int, began: float) -> None:
        seconds = perf_counter() - began
        meter.add(protocol_of(request), seconds)
        if log_all:
            _log_request(request, status, seconds)

    async def finished(request: Request, status: int, began: float) -> None:
        finish(request, status, began)  # what is not async, Starlette would give to a thread

    async def answer(request: Request) -> Response:
        began = perf_counter()
        try:
            if keys is not None:
                await keys.check(request)
            response = await _handler_of(request, routes)(request)
        except InputError as error:
            core.observations.add_error(error)
            _log_problem(request, routes, error)
            response = _refusal(request, error)
        except ClientDisconnect:
            response = Response(status_code=CLIENT_CLOSED_REQUEST)
        if trace := traceparent_of(request):
            response.headers["traceparent"] = trace
        if isinstance(response, StreamingResponse):
            response.background = BackgroundTask(finished, request, response.status_code, began)
        else:
            finish(request, response.status_code, began)
        return response

    return answer


def _routes(core: Core, meter: Meter, settings: Settings) -> Routes:
    routes = {
        **scoring.routes(core, settings),
        **about.routes(core.scorer, settings),
        **inference_v1.routes(core, settings),
        **inference_v2.routes(core, settings),
        **metrics.routes(core, meter, settings),
    }
    return {**routes, **documentation.routes(routes, settings)}


def _handler_of(request: Request, routes: Routes) -> Handler:
    path, method = request.scope["path"], request.scope["method"]
    route = routes.get(path)
    if route is None:
        raise UnknownPathError(f"The paths of this service are {', '.join(routes)}.")
    if method not in route.methods:
        allowed = " and ".join(route.methods)
        raise MethodNotAllowedError(f"{path} takes {allowed}, not {method}.", route.methods)
    return route.handler


def _refusal(request: Request, error: InputError) -> Response:
    short = headers_of(request.scope).get(b"prefer") == DISPATCHED
    return problem_response(error, request.scope["path"], short=short)


def _log_problem(request: Request, routes: Routes, error: InputError) -> None:
    """Say why a request was refused, without a word of what it held: not even an unknown path."""
    kind, path = KINDS[type(error)], request.scope["path"]
    log.write(
        "refused",
        reason=kind.name,
        status=kind.status,
        faults=len(error.faults),
        path=path if path in routes else None,
        protocol=protocol_of(request),
        traceparent=traceparent_of(request),
    )


def _log_request(request: Request, status: int, seconds: float) -> None:
    log.write(
        "answered",
        method=request.scope["method"],
        protocol=protocol_of(request),
        status=status,
        seconds=round(seconds, 6),
        traceparent=traceparent_of(request),
    )
