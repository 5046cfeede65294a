"""Tells on what was measured; `benchmark.bench` prints it, since numbers mean little without."""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmark.errors import MachineError

CPU_INFO = Path("/proc/cpuinfo")
PACKAGES = ("functions-framework", "uvicorn", "starlette", "scikit-learn")


class Machine(msgspec.Struct, frozen=True):
    """Where the benchmark runs.

    Attributes
    ----------
    processor
        The model's name, or else the architecture.
    cores
        How many this process may use.
    load
        How many processes ran or waited on average in the minute before; above 0.5 or so, others
        are at work here and the numbers suffer.
    kernel
        The version of Linux.
    python
        Its version.
    packages
        Versions by name.
    """

    processor: str
    cores: int
    load: float
    kernel: str
    python: str
    packages: dict[str, str]

    def described(self) -> str:
        """Return two sentences for people."""
        packages = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        return (
            f"{self.processor}, {self.cores} cores, load {self.load:.2f} before the start. "
            f"Linux {self.kernel}, Python {self.python}, {packages}."
        )


def this_machine() -> Machine:
    """Look at the machine.

    Returns
    -------
    Machine

    Raises
    ------
    MachineError
        If it does not run Linux.
    """
    if sys.platform != "linux":
        raise MachineError("The memory of processes is read from /proc, so this needs Linux.")
    return Machine(
        processor_of(CPU_INFO.read_text() if CPU_INFO.exists() else ""),
        len(os.sched_getaffinity(0)),
        os.getloadavg()[0],
        platform.release(),
        platform.python_version(),
        {name: version(name) for name in PACKAGES},
    )


def processor_of(cpu_info: str) -> str:
    """Return the processor's name.

    Parameters
    ----------
    cpu_info
        The text of /proc/cpuinfo.

    Returns
    -------
    str
        The architecture, where the text names no model, as on ARM.
    """
    for line in cpu_info.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
