"""Delivers events as Knative's Broker does, where there is no Knative Eventing; tests call it.

It is the Broker on in-memory channels, as it is seen from outside. The files that docstrings name
are those of https://github.com/knative/eventing/tree/release-1.22; tests/cluster holds it against
the real one: the same tests run with both. What it leaves out: TLS and OIDC, and that a time-out is
of a whole attempt (here it is of each wait for the subscriber).
"""

import base64
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests
from requests.adapters import HTTPAdapter

from tests.eventing import Delivery, Event, Trigger

TTL = "knativebrokerttl"
FIRST_TTL = 255
ARRIVAL = "knativearrivaltime"
REQUIRED = ("id", "source", "specversion", "type")
MOST_REASON = 1024
CONNECTIONS = 100
"""That are kept; pkg/kncloudevents/http_client.go."""


class NotTakenError(Exception):
    """A delivery that was not taken.

    Parameters
    ----------
    status
        The filter's answer, or 500 where it gave none.
    reason
        The attributes that go with the dead letter.
    """

    def __init__(self, status: int, reason: dict[str, str] | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.reason = reason or {}


class Broker:
    """Takes events and delivers them; use it in a with statement, which ends all waiting.

    Parameters
    ----------
    namespace
        What it says it is in.
    triggers
        Who wants which events.

    Attributes
    ----------
    crashes
        What would have ended the real one.
    """

    def __init__(self, namespace: str, triggers: list[Trigger]) -> None:
        self.crashes: list[str] = []
        self._namespace = namespace
        self._triggers = triggers
        self._closed = threading.Event()
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._session.close()

    def receive(self, event: Event) -> int:
        """Take an event, from outside or from a subscriber's reply, and return the status.

        pkg/broker/ingress/ingress_handler.go, ServeHTTP and receive; pkg/broker/ttl.go: an event
        comes with no count of hops or with one, which is lessened, so that no loop is endless.

        pkg/channel/fanout/fanout_event_handler.go, createEventReceiverFunction: 202 is said when
        every Trigger is done with the event, so whoever sends it waits for as long as it is tried.
        """
        if not all(event.attributes.get(name) for name in REQUIRED):
            return 400
        hops = event.attributes.get(TTL)
        left = FIRST_TTL if hops is None else int(hops) - 1
        if left <= 0:
            return 400
        taken = event.having({TTL: str(left), ARRIVAL: datetime.now(UTC).isoformat()})
        with ThreadPoolExecutor(len(self._triggers)) as pool:
            done = list(pool.map(lambda trigger: self._dispatch(trigger, taken), self._triggers))
        return 202 if all(done) else 500

    def _dispatch(self, trigger: Trigger, event: Event) -> bool:
        """See an event through to its end, and tell whether somebody took it.

        pkg/kncloudevents/event_dispatcher.go, send: the subscriber, then its reply, and where one
        of them fails for good, the dead-letter sink with the event as it came and the reason.
        """
        delivery = trigger.delivery
        try:
            reply = self._retried(delivery, lambda: self._filter(trigger, event))
            if reply is not None:
                self._retried(delivery, lambda: self._take_back(reply))
        except NotTakenError as error:
            return self._bury(delivery, event.having(error.reason))
        return True

    def _retried(self, delivery: Delivery, attempt: Callable[[], Event | None]) -> Event | None:
        """Try again what may succeed later.

        pkg/kncloudevents/retries.go, SelectiveRetry and RetryConfigFromDeliverySpec; the attempts
        are counted by hashicorp/go-retryablehttp, from 0.
        """
        for number in itertools.count():
            try:
                return attempt()
            except NotTakenError as error:
                again = error.status >= 500 or error.status in (404, 408, 409, 429)
                if not again or number >= delivery.retry or self._closed.is_set():
                    raise
            self._closed.wait(delivery.pause_s(number))
        raise AssertionError("unreachable")

    def _filter(self, trigger: Trigger, event: Event) -> Event | None:
        """Hand a subscriber what it wants, once, and return its reply.

        pkg/broker/filter/filter_handler.go, handleDispatchToSubscriberRequest and writeResponse:
        an answer that has a body and is no event is a failure, 502.
        """
        if not trigger.wants(event):
            return None
        sent = event.without(TTL)
        answer = self._post(trigger.subscriber, sent, trigger.delivery, {"Prefer": "reply"})
        try:
            reply = Event.read(answer.headers, answer.content)
        except ValueError:
            raise NotTakenError(502) from None
        if reply is None:
            if answer.content:
                raise NotTakenError(502)
            return None
        return reply.having({TTL: event.attributes[TTL]})

    def _post(
        self, url: str, event: Event, delivery: Delivery, headers: dict[str, str]
    ) -> requests.Response:
        """Send an event in binary mode.

        pkg/kncloudevents/event_dispatcher.go, executeRequest. Where the time is up, the channel
        has no answer of the filter's from which to read a reason.
        """
        headers = {**event.headers(), **headers, "Kn-Namespace": self._namespace}
        try:
            answer = self._session.post(
                url, data=event.data, headers=headers, timeout=delivery.timeout_s
            )
        except requests.Timeout:
            raise NotTakenError(500) from None
        except requests.RequestException as error:
            body = f"dispatch error: {error}".encode()[: MOST_REASON // 4 * 3]
            raise NotTakenError(500, self._reason(url, 500, body)) from None
        if not 200 <= answer.status_code < 300:
            reason = self._reason(url, answer.status_code, answer.content)
            raise NotTakenError(answer.status_code, reason)
        return answer

    def _reason(self, url: str, status: int, body: bytes) -> dict[str, str]:
        """Say why an event is a dead letter.

        pkg/kncloudevents/event_dispatcher.go, dispatchExecutionInfoTransformers: it makes room for
        1,024 characters and encodes all of the body into it, and its process ends where that is
        not enough.
        """
        encoded = base64.b64encode(body).decode()
        if len(encoded) > MOST_REASON:
            self.crashes.append(f"{url} answered {status} with {len(body)} bytes")
        return {
            "knativeerrordest": url,
            "knativeerrorcode": str(status),
            "knativeerrordata": encoded[:MOST_REASON],
        }

    def _take_back(self, reply: Event) -> None:
        """Send a reply into this Broker: handleDispatchToReplyRequest of the filter."""
        status = self.receive(reply)
        if status >= 300:
            raise NotTakenError(status, self._reason("broker", status, b""))

    def _bury(self, delivery: Delivery, event: Event) -> bool:
        """Send a dead letter, with the same retries: handleDispatchToDLSRequest of the filter."""
        sink = delivery.dead_letter_sink
        if sink is None:
            return False
        try:
            self._retried(delivery, lambda: self._post(sink, event, delivery, {}) and None)
        except NotTakenError:
            return False
        return True
