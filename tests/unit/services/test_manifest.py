"""A manifest is read whole or refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.manifest import FILE, Manifest, ManifestError
from services.size import Size


def tiny_manifest() -> dict[str, Any]:
    return {
        "format": 2,
        "preset": "wegen-tiny",
        "image_size": 128,
        "sizes": [{"width": 128, "height": 128}, {"width": 160, "height": 96}],
        "vision_size": 128,
        "latent_channels": 4,
        "latent_size": 16,
        "features": 64,
        "feature_width": 128,
        "feature_offset": 0,
        "steps": 20,
        "guidance": 3.0,
        "language": {"layers": 6, "heads": 8, "head_dim": 32, "context": 768, "vocab": 1098},
        "scheduler": {
            "train_timesteps": 1000,
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "timestep_spacing": "leading",
            "steps_offset": 1,
        },
        "tokens": {
            "bos": 1,
            "eos": 2,
            "text_vocab": 768,
            "image_start": 768,
            "image_end": 769,
            "image_first": 770,
            "special": ["<img>"],
        },
        "tokenizer": {"file": "tokenizer.model", "sha256": "00"},
        "graphs": {
            "eva_clip": {
                "file": "eva_clip/1/model.onnx",
                "sha256": "00",
                "bytes": 7,
                "data": [],
                "precision": "fp32",
                "opset": 24,
                "inputs": [{"name": "pixels", "dtype": "float32", "shape": ["batch", 3, 128, 128]}],
                "outputs": [],
            }
        },
        "weights": {},
        "versions": {},
    }


def write(folder: Path, content: dict[str, Any]) -> None:
    (folder / FILE).write_text(json.dumps(content))


def test_manifest_is_read(tmp_path: Path) -> None:
    write(tmp_path, tiny_manifest())
    manifest = Manifest.load(tmp_path)
    assert manifest.language.context == 768
    assert manifest.sizes == (Size(128, 128), Size(160, 96))
    assert manifest.graphs["eva_clip"].inputs[0].shape == ("batch", 3, 128, 128)


def test_missing_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="python -m export build"):
        Manifest.load(tmp_path)


def test_other_format_is_refused(tmp_path: Path) -> None:
    write(tmp_path, tiny_manifest() | {"format": 1})
    with pytest.raises(ManifestError, match="format 1 is not 2"):
        Manifest.load(tmp_path)


def test_missing_field_is_named(tmp_path: Path) -> None:
    content = tiny_manifest()
    del content["language"]["context"]
    write(tmp_path, content)
    with pytest.raises(ManifestError, match=r"language\.context"):
        Manifest.load(tmp_path)


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps(tiny_manifest())[:100])
    with pytest.raises(ManifestError, match=FILE):
        Manifest.load(tmp_path)


@pytest.mark.parametrize(
    ("sizes", "problem"),
    [
        ([], "none, or one of them twice"),
        ([{"width": 128, "height": 128}] * 2, "none, or one of them twice"),
        ([{"width": 130, "height": 128}], "130x128 is no multiple of the 8 pixels"),
    ],
)
def test_sizes_that_cannot_be_are_refused(tmp_path: Path, sizes: list[dict[str, int]], problem: str) -> None:
    write(tmp_path, tiny_manifest() | {"sizes": sizes})
    with pytest.raises(ManifestError, match=problem):
        Manifest.load(tmp_path)
