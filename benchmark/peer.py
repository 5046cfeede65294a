"""Serves a target in another way than the framework's command; `benchmark.contenders` starts it.

python -m benchmark.peer SOURCE TARGET --port N [--bare]
"""

import argparse
from pathlib import Path

import uvicorn
from functions_framework.aio import create_asgi_app

from function.serve import run

DESCRIPTION = "Serve a target of functions-framework as this function is served, or bare."


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmark.peer", description=DESCRIPTION)
    parser.add_argument("source", type=Path, help="the Python file that defines the target")
    parser.add_argument("target", help="the name of the function in it")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=int, required=True, help="likewise")
    parser.add_argument(
        "--bare", action="store_true", help="as pip installs it, without uvloop and httptools"
    )
    options = parser.parse_args(arguments)
    serve = run_bare if options.bare else run
    serve(options.source, options.target, options.host, options.port)


def run_bare(source: Path, target: str, host: str, port: int) -> None:
    """Serve a target with nothing but what functions-framework itself requires.

    Parameters
    ----------
    source
        The Python file that defines the target.
    target
        The name of the function in it.
    host
        The address to listen on.
    port
        The port.
    """
    app = create_asgi_app(target=target, source=str(source))  # type: ignore[no-untyped-call]
    uvicorn.run(app, host=host, port=port, log_level="error", loop="asyncio", http="h11")


if __name__ == "__main__":
    main()
