"""Events, Triggers and their delivery, as Knative's manifests and HTTP have them; tests call it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

PREFIX = "ce-"
STRUCTURED = "application/cloudevents"
PLAIN = " !#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What the Broker was seen to leave as it is in a header: all printable ASCII but " and %."""

DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")


@dataclass(frozen=True)
class Event:
    """A CloudEvent.

    Attributes
    ----------
    attributes
        By name; datacontenttype is one of them.
    data
        As it goes over the wire.
    """

    attributes: dict[str, str]
    data: bytes = b""

    @staticmethod
    def read(headers: Mapping[str, str], body: bytes) -> "Event | None":
        """Read an event in binary mode; None where this is no event.

        cloudevents/sdk-go, v2/protocol/http/message.go, ReadEncoding: what makes it one is the
        header ce-specversion. A structured one, which the function does not answer a binary one
        with, is a ValueError here.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        if lower.get("content-type", "").startswith(STRUCTURED):
            raise ValueError("a structured event; a binary one was expected")
        if "ce-specversion" not in lower:
            return None
        attributes = {
            name.removeprefix(PREFIX): unquote(value)
            for name, value in lower.items()
            if name.startswith(PREFIX)
        }
        if not all(attributes.get(name) for name in ("id", "source", "type")):
            raise ValueError(f"an event without id, source or type: {attributes}")
        if "content-type" in lower:
            attributes["datacontenttype"] = lower["content-type"]
        return Event(attributes, body)

    def headers(self) -> dict[str, str]:
        """Return the headers of this event in binary mode."""
        headers = {
            f"{PREFIX}{name}": quote(value, safe=PLAIN)
            for name, value in self.attributes.items()
            if name != "datacontenttype"
        }
        if media_type := self.attributes.get("datacontenttype"):
            headers["content-type"] = media_type
        return headers

    def having(self, attributes: dict[str, str]) -> "Event":
        """Return the event with these attributes, too."""
        return Event({**self.attributes, **attributes}, self.data)

    def without(self, name: str) -> "Event":
        """Return the event without an attribute."""
        rest = {each: value for each, value in self.attributes.items() if each != name}
        return Event(rest, self.data)


@dataclass(frozen=True)
class Delivery:
    """How hard it is tried to deliver an event.

    Attributes
    ----------
    retry
        How many attempts follow the first.
    policy
        "linear" or "exponential".
    delay_s
        What the pauses are made of.
    timeout_s
        For one attempt.
    dead_letter_sink
        Its URL.
    """

    retry: int = 0
    policy: str = "exponential"
    delay_s: float = 0.0
    timeout_s: float | None = None
    dead_letter_sink: str | None = None

    @staticmethod
    def of(spec: dict[str, Any], urls: Mapping[str, str]) -> "Delivery":
        """Read a manifest's spec.delivery; urls has the address of each object that it names."""
        sink = spec.get("deadLetterSink")
        return Delivery(
            spec["retry"],
            spec["backoffPolicy"],
            seconds_of(spec["backoffDelay"]),
            seconds_of(spec["timeout"]),
            address_of(sink, urls) if sink else None,
        )

    def pause_s(self, number: int) -> float:
        """Return the pause after an attempt; the first has the number 0.

        pkg/kncloudevents/retries.go, RetryConfigFromDeliverySpec.
        """
        return self.delay_s * (number if self.policy == "linear" else 2.0**number)

    def pauses_s(self) -> list[float]:
        """Return all pauses of an event that is never taken."""
        return [self.pause_s(number) for number in range(self.retry)]


@dataclass(frozen=True)
class Trigger:
    """Who wants which events.

    Attributes
    ----------
    subscriber
        Its URL.
    attributes
        What an event has to have; pkg/eventfilter/attributes/filter.go: "" stands for any value.
    delivery
        The Trigger's own, or else the Broker's; pkg/reconciler/broker/trigger/trigger.go.
    """

    subscriber: str
    attributes: dict[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery()

    def wants(self, event: Event) -> bool:
        """Tell whether the filter lets an event through."""
        return all(
            name in event.attributes and value in ("", event.attributes[name])
            for name, value in self.attributes.items()
        )


def triggers_of(objects: list[dict[str, Any]], urls: Mapping[str, str]) -> list[Trigger]:
    """Read a Broker's Triggers from manifests; urls has the address of each object they name."""
    (broker,) = (each for each in objects if each["kind"] == "Broker")
    return [
        Trigger(
            address_of(each["spec"]["subscriber"], urls),
            each["spec"].get("filter", {}).get("attributes", {}),
            Delivery.of(each["spec"].get("delivery") or broker["spec"]["delivery"], urls),
        )
        for each in objects
        if each["kind"] == "Trigger"
    ]


def address_of(destination: dict[str, Any], urls: Mapping[str, str]) -> str:
    """Return the URL of a destination that is named by reference."""
    return urls[destination["ref"]["name"]] + destination.get("uri", "")


def seconds_of(duration: str) -> float:
    """Read an ISO 8601 duration of hours, minutes and seconds."""
    found = DURATION.fullmatch(duration)
    assert found, f"{duration} is no duration"
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
