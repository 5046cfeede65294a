"""The Service with other settings than those of its manifest; `benchmark.load` deploys them."""

import copy
from collections.abc import Mapping
from typing import Any

AUTOSCALING = "autoscaling.knative.dev"
CONTAINER_CONCURRENCY, CPU = "container-concurrency", "cpu"
ANNOTATIONS = (
    "activation-scale",
    "initial-scale",
    "max-scale",
    "min-scale",
    "panic-threshold-percentage",
    "panic-window-percentage",
    "scale-down-delay",
    "scale-to-zero-pod-retention-period",
    "target",
    "target-burst-capacity",
    "target-utilization-percentage",
    "window",
)
SETTINGS = (CONTAINER_CONCURRENCY, CPU, *ANNOTATIONS)
"""What can be varied; the annotations are those of Knative's autoscaler."""

GRID: Mapping[str, tuple[str, ...]] = {
    CONTAINER_CONCURRENCY: ("0", "10", "50", "100"),
    "target": ("10", "50", "100", "200"),
    "target-utilization-percentage": ("70", "100"),
    "window": ("6s", "30s", "60s"),
    "target-burst-capacity": ("0", "211", "-1"),
    CPU: ("50m", "100m", "250m"),
    "max-scale": ("5", "10", "20"),
}
"""What is tried, one setting at a time, the others as the manifest has them."""

Setting = tuple[str, str]


def varied(manifest: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    """Return a Service's manifest with other settings.

    Parameters
    ----------
    manifest
        As `knative.deploy.manifest_of` renders it.
    settings
        Of `SETTINGS`, by name.

    Returns
    -------
    dict
        The manifest given is as it was.
    """
    changed = copy.deepcopy(dict(manifest))
    template = changed["spec"]["template"]
    for name, value in settings.items():
        if name == CONTAINER_CONCURRENCY:
            template["spec"][name_in_manifest(name)] = int(value)
        elif name == CPU:
            template["spec"]["containers"][0]["resources"]["requests"][CPU] = value
        else:
            template["metadata"]["annotations"][f"{AUTOSCALING}/{name}"] = value
    return changed


def name_in_manifest(name: str) -> str:
    """Return a setting's name as Knative's specification has it, in camel case."""
    first, *others = name.split("-")
    return first + "".join(each.title() for each in others)


def settings_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what a Service's manifest says of `SETTINGS`; those it is silent about are left out.

    Parameters
    ----------
    manifest
        As `knative.deploy.manifest_of` renders it.

    Returns
    -------
    dict of str to str
        Values by name.
    """
    template = manifest["spec"]["template"]
    found = {
        CONTAINER_CONCURRENCY: template["spec"].get(name_in_manifest(CONTAINER_CONCURRENCY)),
        CPU: template["spec"]["containers"][0]["resources"]["requests"].get(CPU),
        **{
            name: template["metadata"]["annotations"].get(f"{AUTOSCALING}/{name}")
            for name in ANNOTATIONS
        },
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def others_in_grid(settings: Mapping[str, str]) -> list[Setting]:
    """Return what is to be tried beside the settings that there are.

    Parameters
    ----------
    settings
        As `settings_of` gives them.

    Returns
    -------
    list of (str, str)
        Names and values.
    """
    return [
        (name, value)
        for name, values in GRID.items()
        for value in values
        if settings.get(name) != value
    ]
