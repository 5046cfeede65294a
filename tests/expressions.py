"""The PromQL of the alerts and of the dashboard, and what it asks of metrics that there are."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
import yaml
from promql_parser import AggregateExpr, MatchOp, VectorSelector

from tests.manifests import MANIFESTS

MONITORING = MANIFESTS / "monitoring"
VARIABLES = {
    "$__rate_interval": "5m",
    "$namespace": "default",
    "$revision": ".*",
    "$protocol": ".*",
}
"""What Grafana puts in, by what stands for it."""

Metrics = Mapping[str, Mapping[str, set[str]]]
"""Values that were seen, by label, by a metric's name; none where any may come."""

OF_THE_TARGET: Mapping[str, set[str]] = {
    label: set() for label in ("namespace", "pod", "container", "revision")
}
"""Prometheus' operator and our PodMonitor give these to every metric."""


OF_THE_QUEUE_PROXY = {
    "revision_app_request_count": {"service_name": {"fraud"}, "response_code_class": {"5xx"}},
    "kn_serving_invocation_duration_seconds_count": {"http_response_status_code": {"503"}},
}
"""serving, pkg/queue/request_metric.go, of releases before 1.19 and since; tests/cluster looks
whether the cluster's own has one of them."""


def rule_groups() -> dict[str, Any]:
    """Return the rules as Prometheus itself reads them."""
    return yaml.safe_load((MONITORING / "rules.yaml").read_text())["spec"]


def rules() -> list[dict[str, Any]]:
    return [rule for group in rule_groups()["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    return json.loads((MONITORING / "fraud.json").read_text())


def of_the_dashboard() -> Iterator[tuple[str, str]]:
    """Yield where each expression stands, and itself as Grafana sends it."""
    board = dashboard()
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], sent(target["expr"])
    for variable in board["templating"]["list"]:
        if found := re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", "")):
            yield f"variable {variable['name']}", sent(f"count by ({found[2]}) ({found[1]})")


def sent(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def expressions() -> list[tuple[str, str]]:
    """Return all, with where each stands."""
    of_the_rules = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]
    return [*of_the_rules, *of_the_dashboard()]


def selectors_in(expression: promql_parser.Expr) -> list[VectorSelector]:
    found: list[VectorSelector] = []
    _walk(expression, VectorSelector, found)
    return found


def _walk(expression: promql_parser.Expr, kind: type, found: list) -> None:
    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, kind):
            found.append(node)

    promql_parser.walk(expression, visit)


def faults(text: str, metrics: Metrics) -> list[str]:
    """Say which metrics, labels and values an expression names that there are not."""
    expression = promql_parser.parse(text)
    found = [fault for each in selectors_in(expression) for fault in _of_selector(each, metrics)]
    aggregates: list[AggregateExpr] = []
    _walk(expression, AggregateExpr, aggregates)
    for each in aggregates:
        known = set(OF_THE_TARGET).union(
            *(metrics.get(selector.name, {}) for selector in selectors_in(each.expr))
        )
        wanted = set(each.modifier.labels) if each.modifier else set()
        found += [f"no label {label} to aggregate by" for label in sorted(wanted - known)]
    return found


def _of_selector(selector: VectorSelector, metrics: Metrics) -> Iterator[str]:
    if selector.name not in metrics:
        yield f"no metric {selector.name}"
        return
    labels = {**OF_THE_TARGET, **metrics[selector.name]}
    for matcher in selector.matchers.matchers:
        if matcher.name not in labels:
            yield f"{selector.name} has no label {matcher.name}"
        elif labels[matcher.name] and not _matches_any(matcher, labels[matcher.name]):
            yield f"no {selector.name} is of {matcher.name} {matcher.value}"


def _matches_any(matcher: promql_parser.Matcher, values: set[str]) -> bool:
    if matcher.op in (MatchOp.Re, MatchOp.NotRe):
        hits = {value for value in values if re.fullmatch(matcher.value, value)}
    else:
        hits = values & {matcher.value}
    return bool(hits)
