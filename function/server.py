"""Runs the function, until SIGTERM; `serve` calls it.

functions-framework makes the application; uvicorn serves it here without the gunicorn that the
framework's own command puts around it. That saves a process, and it lets idle connections live
longer than the two seconds that are fixed there: Knative's queue-proxy reuses connections, and
one that is closed just as a request is sent on it is a request lost. And it lets `http_protocol`
limit what a client may send, and how slowly; under the framework's own command only the
application's limits hold.
"""

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import uvicorn
from functions_framework.aio import create_asgi_app
from starlette.applications import Starlette
from starlette.routing import Route

from function.capacity import Capacity
from function.direct import DirectApplication, DirectProtocol
from function.ending import EndingServer
from function.settings import read_settings
from function.timeouts import Guard

GARBAGE_THRESHOLD = 20_000
"""Objects that may be made and not freed before the collector looks: a few hundred KiB."""

KEEP_ALIVE_S = 620
"""Longer than the proxies before us keep idle connections, so that they, not we, close them."""


def run(
    source: Path, target: str, host: str, port: int, listener: socket.socket | None = None
) -> None:
    """Serve a target of functions-framework until SIGTERM.

    Parameters
    ----------
    source
        The Python file that defines the target.
    target
        The name of the function in it.
    host
        The address to listen on.
    port
        The port, 0 for any that is free.
    listener
        Where to listen in place of those two.
    """
    # Nothing is under way yet. An exception might be raised where it is ignored, in a callback of
    # the import system say, and then the process would go on for good.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    application = _application(target, source)
    settings = read_settings(os.environ)
    guard = Guard(settings.upload_timeout_s, KEEP_ALIVE_S, settings.max_connections)
    capacity = Capacity(settings.max_connections, settings.max_held_bytes, settings.max_body_bytes)
    _spare_the_garbage_collector()
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=partial(DirectProtocol, guard, capacity),  # type: ignore[arg-type]  # called as a class is
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    server = EndingServer(config, guard)
    # uvicorn raises the signal again when all is answered; without this the end would look like
    # a failure to Kubernetes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0) if server.started else os._exit(0))
    with suppress(KeyboardInterrupt):  # uvicorn raises the signal again, whichever it was
        server.run([listener] if listener else None)


def _application(target: str, source: Path) -> DirectApplication:
    """Take of the framework's application what the function needs: its handler of any path.

    The framework's middleware makes an execution id for Google Cloud's log and a header for its
    count of crashes, its handler takes up that id, and its routes answer two paths by themselves.
    Together they take a third of the time of a request. uvicorn itself logs a crash and answers
    500, and the function answers every path in one form.
    """
    app: Starlette = create_asgi_app(target=target, source=str(source))  # type: ignore[no-untyped-call]
    route = app.routes[-1]
    assert isinstance(route, Route)  # noqa: S101  for the type checker
    return DirectApplication(vars(route.endpoint)["__wrapped__"])


def _spare_the_garbage_collector() -> None:
    """Let it leave alone what the start has made, and look at the rest less often.

    Requests leave next to no cycles behind, yet the default has the collector look every 700
    objects: every few requests, and now and then through all modules. It is a tenth of the time.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 100)
    gc.enable()
