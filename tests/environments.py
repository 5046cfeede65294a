"""Makes Python environments for client libraries that do not go with the project's own versions."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "build" / "clients"


def python_with(name: str, *packages: str) -> Path:
    """Return a Python that has these packages, installed where they were not yet."""
    environment = FOLDER / name
    python = environment / "bin" / "python"
    wanted = "\n".join([sys.version, *packages])
    installed = environment / "installed"
    if not installed.exists() or installed.read_text() != wanted:
        uv = [sys.executable, "-m", "uv", "--quiet"]
        subprocess.run(
            [*uv, "venv", "--clear", "--python", sys.executable, environment], check=True
        )
        subprocess.run([*uv, "pip", "install", "--python", python, *packages], check=True)
        installed.write_text(wanted)
    return python
