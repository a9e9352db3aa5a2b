"""The manifest of a model repository: what is served, in JSON, for services that import no torch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import onnx

from export.digest import file_digest, versions
from export.networks import noise_scheduler
from export.onnx.facts import Facts
from export.onnx.graph import OPSET
from export.onnx.precision import Precision
from export.onnx.storage import data_files
from export.presets import Preset
from export.tokenizer import Tokenizer

FILE = "manifest.json"
FORMAT = 2

_TYPES: dict[int, str] = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.FLOAT16: "float16",
    onnx.TensorProto.BFLOAT16: "bfloat16",
    onnx.TensorProto.INT64: "int64",
    onnx.TensorProto.UINT8: "uint8",
    onnx.TensorProto.BOOL: "bool",
}


def describe(
    preset: Preset, repository: Path, graphs: dict[str, Path], tokenizer: Path, weights: dict[str, str]
) -> dict[str, Any]:
    """The manifest's content, paths relative to `repository`; `weights` are SHA-256 by file name."""
    return {
        "format": FORMAT,
        "preset": preset.name,
        "image_size": preset.image_size,
        "sizes": [{"width": width, "height": height} for height, width in preset.sizes],
        "vision_size": preset.vision.image_size,
        "latent_channels": preset.denoiser.latent_channels,
        "latent_size": preset.latent_size,
        "features": preset.features,
        "feature_width": preset.vision.width,
        "feature_offset": preset.feature_offset,
        "steps": preset.steps,
        "guidance": preset.guidance,
        "language": _language(preset),
        "scheduler": _scheduler(),
        "tokens": _tokens(preset, tokenizer),
        "tokenizer": {"file": tokenizer.relative_to(repository).as_posix(), "sha256": file_digest(tokenizer)},
        "graphs": {name: _graph(repository, path) for name, path in graphs.items()},
        "weights": weights,
        "versions": versions(),
    }


def write(content: dict[str, Any], repository: Path) -> Path:
    """Write aside, then rename, so that a manifest is whole or absent."""
    path = repository / FILE
    aside = path.with_suffix(".partial")
    aside.write_text(json.dumps(content, indent=1) + "\n")
    aside.replace(path)
    return path


def _language(preset: Preset) -> dict[str, int]:
    size = preset.language
    return {
        "layers": size.layers,
        "heads": size.heads,
        "head_dim": size.head_dim,
        "context": preset.context,
        "vocab": size.vocab,
    }


def _scheduler() -> dict[str, Any]:
    scheduler: Any = noise_scheduler()
    config = scheduler.config
    return {
        "train_timesteps": config.num_train_timesteps,
        "beta_start": config.beta_start,
        "beta_end": config.beta_end,
        "timestep_spacing": config.timestep_spacing,
        "steps_offset": config.steps_offset,
    }


def _tokens(preset: Preset, path: Path) -> dict[str, Any]:
    tokenizer = Tokenizer.load(path, preset.language.text_vocab)
    return {
        "bos": tokenizer.bos,
        "eos": tokenizer.eos,
        "text_vocab": tokenizer.text_vocab,
        "image_start": tokenizer.id_of("<img>"),
        "image_end": tokenizer.id_of("</img>"),
        "image_first": tokenizer.id_of("<img_00000>"),
        "special": list(tokenizer.specials),
    }


def _graph(repository: Path, path: Path) -> dict[str, Any]:
    model = onnx.load(path, load_external_data=False)
    facts = Facts.of(model)
    return {
        **_stored(repository, path),
        "data": [_stored(repository, file) for file in data_files(path, model)],
        "precision": facts.precision if facts else Precision.FP32.value,
        "quantization": facts.quantization if facts else "",
        "opset": OPSET,
        "inputs": [_tensor(value) for value in model.graph.input],
        "outputs": [_tensor(value) for value in model.graph.output],
    }


def _stored(repository: Path, path: Path) -> dict[str, Any]:
    """A file by its path from `repository`, outside of which typed graphs lie."""
    file = Path(os.path.relpath(path, repository)).as_posix()
    return {"file": file, "sha256": file_digest(path), "bytes": path.stat().st_size}


def _tensor(value: onnx.ValueInfoProto) -> dict[str, Any]:
    kind = value.type.tensor_type
    shape = [dim.dim_param or dim.dim_value for dim in kind.shape.dim]
    return {"name": value.name, "dtype": _TYPES[kind.elem_type], "shape": shape}
