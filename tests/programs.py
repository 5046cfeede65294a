"""Programs that record how they were called, in place of those that a machine may not have."""

import json
import sys
from pathlib import Path

SOURCE = """#!{python} -IS
import json, pathlib, shutil, sys
words = sys.argv[1:]
log = pathlib.Path({log!r})
with log.open("a") as lines:
    lines.write(json.dumps([{name!r}, *words]) + "\\n")
{body}
"""


class Programs:
    """Makes programs in a folder, which a test puts on the PATH, and tells how they were called.

    Parameters
    ----------
    folder
        An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"

    def add(self, name: str, body: str = "") -> None:
        """Make a program; the body is Python that knows `words`, its arguments, and `log`."""
        program = self.folder / name
        log = str(self.log)
        program.write_text(SOURCE.format(python=sys.executable, log=log, name=name, body=body))
        program.chmod(0o755)

    def calls(self) -> list[list[str]]:
        """Return every call so far: the program's name and its arguments."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]
