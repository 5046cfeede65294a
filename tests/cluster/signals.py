"""Sends signals to the function's process as the kernel would, from outside its container.

Inside a container, its first process is safe from SIGKILL and SIGSTOP. A pod that sees the node's
processes is not inside; it needs a namespace that allows `hostPID`.
"""

import json

from knative.commands import run

PROGRAM = """
import os, pathlib, signal, sys
pods, number = sys.argv[2:], signal.Signals[sys.argv[1]]
for folder in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        cgroup = (folder / "cgroup").read_text().replace("_", "-")
        program = (folder / "cmdline").read_bytes()
    except OSError:
        continue
    if b"function.serve" in program and any(pod in cgroup for pod in pods):
        os.kill(int(folder.name), number)
        print(folder.name)
"""


class Signals:
    """A pod that reaches every process of the node.

    Parameters
    ----------
    namespace
        Where the function is; the pod goes with it.
    image
        Of the function: it has Python.
    """

    def __init__(self, namespace: str, image: str) -> None:
        self._kubectl = ("kubectl", "--namespace", namespace)
        container = {
            "name": "signals",
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["sleep", "3600"],
            "securityContext": {"runAsUser": 0},
        }
        spec = {"hostPID": True, "terminationGracePeriodSeconds": 0, "containers": [container]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "signals"}, "spec": spec}
        run(*self._kubectl, "apply", "--filename=-", stdin=json.dumps(pod))
        run(*self._kubectl, "wait", "--for=condition=Ready", "pod/signals", "--timeout=120s")

    def send(self, signal: str) -> int:
        """Send a signal, such as SIGKILL, to every process of the function; return how many."""
        selector = "--selector=serving.knative.dev/service=fraud"
        uids = run(
            *self._kubectl, "get", "pods", selector, "--output=jsonpath={.items[*].metadata.uid}"
        )
        command = ("exec", "signals", "--", "python", "-c", PROGRAM, signal, *uids.split())
        return len(run(*self._kubectl, *command).split())
