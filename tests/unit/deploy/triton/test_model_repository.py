"""What the launcher says about a repository before Triton sees it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deploy.triton.problem import StartError
from deploy.triton.repository import check_models, read_models
from tests.unit.services.test_manifest import tiny_manifest

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A graph with a CPU configuration, a Python model and an ensemble, each with its file."""
    folder = tmp_path / "repository"
    write(folder / "graph/config.pbtxt", 'platform: "tensorrt_plan"')
    write(folder / "graph/configs/cpu.pbtxt", 'backend: "onnxrt_py"')
    write(folder / "graph/1/model.onnx", "")
    write(folder / "code/config.pbtxt", 'backend: "python"')
    write(folder / "code/1/model.py", "")
    write(folder / "both/config.pbtxt", 'platform: "ensemble"')
    return folder


@pytest.fixture
def backends(tmp_path: Path) -> Path:
    for name in ("python", "onnxrt_py"):
        (tmp_path / "backends" / name).mkdir(parents=True)
    return tmp_path / "backends"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def stored(folder: Path, file: str) -> dict[str, Any]:
    content = (folder / file).read_bytes()
    return {"file": file, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def refusal(repository: Path, backends: Path, config_name: str = "cpu") -> str:
    with pytest.raises(StartError) as caught:
        check_models(repository, read_models(repository, config_name), config_name, backends)
    return str(caught.value)


def test_every_model_with_the_configuration_it_gets(repository: Path) -> None:
    found = {model.name: (model.backend, model.named) for model in read_models(repository, "cpu")}
    assert found == {"graph": ("onnxrt_py", True), "code": ("python", False), "both": ("ensemble", False)}
    assert {model.name: model.backend for model in read_models(repository, "")}["graph"] == "tensorrt"


def test_a_misspelt_configuration_name(repository: Path) -> None:
    with pytest.raises(StartError, match=r"no model has configs/cpuu\.pbtxt: --config-name is one of cpu$"):
        read_models(repository, "cpuu")


def test_no_manifest(repository: Path, backends: Path) -> None:
    assert "manifest.json does not exist: run `python -m export build`" in refusal(repository, backends)


def test_a_folder_without_models(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="holds no model"):
        read_models(tmp_path, "cpu")


def test_a_broken_configuration(repository: Path) -> None:
    write(repository / "code/config.pbtxt", 'backend: "python')
    with pytest.raises(StartError, match=r"code/config\.pbtxt"):
        read_models(repository, "cpu")


def test_a_configuration_that_names_no_backend(repository: Path) -> None:
    write(repository / "code/config.pbtxt", "max_batch_size: 1")
    with pytest.raises(StartError, match="names neither a backend nor a platform"):
        read_models(repository, "cpu")


class TestWithManifest:
    """The same with the manifest in place."""

    @pytest.fixture(autouse=True)
    def manifest(self, repository: Path) -> None:
        """The graph has its weights in a file beside it."""
        write(repository / "graph/1/model.onnx", "nodes")
        write(repository / "graph/1/model.onnx.data", "weights")
        graph, data = (stored(repository, f"graph/1/model.onnx{end}") for end in ("", ".data"))
        whole = tiny_manifest()
        whole["graphs"] = {"graph": whole["graphs"]["eva_clip"] | graph | {"data": [data]}}
        write(repository / "manifest.json", json.dumps(whole))

    def test_all_is_well(self, repository: Path, backends: Path) -> None:
        check_models(repository, read_models(repository, "cpu"), "cpu", backends)

    def test_a_model_without_this_configuration(self, repository: Path, backends: Path) -> None:
        write(repository / "other/config.pbtxt", 'platform: "tensorrt_plan"')
        assert "other has no configs/cpu.pbtxt" in refusal(repository, backends)

    def test_a_missing_graph(self, repository: Path, backends: Path) -> None:
        (repository / "graph/1/model.onnx").unlink()
        assert "graph/1/model.onnx does not exist: run `python -m export build`" in refusal(repository, backends)

    @pytest.mark.parametrize("file", ["model.onnx", "model.onnx.data"])
    def test_a_file_cut_short_or_missing(self, repository: Path, backends: Path, file: str) -> None:
        path = repository / "graph/1" / file
        path.write_text(path.read_text()[:-1])
        assert f"{file} has {path.stat().st_size} bytes instead of" in refusal(repository, backends)
        path.unlink()
        assert f"{file} does not exist" in refusal(repository, backends)

    def test_another_file_of_the_same_length_shows_where_all_is_read(self, repository: Path, backends: Path) -> None:
        write(repository / "graph/1/model.onnx.data", "weighty")
        models = read_models(repository, "cpu")
        check_models(repository, models, "cpu", backends)
        with pytest.raises(StartError, match=r"model\.onnx\.data is not the file that was written"):
            check_models(repository, models, "cpu", backends, hashes=True)

    def test_a_plan_is_compared_where_all_is_read(self, repository: Path, backends: Path) -> None:
        plan = repository / "graph/1/model.plan"
        write(plan, "plan")
        models = read_models(repository, "cpu")
        with pytest.raises(StartError, match=r"model\.plan\.json does not exist"):
            check_models(repository, models, "cpu", backends, hashes=True)

    def test_graphs_of_plans_lie_elsewhere_and_are_not_looked_at(self, repository: Path, backends: Path) -> None:
        whole = json.loads((repository / "manifest.json").read_text())
        whole["graphs"]["graph"]["file"] = "../graphs/graph.onnx"
        write(repository / "manifest.json", json.dumps(whole))
        check_models(repository, read_models(repository, "cpu"), "cpu", backends)

    def test_tensorrt_on_a_server_without_it(self, repository: Path, backends: Path) -> None:
        assert "graph needs the backend tensorrt" in refusal(repository, backends, "")


def test_this_projects_models_name_their_cpu_configurations(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "model_repository", folder, ignore=shutil.ignore_patterns("*.onnx*", "__pycache__"))
    models = read_models(folder, "cpu")
    assert {model.name for model in models if not model.named and model.backend not in {"python", "ensemble"}} == set()
    assert {"reference_encoder", "image_decoder", "image_synthesizer"} <= {model.name for model in models}
