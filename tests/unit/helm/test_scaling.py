"""Autoscalers: quick to come, slow to leave, and sane while Prometheus is away."""

from __future__ import annotations

import re

import pytest

from tests.unit.helm.chart import SETS, Release, release


@pytest.fixture(params=[name for name in SETS if release(name).of("ScaledObject", "HorizontalPodAutoscaler")])
def made(request: pytest.FixtureRequest) -> Release:
    return release(request.param)


def test_pods_leave_slowly_and_one_at_a_time(made: Release) -> None:
    behaviors = [one["spec"]["behavior"] for one in made.of("HorizontalPodAutoscaler")]
    behaviors += [
        one["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] for one in made.of("ScaledObject")
    ]
    for behavior in behaviors:
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 300
        assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 120}]
        assert behavior["scaleUp"]["stabilizationWindowSeconds"] <= 60


def test_without_prometheus_there_are_enough(made: Release) -> None:
    for scaled in made.of("ScaledObject"):
        spec = scaled["spec"]
        assert spec["minReplicaCount"] <= spec["fallback"]["replicas"] <= spec["maxReplicaCount"]
        for trigger in spec["triggers"]:
            # The only kind that every KEDA falls back for; and no data is an error, not a zero.
            assert trigger["metricType"] == "AverageValue"
            assert trigger["metadata"]["ignoreNullValues"] == "false"
            assert float(trigger["metadata"]["threshold"]) > 0


def queries(name: str, target: str) -> list[str]:
    scaled = release(name).one("ScaledObject", target)
    return [trigger["metadata"]["query"] for trigger in scaled["spec"]["triggers"]]


def test_workers_follow_jobs_and_the_age_of_the_queue() -> None:
    assert queries("worker-autoscaling", "wegen-worker") == [
        'sum(max by (state) (wegen_gateway_jobs{namespace="pictures",state=~"queued|running"}))',
        'max(wegen_gateway_queue_age_seconds{namespace="pictures",priority="interactive"})',
    ]


def test_a_pool_follows_the_slots_of_its_own_models() -> None:
    (chat,) = queries("production", "wegen-triton-chat")
    assert 'model="llama_feature_generator"' in chat
    assert 'cluster="a"' in chat
    pictures, age = queries("production", "wegen-triton-pictures")
    assert 'model="sdxl_denoiser"' in pictures
    assert "queue_age" in age


def test_a_pools_pods_are_told_from_those_of_a_pool_of_a_longer_name() -> None:
    (query, *_) = queries("triton-autoscaling", "wegen-triton-main")
    pattern = re.search(r'pod=~"([^"]+)"', query)
    assert pattern
    assert re.fullmatch(pattern[1], "wegen-triton-main-6d4cf56db6-x7k2p")
    assert not re.fullmatch(pattern[1], "wegen-triton-main-b-6d4cf56db6-x7k2p")


def test_a_pool_that_is_not_scaled_keeps_its_number() -> None:
    made = release("several-pools")
    assert [one["metadata"]["name"] for one in made.of("ScaledObject")] == ["wegen-triton-spot"]
    assert made.one("Deployment", "wegen-triton-steady")["spec"]["replicas"] == 2


def test_gateways_follow_cpu_and_streams() -> None:
    cpu, streams = release("production").one("HorizontalPodAutoscaler", "wegen-gateway")["spec"]["metrics"]
    assert cpu["resource"]["name"] == "cpu"
    assert streams["pods"]["metric"]["name"] == "wegen_gateway_active_chats"
    assert len(release("gateway-autoscaling").one("HorizontalPodAutoscaler", "wegen-gateway")["spec"]["metrics"]) == 1
