"""What the function tells those who run it: metrics, logs, traces."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_metrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from function.observations import KEPT
from tests.server import running_server

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
NDJSON = {"content-type": "application/x-ndjson"}
EVENT = {"ce-id": "1", "ce-source": "/shop", "ce-specversion": "1.0"}
EVENT |= {"ce-type": "dev.fraud.transaction.v1"}


@pytest.fixture
def fresh():
    """A function that has counted nothing yet."""
    with running_server() as server:
        yield server


def samples_of(server):
    """Return the value of each sample by its name and labels."""
    text = requests.get(f"{server.url}/metrics", timeout=10).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_decisions_are_counted_by_outcome_and_model_version(fresh, fraud):
    version = requests.get(f"{fresh.url}/model", timeout=10).json()["version"]
    honest = fraud | {f"V{number}": 0.0 for number in range(1, 29)}
    lines = "".join(json.dumps(each) + "\n" for each in [fraud, *[honest] * 99])
    requests.post(fresh.url, json=fraud, timeout=10)
    requests.post(fresh.url, json=[fraud, honest], timeout=10)
    requests.post(fresh.url, json=fraud, headers=EVENT, timeout=10)
    requests.post(fresh.url, lines, headers=NDJSON, timeout=10)
    columns = ",".join(key for key in fraud if key != "id")
    row = ",".join(str(fraud[key]) for key in fraud if key != "id")
    requests.post(
        fresh.url, "\n".join([columns, *[row] * 100]), headers={"content-type": "text/csv"}
    )
    samples = samples_of(fresh)
    assert samples["fraud_decisions_total", "fraud", version] == 104
    assert samples["fraud_decisions_total", "honest", version] == 100
    assert samples["fraud_probability_count", version] == 204
    assert samples["fraud_probability_bucket", "0.01", version] == 100
    assert samples["fraud_probability_sum", version] == pytest.approx(104 * 0.8227, rel=0.01)


def test_seconds_are_counted_by_protocol(fresh, fraud):
    batch = {"content-type": "application/cloudevents-batch+json"}
    csv = {"content-type": "text/csv"}
    for headers in (None, None, EVENT, NDJSON, batch, csv):
        body = "[]" if headers is batch else json.dumps(fraud)
        given = {"content-type": "application/json"} | (headers or {})
        requests.post(fresh.url, body, headers=given, timeout=10)
    samples = samples_of(fresh)
    counts = {key[1]: value for key, value in samples.items() if key[0].endswith("seconds_count")}
    expected = {"json": 2, "event-binary": 1, "ndjson": 1, "event-batch": 1, "csv": 1}
    assert counts == {**expected, "other": counts["other"]}
    assert 0 < samples["fraud_request_seconds_sum", "json"] < 5


def test_refused_requests_and_lines_are_counted_by_reason(fresh, fraud):
    requests.post(fresh.url, "{", headers={"content-type": "application/json"}, timeout=10)
    requests.post(fresh.url, "", headers={"content-type": "text/html"}, timeout=10)
    requests.get(f"{fresh.url}/nowhere", timeout=10)
    requests.post(fresh.url, "{\n{}\n" + json.dumps(fraud), headers=NDJSON, timeout=10)
    samples = samples_of(fresh)
    counts = {key[1]: value for key, value in samples.items() if key[0].endswith("errors_total")}
    assert {reason: count for reason, count in counts.items() if count} == {
        "malformed-body": 2,
        "invalid-input": 1,
        "unknown-path": 1,
        "unsupported-media-type": 1,
    }


def post_rows(server, rows):
    transactions = rows.drop(columns="Class").to_dict("records")
    for start in range(0, len(transactions), 25):
        batch = transactions[start : start + 25]
        assert requests.post(server.url, json=batch, timeout=10).ok


def status_of(samples):
    return next(key[1] for key, value in samples.items() if key[0] == "fraud_drift" and value)


def test_drift_is_unknown_until_there_are_enough_transactions(fresh, table):
    post_rows(fresh, table.sample(975, random_state=0))
    samples = samples_of(fresh)
    assert status_of(samples) == "unknown"
    assert samples["fraud_drift_samples",] == 975
    assert str(samples["fraud_feature_psi", "V1"]) == "nan"


def test_transactions_like_those_of_the_training_are_stable(fresh, table):
    post_rows(fresh, table.sample(2 * KEPT, random_state=0))
    samples = samples_of(fresh)
    assert status_of(samples) == "stable"
    assert samples["fraud_drift_samples",] == KEPT
    assert samples["fraud_feature_psi", "V14"] < 0.05
    assert samples["fraud_probability_psi",] < 0.05


@pytest.mark.parametrize("change", [{"V14": -3.0}, {"Amount": 500.0}])
def test_transactions_unlike_those_of_the_training_have_drifted(fresh, table, change):
    (feature,) = change
    post_rows(fresh, table.sample(1_500, random_state=0).assign(**change))
    samples = samples_of(fresh)
    assert status_of(samples) == "drifted"
    assert samples["fraud_feature_psi", feature] > 1


def test_metrics_come_in_the_format_that_is_asked_for(server):
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    response = requests.get(f"{server.url}/metrics", headers=accept, timeout=10)
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    names = {family.name for family in open_metrics_families(response.text)}
    assert {"fraud_decisions", "fraud_request_seconds", "fraud_drift"} <= names


def log_of(server):
    server.stop()
    return [json.loads(line) for line in server.output().splitlines()]


def test_the_log_says_what_was_refused_and_nothing_of_what_it_held(fraud):
    with running_server() as server:
        body = fraud | {"V14": "secret-value", "secret-name": 1}
        headers = {"traceparent": TRACEPARENT}
        requests.post(f"{server.url}/secret-path", json=body, timeout=10)
        requests.post(server.url, json=body, headers=headers, timeout=10)
        requests.post(server.url, json=fraud, timeout=10)
        started, unknown, refused = log_of(server)
    assert (started["message"], started["model"]) == ("started", "signed-log")
    assert (unknown["reason"], "path" in unknown) == ("unknown-path", False)
    assert refused.pop("time").endswith("Z")
    assert refused == {
        "level": "info",
        "message": "refused",
        "reason": "invalid-input",
        "status": 422,
        "faults": 2,
        "path": "/",
        "protocol": "json",
        "traceparent": TRACEPARENT,
    }
    assert "secret" not in json.dumps([started, unknown, refused])


@pytest.mark.parametrize(("level", "messages"), [("errors", []), ("requests", ["answered"])])
def test_the_log_says_as_much_as_is_wanted(fraud, level, messages):
    with running_server(FRAUD_LOG=level) as server:
        requests.post(server.url, json=fraud, headers={"traceparent": TRACEPARENT}, timeout=10)
        lines = log_of(server)
    lines = [line for line in lines if line.get("protocol") == "json"]
    assert [line["message"] for line in lines] == messages
    assert all((line["status"], line["traceparent"]) == (200, TRACEPARENT) for line in lines)


def test_an_answer_belongs_to_the_trace_of_its_request(server, fraud):
    headers = {"traceparent": TRACEPARENT}
    assert requests.post(server.url, json=fraud, headers=headers).headers["traceparent"] == (
        TRACEPARENT
    )
    assert requests.post(server.url, "{", headers=headers).headers["traceparent"] == TRACEPARENT
    assert "traceparent" not in requests.post(server.url, json=fraud).headers


@pytest.mark.parametrize("invalid", ["00-1-2-03", f"ff{TRACEPARENT[2:]}", "", "00-" + "0" * 50])
def test_a_traceparent_that_is_none_is_left_out(server, fraud, invalid):
    response = requests.post(server.url, json=fraud, headers={"traceparent": invalid})
    assert response.ok
    assert "traceparent" not in response.headers


def test_an_event_keeps_its_trace_or_gets_that_of_its_delivery(server, fraud):
    delivered = {**EVENT, "traceparent": TRACEPARENT}
    assert requests.post(server.url, json=fraud, headers=delivered).headers["ce-traceparent"] == (
        TRACEPARENT
    )
    own = {**delivered, "ce-traceparent": "00-1-2-03"}
    assert requests.post(server.url, json=fraud, headers=own).headers["ce-traceparent"] == (
        "00-1-2-03"
    )


@contextmanager
def collector():
    """A server that takes spans as an OpenTelemetry collector does."""
    requests_seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            requests_seen.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests_seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_requests_are_exported_as_spans_of_their_traces(fraud):
    with collector() as (url, seen):
        with running_server(OTEL_EXPORTER_OTLP_ENDPOINT=url) as server:
            response = requests.post(
                server.url, json=fraud, headers={"traceparent": TRACEPARENT}, timeout=10
            )
            assert server.stop() == 0
        path, exported = seen[-1]
    assert path == "/v1/traces"
    spans = [
        span
        for resource in exported.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == TRACE
    ]
    (span,) = spans
    assert span.parent_span_id.hex() == TRACEPARENT.split("-")[2]
    assert response.headers["traceparent"] == f"00-{TRACE}-{span.span_id.hex()}-01"
    attributes = {each.key: each.value for each in span.attributes}
    assert attributes["http.response.status_code"].int_value == 200
    assert attributes["fraud.protocol"].string_value == "json"
    assert not {key for key in attributes if key.startswith(("V", "Amount"))}


def test_nothing_is_loaded_for_what_is_not_used():
    program = "import sys, function.server, function.main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "starlette" in loaded
    assert not {"opentelemetry", "google.protobuf", "prometheus_client", "numpy"} & loaded
