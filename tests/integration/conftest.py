"""What the tests of KServe's protocols share, and those of scripts/score."""

import pytest
import requests

from function.transaction import REQUIRED_FIELDS
from tests.scoring import ROWS


@pytest.fixture(scope="session")
def row(fraud):
    """The values of the data set's first fraud, as a row of a tensor."""
    return [fraud[name] for name in REQUIRED_FIELDS]


@pytest.fixture(scope="session")
def decision(server, fraud):
    """What POST / says of it, in an array."""
    return requests.post(server.url, json=[fraud]).json()["decisions"][0]


@pytest.fixture
def file(tmp_path):
    """Rows for a scripted server."""
    path = tmp_path / "rows.csv"
    path.write_bytes(b"V1,V2\n" + b"\n".join(ROWS))
    return path
