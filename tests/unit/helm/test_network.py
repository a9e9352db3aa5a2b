"""Who reaches whom: the arrows of ARCHITECTURE.md and no others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.helm.chart import Manifest, Release, release

ARROWS = {
    ("check", "gateway", 50051),
    ("gateway", "triton", 8001),
    ("worker", "triton", 8001),
    ("gateway", "redis", 6379),
    ("worker", "redis", 6379),
    ("gateway", "postgresql", 5432),
    ("worker", "postgresql", 5432),
    ("migrations", "postgresql", 5432),
    ("gateway", "s3", 7070),
    ("worker", "s3", 7070),
}


class Network:
    """Policies as a cluster applies them, between pods of the release."""

    def __init__(self, made: Release) -> None:
        self.pods = {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for _, pod in made.pods()}
        self._policies = [policy["spec"] for policy in made.of("NetworkPolicy")]

    def allows(self, source: str, target: str, port: int) -> bool:
        return self._passes(source, "egress", "to", target, port) and self._passes(
            target, "ingress", "from", source, port
        )

    def rules(self, component: str, direction: str) -> list[dict[str, Any]]:
        selecting = [one for one in self._policies if _selects(one["podSelector"], self.pods[component])]
        assert any(direction.capitalize() in one["policyTypes"] for one in selecting), component
        return [rule for one in selecting for rule in one.get(direction, ())]

    def _passes(self, own: str, direction: str, key: str, other: str, port: int) -> bool:
        return any(
            port in [one["port"] for one in rule["ports"]] and _peer(rule.get(key), self.pods[other])
            for rule in self.rules(own, direction)
        )


def _selects(selector: dict[str, Any], pod: Manifest) -> bool:
    return bool(selector["matchLabels"].items() <= pod["metadata"]["labels"].items())


def _peer(peers: list[dict[str, Any]] | None, pod: Manifest) -> bool:
    """No peers are all; a namespace elsewhere or an address is no pod of ours."""
    return peers is None or any("podSelector" in one and _selects(one["podSelector"], pod) for one in peers)


@pytest.fixture(scope="module")
def trial() -> Network:
    return Network(release("defaults"))


def test_only_the_arrows_lead_somewhere(trial: Network) -> None:
    ports = {8001, 8002, 6379, 5432, 7070, 50051, 9101, 9102}
    found = {
        (source, target, port)
        for source in trial.pods
        for target in trial.pods
        for port in ports
        if source != target and trial.allows(source, target, port)
    }
    assert found == ARROWS


@pytest.mark.parametrize("name", ["production", "model-fetch", "model-fetch-in-pods", "external-services"])
def test_policies_open_ports_that_are_there(name: str) -> None:
    network = Network(release(name))
    for component, pod in network.pods.items():
        listening = {port["containerPort"] for one in pod["spec"]["containers"] for port in one.get("ports", ())}
        opened = {port["port"] for rule in network.rules(component, "ingress") for port in rule["ports"]}
        assert opened == listening, component


def test_what_is_outside_is_reached_by_its_address_and_port() -> None:
    rules = Network(release("production")).rules("worker", "egress")
    outside = {
        (port["port"], peer["ipBlock"]["cidr"])
        for rule in rules
        for port in rule["ports"]
        for peer in rule.get("to", ())
        if "ipBlock" in peer
    }
    assert outside == {(5432, "10.20.0.11/32"), (5432, "10.20.0.12/32"), (6379, "10.20.0.10/32")}


def test_webhooks_do_not_go_inside() -> None:
    rules = Network(release("production")).rules("gateway", "egress")
    blocks = [peer["ipBlock"] for rule in rules for peer in rule.get("to", ()) if "ipBlock" in peer]
    (webhooks,) = [block for block in blocks if block["cidr"] == "0.0.0.0/0"]
    assert "10.0.0.0/8" in webhooks["except"]
    without = Network(release("defaults")).rules("gateway", "egress")
    assert all("ipBlock" not in peer for rule in without for peer in rule.get("to", ()))


def test_nobody_is_without_a_policy_and_all_ask_for_names(trial: Network) -> None:
    for component in trial.pods:
        names = [rule for rule in trial.rules(component, "egress") if {"protocol": "UDP", "port": 53} in rule["ports"]]
        assert names, component


def test_metrics_are_scraped_from_where_prometheus_is(trial: Network) -> None:
    for component, port in (("gateway", 9101), ("worker", 9102), ("triton", 8002)):
        (rule,) = [one for one in trial.rules(component, "ingress") if port in [each["port"] for each in one["ports"]]]
        assert rule["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
