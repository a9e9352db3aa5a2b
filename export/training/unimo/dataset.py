"""Examples as the frozen networks see them, and the prompts made of them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from export.presets import Preset
from export.reference.prompt import Prompt
from export.tokenizer import Tokenizer
from export.training.diic.interleaved import Part
from export.training.diic.lesson import painting_request
from export.training.encoding import Encode, feature_encoder, latent_encoder
from export.training.unimo.example import Example
from export.training.unimo.prompt import entity_caption, multimodal_caption
from export.weights import load_network, weights_file

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Draw:
    """One example's caption as parts, and which of its subjects stand in it as segments."""

    index: int
    parts: tuple[Part, ...]
    replaced: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """N examples with M subjects in all: fp16 latents [N, 4, h, w], pictures [N, 64, D] and segments [M, 64, D].

    `firsts` [N] are the rows in `segments` of each example's first subject.
    """

    examples: list[Example]
    latents: Tensor
    pictures: Tensor
    segments: Tensor
    firsts: list[int]
    tokenizer: Tokenizer

    def draw(self, index: int, replaced: Sequence[bool], random: Random) -> Draw:
        """An example's prompt with the subjects that are `replaced` as segments; `random` varies the wording."""
        caption = entity_caption(self.examples[index].scene, random)
        return Draw(index, multimodal_caption(caption, replaced), tuple(replaced))

    def prompt(self, draw: Draw, *, opens_image: bool, segments_of: int | None = None) -> Prompt:
        """A request for a draw's picture; `opens_image` ends it with `<img>`, to be followed by features.

        `segments_of` takes the segments of another example in place of its own; it needs as many.
        """
        first = self.firsts[draw.index if segments_of is None else segments_of]
        request = painting_request(draw.parts)
        parts = [part if isinstance(part, str) else self.segments[first + part].float() for part in request]
        parts += ["<img>"] if opens_image else []
        return Prompt.of(parts, self.tokenizer, self.segments.shape[-1])

    def masks(self, draw: Draw) -> list[Tensor]:
        """The masks [S, S] of the subjects that stand in a draw as segments."""
        subjects = self.examples[draw.index].subjects
        return [torch.from_numpy(subject.mask) for subject, gone in zip(subjects, draw.replaced, strict=True) if gone]


def load_dataset(
    preset: Preset, weights: Path, examples: list[Example], tokenizer: Tokenizer, *, cache: Path, device: torch.device
) -> Dataset:
    """Encode `examples` by the networks in `weights`; kept in `cache` until weights or pictures change."""
    tower = load_network(preset, weights, "vision").to(device)
    decoder = load_network(preset, weights, "decoder").to(device)
    see = feature_encoder(tower, device)
    compress = latent_encoder(decoder, preset.decoder.scaling_factor, device)
    pictures = np.stack([example.picture for example in examples])
    segments = np.stack([subject.segment for example in examples for subject in example.subjects])
    return Dataset(
        examples,
        _encoded(cache, weights_file(weights, "decoder"), pictures, compress),
        _encoded(cache, weights_file(weights, "vision"), pictures, see),
        _encoded(cache, weights_file(weights, "vision"), segments, see),
        first_segments(examples),
        tokenizer,
    )


def first_segments(examples: Sequence[Example]) -> list[int]:
    """For each example how many subjects the ones before it have."""
    return [0, *accumulate(len(example.subjects) for example in examples)][: len(examples)]


@torch.no_grad()
def _encoded(cache: Path, weights: Path, pixels: NDArray[np.uint8], encode: Encode) -> Tensor:
    """`encode` over pixels [N, 128, 128, 3], fp16 [N, ...]."""
    path = cache / f"unimo-{weights.stem}-{zlib.crc32(pixels.tobytes(), zlib.crc32(weights.read_bytes())):08x}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        starts = tqdm(range(0, len(pixels), _BATCH), desc=weights.stem, mininterval=5)
        rows = [encode(pixels[at : at + _BATCH]).half().cpu() for at in starts]
        unfinished = path.with_suffix(".partial.npy")
        np.save(unfinished, torch.cat(rows).numpy())
        unfinished.replace(path)
    return torch.from_numpy(np.load(path))
