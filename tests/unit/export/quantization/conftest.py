"""A denoiser and a decoder of one product each: enough for trajectories, and quick to write."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.presets import Preset

FLOAT = TensorProto.FLOAT
Shape = list[str | int | None]


def write(path: Path, nodes: list[onnx.NodeProto], inputs: dict[str, Shape], output: onnx.ValueInfoProto) -> None:
    weights = np.random.default_rng(0).standard_normal((4, 4, 1, 1)).astype(np.float32) * 0.05
    kernel = numpy_helper.from_array(weights, "engine.unet.conv_in.weight")
    values = [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()]
    model = helper.make_model(
        helper.make_graph(nodes, path.stem, values, [output], [kernel]), opset_imports=[helper.make_opsetid("", 24)]
    )
    model.ir_version = 10
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


@pytest.fixture
def graphs(tmp_path: Path, preset: Preset) -> Path:
    """A model repository: latents + (sigma_next - sigma) x conv(latents), and the convolved latents as bytes."""
    folder, side = tmp_path / "repository", preset.latent_size
    latents: Shape = ["batch", 4, side, side]
    scalars: dict[str, Shape] = {name: ["batch"] for name in ("sigma", "sigma_next", "timestep", "guidance")}
    ignored: dict[str, Shape] = {"features": ["batch", 64, 32], "time_ids": ["batch", 6]}
    one, shape = numpy_helper.from_array(np.array([-1, 1, 1, 1])), helper.make_node("Constant", [], ["shape"])
    shape.attribute.append(helper.make_attribute("value", one))
    step = [
        shape,
        helper.make_node("Conv", ["latents", "engine.unet.conv_in.weight"], ["noise"], name="node_conv"),
        helper.make_node("Sub", ["sigma_next", "sigma"], ["by"]),
        helper.make_node("Reshape", ["by", "shape"], ["column"]),
        helper.make_node("Mul", ["column", "noise"], ["change"]),
        helper.make_node("Add", ["latents", "change"], ["latents_out"]),
    ]
    out = helper.make_tensor_value_info("latents_out", FLOAT, latents)
    write(folder / "sdxl_denoiser/1/model.onnx", step, {"latents": latents, **scalars, **ignored}, out)
    bytes_ = [
        helper.make_node("Conv", ["latents", "engine.unet.conv_in.weight"], ["mixed"], name="node_conv"),
        helper.make_node("Abs", ["mixed"], ["light"]),
        helper.make_node("Cast", ["light"], ["pixels"], to=TensorProto.UINT8),
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, latents)
    write(folder / "vae_decoder/1/model.onnx", bytes_, {"latents": latents}, pixels)
    graphs = {name: {"file": f"{name}/1/model.onnx", "precision": "fp32"} for name in ("sdxl_denoiser", "vae_decoder")}
    content = {"preset": preset.name, "graphs": graphs, "weights": {"all": "ab" * 32}}
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter that has the fake in place of ModelOpt."""
    fake = Path(__file__).with_name("fake_modelopt.py")
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def features(tmp_path: Path) -> Path:
    path = tmp_path / "features.npy"
    np.save(path, np.random.default_rng(1).standard_normal((5, 64, 32)).astype(np.float32))
    return path
