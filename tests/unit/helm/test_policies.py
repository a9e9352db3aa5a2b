"""What an operator would send a chart back for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.helm.chart import SETS, Manifest, Release, number, release

# It has no port; a hang of its own costs nothing but its help.
WITHOUT_PROBES = {"watch"}
OURS = ("wegen-gateway", "wegen-worker", "wegen-triton", "wegen-export")


def matches(selector: dict[str, str], pod: Manifest) -> bool:
    return bool(selector.items() <= pod["metadata"]["labels"].items())


def seconds(probe: dict[str, Any]) -> int:
    return int(probe["periodSeconds"] * probe["failureThreshold"])


def servers(made: Release) -> list[tuple[str, Manifest, Manifest]]:
    """Every container that runs for good: its owner's name, its pod, itself."""
    return [
        (owner["metadata"]["name"], owner["spec"]["template"], container)
        for owner in made.of("Deployment", "StatefulSet")
        for container in owner["spec"]["template"]["spec"]["containers"]
    ]


@pytest.fixture(params=SETS)
def made(request: pytest.FixtureRequest) -> Release:
    return release(request.param)


def test_every_server_has_all_three_probes(made: Release) -> None:
    for name, _, container in servers(made):
        if container["name"] not in WITHOUT_PROBES:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), name


def test_being_alive_has_nothing_to_do_with_being_ready(made: Release) -> None:
    for name, _, container in servers(made):
        if container["name"] not in WITHOUT_PROBES:
            asked = [
                {key: container[probe].get(key) for key in ("exec", "grpc", "httpGet", "tcpSocket")}
                for probe in ("livenessProbe", "readinessProbe")
            ]
            assert asked[0] != asked[1], name
            assert seconds(container["livenessProbe"]) >= 60, name


def test_engines_have_half_an_hour_to_load(made: Release) -> None:
    for owner in made.of("Deployment"):
        container = owner["spec"]["template"]["spec"]["containers"][0]
        if container["name"] == "triton":
            assert seconds(container["startupProbe"]) >= 1800


def test_a_rollout_that_waits_for_engines_has_not_failed(made: Release) -> None:
    builds = sum(
        one["spec"]["activeDeadlineSeconds"]
        for one in made.of("Job")
        if one["metadata"]["labels"]["app.kubernetes.io/component"] in {"engines", "models"}
    )
    for owner in made.of("Deployment"):
        assert owner["spec"]["progressDeadlineSeconds"] > 1800 + builds, owner["metadata"]["name"]


def test_every_container_says_what_it_needs(made: Release) -> None:
    for name, container in made.containers():
        resources = container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), name
        assert number(resources["requests"]["memory"]) <= number(resources["limits"]["memory"]), name


def test_every_pod_is_restricted(made: Release) -> None:
    for name, pod in made.pods():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        assert all("hostPath" not in volume for volume in spec.get("volumes", ())), name


def test_every_container_is_restricted(made: Release) -> None:
    for name, container in made.containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }, name


def test_every_mount_has_its_volume(made: Release) -> None:
    for owner in made.of("Deployment", "StatefulSet", "Job"):
        spec = owner["spec"]["template"]["spec"]
        volumes = {volume["name"] for volume in spec.get("volumes", ())}
        volumes |= {claim["metadata"]["name"] for claim in owner["spec"].get("volumeClaimTemplates", ())}
        mounted = {
            mount["name"]
            for container in (*spec.get("initContainers", ()), *spec["containers"])
            for mount in container.get("volumeMounts", ())
        }
        assert mounted == volumes, owner["metadata"]["name"]


def test_what_writes_has_somewhere_to(made: Release) -> None:
    for name, _, container in servers(made):
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}, name


def test_images_are_pinned(made: Release) -> None:
    for name, container in made.containers():
        found = re.fullmatch(
            r"(?P<repository>.+?):(?P<tag>[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?", container["image"]
        )
        assert found, f"{name}: {container['image']}"
        assert found["tag"] != "latest", name
        # Our own images are built by whoever runs them: their digests are not ours to know.
        assert found["digest"] or found["repository"].endswith(OURS), name


