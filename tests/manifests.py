"""What the tests of the manifests share: which there are, and what they render to."""

import shutil
from pathlib import Path

import pytest

from knative.cluster import render

PROJECT = Path(__file__).parent.parent
MANIFESTS = PROJECT / "knative"
PRODUCTION = MANIFESTS / "overlays" / "production"

KUSTOMIZATIONS = sorted(
    path.parent
    for folder in ("base", "overlays", "monitoring")
    for path in (MANIFESTS / folder).rglob("kustomization.yaml")
)
"""What can be applied as it stands; components cannot."""


def every_kustomization(test):
    """Run a test for each of them."""
    names = [str(path.relative_to(MANIFESTS)) for path in KUSTOMIZATIONS]
    return pytest.mark.parametrize("directory", KUSTOMIZATIONS, ids=names)(test)


needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl, which renders manifests, is not installed"
)


def knative_service(objects: list[dict]) -> dict:
    """Return the one Knative Service among rendered objects."""
    (service,) = (each for each in objects if each["apiVersion"] == "serving.knative.dev/v1")
    return service


def changed(directory: Path, folder: Path, overlay: str) -> list[dict]:
    """Render an overlay that changes one of ours; `overlay` is its kustomization's text."""
    copy = folder / "knative"
    shutil.copytree(MANIFESTS, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (copy / "changed").mkdir()
    resources = f"resources: [../{directory.relative_to(MANIFESTS)}]\n"
    (copy / "changed" / "kustomization.yaml").write_text(resources + overlay)
    return render(copy / "changed")
