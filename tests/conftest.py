"""What tests of every kind share: real transactions, the real data set, one real server."""

import json
from pathlib import Path

import pytest
from hypothesis import settings

from tests.server import Server, running_server
from training.data import default_cache, fetch
from training.table import TARGET, read

PROJECT = Path(__file__).parent.parent
HONEST, FRAUDS = 6_000, 120

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
def sample(table):
    """A few thousand of them, in the order of Time, with many frauds."""
    honest = table[table[TARGET] == 0].sample(HONEST, random_state=0)
    frauds = table[table[TARGET] == 1].sample(FRAUDS, random_state=0)
    return table.loc[sorted([*honest.index, *frauds.index])]


@pytest.fixture(scope="session")
def sample_file(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "sample.csv"
    sample.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def server() -> Server:
    """The function as it is run for real, on a free port."""
    with running_server() as server:
        yield server
