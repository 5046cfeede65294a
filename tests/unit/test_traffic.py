"""Splits of the traffic: which are accepted, and what is written for them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knative.deploy import with_pinned_traffic
from knative.errors import RevisionError, SplitError
from knative.objects import Condition, Metadata, Revision, Service, ServiceSpec, Status
from knative.objects import TrafficTarget as Target
from knative.traffic import check, rows_of, split_of, targets_of


def service(*traffic, routed=(), latest="fraud-00001"):
    return Service(
        Metadata("fraud", generation=3, resource_version="77"),
        ServiceSpec(traffic),
        Status(observed_generation=3, latest_ready_revision_name=latest, traffic=routed),
    )


def revision(name, ready="True", pods=1):
    status = Status(
        conditions=(Condition("Ready", ready, "Why", "Because."),), actual_replicas=pods
    )
    return Revision(Metadata(name), status=status)


def test_a_split_is_read_in_the_order_of_the_command_line():
    assert list(split_of(["b=20", "a=80", "c=0"]).items()) == [("b", 20), ("a", 80), ("c", 0)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a"], '"a" is not REVISION=PERCENT'),
        (["=100"], "is not REVISION=PERCENT"),
        (["a="], "is not REVISION=PERCENT"),
        (["a=1.5", "b=98.5"], "is not REVISION=PERCENT"),
        (["a=-1", "b=101"], "is not REVISION=PERCENT"),
        (["a=101"], "is not REVISION=PERCENT"),
        (["a=\u0661"], "is not REVISION=PERCENT"),
        (["a=50", "a=50"], "Revision a is named twice"),
        (["a=50", "b=40"], "add up to 90"),
    ],
)
def test_what_is_no_split_is_refused_with_the_reason(words, reason):
    with pytest.raises(SplitError, match=reason):
        split_of(words)


@given(st.lists(st.text(max_size=8), max_size=4))
def test_whatever_is_typed_makes_a_hundred_percent_or_is_refused(words):
    try:
        total = sum(split_of(words).values())
    except SplitError:
        total = 100
    assert total == 100


def test_a_revision_that_is_not_there_is_told_those_that_are():
    with pytest.raises(RevisionError, match="There is no revision b; there are: a"):
        check({"b": 100}, {"a": revision("a")})


def test_a_revision_that_is_not_ready_is_told_why():
    with pytest.raises(RevisionError, match=r"Revision a is not ready\. Why: Because\."):
        check({"a": 100}, {"a": revision("a", ready="False")})


def test_a_revision_that_gets_nothing_need_not_be_ready():
    check({"a": 0, "b": 100}, {"a": revision("a", ready="False"), "b": revision("b")})


def test_a_split_is_pinned_by_name_and_keeps_the_tags_of_others():
    before = service(
        Target(latest_revision=True, percent=100),
        Target("fraud-00001", tag="old"),
        Target(latest_revision=True, tag="newest"),
        Target("fraud-00002", percent=0, tag="warm-fraud-00002"),
    )
    assert targets_of(before, {"fraud-00001": 80, "fraud-00002": 20, "fraud-00003": 0}) == [
        Target("fraud-00001", percent=80),
        Target("fraud-00002", percent=20),
        Target("fraud-00001", percent=0, tag="old"),
        Target(latest_revision=True, percent=0, tag="newest"),
    ]


def test_a_share_of_the_latest_revision_is_pinned_when_another_is_deployed():
    manifest = {"metadata": {"name": "fraud"}, "spec": {"template": {}}}
    before = service(
        Target(latest_revision=True, percent=90),
        Target("fraud-00000", percent=10),
        Target(latest_revision=True, tag="newest"),
    )
    pinned = with_pinned_traffic(manifest, before)
    assert pinned["metadata"] == {"name": "fraud", "resourceVersion": "77"}
    assert pinned["spec"]["traffic"] == [
        {"revisionName": "fraud-00001", "percent": 90},
        {"revisionName": "fraud-00000", "percent": 10},
        {"latestRevision": True, "tag": "newest"},
    ]
    assert manifest == {"metadata": {"name": "fraud"}, "spec": {"template": {}}}


def test_the_first_revision_that_becomes_ready_gets_the_traffic_where_none_ever_was():
    before = service(Target(latest_revision=True, percent=100), latest=None)
    pinned = with_pinned_traffic({"metadata": {}, "spec": {}}, before)
    assert pinned["spec"]["traffic"] == [{"latestRevision": True, "percent": 100}]


def test_the_table_shows_what_is_routed_and_not_what_was_asked_for():
    routed = (
        Target("fraud-00001", percent=60),
        Target("fraud-00001", percent=20),
        Target("fraud-00002", percent=20, tag="preview", url="http://preview"),
    )
    rows = rows_of(
        service(Target("fraud-00002", percent=100), routed=routed),
        [revision("fraud-00001"), revision("fraud-00002", ready="Unknown", pods=0)],
    )
    assert [msgspec.structs.astuple(row)[:5] for row in rows] == [
        ("fraud-00001", 80, [], "True", 1),
        ("fraud-00002", 20, ["preview"], "Unknown", 0),
    ]
