"""Starting a tritonserver that is installed whole, as in NVIDIA's image."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.triton.command import command, installed_environment
from deploy.triton.installed import find_installed
from deploy.triton.problem import StartError
from deploy.triton.settings import Settings, parse


def test_an_image_without_the_python_backend_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tritonserver").touch()
    with pytest.raises(StartError, match="backends/python does not exist"):
        find_installed(tmp_path)


def test_plans_are_served_from_the_images_own_backends(tmp_path: Path) -> None:
    for folder in ("bin/tritonserver", "backends/python"):
        (tmp_path / folder).mkdir(parents=True)
    installed = find_installed(tmp_path)
    settings, _ = parse(["--server", str(tmp_path), "--config-name", "", "--address", "0.0.0.0"])
    assert settings.server == tmp_path
    line = command(installed.server, settings, installed.backends, ["eva_clip"])
    assert line[0] == str(tmp_path / "bin/tritonserver")
    assert {
        f"--backend-directory={tmp_path / 'backends'}",
        "--grpc-address=0.0.0.0",
        "--http-address=127.0.0.1",
        "--allow-gpu-metrics=true",
        "--load-model=eva_clip",
    } <= set(line)
    assert not any(argument.startswith("--model-config-name") for argument in line)


def test_the_image_keeps_its_libraries_and_its_packages(tmp_path: Path) -> None:
    base = {"LD_LIBRARY_PATH": "/opt/tritonserver/lib", "PYTHONPATH": "/opt/wegen/packages"}
    found = installed_environment(Settings(tmp_path, tmp_path), base)
    assert found["LD_LIBRARY_PATH"] == "/opt/tritonserver/lib"
    assert found["PYTHONPATH"].endswith(":/opt/wegen/packages")
    assert found["WEGEN_MODEL_REPOSITORY"] == str(tmp_path)
