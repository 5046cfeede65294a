"""Which directory an operator means, and how a refusal of the cluster is told."""

import json

import pytest

from knative.errors import ClusterError, ManifestError
from knative.manifests import BASE, directory_of, manifests_of
from knative.refusals import refusal
from knative.workload import Thing, things_of
from tests.manifests import needs_kubectl


@pytest.mark.parametrize("word", ["base", str(BASE), f"{BASE}/"])
def test_an_overlay_is_named_or_is_a_path(word):
    assert directory_of(word) == BASE


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("bse", r'no overlay "bse"; there are: base'),
        ("./absent", r"absent holds no kustomization\.yaml"),
        ("", r'no overlay ""'),
    ],
)
def test_what_is_no_overlay_is_told(word, reason):
    with pytest.raises(ClusterError, match=reason):
        directory_of(word)


@needs_kubectl
def test_the_image_takes_the_place_of_the_functions_in_all_that_an_overlay_holds():
    manifests = manifests_of(directory_of("events"), "registry.example.com/fraud:1")
    found = json.dumps(manifests.all)
    assert found.count('"image": "registry.example.com/fraud:1"') == 3
    assert "dev.local" not in found


UNKNOWN = (
    'kubectl failed: resource mapping not found for name: "b" namespace: "" from "STDIN": '
    'no matches for kind "Broker" in version "eventing.knative.dev/v1"\n'
    "ensure CRDs are installed first\n"
    'resource mapping not found for name: "c" namespace: "" from "STDIN": '
    'no matches for kind "PingSource" in version "sources.knative.dev/v1"\n'
    "ensure CRDs are installed first"
)


def test_kinds_that_the_cluster_does_not_know_are_named_with_what_brings_them():
    error = refusal(UNKNOWN)
    assert isinstance(error, ManifestError)
    assert str(error) == (
        "The cluster does not know what these are: Broker (eventing.knative.dev/v1), "
        "PingSource (sources.knative.dev/v1). Nothing was written. "
        "Install Knative Eventing, or deploy an overlay without them."
    )


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        (
            'Error from server (NotFound): namespaces "pay" not found',
            ClusterError,
            "There is no namespace pay: kubectl create namespace pay",
        ),
        (
            'Error from server (BadRequest): admission webhook "v" denied the request: why',
            ManifestError,
            "nothing was written",
        ),
        ("kubectl failed: connection refused", ClusterError, "connection refused"),
    ],
)
def test_every_other_refusal_is_told_in_the_clusters_words(words, kind, told):
    error = refusal(words)
    assert isinstance(error, kind)
    assert told in str(error)


@pytest.mark.parametrize(
    ("version", "resource"),
    [
        ("v1", "Thing/a"),
        ("serving.knative.dev/v1", "Thing.v1.serving.knative.dev/a"),
    ],
)
def test_an_object_is_named_so_that_its_group_is_beyond_doubt(version, resource):
    one = f'{{"apiVersion": "{version}", "kind": "Thing", "metadata": {{"name": "a"}}}}'
    many = f'{{"apiVersion": "v1", "kind": "List", "metadata": {{}}, "items": [{one}]}}'
    assert things_of(one, Thing) == things_of(many, Thing)
    (thing,) = things_of(one, Thing)
    assert isinstance(thing, Thing)
    assert thing.resource == resource
