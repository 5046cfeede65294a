"""The dispatcher that stands in for Knative's, against a subscriber that answers as it is told."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from tests.conftest import PROJECT
from tests.dispatcher import Broker
from tests.eventing import Delivery, Event, Trigger, seconds_of

OUTAGE_S = 60
MARGIN = 2
WANTED = {"type": "order"}
REPLY = {
    "ce-specversion": "1.0",
    "ce-type": "receipt",
    "ce-source": "/till",
    "ce-id": "1",
    "content-type": "application/json",
}


class Subscriber(ThreadingHTTPServer):
    """Answers with what is in `answers`, the last again and again; keeps what came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.came = [(202, {}, b"")], []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def paths(self):
        return [path for path, _, _ in self.came]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.came.append((self.path, self.headers, body))
        answers = self.server.answers if self.path == "/" else [(202, {}, b"")]
        status, headers, answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if status is None:
            time.sleep(0.3)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def subscriber():
    with Subscriber() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.fixture
def broker(subscriber):
    """Two Triggers: orders go to /, receipts to /receipts, dead letters to /dead."""
    delivery = Delivery(2, "linear", 0.01, 0.2, f"{subscriber.url}/dead")
    triggers = [
        Trigger(f"{subscriber.url}/", WANTED, delivery),
        Trigger(f"{subscriber.url}/receipts", {"type": "receipt"}, delivery),
    ]
    with Broker("shop", triggers) as broker:
        yield broker


def order(**attributes):
    return Event(
        {
            "specversion": "1.0",
            "type": "order",
            "source": "/shop",
            "id": "1",
            "subject": "café au lait",
            "datacontenttype": "application/json",
            **attributes,
        },
        b'{"cups": 2}',
    )


def first(subscriber, path):
    """Return the first request to a path."""
    return next(each for each in subscriber.came if each[0] == path)


def test_an_event_is_delivered_in_binary_mode_and_asks_for_a_reply(broker, subscriber):
    assert broker.receive(order()) == 202
    _, headers, body = first(subscriber, "/")
    assert body == b'{"cups": 2}'
    assert headers["content-type"] == "application/json"
    assert (headers["prefer"], headers["kn-namespace"]) == ("reply", "shop")
    assert headers["ce-subject"] == "caf%C3%A9 au lait"
    assert headers["ce-knativearrivaltime"]
    assert "ce-knativebrokerttl" not in headers


def test_a_reply_goes_to_the_trigger_that_wants_it_and_to_no_other(broker, subscriber):
    subscriber.answers = [(200, REPLY, b"{}")]
    assert broker.receive(order()) == 202
    first(subscriber, "/receipts")
    assert subscriber.paths() == ["/", "/receipts"]


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        ((400, {}, b"why"), 1),
        ((401, {}, b"why"), 1),
        ((413, {}, b"why"), 1),
        ((422, {}, b"why"), 1),
        ((404, {}, b"why"), 3),
        ((408, {}, b"why"), 3),
        ((409, {}, b"why"), 3),
        ((429, {}, b"why"), 3),
        ((500, {}, b"why"), 3),
        ((503, {}, b"why"), 3),
    ],
)
def test_what_is_refused_is_a_dead_letter_with_its_reason(broker, subscriber, answer, attempts):
    subscriber.answers = [answer]
    assert broker.receive(order()) == 202
    _, headers, body = first(subscriber, "/dead")
    assert subscriber.paths() == ["/"] * attempts + ["/dead"]
    assert body == b'{"cups": 2}'
    assert headers["ce-knativeerrordest"] == f"{subscriber.url}/"
    assert headers["ce-knativeerrorcode"] == str(answer[0])
    assert base64.b64decode(headers["ce-knativeerrordata"]) == b"why"


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"content-type": "application/json"}, b"{}"),
        (200, {"content-type": "application/cloudevents+json"}, b"{"),
        (200, {"ce-specversion": "1.0", "ce-id": "1"}, b"{}"),
        (None, {}, b""),
    ],
    ids=["no event", "a broken structured event", "a broken event", "none in time"],
)
def test_what_is_no_answer_is_asked_for_again_and_leaves_no_reason(broker, subscriber, answer):
    subscriber.answers = [answer]
    assert broker.receive(order()) == 202
    _, headers, _ = first(subscriber, "/dead")
    assert subscriber.paths() == ["/", "/", "/", "/dead"]
    assert "ce-knativeerrorcode" not in headers


def test_a_subscriber_that_comes_back_in_time_gets_the_event(broker, subscriber):
    subscriber.answers = [(503, {}, b""), (503, {}, b""), (200, REPLY, b"{}")]
    assert broker.receive(order()) == 202
    first(subscriber, "/receipts")
    assert subscriber.paths() == ["/", "/", "/", "/receipts"]


def test_a_loop_of_replies_ends(broker, subscriber):
    subscriber.answers = [(200, REPLY | {"ce-type": "order"}, b"{}")]
    broker.receive(order(knativebrokerttl="4"))
    first(subscriber, "/dead")
    assert subscriber.paths() == ["/"] * 3 + ["/dead"]


@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion"])
def test_what_is_no_event_is_not_taken(broker, subscriber, missing):
    assert broker.receive(order().without(missing)) == 400
    assert subscriber.came == []


@pytest.mark.parametrize("sink", [None, "http://127.0.0.1:9/nobody"])
def test_what_nobody_takes_is_told_to_the_sender(subscriber, sink):
    subscriber.answers = [(422, {}, b"why")]
    with Broker(
        "shop", [Trigger(f"{subscriber.url}/", {}, Delivery(dead_letter_sink=sink))]
    ) as lost:
        assert lost.receive(order()) == 500


def test_a_reason_too_long_for_the_real_dispatcher_is_told(broker, subscriber):
    subscriber.answers = [(422, {}, b"x" * 769)]
    assert broker.receive(order()) == 202
    first(subscriber, "/dead")
    assert len(broker.crashes) == 1


def test_pauses_grow_as_knative_counts_them():
    assert Delivery(4, "linear", 2).pauses_s() == [0, 2, 4, 6]
    assert Delivery(4, "exponential", 2).pauses_s() == [2, 4, 8, 16]


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT2S", 2), ("PT0.2S", 0.2), ("PT1M30S", 90), ("PT1H", 3600)]
)
def test_durations_are_read(text, seconds):
    assert seconds_of(text) == seconds


def test_the_overlays_retries_outlast_a_function_that_is_away_for_a_minute():
    folder = PROJECT / "knative/overlays/events/component"
    spec = yaml.safe_load((folder / "broker.yaml").read_text())["spec"]["delivery"]
    delivery = Delivery.of(spec, {"fraud-keeper": "http://keeper"})
    assert delivery.dead_letter_sink == "http://keeper/dead-letters"
    assert sum(delivery.pauses_s()) > MARGIN * OUTAGE_S
    assert sum(delivery.pauses_s()) < 15 * 60, json.dumps(spec)
    assert max(delivery.pauses_s()) <= 60
