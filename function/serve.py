"""The command that serves: `scripts/serve`, and in the container what `supervisor` starts.

It loads little itself, so that a wrong command line is answered at once.
"""

import argparse
import gc
import os
import socket
from pathlib import Path

DESCRIPTION = "Serve a fraud model over HTTP until SIGTERM."
SOURCE = Path(__file__).with_name("main.py")


def main(arguments: list[str] | None = None, listener: socket.socket | None = None) -> None:
    """Serve until SIGTERM; what was accepted by then is still answered.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.
    listener
        Where to listen; what the command line says where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if a setting or the model is not as it should be.
    """
    options = _parser().parse_args(arguments)
    if options.model:
        os.environ["FRAUD_MODEL"] = str(options.model)
    # Of what is loaded nearly all stays: to look through it for garbage again and again is an
    # eighth of the start. `server` turns the collector on again.
    gc.disable()
    from function.server import run  # noqa: PLC0415

    run(SOURCE, "score", options.host, options.port, listener)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="serve", description=DESCRIPTION)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    port = os.environ.get("PORT", "8080")
    parser.add_argument("--port", type=int, default=port, help="PORT, or else 8080")
    parser.add_argument("--model", type=Path, metavar="FILE", help="FRAUD_MODEL, or the default")
    return parser


if __name__ == "__main__":
    main()
