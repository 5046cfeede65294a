"""Tells why a revision is not ready, from its conditions, its pods and the cluster's warnings.

`deploy` ends with it, and `status` shows it. A revision's own conditions say little for long: one
whose container crashes at once is "Deploying" for ten minutes. Its pods know sooner.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from knative.objects import Condition, Revision, condition_of
from knative.workload import QUEUE_PROXY, ContainerStatus, Event, Pod

IMAGE, CRASH, START = "image missing", "crash", "not started"
QUOTA, REFUSED, ROOM = "quota", "refused", "no room"
UNREADY, OTHER = "not ready", "other"

CURES = {
    IMAGE: "Make it with scripts/image and push it, or correct --image; where the registry wants "
    "a login, name an imagePullSecret. Then run this again.",
    CRASH: "Mend what it says: a setting, the model file, the memory limit. Then run this again.",
    START: "Make what is missing (a Secret or a ConfigMap that the overlay names), or correct the "
    "overlay. Then run this again.",
    QUOTA: "Raise the ResourceQuota, free some of it, or ask for less in the overlay. Then run "
    "this again.",
    REFUSED: "Correct the overlay, or the policy that refuses its pods. Then run this again.",
    ROOM: "Ask for less CPU or memory in the overlay, or free or add a node.",
    UNREADY: "Check the path and the port of the readiness probe in the overlay, and the "
    "function's own log.",
    OTHER: "kubectl describe revision tells more.",
}
"""What to do about each kind of trouble."""

PATIENCE_S = {IMAGE: 10, START: 10, QUOTA: 5, REFUSED: 5, OTHER: 2}
"""How many seconds a trouble has to last to be certain; the others may pass by themselves: another
node comes, a slow function becomes ready."""

CERTAIN_ENDS = 3
"""After so many ends of a container, the next start is no better."""

LAST_LINES = 5
"""How much of what a container said is shown."""

IMAGE_REASONS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
CREATING = {"ContainerCreating", "PodInitializing"}
MOUNT = "FailedMount"


class Trouble(msgspec.Struct, frozen=True):
    """Why a revision is not ready.

    Attributes
    ----------
    kind
        One of the words above.
    words
        What is the matter.
    patience_s
        How many seconds it has to last to be certain.
    """

    kind: str
    words: str
    patience_s: float = math.inf

    @property
    def sentence(self) -> str:
        """What is the matter, with its kind."""
        return f"{self.kind.capitalize()}: {self.words}"

    @property
    def cure(self) -> str:
        """A sentence that says what to do."""
        return CURES[self.kind]


def trouble_of(
    revision: Revision, pods: Sequence[Pod], warnings: Sequence[Event]
) -> Trouble | None:
    """Tell why a revision is not ready.

    Parameters
    ----------
    revision
        As the cluster has it.
    pods
        Its pods; those on their way out do not count.
    warnings
        What the cluster warned of lately.

    Returns
    -------
    Trouble or None
        None where it is ready, or nothing is known to stand in its way.
    """
    if revision.ready.status == "True":
        return None
    alive = [pod for pod in pods if not pod.ending]
    return next(
        chain(
            chain.from_iterable(_of_pod(pod, warnings) for pod in alive),
            _of_conditions(revision),
            chain.from_iterable(_unready(pod) for pod in alive),
        ),
        None,
    )


def _of_pod(pod: Pod, warnings: Sequence[Event]) -> Iterator[Trouble]:
    for container in pod.containers:
        yield from _crash(container)
        yield from _not_started(container)
    if pod.containers and all(_is_creating(each) for each in pod.containers):
        mounts = [each for each in warnings if each.reason == MOUNT]
        yield from (
            Trouble(START, each.message, PATIENCE_S[START])
            for each in reversed(mounts)
            if each.involved_object.name == pod.name
        )
    for condition in pod.status.conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            yield Trouble(ROOM, condition.message)


def _crash(container: ContainerStatus) -> Iterator[Trouble]:
    if container.ended is None or container.name == QUEUE_PROXY:
        return
    running = container.state.waiting is None and container.state.terminated is None
    ends = container.restart_count + (not running)
    times = "once" if ends == 1 else f"{ends} times"
    last = f"{ending_of(container)}\n{said_by(container)}".rstrip()
    patience = 0 if ends >= CERTAIN_ENDS else math.inf
    yield Trouble(CRASH, f"container {container.name} ended {times}, {last}", patience)


def ending_of(container: ContainerStatus) -> str:
    """Say how a container ended the last time, such as "with code 137 (OOMKilled)"."""
    ended = container.ended
    if ended is None:
        return "not yet"
    reason = "" if ended.reason in {"", "Error", "Completed"} else f" ({ended.reason})"
    return f"with code {ended.exit_code}{reason}"


def said_by(container: ContainerStatus) -> str:
    """Return the last lines that a container said before it ended."""
    text = container.ended.message.strip() if container.ended else ""
    return "\n".join(text.splitlines()[-LAST_LINES:])


def _not_started(container: ContainerStatus) -> Iterator[Trouble]:
    waiting = container.state.waiting
    if waiting is None or waiting.reason in CREATING or container.ended is not None:
        return
    if waiting.reason in IMAGE_REASONS:
        words = f"{container.image} cannot be had. {waiting.message.split('ErrImagePull: ')[-1]}"
        yield Trouble(IMAGE, words.strip(), PATIENCE_S[IMAGE])
    elif waiting.reason:
        words = f"container {container.name}: {waiting.reason} {waiting.message}".strip()
        yield Trouble(START, words, PATIENCE_S[START])


def _is_creating(container: ContainerStatus) -> bool:
    waiting = container.state.waiting
    return waiting is not None and waiting.reason in CREATING


def _of_conditions(revision: Revision) -> Iterator[Trouble]:
    resources = condition_of(revision.status, "ResourcesAvailable")
    for condition in (resources, revision.ready):
        if condition is not None and condition.status == "False":
            kind = _kind(condition)
            words = condition.message.split(" is forbidden: ")[-1] or condition.reason
            yield Trouble(kind, words, PATIENCE_S.get(kind, math.inf))


def _kind(condition: Condition) -> str:
    """Tell the kind from the reasons of serving, pkg/apis/serving/v1/revision_lifecycle.go."""
    if condition.reason in IMAGE_REASONS | {"ContainerMissing"}:
        return IMAGE
    if condition.reason.startswith("ExitCode"):
        return CRASH
    if condition.reason == "FailedCreate":
        return QUOTA if "exceeded quota" in condition.message else REFUSED
    return ROOM if condition.reason == "Unschedulable" else OTHER


def _unready(pod: Pod) -> Iterator[Trouble]:
    names = [each.name for each in pod.containers if each.name != QUEUE_PROXY]
    started = [each for each in pod.containers if each.state.waiting is None]
    if names and len(started) == len(pod.containers) and not pod.ready:
        yield Trouble(UNREADY, f"container {names[0]} runs, but says not that it is ready.")
