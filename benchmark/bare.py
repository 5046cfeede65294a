"""Serves a target with nothing but what functions-framework itself requires: asyncio and h11.

`benchmark.contenders` starts it: python -m benchmark.bare SOURCE TARGET --port N
"""

import argparse
from pathlib import Path

import uvicorn
from functions_framework.aio import create_asgi_app

DESCRIPTION = "Serve a target of functions-framework as pip installs it."


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmark.bare", description=DESCRIPTION)
    parser.add_argument("source", type=Path, help="the Python file that defines the target")
    parser.add_argument("target", help="the name of the function in it")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=int, required=True, help="likewise")
    options = parser.parse_args(arguments)
    source, target = str(options.source), options.target
    app = create_asgi_app(target=target, source=source)  # type: ignore[no-untyped-call]
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        log_level="error",
        loop="asyncio",
        http="h11",
    )


if __name__ == "__main__":
    main()
