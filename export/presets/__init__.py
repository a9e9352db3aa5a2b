"""The sizes of each member of the WeGen family."""

from export.presets.preset import (
    DecoderSize,
    DenoiserSize,
    LanguageSize,
    Preset,
    UnknownPresetError,
    VisionSize,
)
from export.presets.registry import load, names
from export.presets.serving import Bucket, Serving

__all__ = [
    "Bucket",
    "DecoderSize",
    "DenoiserSize",
    "LanguageSize",
    "Preset",
    "Serving",
    "UnknownPresetError",
    "VisionSize",
    "load",
    "names",
]
