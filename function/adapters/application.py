"""Chooses by path and method what answers; `main` calls it."""

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from function.adapters import about, scoring
from function.adapters.core import Core
from function.adapters.problems import problem_response
from function.adapters.routes import Handler, Routes
from function.errors import InputError, MethodNotAllowedError, UnknownPathError
from function.scoring import Scorer
from function.settings import Settings

Function = Callable[[Request], Awaitable[Response]]

CLIENT_CLOSED_REQUEST = 499


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
    """
    core = Core(scorer, settings.revision)
    routes = {**scoring.routes(core, settings), **about.routes(scorer, settings)}

    async def answer(request: Request) -> Response:
        try:
            return await _handler_of(request, routes)(request)
        except InputError as error:
            return problem_response(error)
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)

    return answer


def _handler_of(request: Request, routes: Routes) -> Handler:
    path, method = request.scope["path"], request.scope["method"]
    route = routes.get(path)
    if route is None:
        raise UnknownPathError(f"The paths of this service are {', '.join(routes)}.")
    if method not in route.methods:
        allowed = " and ".join(route.methods)
        raise MethodNotAllowedError(f"{path} takes {allowed}, not {method}.", route.methods)
    return route.handler
