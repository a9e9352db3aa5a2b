"""The peer: transformers and diffusers in PyTorch on all cores, as `export.reference` puts them together."""

from __future__ import annotations

import io
import os
import time

import torch

from bench.wishes import painting_text
from export import presets
from export.reference import ImageMode, Reference, Sampling
from export.weights import default_folder, random_networks
from services.manifest import Manifest

_RANDOM = "random"


class Peer:
    """The reference with the weights that the stack serves."""

    def __init__(self, manifest: Manifest) -> None:
        torch.set_num_threads(os.cpu_count() or 1)
        preset = presets.load(manifest.preset)
        networks = random_networks(preset) if _RANDOM in manifest.weights.values() else None
        self._reference = Reference(preset, default_folder(preset), networks)

    def tokens_per_second(self, prompts: list[tuple[int, ...]], tokens: int) -> float:
        """Transformers' generate, greedy, in one static batch."""
        begin = time.perf_counter()
        made = self._reference.language.generate_static(prompts, tokens, pad=self._reference.tokenizer.eos)
        return sum(len(row) for row in made) / (time.perf_counter() - begin)

    def picture_seconds(self, number: int, seed: int) -> float:
        """One picture: prompt, 64 features, denoising, decoding, PNG."""
        begin = time.perf_counter()
        prompt = self._reference.prompt(painting_text(number))
        turn = self._reference.chat(prompt, Sampling(seed), max_tokens=0, image=ImageMode.FORCE)
        assert turn.features is not None
        self._reference.paint(turn.features, seed).save(io.BytesIO(), "PNG")
        return time.perf_counter() - begin
