"""The three networks and their glue, as PyTorch modules sized by a preset."""

from export.networks.diffusion import build_decoder, build_denoiser, noise_scheduler, time_ids
from export.networks.language import LanguageModel, LanguageOutput
from export.networks.vision import CLIP_MEAN, CLIP_STD, VisionTower
from export.presets import Preset

__all__ = [
    "CLIP_MEAN",
    "CLIP_STD",
    "LanguageModel",
    "LanguageOutput",
    "VisionTower",
    "build_decoder",
    "build_denoiser",
    "build_language",
    "build_vision",
    "noise_scheduler",
    "time_ids",
]


def build_vision(preset: Preset) -> VisionTower:
    """EVA-CLIP's tower with pooling: pixels [B, 3, H, W] to features [B, 64, D]."""
    return VisionTower(preset.vision)


def build_language(preset: Preset) -> LanguageModel:
    """LLaMA with both projectors."""
    return LanguageModel(preset.language, preset.vision.width)
