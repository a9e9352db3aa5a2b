"""Values that contradict each other end the render with one sentence that names them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.helm.chart import Refused, render, values_of

CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "both Redis": (
        "defaults",
        {"redis": {"external": {"secretName": "a"}}},
        "redis.inChart.enabled and redis.external.secretName are both set",
    ),
    "no Redis": (
        "defaults",
        {"redis": {"inChart": {"enabled": False}}},
        "redis.external.secretName is empty and redis.inChart.enabled is off",
    ),
    "both databases": (
        "defaults",
        {"postgresql": {"external": {"secretName": "a"}}},
        "postgresql.inChart.enabled and postgresql.external.secretName are both set",
    ),
    "no database": (
        "external-services",
        {"postgresql": {"external": {"secretName": ""}}},
        "postgresql.external.secretName is empty",
    ),
    "both S3": (
        "defaults",
        {"objectStore": {"external": {"secretName": "a", "endpoint": "b"}}},
        "objectStore.inChart.enabled and objectStore.external.secretName are both set",
    ),
    "an S3 without its keys": (
        "external-services",
        {"objectStore": {"external": {"secretName": ""}}},
        "objectStore.external.secretName is empty",
    ),
    "an endpoint beside the chart's S3": (
        "defaults",
        {"objectStore": {"external": {"endpoint": "s3.example.com"}}},
        "objectStore.external.endpoint is set, but objectStore.external.secretName is empty",
    ),
    "keys of an S3 that is nowhere": (
        "external-services",
        {"objectStore": {"external": {"endpoint": ""}}},
        "objectStore.external.endpoint is empty",
    ),
    "a hook before the chart's database": (
        "defaults",
        {"migrations": {"hook": True}},
        "migrations.hook is set, but postgresql.inChart.enabled is too",
    ),
    "gateways by two": (
        "gateway-autoscaling",
        {"gateway": {"replicas": 3}},
        "gateway.replicas is set, but gateway.autoscaling.enabled is too",
    ),
    "workers by two": (
        "worker-autoscaling",
        {"worker": {"replicas": 0}},
        "worker.replicas is set, but worker.autoscaling.enabled is too",
    ),
    "a pool by two": (
        "triton-autoscaling",
        {"triton": {"pools": {"main": {"replicas": 2}}}},
        "triton.pools.main.replicas is set, but triton.pools.main.autoscaling.enabled is too",
    ),
    "fewest above most": (
        "gateway-autoscaling",
        {"gateway": {"autoscaling": {"minReplicas": 20}}},
        "gateway.autoscaling.minReplicas is greater than its maxReplicas",
    ),
    "too few to fall back on": (
        "worker-autoscaling",
        {"worker": {"autoscaling": {"minReplicas": 5}}},
        "worker.autoscaling.fallbackReplicas is not between its minReplicas and its maxReplicas",
    ),
    "KEDA without Prometheus": ("worker-autoscaling", {"keda": {"prometheusURL": ""}}, "keda.prometheusURL is empty"),
    "a GPU for the CPU": (
        "defaults",
        {"triton": {"pools": {"main": {"gpu": {"count": 1}}}}},
        "triton.pools.main.gpu.count is 1, but its runtime is cpu",
    ),
    "plans without a GPU": (
        "mig",
        {"triton": {"pools": {"chat": {"gpu": {"count": 0}}}}},
        "triton.pools.chat.gpu.count is 0, but its runtime is tensorrt",
    ),
    "nobody paints": (
        "defaults",
        {"triton": {"pools": {"main": {"serves": ["chat"]}}}},
        "triton.pools: no pool serves pictures",
    ),
    "jobs that fail while engines load": (
        "defaults",
        {"worker": {"settings": {"worker_retry_s": 60}}},
        "worker.settings.worker_retry_s is 60, less than the startupSeconds of triton.pools.main (1800)",
    ),
    "graphs for plans": (
        "engine-build",
        {"models": {"build": {"engines": "onnx"}}},
        "models.build.engines is onnx, but the runtime of triton.pools.main is tensorrt",
    ),
    "plans out of nothing": (
        "engine-build",
        {"models": {"build": {"checkpoint": {"claimName": ""}}}},
        "models.build.checkpoint.claimName is empty",
    ),
    "plans for no pool": (
        "engine-build",
        {"models": {"build": {"pool": "other"}}},
        "models.build.pool is other, which is no pool",
    ),
    "a claim without a name": ("model-claim", {"models": {"claim": {"name": ""}}}, "models.claim.name is empty"),
    "a claim beside a build": (
        "defaults",
        {"models": {"claim": {"name": "a"}}},
        "models.claim.name is set, but models.source is build",
    ),
    "a fetch from nowhere": ("model-fetch", {"models": {"fetch": {"location": ""}}}, "models.fetch.location is empty"),
    "a fetch beside a claim": (
        "model-claim",
        {"models": {"fetch": {"location": "s3://models/b"}}},
        "models.fetch.location is set, but models.source is claim",
    ),
    "two certificates": (
        "ingress-cert-manager",
        {"tls": {"secretName": "a"}},
        "tls.secretName and tls.certManager.enabled are both set",
    ),
    "an Ingress without a host": ("ingress-own-certificate", {"ingress": {"host": ""}}, "ingress.host is empty"),
    "an Ingress without TLS": (
        "ingress-own-certificate",
        {"tls": {"secretName": ""}},
        "ingress.enabled needs tls.secretName or tls.certManager.enabled",
    ),
    "a route to no Gateway": ("gateway-api", {"gatewayAPI": {"parentRefs": []}}, "gatewayAPI.parentRefs is empty"),
    "a certificate by nobody": (
        "gateway-api",
        {"tls": {"certManager": {"issuerName": ""}}},
        "tls.certManager.issuerName is empty",
    ),
    "a certificate for nobody": (
        "gateway-api",
        {"gatewayAPI": {"hostnames": []}},
        "neither ingress.host nor gatewayAPI.hostnames names a host",
    ),
    "an image without a digest": (
        "air-gapped",
        {"images": {"worker": {"digest": ""}}},
        "images.worker.digest is empty, but image.requireDigests is set",
    ),
    "scraped twice": (
        "service-monitors",
        {"monitoring": {"podMonitors": {"enabled": True}}},
        "monitoring.podMonitors.enabled and monitoring.serviceMonitors.enabled are both set",
    ),
}

MISSPELT: dict[str, tuple[dict[str, Any], str]] = {
    "a key": ({"gateway": {"replicaCount": 2}}, "replicaCount"),
    "a key of a pool": ({"triton": {"pools": {"main": {"modles": []}}}}, "modles"),
    "a setting": ({"worker": {"settings": {"worker_thread": 2}}}, "worker_thread"),
    "a setting of the other service": ({"gateway": {"settings": {"worker_threads": 2}}}, "worker_threads"),
    "a setting that the chart makes": ({"settings": {"database_url": "postgresql://a"}}, "database_url"),
    "a setting out of its range": ({"worker": {"settings": {"worker_threads": 0, "worker_retry_s": 2400}}}, "minimum"),
    "a type": ({"triton": {"defaults": {"sharedMemory": "much"}}}, "sharedMemory"),
    "a choice": ({"models": {"source": "s3"}}, "source"),
    "a digest": ({"images": {"gateway": {"digest": "latest"}}}, "digest"),
}


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(copy.deepcopy(below))
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


@pytest.mark.parametrize("case", CASES)
def test_a_contradiction_is_named_in_one_sentence(case: str) -> None:
    base, values, words = CASES[case]
    with pytest.raises(Refused) as caught:
        render(laid_over(values_of(base), values))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value).strip()


@pytest.mark.parametrize("case", MISSPELT)
def test_what_is_misspelt_is_named(case: str) -> None:
    values, words = MISSPELT[case]
    with pytest.raises(Refused, match=words):
        render(values)
