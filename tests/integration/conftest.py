"""What the tests of KServe's protocols share."""

import pytest
import requests

from function.transaction import REQUIRED_FIELDS


@pytest.fixture(scope="session")
def row(fraud):
    """The values of the data set's first fraud, as a row of a tensor."""
    return [fraud[name] for name in REQUIRED_FIELDS]


@pytest.fixture(scope="session")
def decision(server, fraud):
    """What POST / says of it, in an array."""
    return requests.post(server.url, json=[fraud]).json()["decisions"][0]
