"""The manifests by themselves: reasons, labels, settings, and who may reach whom."""

import re

import pytest
import yaml

from function.settings import Settings, read_settings
from tests.manifests import (
    MANIFESTS,
    PRODUCTION,
    changed,
    every_kustomization,
    knative_service,
    needs_kubectl,
    render,
    settings_in_production,
)

FILES = sorted(MANIFESTS.rglob("*.yaml"))

KNOWN = {
    "autoscaling.knative.dev/": {
        "activation-scale",
        "class",
        "initial-scale",
        "max-scale",
        "metric",
        "min-scale",
        "panic-threshold-percentage",
        "panic-window-percentage",
        "scale-down-delay",
        "scale-to-zero-pod-retention-period",
        "target",
        "target-burst-capacity",
        "target-utilization-percentage",
        "window",
    },
    "features.knative.dev/": {"http-full-duplex", "podspec-dryrun"},
    "queue.sidecar.serving.knative.dev/": {
        "cpu-resource-limit",
        "cpu-resource-request",
        "ephemeral-storage-resource-limit",
        "ephemeral-storage-resource-request",
        "memory-resource-limit",
        "memory-resource-request",
    },
    "serving.knative.dev/": {"progress-deadline", "rollout-duration"},
}
"""Knative leaves alone, and says nothing of, an annotation of a name that it does not know. These
are from serving, pkg/apis/autoscaling/register.go and pkg/apis/serving/register.go."""


def annotations_in(text: str) -> list[tuple[str, bool]]:
    """Return each annotation's name, and whether a comment stands right above it.

    Alerts have what they call annotations too; those of objects have names with a prefix.
    """
    found, depth, before = [], None, ""
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent <= depth:
            depth = None
        if depth is not None and (key := re.match(r"\s*([^\s#:]+/[^\s#:]+):\s", line)):
            found.append((key[1], before.lstrip().startswith("#")))
        if line.strip() == "annotations:":
            depth = indent
        before = line
    return found


def unknown_annotations(names: list[str]) -> list[str]:
    """Return those that are of Knative's name spaces and that it does not know."""
    return [
        name
        for name in names
        for prefix, keys in KNOWN.items()
        if name.startswith(prefix) and name.removeprefix(prefix) not in keys
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(MANIFESTS)))
def test_every_annotation_has_its_reason_above_it_and_a_name_that_knative_knows(path):
    found = annotations_in(path.read_text())
    assert [name for name, has_reason in found if not has_reason] == []
    assert unknown_annotations([name for name, _ in found]) == []


def test_the_annotations_are_found():
    names = [name for path in FILES for name, _ in annotations_in(path.read_text())]
    assert "autoscaling.knative.dev/min-scale" in names
    assert "features.knative.dev/http-full-duplex" in names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("annotations:\n  # Why.\n  a/b: c\n", [("a/b", True)]),
        ("annotations:\n  a/b: c\n", [("a/b", False)]),
        ("annotations:\n  # Why.\n  a/b: c\n  a/d: e\n", [("a/b", True), ("a/d", False)]),
        ("annotations:\n  # Why.\n\n  a/b: c\n", [("a/b", False)]),
        ("annotations:\n  # Why.\n  a/b: c\nspec:\n  d: e\n", [("a/b", True)]),
    ],
)
def test_an_annotation_without_a_reason_is_found(text, expected):
    assert annotations_in(text) == expected


@pytest.mark.parametrize(
    "name",
    [
        "autoscaling.knative.dev/min-scael",
        "features.knative.dev/http-full-duplx",
        "queue.sidecar.serving.knative.dev/memory-limit",
    ],
)
def test_a_misspelt_annotation_is_found(name):
    assert unknown_annotations([name]) == [name]


@needs_kubectl
@every_kustomization
def test_every_object_is_part_of_fraud_scoring(directory):
    objects = render(directory)
    parts = {
        each["metadata"].get("labels", {}).get("app.kubernetes.io/part-of") for each in objects
    }
    assert parts == {"fraud-scoring"}


