"""Every manifest of every set of values is one that clusters take."""

from __future__ import annotations

import json

import helm_python
import pytest

from deploy.chart.values import CHART
from tests.unit.helm.chart import SETS, release, values_of
from tests.unit.helm.kubernetes import VERSIONS, UnknownKindError, problems


def test_there_are_sets_for_all_that_matters() -> None:
    assert len(SETS) >= 12
    assert {"defaults", "trial", "production", "external-services", "air-gapped", "mig"} <= set(SETS)


@pytest.mark.parametrize("name", SETS)
def test_helm_finds_nothing_to_say(name: str) -> None:
    report = helm_python.lint(CHART, dict(values_of(name)), strict=True, namespace="pictures", kube_version="v1.29.0")
    found = [one for one in report["messages"] if "icon is recommended" not in one["error"]]
    assert (found, report["errors"]) == ([], [])


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(version: str) -> None:
    # The same manifest comes from many sets: each is looked at once.
    distinct = {json.dumps(manifest, sort_keys=True): name for name in SETS for manifest in release(name).manifests}
    found = {}
    for text, name in distinct.items():
        manifest = json.loads(text)
        if wrong := problems(manifest, version):
            found[f"{name}: {manifest['kind']}/{manifest['metadata']['name']}"] = wrong
    assert found == {}


def test_the_newest_and_the_oldest_supported_kubernetes_are_among_them() -> None:
    assert VERSIONS[0].startswith("1.29")
    assert VERSIONS[-1].startswith("1.37")


def test_a_wrong_field_and_an_unknown_kind_are_found() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"port": []}}
    assert problems(service, VERSIONS[-1])
    monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"name": "a"}, "spec": {}}
    assert problems(monitor, VERSIONS[-1])
    with pytest.raises(UnknownKindError):
        problems({"apiVersion": "example.com/v1", "kind": "Thing"}, VERSIONS[-1])


@pytest.mark.parametrize("name", SETS)
def test_no_two_manifests_are_one(name: str) -> None:
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in release(name).manifests]
    assert len(names) == len(set(names))


def test_the_sets_reach_every_template() -> None:
    kinds = {manifest["kind"] for name in SETS for manifest in release(name).manifests}
    assert kinds >= {
        "ScaledObject",
        "HorizontalPodAutoscaler",
        "PodMonitor",
        "ServiceMonitor",
        "GRPCRoute",
        "Certificate",
    }
