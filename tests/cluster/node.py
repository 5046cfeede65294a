"""Signals to the processes of a pod from the node that it runs on, as the kernel would send them.

From inside the container the first process cannot be killed: the kernel shields it there.
"""

import json

import pytest

from knative.errors import CommandError

NAME = "node"
FIND = """
import pathlib
for process in sorted(pathlib.Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
    try:
        words = (process / "cmdline").read_bytes()
        group = (process / "cgroup").read_text().replace("_", "-")
    except OSError:
        continue
    if b"function." in words and "{uid}" in group:
        print(process.name)
"""


class Node:
    """The node of a pod; use it in a with statement. It skips the test where it may not be entered.

    Parameters
    ----------
    deployment
        In whose namespace a privileged pod is made.
    pod
        Whose node it is, as the API gives it.
    """

    def __init__(self, deployment, pod):
        self._deployment, self._uid = deployment, pod["metadata"]["uid"]
        spec = {
            "nodeName": pod["spec"]["nodeName"],
            "hostPID": True,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": NAME,
                    "image": pod["spec"]["containers"][0]["image"],
                    "command": ["sleep", "600"],
                    "securityContext": {"privileged": True, "runAsUser": 0},
                }
            ],
        }
        self._pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": NAME},
            "spec": spec,
        }

    def __enter__(self):
        try:
            self._deployment.kubectl_with(json.dumps(self._pod), "apply", "--filename=-")
        except CommandError as error:
            pytest.skip(f"The cluster allows no privileged pod: {error}")
        self._deployment.kubectl("wait", f"pod/{NAME}", "--for=condition=Ready", "--timeout=60s")
        return self

    def __exit__(self, *_):
        self._deployment.kubectl("delete", "pod", NAME, "--now", "--wait=true")

    def processes(self, pod: dict | None = None) -> list[str]:
        """Return the function's processes in its pod or in another of the same node.

        The container's first one comes first.
        """
        uid = pod["metadata"]["uid"] if pod else self._uid
        return self._python(FIND.format(uid=uid)).split()

    def signal(self, process: str, name: str) -> None:
        """Send a signal, such as KILL."""
        self._python(f"import os, signal; os.kill({process}, signal.SIG{name})")

    def _python(self, program: str) -> str:
        return self._deployment.kubectl("exec", NAME, "--", "python", "-c", program)
