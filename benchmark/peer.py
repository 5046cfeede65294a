"""Serves a peer just as `function.serve` serves the function; `benchmark.contenders` starts it.

python -m benchmark.peer SOURCE TARGET --port N
"""

import argparse
from pathlib import Path

from function.serve import run

DESCRIPTION = "Serve a target of functions-framework as the function itself is served."


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
    options = parser.parse_args(arguments)
    run(options.source, options.target, options.host, options.port)


if __name__ == "__main__":
    main()
