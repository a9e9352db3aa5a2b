"""The authors' folder as a source of networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from export.checkpoints.configs import scheduler_differences
from export.checkpoints.diffusion import UNET, read_decoder, read_denoiser
from export.checkpoints.language import MEANT, read_language
from export.checkpoints.layout import Layout
from export.checkpoints.part import Part
from export.checkpoints.problems import CheckpointError, refuse
from export.checkpoints.store import Store, open_file
from export.checkpoints.tokenizer import tokenizer_differences
from export.checkpoints.vision import read_vision
from export.digest import file_digest, text_digest
from export.onnx.deferred import Outline, outlined
from export.presets import Preset
from export.weights import NETWORKS, TOKENIZER_FILE, Networks, empty_network

# Frozen copies of networks that have a folder of their own, and a parameter that the authors do not use.
_COPIES = ("adapter.vae.", "adapter.visual_encoder.", "adapter.resampler.scale")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Four networks whose tensors lie in the authors' files; made by `open`, which checks everything."""

    preset: Preset
    folder: Path
    parts: Mapping[str, Part]
    _hashes: dict[Path, str] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: Path, preset: Preset) -> Checkpoint:
        """Check all of the folder against the preset without reading a weight.

        `CheckpointError` lists everything that is missing, unknown, mis-shaped, damaged or of another size.
        """
        if not folder.is_dir():
            raise CheckpointError(f"{folder} does not exist")
        layout = Layout(folder)
        parts = _networks(layout, preset)
        scheduler = _guarded(lambda: Part(problems=scheduler_differences(layout.scheduler)))
        tokenizer = _guarded(lambda: Part(problems=tokenizer_differences(layout.tokenizer, preset)))
        refuse([problem for part in (*parts.values(), scheduler, tokenizer) for problem in part.problems], preset.name)
        return cls(preset, folder, parts)

    def network(self, name: str, dtype: torch.dtype = torch.float32) -> nn.Module:
        """One network in eval mode, every tensor read and converted by itself."""
        module = empty_network(self.preset, name)
        tensors = {key: lazy.read().to(dtype) for key, lazy in self.parts[name].tensors.items()}
        module.load_state_dict(tensors, strict=True, assign=True)
        return module.eval()

    def outline(self, name: str, dtype: torch.dtype = torch.float32) -> Outline:
        """One network in eval mode, its large weights placeholders of `dtype` that are read later, one by one."""
        return outlined(empty_network(self.preset, name), self.parts[name].tensors, dtype)

    def networks(self) -> Networks:
        """All four, fp32."""
        loaded: dict[str, Any] = {name: self.network(name) for name in NETWORKS}
        return Networks(**loaded)

    def digests(self) -> dict[str, str]:
        """For each network one SHA-256 of all files it is read from."""
        return {name: text_digest(map(" ".join, self._files(part.files).items())) for name, part in self.parts.items()}

    def origin(self) -> dict[str, str]:
        """SHA-256 of every file of weights that is read, by its path in the folder."""
        return self._files(tuple(dict.fromkeys(file for part in self.parts.values() for file in part.files)))

    def tokenizer(self) -> bytes:
        """tokenizer.model's bytes."""
        return (Layout(self.folder).tokenizer / TOKENIZER_FILE).read_bytes()

    def _files(self, files: tuple[Path, ...]) -> dict[str, str]:
        for file in files:
            if file not in self._hashes:
                self._hashes[file] = file_digest(file)
        return {file.relative_to(self.folder).as_posix(): self._hashes[file] for file in files}


def _networks(layout: Layout, preset: Preset) -> dict[str, Part]:
    """Every network's tensors, or what is wrong with them."""
    shapes = {
        name: {key: tuple(value.shape) for key, value in empty_network(preset, name).state_dict().items()}
        for name in NETWORKS
    }
    parts = {
        "vision": _guarded(lambda: read_vision(open_file(layout.vision()), shapes["vision"])),
        "decoder": _guarded(lambda: read_decoder(layout, preset, shapes["decoder"])),
    }
    try:
        trained = open_file(layout.trained())
    except CheckpointError as error:
        return {**parts, "language": Part(problems=[str(error)]), "denoiser": Part()}
    parts["language"] = _guarded(lambda: read_language(trained, layout, preset, shapes["language"]))
    parts["denoiser"] = _guarded(lambda: read_denoiser(trained, layout, preset, shapes["denoiser"]))
    parts["language"].problems += _strangers(trained)
    return {name: parts[name] for name in NETWORKS}


def _guarded(read: Callable[[], Part]) -> Part:
    """A part with its one problem, if reading it fails: the other parts are looked at all the same."""
    try:
        return read()
    except CheckpointError as error:
        return Part(problems=[str(error)])


def _strangers(trained: Store) -> list[str]:
    """Tensors of the trained file that are meant for no network."""
    known = (*MEANT, UNET, *_COPIES)
    return [f"{trained.path} has an unknown {name}" for name in trained.tensors if not name.startswith(known)]
