"""Presets by name."""

from __future__ import annotations

from collections.abc import Callable

from export.presets.preset import Preset, UnknownPresetError
from export.presets.wegen_7b import wegen_7b
from export.presets.wegen_tiny import wegen_tiny

_PRESETS: dict[str, Callable[[], Preset]] = {"wegen-7b": wegen_7b, "wegen-tiny": wegen_tiny}


def names() -> tuple[str, ...]:
    """Every preset's name."""
    return tuple(_PRESETS)


def load(name: str) -> Preset:
    """The preset called `name`; `UnknownPresetError` lists the others."""
    if name not in _PRESETS:
        raise UnknownPresetError(f"preset {name!r} is unknown; there are {', '.join(_PRESETS)}")
    return _PRESETS[name]()
