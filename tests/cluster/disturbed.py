"""A service under disturbance: its manifests, its pods, the requests that it gets meanwhile."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import accumulate

from tests.cluster import tallies
from tests.cluster.overlays import CONTAINER, overlay
from tests.cluster.prober import Prober
from tests.duplex import upload

FIRST, SECOND = "fraud-00001", "fraud-00002"


def scaled(folder, scaling, **environment):
    """Write manifests that differ from the base in annotations and in environment variables."""
    annotations = "/spec/template/metadata/annotations/autoscaling.knative.dev~1"
    patches = [
        {"op": "add", "path": annotations + name, "value": value} for name, value in scaling.items()
    ]
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    patches.append({"op": "add", "path": f"{CONTAINER}/env", "value": variables})
    return overlay(folder, *patches)


def pods(deployment, revision=FIRST):
    selector = f"--selector=serving.knative.dev/revision={revision}"
    return json.loads(deployment.kubectl("get", "pods", selector, "--output=json"))["items"]


def is_ready(pod):
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
    return "deletionTimestamp" not in pod["metadata"] and conditions.get("Ready") == "True"


def ready(deployment, revision=FIRST):
    return [pod for pod in pods(deployment, revision) if is_ready(pod)]


def names(items):
    return {pod["metadata"]["name"] for pod in items}


@contextmanager
def watched(request, deployment, fraud):
    """Send requests until the end of the block and a little longer, and report the count."""
    with Prober(deployment.url, fraud) as prober:
        prober.next(200)
        yield prober
        prober.next(200)
    tallies.add(request.node.name, prober.tally())


@contextmanager
def streamed(deployment, fraud):
    """Upload a line five times a second until the end of the block; each has to be answered."""
    line, stop = json.dumps(fraud).encode() + b"\n", threading.Event()

    def send():
        with upload(deployment.url, "application/x-ndjson") as stream:
            count = 0
            while not stop.wait(0.2):
                stream.send(line)
                assert json.loads(stream.response.readline())["fraud"] is True
                count += 1
            stream.send(b"")
            assert stream.response.read() == b""
            return count

    with ThreadPoolExecutor(1) as pool:
        count = pool.submit(send)
        try:
            yield
        finally:
            stop.set()
        assert count.result() > 0


def within(outcomes, began, ended):
    """Return those that were under way at some time in between."""
    return [each for each in outcomes if each.due <= ended and each.due + each.seconds >= began]


def most_at_once(outcomes):
    starts = [(each.due, 1) for each in outcomes]
    ends = [(each.due + each.seconds, -1) for each in outcomes]
    return max(accumulate(step for _, step in sorted(starts + ends)))


def failed(prober):
    return [each for each in prober.outcomes if each.kind == "failed"]
