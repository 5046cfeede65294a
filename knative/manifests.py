"""Renders a kustomize directory into the objects that `scripts/deploy` writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from knative.commands import run
from knative.errors import ClusterError

BASE = Path(__file__).parent / "base"
OVERLAYS = Path(__file__).parent / "overlays"
PART_OF = {"app.kubernetes.io/part-of": "fraud-scoring"}
"""The label of every object that deploy writes, by which undeploy finds them all."""

SELECTOR = "--selector=" + ",".join(f"{name}={value}" for name, value in PART_OF.items())
"""The option of kubectl that asks for these."""

LATE_GROUPS = (
    ("eventing.knative.dev", "messaging.knative.dev", "flows.knative.dev"),
    ("sources.knative.dev",),
)
"""The API groups of what carries events to the Service, and of what makes events to be carried."""

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Manifests:
    """What a directory holds, each object with the label of all.

    Attributes
    ----------
    service
        The Knative Service.
    others
        What has to be there before a revision is made: what it reads, who may ask it.
    eventing
        What brings events to it, and is of use once it answers: in each part what the next needs.
    """

    service: Manifest
    others: Sequence[Manifest]
    eventing: Sequence[Sequence[Manifest]] = ()

    @property
    def all(self) -> list[Manifest]:
        """All objects, in the order in which they are written."""
        return [*self.others, self.service, *chain.from_iterable(self.eventing)]

    @property
    def namespace(self) -> str | None:
        """The namespace that they name, or None."""
        name: str | None = self.service["metadata"].get("namespace")
        return name


def directory_of(word: str) -> Path:
    """Find the directory that an operator means.

    Parameters
    ----------
    word
        "base", the name of a folder in knative/overlays, or a path, which has a slash in it.

    Returns
    -------
    Path
        It holds a kustomization.yaml.

    Raises
    ------
    ClusterError
        If there is none.
    """
    directory = _named().get(word) or Path(word)
    if "/" not in word and word not in _named():
        raise ClusterError(
            f'There is no overlay "{word}"; there are: {", ".join(_named())}. '
            "A directory of your own has a slash in its name: ./DIR."
        )
    if not (directory / "kustomization.yaml").is_file():
        raise ClusterError(f"{directory} holds no kustomization.yaml, so it is no overlay.")
    return directory


def _named() -> dict[str, Path]:
    found = {path.parent.name: path.parent for path in OVERLAYS.glob("*/kustomization.yaml")}
    return {"base": BASE} | dict(sorted(found.items()))


def manifests_of(directory: Path, image: str) -> Manifests:
    """Render a kustomize directory with an image.

    Parameters
    ----------
    directory
        It holds a kustomization.yaml.
    image
        The image's full name. It takes the place of that of the Service's first container, wherever
        else that stands, too: an overlay may have other programs run in the function's image.

    Returns
    -------
    Manifests

    Raises
    ------
    ClusterError
        If it cannot be rendered, or does not hold exactly one Knative Service.
    """
    objects = [_labelled(each) for each in render(directory)]
    services = [each for each in objects if _is_service(each)]
    if len(services) != 1:
        raise ClusterError(f"{directory} holds {len(services)} Knative Services; 1 was expected.")
    stand_in = services[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    objects = [_with_image(each, stand_in, image) for each in objects]
    late = [[each for each in objects if _group(each) in groups] for groups in LATE_GROUPS]
    early = [each for each in objects if _group(each) not in chain(*LATE_GROUPS)]
    return Manifests(
        next(each for each in early if _is_service(each)),
        [each for each in early if not _is_service(each)],
        [part for part in late if part],
    )


def manifest_of(directory: Path, image: str) -> Manifest:
    """Render the Knative Service of a kustomize directory with an image.

    Parameters
    ----------
    directory, image
        As `manifests_of` takes them.

    Returns
    -------
    dict
        The Service's manifest.

    Raises
    ------
    ClusterError
        As `manifests_of` does.
    """
    return manifests_of(directory, image).service


def _with_image(value: Any, old: str, new: str) -> Any:  # noqa: ANN401  any part of a manifest
    if isinstance(value, list):
        return [_with_image(each, old, new) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: new if key == "image" and each == old else _with_image(each, old, new)
        for key, each in value.items()
    }


def _is_service(manifest: Manifest) -> bool:
    return manifest["kind"] == "Service" and _group(manifest) == "serving.knative.dev"


def _group(manifest: Manifest) -> str:
    return str(manifest["apiVersion"]).partition("/")[0]


def _labelled(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    labels = (metadata.get("labels") or {}) | PART_OF
    return manifest | {"metadata": metadata | {"labels": labels}}


def render(directory: Path) -> list[Manifest]:
    """Render a kustomize directory.

    Parameters
    ----------
    directory
        It holds a kustomization.yaml.

    Returns
    -------
    list of dict
        The objects.

    Raises
    ------
    CommandError
        If kubectl is missing or cannot render it.
    """
    return list(yaml.safe_load_all(run("kubectl", "kustomize", str(directory))))
