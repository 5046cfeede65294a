"""The alerts and the dashboard: what they ask for is what the real function gives."""

import json
import shutil
import subprocess
from collections import defaultdict

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.expressions import (
    MONITORING,
    OF_THE_QUEUE_PROXY,
    dashboard,
    expressions,
    faults,
    rule_groups,
    rules,
)
from tests.manifests import PROJECT, memory_limit_in_production
from tests.server import running_server

CASES = PROJECT / "tests" / "monitoring" / "rules.yaml"

RECORDED = {rule["record"]: {} for rule in rules() if "record" in rule}

TYPES = ("application/json", "application/x-ndjson", "text/csv")


@pytest.fixture(scope="module")
def metrics(fraud):
    """Every metric, with its labels and their values, that a function gives after some requests."""
    with running_server() as server:
        for media_type in TYPES:
            requests.post(server.url, json=fraud, headers={"content-type": media_type}, timeout=20)
        found = defaultdict(lambda: defaultdict(set))
        for family in text_string_to_metric_families(requests.get(f"{server.url}/metrics").text):
            for sample in family.samples:
                for label, value in sample.labels.items():
                    found[sample.name][label].add(value)
                found[sample.name].update({})
        return {**found, **OF_THE_QUEUE_PROXY, **RECORDED}


@pytest.mark.parametrize(("place", "expression"), expressions())
def test_an_expression_names_only_metrics_and_labels_that_there_are(place, expression, metrics):
    assert faults(expression, metrics) == [], place


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("fraud_decision_total", "no metric fraud_decision_total"),
        ('rate(fraud_decisions_total{result="fraud"}[5m])', "has no label result"),
        ('fraud_drift{status="drift"}', "no fraud_drift is of status drift"),
        ('fraud_drift{status=~"drift|stabel"}', "no fraud_drift is of status"),
        ("sum by (features) (fraud_feature_psi)", "no label features to aggregate by"),
    ],
)
def test_an_expression_that_names_what_there_is_not_is_found(expression, fault, metrics):
    (found,) = faults(expression, metrics)
    assert fault in found


def test_every_alert_has_a_severity_and_says_what_to_do():
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len(alerts) >= 7
    for alert in alerts:
        assert alert["labels"]["severity"] in {"warning", "critical"}
        assert set(alert["annotations"]) == {"summary", "description"}


def test_the_alert_on_memory_comes_before_the_limit_of_production():
    (alert,) = (rule["expr"] for rule in rules() if rule.get("alert") == "FraudMemory")
    mebibytes = int(alert.rpartition("> ")[2].split(" ")[0])
    assert 0.7 < mebibytes / memory_limit_in_production() < 0.9


def test_no_two_panels_of_the_dashboard_share_an_id_or_a_place():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (column, row)
        for panel in panels
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) < 24


def promtool(*arguments, folder) -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool, which comes with Prometheus, is not installed")
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_rules_and_every_expression_of_the_dashboard(tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rule_groups()))
    asked = [
        {"record": f"panel:expression:{number}", "expr": expression}
        for number, (_, expression) in enumerate(expressions())
    ]
    dashboard_file = {"groups": [{"name": "dashboard", "rules": asked}]}
    (tmp_path / "dashboard.yaml").write_text(yaml.safe_dump(dashboard_file))
    said = promtool("check", "rules", "rules.yaml", "dashboard.yaml", folder=tmp_path)
    assert f"{len(rules())} rules found" in said
    assert f"{len(asked)} rules found" in said


def test_promtool_finds_each_alert_to_fire_when_it_should_and_not_before(tmp_path):
    """Without the descriptions, which are the same each time."""
    groups = rule_groups()
    for group in groups["groups"]:
        for rule in group["rules"]:
            rule.get("annotations", {}).pop("description", None)
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(groups))
    shutil.copy(CASES, tmp_path / "cases.yaml")
    promtool("test", "rules", "cases.yaml", folder=tmp_path)


def test_there_is_a_case_for_each_alert_that_fires_and_one_that_does_not():
    tests = [test for each in yaml.safe_load(CASES.read_text())["tests"] for test in
             each["alert_rule_test"]]  # fmt: skip
    for rule in rules():
        if name := rule.get("alert"):
            cases = [bool(test["exp_alerts"]) for test in tests if test["alertname"] == name]
            assert {True, False} == set(cases), name


def test_the_dashboard_is_one_that_grafana_finds_by_its_data_source_and_uid():
    board = dashboard()
    assert json.loads((MONITORING / "fraud.json").read_text())["uid"] == "fraud-scoring"
    sources = {panel["datasource"]["uid"] for panel in board["panels"] if "targets" in panel}
    assert sources == {"${datasource}"}
