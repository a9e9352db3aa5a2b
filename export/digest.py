"""Hashes that say whether a file is up to date."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from pathlib import Path

_HERE = Path(__file__).parent
_PACKAGES = ("torch", "diffusers", "onnx", "onnxscript")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(parts: Iterable[str]) -> str:
    """SHA-256 of several strings, in hex."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def weights_digest(origin: Mapping[str, str]) -> str:
    """Of all of a model's weights, from the manifest's SHA-256 by name."""
    return text_digest(f"{name} {digest}" for name, digest in sorted(origin.items()))


def code_digest() -> str:
    """Of the code that decides what a graph is: networks, exporters and presets."""
    files = [path for folder in ("networks", "onnx", "presets") for path in sorted((_HERE / folder).rglob("*.py"))]
    return text_digest(f"{path.relative_to(_HERE)} {file_digest(path)}" for path in files)


def versions() -> dict[str, str]:
    """Versions of the packages that decide what a graph is."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}
