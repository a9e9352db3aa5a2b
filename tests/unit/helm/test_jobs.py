"""Jobs that upgrades repeat, change, or leave alone; and the claims they fill."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from export.command import app
from tests.unit.helm.chart import Manifest, Release, release, render, values_of
from tests.unit.helm.test_contradictions import laid_over


def job(made: Release, component: str) -> Manifest:
    (found,) = [one for one in made.of("Job") if one["metadata"]["labels"]["app.kubernetes.io/component"] == component]
    return found


def with_(base: str, values: dict[str, Any]) -> Release:
    return render(laid_over(values_of(base), values))


def name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def claim(made: Release) -> str:
    (found,) = made.of("PersistentVolumeClaim")
    return name(found)


def test_the_same_values_make_the_same_jobs() -> None:
    first, second = render(values_of("engine-build")), render(values_of("engine-build"))
    assert [name(one) for one in first.of("Job")] == [name(one) for one in second.of("Job")]


def test_another_image_is_another_migration() -> None:
    before = job(release("defaults"), "migrations")
    after = job(with_("defaults", {"images": {"gateway": {"tag": "0.2.0"}}}), "migrations")
    assert name(before) != name(after)


def test_an_ordinary_migration_is_no_hook_and_a_hook_needs_nothing_of_the_release() -> None:
    assert "annotations" not in job(release("defaults"), "migrations")["metadata"]
    hook = job(release("production"), "migrations")
    assert hook["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    spec = hook["spec"]["template"]["spec"]
    assert not {"serviceAccountName", "priorityClassName"} & spec.keys()
    assert all("envFrom" not in container for container in spec["containers"])


def test_a_claim_is_another_for_another_model_only() -> None:
    build = release("engine-build")
    others: tuple[dict[str, Any], ...] = (
        {"models": {"build": {"precision": "fp16"}}},
        {"models": {"build": {"hardware": "ampere-plus"}}},
        {"models": {"revision": "b"}},
        {"images": {"export": {"tag": "0.2.0"}}},
    )
    for values in others:
        assert claim(with_("engine-build", values)) != claim(build)
    same: tuple[dict[str, Any], ...] = (
        {"models": {"deadlineSeconds": 3600}},
        {"models": {"storage": {"size": "200Gi"}}},
        {"gateway": {"replicas": 5}},
    )
    for values in same:
        assert claim(with_("engine-build", values)) == claim(build)
    fetch = release("model-fetch")
    assert claim(with_("model-fetch", {"models": {"revision": "b"}})) != claim(fetch)
    assert claim(with_("model-fetch", {"models": {"fetch": {"threads": 9}}})) == claim(fetch)


def test_a_claim_outlives_its_release() -> None:
    (kept,) = release("engine-build").of("PersistentVolumeClaim")
    assert kept["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    (gone,) = release("plain").of("PersistentVolumeClaim")
    assert "annotations" not in gone["metadata"]


def test_plans_are_built_where_they_are_served() -> None:
    made = release("engine-build")
    builder = job(made, "engines")["spec"]["template"]["spec"]
    server = made.one("Deployment", "wegen-triton-main")["spec"]["template"]["spec"]
    for key in ("nodeSelector", "tolerations", "runtimeClassName"):
        assert builder[key] == server[key]
    assert builder["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert server["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_pods_wait_for_the_file_that_is_written_last() -> None:
    for base, mark in (("engine-build", "manifest.json"), ("model-fetch", "index.json")):
        for component in ("gateway", "triton-main"):
            spec = release(base).one("Deployment", f"wegen-{component}")["spec"]["template"]["spec"]
            waits = [one["args"][0] for one in spec["initContainers"] if one["name"] == "wait-for-models"]
            assert len(waits) == 1
            assert f"/models/repository/{mark};" in waits[0]


def test_a_claim_of_others_is_read_only_and_waited_for_by_nobody() -> None:
    made = release("mig")
    assert made.of("PersistentVolumeClaim") == []
    spec = made.one("Deployment", "wegen-triton-chat")["spec"]["template"]["spec"]
    assert "initContainers" not in spec
    (volume,) = [one for one in spec["volumes"] if one["name"] == "models"]
    assert volume["persistentVolumeClaim"] == {"claimName": "plans", "readOnly": True}
    (mount,) = [one for one in spec["containers"][0]["volumeMounts"] if one["name"] == "models"]
    assert mount == {"name": "models", "mountPath": "/models", "readOnly": True, "subPath": "wegen"}


def test_slices_of_gpus_are_asked_for_by_their_names() -> None:
    made = release("mig")
    asked = {
        deployment["metadata"]["labels"]["wegen/pool"]: container["resources"]["limits"]
        for deployment in made.of("Deployment")
        for container in deployment["spec"]["template"]["spec"]["containers"]
        if container["name"] == "triton"
    }
    assert asked["chat"]["nvidia.com/mig-3g.40gb"] == 1
    assert asked["pictures"]["nvidia.com/mig-1g.10gb"] == 1


def test_pods_that_fetch_for_themselves_share_nothing() -> None:
    made = release("model-fetch-in-pods")
    assert made.of("PersistentVolumeClaim") == []
    for component in ("gateway", "triton-main"):
        spec = made.one("Deployment", f"wegen-{component}")["spec"]["template"]["spec"]
        assert "fetch-models" in [one["name"] for one in spec["initContainers"]]
        (volume,) = [one for one in spec["volumes"] if one["name"] == "models"]
        assert "emptyDir" in volume


def test_the_exporter_takes_its_arguments() -> None:
    for base, command in (("defaults", "build"), ("engine-build", "plans")):
        (container,) = job(release(base), "engines")["spec"]["template"]["spec"]["containers"]
        assert container["command"][1:] == ["-m", "export", command]
        group = get_command(app)
        assert isinstance(group, TyperGroup)
        parsed = group.commands[command].make_context(command, list(container["args"])).params
        assert str(parsed["repository"]) == "/models/repository"
        assert (str(parsed["checkpoint"]), parsed["preset"]) in {("None", "wegen-tiny"), ("/checkpoint", "wegen-7b")}
