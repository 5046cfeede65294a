"""What the real API server and Knative's own schema say of the manifests, and of broken ones."""

import json
from copy import deepcopy

import pytest
from openapi_schema_validator import OAS30Validator

from knative.commands import run
from knative.errors import CommandError
from tests.manifests import (
    KUSTOMIZATIONS,
    PRODUCTION,
    changed,
    every_kustomization,
    knative_service,
    render,
)

DRY_RUN = ("apply", "--dry-run=server", "--validate=strict", "--filename=-")
POD_DRY_RUN = {"features.knative.dev/podspec-dryrun": "enabled"}
"""Has Knative's webhook ask Kubernetes what it says of the pod, too."""


@pytest.fixture(scope="module")
def kubectl():
    """Run kubectl in the namespace that every cluster has: a dry run leaves nothing behind."""
    return lambda *arguments, **options: run(
        "kubectl", "--namespace", "default", *arguments, **options
    )


@pytest.fixture(scope="module")
def served(kubectl) -> set[str]:
    """Versions of the kinds that the cluster knows."""
    return set(kubectl("api-versions").split())


def checked(service: dict) -> dict:
    """Return a Knative Service of which Kubernetes checks the pod as well."""
    metadata = service["metadata"]
    annotations = {**metadata.get("annotations", {}), **POD_DRY_RUN}
    return {**service, "metadata": {**metadata, "annotations": annotations}}


@every_kustomization
def test_the_api_server_takes_every_object(directory, kubectl, served):
    objects = render(directory)
    missing = {each["apiVersion"] for each in objects} - served
    for each in objects:
        if each["apiVersion"] in missing:
            continue
        is_knative = each["apiVersion"].startswith("serving.knative.dev/")
        kubectl(*DRY_RUN, stdin=json.dumps(checked(each) if is_knative else each))
    if missing:
        pytest.skip(f"the cluster has no {', '.join(sorted(missing))}; all else was taken")


@pytest.fixture(scope="module")
def production():
    return render(PRODUCTION)


BROKEN = [
    (("annotations", "autoscaling.knative.dev/target"), "0", "target 0 should be at least 0.01"),
    (("annotations", "autoscaling.knative.dev/metric"), "concurency", "invalid value: concurency"),
    (("annotations", "autoscaling.knative.dev/window"), "5s", "expected 6s <= 5s"),
    (("annotations", "autoscaling.knative.dev/min-scale"), "30", "max-scale=20 is less than"),
    (
        ("annotations", "queue.sidecar.serving.knative.dev/memory-resource-limit"),
        "256Mii",
        "invalid value: 256Mii",
    ),
    (("spec", "containerConcurrency"), -1, "expected 0 <= -1 <= 1000"),
    (("spec", "containerConcurency"), 50, "unknown field"),
    (("spec", "timeoutSeconds"), 3601, "expected 0 <= 3601 <= 600"),
    (("spec", "securityContext"), {"fsGroup": 65532}, "must not set the field"),
    (("spec", "volumes"), [{"name": "host", "hostPath": {"path": "/"}}], "unknown field"),
    (("container", "resource"), {}, "unknown field"),
    (("container", "resources"), {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}, "cpu limit"),
    (("container", "volumeMounts"), [{"name": "kys", "mountPath": "/k"}], "no matching volume"),
]


def broken(service, place, value):
    """Return a copy of a Knative Service with something in its template set."""
    service = deepcopy(service)
    template = service["spec"]["template"]
    where = {
        "annotations": template["metadata"]["annotations"],
        "spec": template["spec"],
        "container": template["spec"]["containers"][0],
    }
    where[place[0]][place[1]] = value
    return service


@pytest.mark.parametrize(("place", "value", "message"), BROKEN)
def test_the_api_server_refuses_a_broken_service(place, value, message, kubectl, production):
    service = checked(broken(knative_service(production), place, value))
    with pytest.raises(CommandError, match=message):
        kubectl(*DRY_RUN, stdin=json.dumps(service))


def test_the_api_server_refuses_scaling_beside_the_template(kubectl, production):
    service = deepcopy(knative_service(production))
    service["metadata"]["annotations"] = {"autoscaling.knative.dev/min-scale": "2"}
    with pytest.raises(CommandError, match="must be put under"):
        kubectl(*DRY_RUN, stdin=json.dumps(service))


@pytest.mark.parametrize(
    ("kind", "field"), [("PodDisruptionBudget", "maxUnavailible"), ("NetworkPolicy", "ingres")]
)
def test_the_api_server_refuses_a_misspelt_field(kind, field, kubectl, production):
    found = deepcopy(next(each for each in production if each["kind"] == kind))
    found["spec"][field] = 1
    with pytest.raises(CommandError, match="unknown field"):
        kubectl(*DRY_RUN, stdin=json.dumps(found))


def test_the_zones_are_taken_where_the_cluster_lets_them_be_set(kubectl, tmp_path):
    """Whichever it is on this cluster, it is what the component says."""
    overlay = "components: [../components/zones]\n"
    service = knative_service(changed(PRODUCTION, tmp_path, overlay))
    features = run(
        "kubectl",
        "--namespace=knative-serving",
        "get",
        "configmap/config-features",
        "--output=json",
    )
    switches = {name: value.lower() for name, value in json.loads(features)["data"].items()}
    if switches.get("kubernetes.podspec-topologyspreadconstraints", "disabled") != "disabled":
        kubectl(*DRY_RUN, stdin=json.dumps(checked(service)))
        return
    with pytest.raises(CommandError, match=r"must not set the field.*topologySpreadConstraints"):
        kubectl(*DRY_RUN, stdin=json.dumps(service))


@pytest.fixture(scope="module")
def schema(kubectl) -> dict:
    """Knative's schema of a Service, as the cluster has it, without room for unknown fields."""
    crd = json.loads(kubectl("get", "crd/services.serving.knative.dev", "--output=json"))
    (version,) = (each for each in crd["spec"]["versions"] if each["name"] == "v1")
    schema = strict(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    return schema


def strict(schema):
    """Close every object of which a schema names the fields, as the API server does."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get(
        "x-kubernetes-preserve-unknown-fields"
    ):
        closed["additionalProperties"] = False
    return closed


SERVICES = [each for each in KUSTOMIZATIONS if each.name != "monitoring"]


@pytest.mark.parametrize("directory", SERVICES, ids=lambda path: path.name)
def test_knatives_own_schema_takes_the_service(directory, schema):
    service = knative_service(render(directory))
    assert [error.message for error in OAS30Validator(schema).iter_errors(service)] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("spec", "containerConcurency"), 50),
        (("spec", "containerConcurrency"), "50"),
        (("spec", "volumes"), [{"name": "host", "hostPath": {"path": "/"}}]),
        (("container", "resource"), {}),
        (("container", "ports"), [{"containerPort": "http"}]),
        (("container", "image"), None),
    ],
)
def test_knatives_own_schema_refuses_a_broken_service(place, value, schema, production):
    service = broken(knative_service(production), place, value)
    assert list(OAS30Validator(schema).iter_errors(service))