def test_the_production_settings_are_some_that_the_function_has_and_takes():
    settings = settings_in_production()
    assert all(f"{name}:" in Settings.__doc__ for name in settings)
    assert read_settings(settings).keys_file.name == "keys"


@needs_kubectl
def test_another_setting_makes_another_config_map_and_so_another_revision(tmp_path):
    overlay = (
        "configMapGenerator:\n"
        "  - {name: fraud-settings, behavior: merge, literals: [FRAUD_REASONS=5]}\n"
    )
    before, after = render(PRODUCTION), changed(PRODUCTION, tmp_path, overlay)
    assert settings_named_by(before) == name_of_settings(before)
    assert settings_named_by(after) == name_of_settings(after)
    assert settings_named_by(before) != settings_named_by(after)


def settings_named_by(objects):
    spec = knative_service(objects)["spec"]["template"]["spec"]
    return spec["containers"][0]["envFrom"][0]["configMapRef"]["name"]


def name_of_settings(objects):
    (name,) = (each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap")
    return name


def selects(selector: dict | None, labels: dict[str, str]) -> bool:
    """Tell whether a label selector selects; the one operator that is used is In."""
    selector = selector or {}
    return all(
        labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()
    ) and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"]
        for each in selector.get("matchExpressions", [])
    )


def lets_through(direction: str, namespace: str, pod: dict[str, str], port: int) -> bool:
    """Tell whether the policy lets pods talk, as networking.k8s.io/v1 says it."""
    policy = yaml.safe_load((PRODUCTION / "network.yaml").read_text())["spec"]
    assert direction.title() in policy["policyTypes"]
    side = {"ingress": "from", "egress": "to"}[direction]
    return any(
        port in [each["port"] for each in rule["ports"]]
        and selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace})
        and selects(peer.get("podSelector"), pod)
        for rule in policy[direction]
        for peer in rule[side]
    )


PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
COLLECTOR = {"app.kubernetes.io/name": "opentelemetry-collector"}


@pytest.mark.parametrize(
    ("direction", "namespace", "pod", "port", "expected"),
    [
        ("ingress", "knative-serving", {"app": "activator"}, 8012, True),
        ("ingress", "knative-serving", {"app": "activator"}, 8112, True),
        ("ingress", "knative-serving", {"app": "autoscaler"}, 9090, True),
        ("ingress", "kourier-system", {"app": "3scale-kourier-gateway"}, 8012, True),
        ("ingress", "istio-system", {"istio": "ingressgateway"}, 8112, True),
        ("ingress", "monitoring", PROMETHEUS, 8080, True),
        ("ingress", "monitoring", PROMETHEUS, 9091, True),
        ("egress", "kube-system", {"k8s-app": "kube-dns"}, 53, True),
        ("egress", "observability", COLLECTOR, 4318, True),
        # Past the gateway, past the queue-proxy, or to what is nobody's business.
        ("ingress", "shop", {"app": "checkout"}, 8012, False),
        ("ingress", "shop", {"app": "checkout"}, 8080, False),
        ("ingress", "shop", PROMETHEUS, 8080, False),
        ("ingress", "monitoring", {"app.kubernetes.io/name": "grafana"}, 8080, False),
        ("ingress", "knative-serving", {"app": "activator"}, 8080, False),
        ("ingress", "kourier-system", {"app": "3scale-kourier-gateway"}, 9090, False),
        ("egress", "default", {"component": "apiserver"}, 443, False),
        ("egress", "shop", {"app": "checkout"}, 8012, False),
    ],
)
def test_only_who_has_to_reaches_the_pods_and_they_only_whom_they_have_to(
    direction, namespace, pod, port, expected
):
    assert lets_through(direction, namespace, pod, port) is expected
