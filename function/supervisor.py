"""Keeps the function served: what the container starts.

A process that is killed loses the requests that it holds. Kubernetes takes a second to start its
container anew, ten the next time, and all that is sent there meanwhile is refused and lost too. So
this small process, the container's first, holds the socket that clients connect to and lets a
child serve, which it starts anew at once: what comes meanwhile waits in the socket's queue. It is a
fork of the bare interpreter, made before anything is loaded, and costs next to nothing.

As the first process it also passes SIGTERM on from its first instant: the kernel keeps from a first
process every signal that it has not asked for.
"""

import os
import signal
import socket
import sys
import time

HOST = "0.0.0.0"  # noqa: S104  a container's own network
BACKLOG = 2048
"""Connections that wait to be taken up; the kernel's own bound may be lower."""

ENDINGS = {signal.SIGTERM, signal.SIGINT}
AWAITED = ENDINGS | {signal.SIGCHLD}
LEAST_LIFE_S = 2
"""A child that was killed sooner would be again: then Kubernetes, which waits longer each time and
shows it, starts the container anew."""


def main() -> None:
    """Serve on PORT until SIGTERM.

    Raises
    ------
    SystemExit
        With the code of the child that served.
    """
    listener = _listener(os.environ.get("PORT", "8080"))
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
    while True:
        began = time.monotonic()
        code, ordered = _wait(_start(listener), listener)
        seconds = time.monotonic() - began
        if ordered or code > 0 or seconds < LEAST_LIFE_S:
            sys.exit(code if code >= 0 else 128 - code)
        _tell(code, seconds)


def _listener(port: str) -> socket.socket:
    try:
        return socket.create_server((HOST, int(port)), backlog=BACKLOG)
    except (ValueError, OverflowError, OSError) as error:
        sys.exit(f'The function cannot start. PORT is "{port}", where it cannot listen: {error}.')


def _start(listener: socket.socket) -> int:
    """Fork a child that serves; return its number."""
    child = os.fork()
    if child:
        return child
    os.setsid()  # Ctrl+C in a terminal is for the parent, which passes it on
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
    from function.serve import main as serve  # noqa: PLC0415  the parent stays small

    serve([], listener)
    sys.exit(0)


def _wait(child: int, listener: socket.socket) -> tuple[int, bool]:
    """Return the child's exit code, or minus a signal's number, and whether it was told to end."""
    ordered = False
    while True:
        if signal.sigwait(AWAITED) in ENDINGS:
            ordered = True
            listener.close()  # the child's own stays open as long as the child likes
            os.kill(child, signal.SIGTERM)
        ended, status = os.waitpid(-1, os.WNOHANG)
        while ended:  # the first process is the heir of all
            if ended == child:
                return os.waitstatus_to_exitcode(status), ordered
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break


def _tell(code: int, seconds: float) -> None:
    from function.adapters.log import start_log, write_error  # noqa: PLC0415  needed rarely

    start_log("errors")
    how = f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"
    write_error(f"The serving process {how} after {seconds:.0f} s; another one takes its place.")


if __name__ == "__main__":
    main()
