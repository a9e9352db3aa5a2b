"""The compose file as podman-compose reads it: merged, interpolated, normalised."""

from __future__ import annotations

import importlib.util
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.triton.settings import parse
from services.gateway.settings import GatewaySettings
from services.jobs.settings import JobSettings
from services.settings import ServiceSettings
from services.worker.settings import WorkerSettings

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "deploy/compose"
SECRETS = {"POSTGRES_PASSWORD": "pg-secret", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "s3-secret"}
OWN = {"wegen-gateway", "wegen-worker", "wegen-triton"}
READERS: dict[str, type[ServiceSettings]] = {
    "gateway": GatewaySettings,
    "worker": WorkerSettings,
    "migrations": JobSettings,
}


def _render(folder: Path, *files: str, **values: str) -> subprocess.CompletedProcess[str]:
    """podman-compose asks for podman's version and nothing else of it."""
    podman = folder / "podman"
    podman.write_text("#!/bin/sh\necho podman version 5.4.0\n")
    podman.chmod(stat.S_IRWXU)
    environment = {"PATH": f"{folder}{os.pathsep}{os.defpath}", **values}
    names = [argument for file in files for argument in ("-f", str(FOLDER / file))]
    command = [sys.executable, "-m", "podman_compose", *names, "--profile", "monitoring", "config"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    rendered = _render(tmp_path_factory.mktemp("cpu"), "compose.yaml", **SECRETS)
    assert rendered.returncode == 0, rendered.stderr
    return dict(yaml.safe_load(rendered.stdout)["services"])


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    for name in SECRETS:
        refused = _render(tmp_path, "compose.yaml", **{key: value for key, value in SECRETS.items() if key != name})
        assert refused.returncode != 0
        assert f"{name} is missing a value: set it in deploy/compose/.env" in refused.stderr


def test_every_variable_stands_in_the_example() -> None:
    text = "".join((FOLDER / name).read_text() for name in ("compose.yaml", "gpu.yaml"))
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", text))
    example = set(re.findall(r"^#?([A-Z0-9_]+)=", (FOLDER / "env.example").read_text(), re.MULTILINE))
    assert used == example


def test_the_defaults_of_the_example_are_those_of_the_file() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    defaults = dict(re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", text))
    example = dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", (FOLDER / "env.example").read_text(), re.MULTILINE))
    assert {name: example[name] for name in defaults} == defaults


def test_no_image_can_change_under_its_name(services: dict[str, Any]) -> None:
    foreign = {name: each["image"] for name, each in services.items() if each["image"] not in OWN}
    assert all(re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image) for image in foreign.values())
    assert foreign.keys() == {"redis", "postgres", "s3", "prometheus", "grafana"}


def test_the_servers_are_those_of_the_chart(services: dict[str, Any]) -> None:
    images = yaml.safe_load((ROOT / "helm/wegen/values.yaml").read_text())["images"]
    for name, key in (("redis", "redis"), ("postgres", "postgresql"), ("s3", "objectStore")):
        of_chart = images[key]
        assert services[name]["image"] == f"{of_chart['repository']}:{of_chart['tag']}@{of_chart['digest']}"


@pytest.mark.parametrize("name", READERS)
def test_services_read_every_variable_and_take_its_value(
    services: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = services[name]["environment"]
    known = {f"WEGEN_{field.upper()}" for field in READERS[name].model_fields}
    assert set(environment) <= known
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    found = READERS[name].load().model_dump()
    assert found["database_url"] == "postgresql+psycopg://wegen:pg-secret@postgres:5432/wegen"


def test_what_is_reached_by_name_is_there(services: dict[str, Any]) -> None:
    hosts = {"WEGEN_TRITON_URL": "triton", "WEGEN_REDIS_URL": "redis", "WEGEN_S3_ENDPOINT": "s3"}
    for service in ("gateway", "worker"):
        for variable, host in hosts.items():
            assert host in re.split(r"[/:@]", services[service]["environment"][variable])
    assert services["triton-watch"]["command"][:2] == ["--url", "triton:8001"]


def test_nothing_has_rights_it_does_not_need(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        if name not in {"gateway", "s3", "prometheus", "grafana"}:
            assert service["networks"] == ["inside"], name


def test_a_worker_has_longer_to_stop_than_it_takes(services: dict[str, Any]) -> None:
    grace = int(services["worker"]["stop_grace_period"].removesuffix("s"))
    assert grace > WorkerSettings.model_fields["worker_grace_s"].default + 5


def test_programs_and_their_arguments_exist(services: dict[str, Any], tmp_path: Path) -> None:
    for name in ("migrations", "triton-watch"):
        assert importlib.util.find_spec(services[name]["entrypoint"][2])
    settings, _ = parse(["--server", "/opt/tritonserver", *services["triton"]["command"]])
    assert settings.config_name == "cpu"
    rendered = _render(tmp_path, "compose.yaml", "gpu.yaml", **SECRETS)
    on_gpu = yaml.safe_load(rendered.stdout)["services"]["triton"]
    assert parse(on_gpu["command"])[0].config_name == ""
    assert on_gpu["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]


def test_mounted_files_are_in_the_project(services: dict[str, Any]) -> None:
    mounts = [volume for service in services.values() for volume in service.get("volumes", []) if volume[0] in "./"]
    assert mounts
    for mount in mounts:
        assert (FOLDER / mount.split(":")[0]).exists(), mount


def test_prometheus_asks_every_service_that_has_metrics() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    asked = {
        (job["job_name"], job["dns_sd_configs"][0]["names"][0], job["dns_sd_configs"][0]["port"])
        for job in config["scrape_configs"]
    }
    assert asked == {("gateway", "gateway", 9101), ("worker", "worker", 9102), ("triton", "triton", 8002)}
