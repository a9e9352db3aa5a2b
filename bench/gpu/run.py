"""Every case in turn, each network made and dropped, until all are done or the time is over."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bench.gpu.clock import Clock
from bench.gpu.decoding import DecodeStep, generate_features
from bench.gpu.engine import Engine
from bench.gpu.networks import random_network, weight_bytes
from bench.gpu.result import Case, Omission, Result
from bench.measures import Series
from export.networks import build_decoder, build_denoiser, build_language, build_vision
from export.onnx.decoder import DecoderGraph
from export.onnx.denoiser import DenoiserGraph
from export.onnx.vision import VisionGraph
from export.presets import Preset

DECODE, FEATURES, VISION, UNET, DECODER = "LLaMA decode", "64 features", "EVA-CLIP", "UNet step", "VAE decode"
_BATCHES = {DECODE: (1, 8, 32), VISION: (1,), UNET: (1, 4, 8), DECODER: (1,)}
Report = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """The cases of a preset on one device. `span`: entries of the cache; `deadline`: by `time.monotonic`."""

    preset: Preset
    clock: Clock
    dtype: torch.dtype
    span: int
    repeats: int
    deadline: float
    report: Report
    results: list[Result] = field(default_factory=list)
    left: list[Omission] = field(default_factory=list)

    @property
    def backend(self) -> str:
        """What runs the networks."""
        return "torch, compiled, CUDA graphs" if self.clock.device.type == "cuda" else "torch, eager"

    def batches(self, name: str) -> tuple[int, ...]:
        """How many at once, ascending."""
        return _BATCHES[name]

    def measure(self) -> None:
        """All cases."""
        for group in (self._language, self._vision, self._denoiser, self._decoder):
            group()

    def keep(self, case: Case, series: Series) -> None:
        """One more result."""
        self.results.append(Result(case, series, self._peak()))
        self.report(f"{case.name}, batch {case.batch}, {case.backend}: {series.median:.3g} ms")

    def _language(self) -> None:
        def build() -> nn.Module:
            return build_language(self.preset)

        def one(model: nn.Module, batch: int) -> None:
            self._decode(DecodeStep(model, batch, self.span), batch)  # type: ignore[arg-type]

        self._each(DECODE, build, one)

    def _vision(self) -> None:
        def build() -> nn.Module:
            return VisionGraph(build_vision(self.preset))

        def one(network: nn.Module, batch: int) -> None:
            side = self.preset.vision.image_size
            self._network(VISION, network, (self._random(batch, 3, side, side),), ("VisionBlock",))

        self._each(VISION, build, one)

    def _denoiser(self) -> None:
        def build() -> nn.Module:
            unet: Any = build_denoiser(self.preset)
            return DenoiserGraph(unet, self.dtype)

        def one(network: nn.Module, batch: int) -> None:
            self._network(UNET, network, self._denoiser_inputs(batch), ("BasicTransformerBlock",))

        self._each(UNET, build, one)

    def _decoder(self) -> None:
        def build() -> nn.Module:
            vae: Any = build_decoder(self.preset)
            return DecoderGraph(vae, self.preset.decoder.scaling_factor, self.dtype)

        def one(network: nn.Module, batch: int) -> None:
            self._network(DECODER, network, (self._latents(batch),), ())

        self._each(DECODER, build, one)

    def _each(self, name: str, build: Callable[[], nn.Module], one: Callable[[nn.Module, int], None]) -> None:
        """`one` at every batch over one network; what fails is told and the others still get their numbers."""

        def all_batches() -> None:
            network = random_network(build, self.clock.device, self.dtype)
            for batch in self.batches(name):
                self._attempt(name, batch, partial(one, network, batch))

        self._attempt(name, self.batches(name)[0], all_batches)

    def _network(self, name: str, network: nn.Module, inputs: tuple[Tensor, ...], blocks: tuple[str, ...]) -> None:
        engine = Engine(network, lambda: network(*inputs), self.clock.device, blocks=blocks)
        series = self.clock.series(engine.run, repeats=self.repeats)
        self.keep(Case(name, len(inputs[0]), self.backend, weight_bytes(network), engine.operations), series)

    def _decode(self, step: DecodeStep, batch: int) -> None:
        step.position.fill_(self.span - 1)
        engine = Engine(step, step, self.clock.device, blocks=("CachedLayer",))
        series = self.clock.series(engine.run, repeats=4 * self.repeats)
        self.keep(Case(DECODE, batch, self.backend, step.moved, engine.operations), series)
        if batch == 1:
            self._features(step, engine)

    def _features(self, step: DecodeStep, engine: Engine) -> None:
        count, start = self.preset.features, self.span - self.preset.features

        def work() -> None:
            generate_features(step, engine.outputs[1], engine.run, start=start, count=count)

        series = self.clock.series(work, repeats=self.repeats, warm_up=1)
        self.keep(Case(FEATURES, 1, self.backend, count * step.moved, count * engine.operations), series)

    def _denoiser_inputs(self, batch: int) -> tuple[Tensor, ...]:
        ones = torch.ones(batch, device=self.clock.device)
        features = self._random(batch, self.preset.features, self.preset.denoiser.feature_width)
        return self._latents(batch), ones, 0.9 * ones, 500 * ones, features, self._random(batch, 6), 7 * ones

    def _latents(self, batch: int) -> Tensor:
        side = self.preset.latent_size
        return self._random(batch, self.preset.denoiser.latent_channels, side, side)

    def _random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.clock.device)

    def _attempt(self, name: str, batch: int, work: Callable[[], None]) -> None:
        """A failure, or a start after the deadline, becomes an omission; memory is emptied behind it."""
        on_gpu = self.clock.device.type == "cuda"
        if on_gpu:
            torch.cuda.reset_peak_memory_stats(self.clock.device)
        if time.monotonic() > self.deadline:
            self.left.append(Omission(name, batch, "the time is over"))
            return
        try:
            work()
        except RuntimeError as error:  # torch's out-of-memory error is one
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            self.left.append(Omission(name, batch, reason))
        gc.collect()
        if on_gpu:
            torch.cuda.empty_cache()

    def _peak(self) -> float:
        if self.clock.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.clock.device) / 2**30
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
