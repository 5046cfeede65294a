"""The log: a JSON object a line on standard output; `main` starts it, `application` writes to it.

It says what was asked and how it was answered, never what a transaction or the message of an error
holds.
"""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from function.settings import LogLevel

LOGGER = logging.getLogger("fraud")
FIELDS = "fields"


class JsonFormatter(logging.Formatter):
    """Makes a line of JSON of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Make the line.

        Parameters
        ----------
        record
            With its `fields`, where `write` made it.

        Returns
        -------
        str
            An exception is there by its class and its places in the code: its message might hold
            what a client sent.
        """
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": str(record.msg),
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, places = record.exc_info
            line["exception"] = kind.__name__
            line["traceback"] = traceback.format_tb(places)
        return msgspec.json.encode(line | getattr(record, FIELDS, {})).decode()


def start_log(level: LogLevel, stream: TextIO = sys.stdout) -> None:
    """Send the log of the function, and the errors of the server, to standard output.

    Parameters
    ----------
    level
        "errors" for what went wrong here, "problems" for what was refused too, "requests" for all.
    stream
        Where else to, in a test.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)
    LOGGER.setLevel(logging.ERROR if level == "errors" else logging.INFO)


def write(message: str, **fields: object) -> None:
    """Write a line, unless only errors are wanted.

    Parameters
    ----------
    message
        What happened, the same each time.
    fields
        The rest; those that are None are left out.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    LOGGER.info(message, extra={FIELDS: given})


def write_error(message: str) -> None:
    """Write a line on what went wrong here, whatever is wanted.

    Parameters
    ----------
    message
        What happened, and what was done about it.
    """
    LOGGER.error(message)
