"""Which revision a deploy made, told from what the cluster says of the Service."""

import pytest

from knative.objects import Condition, Metadata, Service, Status
from knative.readiness import created_revision

HANDED_ON = Condition("ConfigurationsReady", "Unknown", "OutOfDate", "Still working.")
DEPLOYING = Condition("ConfigurationsReady", "Unknown")
FAILED = Condition("ConfigurationsReady", "False", "RevisionFailed", "No such image.")
READY = Condition("ConfigurationsReady", "True")


@pytest.mark.parametrize(
    ("observed_generation", "condition", "expected"),
    [
        (1, READY, None),
        (2, None, None),
        (2, HANDED_ON, None),
        (2, DEPLOYING, "fraud-00002"),
        (2, FAILED, "fraud-00002"),
        (2, READY, "fraud-00002"),
    ],
)
def test_the_new_revision_is_named_once_the_configuration_has_followed_the_service(
    observed_generation, condition, expected
):
    status = Status(
        observed_generation=observed_generation,
        conditions=(condition,) if condition else (),
        latest_created_revision_name="fraud-00002",
    )
    service = Service(Metadata("fraud", generation=2), status=status)
    assert created_revision(service) == expected
