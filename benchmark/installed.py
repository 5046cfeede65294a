"""How much disk installed packages take, and their versions; `contenders`, `peers` call it.

Bytecode does not count: whether it is there is up to who installs.
"""

from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

BYTECODE = ".pyc"


def version_of(package: str) -> str:
    """Return a version in this environment.

    Parameters
    ----------
    package
        One that is installed.

    Returns
    -------
    str
    """
    return distribution(package).version


def size_mib(packages: Iterable[str]) -> float:
    """Return what packages take in this environment, with all that they require.

    Parameters
    ----------
    packages
        Their names; those that this machine does not need and has not are passed over.

    Returns
    -------
    float
        In MiB.
    """
    waiting = [canonicalize_name(name) for name in packages]
    found: dict[str, Distribution] = {}
    while waiting:
        name = waiting.pop()
        if name not in found and (installed := _distribution(name)):
            found[name] = installed
            waiting += _required(installed)
    return sum(_size(each) for each in found.values()) / 2**20


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _required(installed: Distribution) -> list[NormalizedName]:
    requirements = [Requirement(text) for text in installed.requires or []]
    return [
        canonicalize_name(each.name)
        for each in requirements
        if each.marker is None or each.marker.evaluate({"extra": ""})
    ]


def _size(installed: Distribution) -> int:
    files = [Path(str(file.locate())) for file in installed.files or []]
    return sum(_bytes(file) for file in files)


def folder_mib(folder: Path) -> float:
    """Return what all files below a folder take, such as an environment's site-packages.

    Parameters
    ----------
    folder
        One that exists.

    Returns
    -------
    float
        In MiB.
    """
    return sum(_bytes(file) for file in folder.rglob("*") if file.is_file()) / 2**20


def _bytes(file: Path) -> int:
    return file.stat().st_size if file.exists() and file.suffix != BYTECODE else 0
