"""What the chart tells the services is what they read: variables, arguments, modules, models."""

from __future__ import annotations

import base64
import importlib.util
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from deploy.chart import settings as chart_settings
from deploy.triton import canary
from deploy.triton.settings import parse
from services.gateway.settings import GatewaySettings
from services.inference.health import GATEWAY_MODELS, WORKER_MODELS
from services.models.settings import ModelsSettings
from services.settings import ServiceSettings
from services.worker.settings import WorkerSettings
from tests.unit.helm.chart import SETS, Manifest, Release, release, render, values_of

ROOT = Path(__file__).parents[3]
CLASSES: dict[str, type[ServiceSettings]] = {
    "gateway": GatewaySettings,
    "worker": WorkerSettings,
    "fetch-models": ModelsSettings,
}
SECRETS = {
    "WEGEN_DATABASE_URL": "postgresql+psycopg://wegen:secret@host/wegen",
    "WEGEN_REDIS_URL": "rediss://:secret@host:6379/0",
}


@pytest.fixture(params=SETS)
def made(request: pytest.FixtureRequest) -> Release:
    return release(request.param)


def environment(made: Release, container: Manifest) -> dict[str, str]:
    """What the process sees, secrets as something that fits."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= made.one("ConfigMap", source["configMapRef"]["name"])["data"]
    for variable in container.get("env", ()):
        if variable["name"].startswith("WEGEN_"):
            found[variable["name"]] = variable.get("value", SECRETS.get(variable["name"], "secret"))
    return found


def served(made: Release) -> list[tuple[str, Manifest]]:
    return [(container["name"], container) for _, container in made.containers() if container["name"] in CLASSES]


def test_services_start_with_what_they_are_told(made: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, container in served(made):
        with monkeypatch.context() as patch:
            for variable, value in environment(made, container).items():
                patch.setenv(variable, value)
            CLASSES[name].load()


def test_every_variable_is_one_that_its_reader_knows(made: Release) -> None:
    for name, container in served(made):
        known = {f"WEGEN_{field.upper()}" for field in CLASSES[name].model_fields}
        assert set(environment(made, container)) <= known, name


def test_secrets_come_from_secrets_alone(made: Release) -> None:
    secret = {"WEGEN_DATABASE_URL", "WEGEN_REDIS_URL", "WEGEN_WEBHOOK_SECRET"}
    secret |= {f"WEGEN_{kind}{key}" for kind in ("S3_", "MODELS_") for key in ("ACCESS_KEY", "SECRET_KEY")}
    for config in made.of("ConfigMap"):
        assert not secret & config.get("data", {}).keys()
    for name, container in made.containers():
        for variable in container.get("env", ()):
            if variable["name"] in secret or "PASSWORD" in variable["name"]:
                assert "secretKeyRef" in variable["valueFrom"], name


def test_secrets_that_the_chart_makes_hold_the_keys_that_are_asked_for() -> None:
    made = release("defaults")
    keys = {secret["metadata"]["name"]: set(secret["data"]) for secret in made.of("Secret")}
    asked = [
        variable["valueFrom"]["secretKeyRef"]
        for _, container in made.containers()
        for variable in container.get("env", ())
        if "valueFrom" in variable
    ]
    assert asked
    for reference in asked:
        assert reference["key"] in keys[reference["name"]]


def test_secrets_of_others_are_asked_for_by_the_names_they_have() -> None:
    made = release("external-services")
    assert made.of("Secret") == []
    asked = {
        (reference["name"], reference["key"])
        for _, container in made.containers()
        for variable in container.get("env", ())
        if (reference := variable.get("valueFrom", {}).get("secretKeyRef"))
    }
    assert asked == {("broker", "url"), ("database", "uri"), ("store", "id"), ("store", "key")}


@pytest.mark.parametrize("base", ["air-gapped", "model-fetch-in-pods"])
def test_who_calls_a_dependency_trusts_the_operators_authorities(base: str) -> None:
    calling = [
        (name, container)
        for name, container in release(base).containers()
        if any("DATABASE" in one["name"] or "MODELS_ENDPOINT" in one["name"] for one in container.get("env", ()))
    ]
    assert len(calling) >= 5
    for name, container in calling:
        files = {one["name"]: one["value"] for one in container["env"] if "value" in one}
        assert files["SSL_CERT_FILE"] == files["PGSSLROOTCERT"] == "/etc/wegen/trust/ca.crt", name
        assert "/etc/wegen/trust" in [mount["mountPath"] for mount in container["volumeMounts"]], name


def test_every_setting_is_a_value_or_the_charts_own() -> None:
    given = {
        setting.name
        for part in (chart_settings.shared, chart_settings.of_gateway, chart_settings.of_worker)
        for setting in part()
    }
    for fields in (GatewaySettings.model_fields, WorkerSettings.model_fields):
        assert set(fields) <= given | chart_settings.OWNED
    assert given & chart_settings.OWNED == set()


def test_what_the_chart_owns_it_also_sets() -> None:
    made = release("production")
    told = {name for _, container in served(made) for name in environment(made, container)}
    # Not with S3.
    assert {f"WEGEN_{name.upper()}" for name in chart_settings.OWNED - {"store_directory"}} <= told


def test_settings_reach_their_service(monkeypatch: pytest.MonkeyPatch) -> None:
    values: dict[str, Any] = {
        "settings": {"job_event_limit": 2000000, "job_watch_s": 0.25},
        "gateway": {"settings": {"webhook_networks": ["10.0.0.0/8"], "webhook_plain": True}},
    }
    made = render(values)
    (gateway,) = [container for name, container in served(made) if name == "gateway"]
    for variable, value in environment(made, gateway).items():
        monkeypatch.setenv(variable, value)
    settings = GatewaySettings.load()
    assert (settings.job_event_limit, settings.job_watch_s) == (2_000_000, 0.25)
    assert [str(network) for network in settings.webhook_networks] == ["10.0.0.0/8"]
    assert settings.webhook_plain is True


def test_a_changed_setting_makes_new_pods_of_its_service_alone() -> None:
    def pods(made: Release) -> dict[str, Manifest]:
        return dict(made.pods())

    before, after = (
        pods(release("plain")),
        pods(render({**_plain(), "gateway": {"settings": {"gateway_max_chats": 9}}})),
    )
    assert before["Deployment/images-worker"] == after["Deployment/images-worker"]
    assert (
        before["Deployment/images-gateway"]["metadata"]["annotations"]["checksum/config"]
        != after["Deployment/images-gateway"]["metadata"]["annotations"]["checksum/config"]
    )


def _plain() -> dict[str, Any]:
    return {key: value for key, value in values_of("plain").items() if key != "gateway"}


def test_every_module_that_is_started_is_there(made: Release) -> None:
    for name, container in made.containers():
        line = [*container.get("command", ()), *container.get("args", ())]
        lines = [line] + [
            container[probe]["exec"]["command"]
            for probe in ("startupProbe", "livenessProbe")
            if "exec" in container.get(probe, {})
        ]
        for words in lines:
            for flag, module in pairwise(words):
                if flag == "-m":
                    assert importlib.util.find_spec(module), f"{name}: {module}"


def test_triton_takes_its_arguments(made: Release) -> None:
    for _, container in made.containers():
        if container["name"] == "triton":
            parsed, _ = parse(["--server", "/opt/tritonserver", "--address", "0.0.0.0", *container["args"]])
            assert str(parsed.repository).startswith("/models")
            assert (parsed.grpc_port, parsed.metrics_port) == (8001, 8002)
            assert parsed.config_name in {"", "cpu"}
            assert parsed.models


def members(model: str) -> set[str]:
    """What an ensemble is made of; nothing for another model."""
    text = (ROOT / "model_repository" / model / "config.pbtxt").read_text()
    config = text_format.Parse(text, model_config_pb2.ModelConfig())
    return {step.model_name for step in config.ensemble_scheduling.step}


def test_pools_load_what_their_callers_ask_and_all_that_it_is_made_of() -> None:
    wanted = {"wegen-triton-chat": set(GATEWAY_MODELS), "wegen-triton-pictures": set(WORKER_MODELS)}
    for deployment in release("production").of("Deployment"):
        if deployment["metadata"]["name"] in wanted:
            models = set(models_of(deployment, "triton"))
            called = wanted[deployment["metadata"]["name"]]
            assert models == called | {member for model in called for member in members(model)}


def test_a_pool_for_everything_loads_everything() -> None:
    (deployment,) = [
        one for one in release("defaults").of("Deployment") if one["metadata"]["name"] == "wegen-triton-main"
    ]
    assert set(models_of(deployment, "triton")) == {
        path.parent.name for path in (ROOT / "model_repository").glob("*/config.pbtxt")
    }


def test_the_watch_asks_every_model_that_has_a_process(made: Release) -> None:
    for deployment in made.of("Deployment"):
        names = [container["name"] for container in deployment["spec"]["template"]["spec"]["containers"]]
        if "watch" in names:
            assert set(models_of(deployment, "watch")) == set(models_of(deployment, "triton")) & canary.QUESTIONS.keys()


def models_of(deployment: Manifest, name: str) -> list[str]:
    (container,) = [one for one in deployment["spec"]["template"]["spec"]["containers"] if one["name"] == name]
    return list(container["args"][container["args"].index("--models") + 1 :])


def test_callers_find_the_pools_that_serve_them() -> None:
    made = release("production")
    for service, role, component in (("chat", "chat", "gateway"), ("pictures", "pictures", "worker")):
        url = made.one("ConfigMap", f"wegen-{component}")["data"]["WEGEN_TRITON_URL"]
        assert url == f"wegen-triton-{service}:8001"
        selector = made.one("Service", url.split(":")[0])["spec"]["selector"]
        pods = [name for name, pod in made.pods() if selector.items() <= pod["metadata"]["labels"].items()]
        assert pods == [f"Deployment/wegen-triton-{role}"]


def test_the_trials_urls_hold_the_trials_passwords() -> None:
    for name, key in (("redis", "redis"), ("postgresql", "database")):
        data = release("defaults").one("Secret", f"wegen-{name}")["data"]
        password = base64.b64decode(data[f"{name}-password"]).decode()
        assert re.fullmatch(r"[A-Za-z0-9]{32}", password)
        assert f":{password}@wegen-{name}:" in base64.b64decode(data[f"{key}-url"]).decode()
