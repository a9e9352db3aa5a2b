"""Optimisation profiles: the ranges of shapes that an engine is compiled for, from a preset's serving sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export.presets import Preset, Serving
from export.presets.serving import Bucket, Sizes
from export.tensorrt.graph import GraphFile, Tensor
from export.tensorrt.problem import GraphError

CACHE_RANK = 4

Axes = Mapping[str, Sizes]
"""Sizes of every dynamic axis by its name."""

ENGINES = ("eva_clip", "llama_feature_generator", "sdxl_denoiser", "vae_decoder")


@dataclass(frozen=True, slots=True)
class ShapeRange:
    """The shapes of one input: smallest, the one to be fastest at, largest."""

    min: tuple[int, ...]
    opt: tuple[int, ...]
    max: tuple[int, ...]

    def __post_init__(self) -> None:
        if not all(low <= usual <= high for low, usual, high in zip(self.min, self.opt, self.max, strict=True)):
            raise ValueError(f"min {self.min}, opt {self.opt}, max {self.max} do not grow")


Profile = Mapping[str, ShapeRange]
"""A range for every input that has a dynamic axis."""


def profiles(graph: GraphFile, preset: Preset) -> tuple[Profile, ...]:
    """The profiles of an engine's graph; GraphError if the graph has an axis that the preset has no sizes for."""
    return tuple(_profile(graph, axes) for axes in axis_sizes(graph, preset))


def axis_sizes(graph: GraphFile, preset: Preset) -> Sequence[Axes]:
    """The axes' sizes, one mapping a profile.

    LLaMA has a profile for decoding (many rows, one position) and one for prompts (one row, many positions, but no more
    than the cache has: TensorRT's `IKVCacheUpdateLayer` refuses a profile that could write beyond it). UNet and
    VAE have a profile for each bucket if their graphs leave the picture's size open, else one.
    """
    serving = preset.serving
    if graph.engine == "llama_feature_generator":
        low, usual, high = (min(tokens, _span(graph)) for tokens in serving.prompt)
        return [{"batch": serving.slots, "tokens": (1, 1, 1)}, {"batch": (1, 1, 1), "tokens": (low, usual, high)}]
    batch = _batch(graph.engine, serving)
    if "height" not in graph.axes:
        return [{"batch": batch}]
    return [{"batch": batch} | _latent_axes(bucket, preset) for bucket in preset.sizes]


def _span(graph: GraphFile) -> int:
    """Positions of the cache, which is fixed in a graph for TensorRT: inputs [batch, heads, S, head_dim]."""
    spans = [tensor.shape[2] for tensor in graph.inputs if len(tensor.shape) == CACHE_RANK]
    if not spans or not isinstance(spans[0], int):
        raise GraphError(f"{graph.path}: its cache has no fixed length: write it with `python -m export graphs`")
    return spans[0]


def _batch(engine: str, serving: Serving) -> Sizes:
    sizes = {"eva_clip": serving.references, "sdxl_denoiser": serving.rows, "vae_decoder": serving.pictures}
    if engine not in sizes:
        raise GraphError(f"{engine!r} is no engine; there are {', '.join(ENGINES)}")
    return sizes[engine]


def _latent_axes(bucket: Bucket, preset: Preset) -> dict[str, Sizes]:
    """A bucket's height and width in latents, all three the same: kernels are chosen for exactly that size."""
    height, width = (pixels // preset.decoder.factor for pixels in bucket)
    return {"height": (height, height, height), "width": (width, width, width)}


def _profile(graph: GraphFile, axes: Axes) -> Profile:
    unknown = sorted(graph.axes - axes.keys())
    if unknown:
        raise GraphError(f"{graph.path}: nobody knows the sizes of axis {unknown[0]!r} in a graph for TensorRT")
    return {tensor.name: _range(tensor, axes) for tensor in graph.inputs if tensor.axes}


def _range(tensor: Tensor, axes: Axes) -> ShapeRange:
    low, usual, high = (
        tuple(axis if isinstance(axis, int) else axes[axis][rank] for axis in tensor.shape) for rank in range(3)
    )
    return ShapeRange(low, usual, high)