def test_a_disruption_leaves_somebody(made: Release) -> None:
    budgets = made.of("PodDisruptionBudget")
    for owner in made.of("Deployment"):
        pod = owner["spec"]["template"]
        found = [one for one in budgets if matches(one["spec"]["selector"]["matchLabels"], pod)]
        assert len(found) == 1, owner["metadata"]["name"]
        assert found[0]["spec"]["maxUnavailable"] == 1
    assert len(budgets) == len(made.of("Deployment"))


def test_owners_select_their_own_pods_alone(made: Release) -> None:
    owners = made.of("Deployment", "StatefulSet")
    for owner in owners:
        selector = owner["spec"]["selector"]["matchLabels"]
        assert [one["metadata"]["name"] for one in owners if matches(selector, one["spec"]["template"])] == [
            owner["metadata"]["name"]
        ]


def test_services_reach_pods_and_their_ports(made: Release) -> None:
    for service in made.of("Service"):
        pods = [pod for _, pod in made.pods() if matches(service["spec"]["selector"], pod)]
        assert pods, service["metadata"]["name"]
        for pod in pods:
            ports = {
                port["name"]: port["containerPort"]
                for container in pod["spec"]["containers"]
                for port in container.get("ports", ())
            }
            for port in service["spec"]["ports"]:
                assert port["targetPort"] in ports, service["metadata"]["name"]


def test_monitors_find_what_they_scrape(made: Release) -> None:
    for monitor in made.of("PodMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"]
        pods = [pod for _, pod in made.pods() if matches(selector, pod)]
        assert pods
        for pod in pods:
            names = [port["name"] for one in pod["spec"]["containers"] for port in one.get("ports", ())]
            assert names.count("metrics") == 1
    for monitor in made.of("ServiceMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"]
        services = [one for one in made.of("Service") if selector.items() <= one["metadata"]["labels"].items()]
        assert len(services) == 1
        assert services[0]["spec"]["ports"][0]["name"] == monitor["spec"]["endpoints"][0]["port"]


def test_an_autoscaler_owns_the_number_of_pods(made: Release) -> None:
    scaled = {scaler["spec"]["scaleTargetRef"]["name"] for scaler in made.of("HorizontalPodAutoscaler", "ScaledObject")}
    for deployment in made.of("Deployment"):
        assert ("replicas" in deployment["spec"]) == (deployment["metadata"]["name"] not in scaled)
    assert scaled <= {deployment["metadata"]["name"] for deployment in made.of("Deployment")}


def test_pods_get_the_time_their_drain_takes(made: Release) -> None:
    for name, pod, container in servers(made):
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        hook = int(container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["", "0"])[-1])
        if container["name"] in {"gateway", "worker"}:
            config = made.one("ConfigMap", name)["data"]
            own = config["WEGEN_GATEWAY_GRACE" if container["name"] == "gateway" else "WEGEN_WORKER_GRACE_S"]
            assert grace >= hook + float(own) + 15, name
        if container["name"] == "triton":
            own = next(one for one in container["args"] if one.startswith("--exit-seconds")).split("=")[1]
            assert grace >= hook + float(own) + 15, name


def test_triton_has_shared_memory_within_its_limit(made: Release) -> None:
    for name, pod, container in servers(made):
        if container["name"] == "triton":
            mount = next(one for one in container["volumeMounts"] if one["mountPath"] == "/dev/shm")
            volume = next(one for one in pod["spec"]["volumes"] if one["name"] == mount["name"])["emptyDir"]
            assert volume["medium"] == "Memory", name
            assert 128 * 2**20 < number(volume["sizeLimit"]) < number(container["resources"]["limits"]["memory"]), name


def test_pods_keep_apart(made: Release) -> None:
    for owner in made.of("Deployment"):
        spec = owner["spec"]["template"]["spec"]
        assert spec["affinity"], owner["metadata"]["name"]
        for constraint in spec.get("topologySpreadConstraints", ()):
            assert matches(constraint["labelSelector"]["matchLabels"], owner["spec"]["template"])
