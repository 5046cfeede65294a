"""What the tests of the manifests share: which there are, and what they render to."""

import shutil
from pathlib import Path

import pytest
import yaml

from knative.manifests import render

PROJECT = Path(__file__).parent.parent
MANIFESTS = PROJECT / "knative"
PRODUCTION = MANIFESTS / "overlays" / "production"

KUSTOMIZATIONS = sorted(
    path.parent
    for folder in ("base", "overlays", "monitoring")
    for path in (MANIFESTS / folder).rglob("kustomization.yaml")
    if "kind: Component" not in path.read_text()
)
"""What can be applied as it stands; components cannot."""


def every_kustomization(test):
    """Run a test for each of them."""
    names = [str(path.relative_to(MANIFESTS)) for path in KUSTOMIZATIONS]
    return pytest.mark.parametrize("directory", KUSTOMIZATIONS, ids=names)(test)


needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl, which renders manifests, is not installed"
)


def settings_in_production() -> dict[str, str]:
    """Return what the production overlay sets, by the variable's name."""
    lines = (PRODUCTION / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def memory_limit_in_production() -> int:
    """Return how many MiB a pod's function may take there."""
    patches = yaml.safe_load((PRODUCTION / "container.yaml").read_text())
    (limit,) = (each["value"] for each in patches if each["path"].endswith("limits/memory"))
    return int(limit.removesuffix("Mi"))


def knative_service(objects: list[dict]) -> dict:
    """Return the one Knative Service among rendered objects."""
    (service,) = (each for each in objects if each["apiVersion"] == "serving.knative.dev/v1")
    return service


def changed(directory: Path, folder: Path, overlay: str) -> list[dict]:
    """Render an overlay that changes one of ours; `overlay` is its kustomization's text."""
    copy = folder / "knative"
    shutil.copytree(MANIFESTS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "changed").mkdir()
    resources = f"resources: [../{directory.relative_to(MANIFESTS)}]\n"
    (copy / "changed" / "kustomization.yaml").write_text(resources + overlay)
    return render(copy / "changed")
