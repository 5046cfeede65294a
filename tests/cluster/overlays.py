"""Kustomize directories that change the base, for the tests of what operators are told."""

import os

import yaml

from knative.manifests import BASE

CONTAINER = "/spec/template/spec/containers/0"
NAMES = {
    "nameReference": [
        {
            "kind": "ConfigMap",
            "fieldSpecs": [
                {
                    "path": "spec/template/spec/containers/envFrom/configMapRef/name",
                    "kind": "Service",
                    "group": "serving.knative.dev",
                }
            ],
        }
    ]
}
"""Where kustomize has to put the names that it gives to ConfigMaps."""


def overlay(folder, *patches, resources=(), **kustomization):
    """Write a kustomize directory that changes the base."""
    folder.mkdir(parents=True)
    for number, resource in enumerate(resources):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(resource))
    target = {"kind": "Service", "name": "fraud"}
    files = [f"{number}.yaml" for number in range(len(resources))]
    content = {
        "configurations": ["names.yaml"],
        "resources": [os.path.relpath(BASE, folder), *files],
        "patches": [{"target": target, "patch": yaml.safe_dump(list(patches))}] if patches else [],
        **kustomization,
    }
    (folder / "names.yaml").write_text(yaml.safe_dump(NAMES))
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return str(folder)
