"""What tests of every kind share: real transactions, the real data set, one real server."""

import json
from pathlib import Path

import pytest
from hypothesis import settings

from tests.server import Server, running_server
from training.data import default_cache, fetch, read

PROJECT = Path(__file__).parent.parent

# A machine that is busy with something else is no reason for a test to fail.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def fraud() -> dict:
    """The data set's first fraud."""
    return json.loads((PROJECT / "examples" / "fraud.json").read_text())


@pytest.fixture(scope="session")
def data_file() -> Path:
    """The real data set, downloaded where it was not yet."""
    return fetch(default_cache())


@pytest.fixture(scope="session")
def table(data_file):
    """Its transactions."""
    return read(data_file)


@pytest.fixture(scope="session")
def server() -> Server:
    """The function as it is run for real, on a free port."""
    with running_server() as server:
        yield server
