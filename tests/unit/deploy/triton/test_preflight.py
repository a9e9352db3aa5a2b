from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from deploy.triton.assembly import assemble
from deploy.triton.command import command, environment
from deploy.triton.preflight import require_free, require_numpy_1
from deploy.triton.problem import StartError
from deploy.triton.settings import Settings, parse
from deploy.triton.sharedmemory import require_room, sweep
from deploy.triton.wheel import PYTHON, Wheel, find_libpython, find_wheel


@pytest.fixture
def wheel(tmp_path: Path) -> Wheel:
    """The shape of the real one."""
    wheel = Wheel(tmp_path / "site-packages")
    for path in (wheel.server, wheel.backend / "libtriton_python.so", wheel.backend / "utils.py", wheel.stub):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return wheel


def settings(tmp_path: Path, **changes: object) -> Settings:
    return Settings(repository=tmp_path / "models", state=tmp_path / "state", **changes)  # type: ignore[arg-type]


def test_numpy_2_is_refused() -> None:
    require_numpy_1("1.26.4")
    with pytest.raises(StartError, match="install numpy<2"):
        require_numpy_1("2.3.1")


def test_a_busy_port_names_its_flag() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"port {port} .* another --grpc-port"):
            require_free(port, "--grpc-port", "127.0.0.1")
    require_free(port, "--grpc-port", "127.0.0.1")


def test_too_little_shared_memory(tmp_path: Path) -> None:
    require_room(tmp_path, needed=1)
    with pytest.raises(StartError, match="make it larger"):
        require_room(tmp_path, needed=1 << 60)


def test_the_wheel_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="install nvidia-pytriton"):
        find_wheel(tmp_path)


def test_libpython_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.triton.wheel.sysconfig.get_config_var", lambda _name: str(tmp_path))
    monkeypatch.setattr("deploy.triton.wheel.PYTHON", "3.99")
    with pytest.raises(StartError, match=r"libpython3\.99\.so\.1\.0 .* install libpython3\.99"):
        find_libpython()


def test_the_interpreters_own_libpython_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"libpython{PYTHON}.so.1.0").touch()
    monkeypatch.setattr("deploy.triton.wheel.sysconfig.get_config_var", lambda _name: str(tmp_path))
    assert find_libpython() == tmp_path


def test_only_what_nobody_maps_is_swept(tmp_path: Path) -> None:
    memory, processes = tmp_path / "shm", tmp_path / "proc"
    memory.mkdir()
    (processes / "77").mkdir(parents=True)
    names = ("triton_python_backend_shm_region_a", "triton_onnxrt_py_backend_shm_region_b", "another")
    dead, live, other = (memory / name for name in names)
    used = memory / "triton_python_backend_shm_region_c"
    for path in (dead, live, other, used):
        path.touch()
    maps = "".join(f"7f00-7f01 rw-s 00000000 00:1a 5 {path}\n" for path in (live, used))
    (processes / "77/maps").write_text(maps)
    assert sweep(memory, processes) == [dead]
    assert sorted(memory.iterdir()) == sorted([live, other, used])


def test_another_users_regions_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    region = tmp_path / "triton_python_backend_shm_region_1"
    region.touch()
    monkeypatch.setattr("os.geteuid", lambda: region.stat().st_uid + 1)
    assert sweep(tmp_path, tmp_path) == []
    assert region.exists()


def test_assembling_twice_changes_nothing(tmp_path: Path, wheel: Wheel) -> None:
    folder = assemble(wheel, tmp_path / "backends")
    found = {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    assert set(found) == {
        "python/libtriton_python.so",
        "python/utils.py",
        "python/triton_python_backend_stub",
        "onnxrt_py/model.py",
    }
    assemble(wheel, folder)
    assert {name: (folder / name).stat().st_ino for name in found} == found
    wheel.stub.write_text("newer")
    assert (assemble(wheel, folder) / "python/triton_python_backend_stub").read_text() == "newer"


def test_the_command_line(tmp_path: Path, wheel: Wheel) -> None:
    line = command(wheel.server, settings(tmp_path, grpc_port=5), tmp_path / "backends", ["a", "b"])
    assert line[0] == str(wheel.server)
    assert {"--model-config-name=cpu", "--load-model=a", "--load-model=b", "--grpc-port=5"} <= set(line)
    assert {"--http-address=127.0.0.1", "--grpc-infer-allocation-pool-size=256"} <= set(line)
    default = command(wheel.server, settings(tmp_path, config_name="", address="0.0.0.0"), tmp_path, [])
    assert not any(part.startswith("--model-config-name") for part in default)
    assert {"--grpc-address=0.0.0.0", "--http-address=127.0.0.1"} <= set(default)


def test_the_environment_puts_this_python_first(tmp_path: Path, wheel: Wheel) -> None:
    found = environment(wheel, settings(tmp_path), Path("/lib/python"), {"PATH": "/bin", "HOME": "/root"})
    assert found["PATH"] == f"{Path(sys.executable).parent}:/bin"
    assert found["LD_LIBRARY_PATH"] == f"{wheel.libraries}:/lib/python"
    assert found["PYTHONPATH"].split(":")[0] == str(wheel.packages)
    assert found["HOME"] == "/root"


def test_settings_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGEN_MODEL_REPOSITORY", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("WEGEN_STATE_DIRECTORY", str(tmp_path / "state"))
    found, check = parse(["--grpc-port", "7", "--check", "--models", "a", "b"])
    assert (found.repository, found.state) == (tmp_path / "elsewhere", tmp_path / "state/triton")
    assert (found.grpc_port, found.models, check) == (7, ("a", "b"), True)
