"""The sizes that a checkpoint's own configuration files state, against a preset's."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel

from export.checkpoints.problems import CheckpointError
from export.networks import noise_scheduler
from export.networks.diffusion import decoder_config, denoiser_config
from export.presets import Preset

# no part of a network: sizes of examples, and how diffusers itself would run it
_FREE = {"sample_size", "force_upcast"}


def read_config(path: Path) -> dict[str, Any]:
    """A JSON object; `CheckpointError` if there is none."""
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist")
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise CheckpointError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is not a JSON object")
    return content


def denoiser_differences(path: Path, preset: Preset) -> list[str]:
    """Every argument of diffusers' UNet in which the file differs from the preset."""
    wanted = denoiser_config(preset.denoiser, preset.latent_size)
    return _differences(path, UNet2DConditionModel, wanted)


def decoder_differences(path: Path, preset: Preset) -> list[str]:
    """Every argument of diffusers' VAE in which the file differs from the preset."""
    return _differences(path, AutoencoderKL, decoder_config(preset.decoder, preset.image_size))


def scheduler_differences(path: Path) -> list[str]:
    """Every argument of diffusers' Euler scheduler in which the file differs from what is served."""
    scheduler: Any = noise_scheduler()
    return _differences(path, EulerDiscreteScheduler, scheduler.config)


def language_differences(path: Path, preset: Preset) -> list[str]:
    """LLaMA's sizes as transformers writes them; the vocabulary may be the text's alone."""
    size = preset.language
    config = read_config(path)
    wanted: dict[str, Any] = {
        "hidden_size": size.hidden,
        "intermediate_size": size.mlp_hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.heads,
        "hidden_act": "silu",
        "rms_norm_eps": size.rms_norm_eps,
        "rope_theta": size.rope_theta,
        "rope_type": "default",
        "tie_word_embeddings": False,
    }
    # LLaMA-2's file of 2023 leaves some out, later ones put the rotary base elsewhere
    rope = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
    config = {"num_key_value_heads": size.heads, "rope_theta": 10000.0, "rope_type": "default", **config}
    config |= {"rope_type": rope.get("type", "default"), **rope}
    problems = _compare(path, config, wanted)
    if config.get("vocab_size") not in {size.text_vocab, size.vocab}:
        found = f"vocab_size is {config.get('vocab_size')}"
        problems.append(f"{path}: {found}, the preset wants {size.text_vocab} or {size.vocab}")
    return problems


def _differences(path: Path, kind: type, wanted: Mapping[str, Any]) -> list[str]:
    """Arguments of `kind` that the file or `wanted` leaves out have its default."""
    parameters = inspect.signature(kind).parameters
    defaults = {name: each.default for name, each in parameters.items() if name not in _FREE}
    config = read_config(path)
    found = {name: config.get(name, default) for name, default in defaults.items()}
    return _compare(path, found, {name: wanted.get(name, default) for name, default in defaults.items()})


def _compare(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    return [
        f"{path}: {name} is {found.get(name)}, the preset wants {_plain(value)}"
        for name, value in wanted.items()
        if not _same(found.get(name), _plain(value))
    ]


def _same(found: object, wanted: object) -> bool:
    """Equal, or no in both: diffusers' older files say null for False."""
    return _plain(found) == wanted or (not found and not wanted)


def _plain(value: object) -> object:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value
