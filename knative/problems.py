"""Tells what went wrong lately with a Service, its revisions and their pods; `state` calls it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from knative.objects import Service
from knative.parts import Parts
from knative.troubles import ending_of, said_by
from knative.workload import Event, Pod

NOISE = ("Operation cannot be fulfilled", '-deployment" not found')
"""In warnings that controllers write when two of them meet; they try again at once."""

UNHEALTHY = "Unhealthy"
REDUNDANT = {"BackOff", "LatestCreatedFailed"}
"""Warnings that say only that something is wrong; another one or the container says what."""


class Problem(msgspec.Struct):
    """Something that went wrong lately.

    Attributes
    ----------
    time
        When it occurred last.
    age_s
        Seconds since then.
    object
        The name of the pod, revision or other object.
    reason
        One word of the cluster's.
    message
        Its sentence, or what the container said last.
    times
        How often it occurred.
    """

    time: datetime
    age_s: int
    object: str
    reason: str
    message: str
    times: int = 1


def problems_of(
    service: Service, parts: Parts, warnings: Sequence[Event], now: datetime
) -> list[Problem]:
    """Tell what went wrong lately.

    Parameters
    ----------
    service, parts
        As the cluster has them.
    warnings
        The oldest first; those of other objects do not count.
    now
        From when ages are counted.

    Returns
    -------
    list of Problem
        The newest first.
    """
    found = [*_endings(parts, now), *_warnings(service, parts, warnings, now)]
    return sorted(found, key=lambda problem: problem.age_s)


def seconds_between(then: datetime, now: datetime) -> int:
    """Return whole seconds, none where the clocks of the cluster and of this machine differ."""
    return max(0, round((now - then).total_seconds()))


def _endings(parts: Parts, now: datetime) -> Iterator[Problem]:
    """Tell of containers that did not end well and were started again."""
    for revision in parts.revisions:
        for pod in parts.pods(revision.name):
            for container in pod.containers:
                ended = container.ended
                if ended and ended.exit_code and ended.finished_at:
                    yield Problem(
                        ended.finished_at,
                        seconds_between(ended.finished_at, now),
                        pod.name,
                        ended.reason or "Error",
                        f"{container.name} ended {ending_of(container)}. {said_by(container)}",
                        max(1, container.restart_count),
                    )


def _warnings(
    service: Service, parts: Parts, warnings: Sequence[Event], now: datetime
) -> Iterator[Problem]:
    """Tell of each reason once for each revision; a quota alone makes ten of one."""
    newest: dict[tuple[str, str], Problem] = {}
    for event in warnings:
        owner = _owner(event, service, parts)
        if owner is None or event.time is None or _is_noise(event, parts):
            continue
        before = newest.get((owner, event.reason))
        newest[owner, event.reason] = Problem(
            event.time,
            seconds_between(event.time, now),
            event.involved_object.name,
            event.reason,
            event.message,
            event.times + (before.times if before else 0),
        )
    yield from newest.values()


def _owner(event: Event, service: Service, parts: Parts) -> str | None:
    """Return the revision, or else the Service, that an event is about."""
    name = event.involved_object.name
    for revision in parts.revisions:
        if name == revision.name or name.startswith(f"{revision.name}-"):
            return revision.name
    return service.metadata.name if name == service.metadata.name else None


def _is_noise(event: Event, parts: Parts) -> bool:
    """Tell whether a warning means nothing: no pod is ready when it has yet to start, or ends."""
    if event.reason == UNHEALTHY:
        pods = [each for each in parts.all if isinstance(each, Pod)]
        return event.involved_object.name not in {pod.name for pod in pods if _only_runs(pod)}
    return event.reason in REDUNDANT or any(words in event.message for words in NOISE)


def _only_runs(pod: Pod) -> bool:
    runs = all(each.state.waiting is None and each.ended is None for each in pod.containers)
    return runs and not pod.ready and not pod.ending
