"""Plans whose graphs are a few lines of numpy over a `FakeDevice`: a one-layer LLaMA with its cache, and a denoiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.engine.arrays import Array, Floats
from services.engine.compiled import Shape, ShapeRange, TensorInfo
from services.engine.device import ALIGNMENT
from services.manifest import LanguageSpec
from tests.fakes.device import FakeDevice

TYPES = {"ids": np.int64, "is_feature": np.bool_, "past_length": np.int64, "last": np.int64}
Graph = Callable[[Mapping[str, Array]], Mapping[str, Array]]


class FakePlan:
    """`graph` maps arrays by name to outputs by name; every tensor's first axis is the batch, -1."""

    def __init__(
        self,
        device: FakeDevice,
        graph: Graph,
        inputs: Mapping[str, Shape],
        outputs: Mapping[str, Shape],
        profiles: Sequence[Mapping[str, ShapeRange]],
    ) -> None:
        self.name = "fake.plan"
        self.device, self.graph, self.profiles = device, graph, profiles
        self.outputs = outputs
        self.executions = 0
        self.tensors = {
            name: TensorInfo(shape, np.dtype(TYPES.get(name, np.float32)).itemsize, name in inputs)
            for name, shape in {**inputs, **outputs}.items()
        }

    def ranges(self, name: str) -> Sequence[ShapeRange]:
        return [profile[name] for profile in self.profiles]

    def execution(self, profile: int) -> FakeExecution:
        self.executions += 1
        return FakeExecution(self, self.profiles[profile])


class FakeExecution:
    """As strict as TensorRT: shapes within the profile, everything bound and aligned, the cache bound in place."""

    def __init__(self, plan: FakePlan, profile: Mapping[str, ShapeRange]) -> None:
        self._plan, self._profile = plan, profile
        self._shapes: dict[str, Shape] = {}
        self._places: dict[str, int] = {}

    def shape(self, name: str, shape: Shape) -> None:
        wanted = self._plan.tensors[name].shape
        assert len(shape) == len(wanted)
        assert all(want in {-1, have} for have, want in zip(shape, wanted, strict=True))
        if name in self._profile:
            assert self._profile[name].takes(*shape)
        self._shapes[name] = shape

    def bind(self, name: str, place: int) -> None:
        assert place % ALIGNMENT == 0
        assert name in self._plan.tensors
        self._places[name] = place

    def run(self) -> None:
        assert self._places.keys() == self._plan.tensors.keys()
        shapes, places = dict(self._shapes), dict(self._places)
        self._plan.device.ask(lambda: self._run(shapes, places))

    def _run(self, shapes: Mapping[str, Shape], places: Mapping[str, int]) -> None:
        device = self._plan.device
        inputs = {name: device.view(places[name], shape, TYPES.get(name, np.float32)) for name, shape in shapes.items()}
        rows = len(next(iter(inputs.values())))
        assert all(len(array) == rows for array in inputs.values())
        for name, array in self._plan.graph(inputs).items():
            # The graph has written a cache in place already: its output is the same memory or it is nowhere.
            if name.startswith("present_"):
                assert places[name] == places[name.replace("present_", "past_")]
            else:
                device.view(places[name], array.shape, array.dtype)[...] = array


class FakeLanguage:
    """Masked attention over the whole span, as the exported graph has it: what is not finite anywhere, shows."""

    def __init__(self, spec: LanguageSpec, width: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.spec, self.hidden = spec, spec.heads * spec.head_dim

        def weights(*shape: int) -> Floats:
            values: Floats = (random.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)
            return values

        self.embed, self.project = weights(spec.vocab, self.hidden) * 6, weights(width, self.hidden)
        self.layers = [weights(self.hidden, 3 * self.hidden) for _ in range(spec.layers)]
        self.head, self.out = weights(self.hidden, spec.vocab), weights(self.hidden, width)

    def __call__(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        ids, past, last = inputs["ids"], inputs["past_length"], inputs["last"]
        positions = past[:, None] + np.arange(ids.shape[1])
        x = np.where(inputs["is_feature"][..., None], inputs["features"] @ self.project, self.embed[ids])
        x = x + np.sin(positions[..., None] * np.arange(1, self.hidden + 1) / 7)
        present: dict[str, Array] = {}
        for layer, qkv in enumerate(self.layers):
            cache = inputs[f"past_key_{layer}"], inputs[f"past_value_{layer}"]
            with np.errstate(invalid="ignore"):  # what is not finite is fed on purpose
                x = x + self._attend(np.tanh(x) @ qkv, cache, past, positions)
            present |= {f"present_key_{layer}": cache[0], f"present_value_{layer}": cache[1]}
        h = np.tanh(x[np.arange(len(ids)), last])
        return {
            "logits": (4 * h @ self.head).astype(np.float32),
            "feature": (h @ self.out).astype(np.float32),
            **present,
        }

    def _attend(self, qkv: Array, cache: tuple[Array, Array], past: Array, positions: Array) -> Array:
        spec = self.spec
        parts = qkv.reshape(*qkv.shape[:2], 3, spec.heads, spec.head_dim).transpose(2, 0, 3, 1, 4)
        for row, start in enumerate(past):
            assert start + qkv.shape[1] <= cache[0].shape[2]
            cache[0][row, :, start : start + qkv.shape[1]] = parts[1, row]
            cache[1][row, :, start : start + qkv.shape[1]] = parts[2, row]
        scores = parts[0] @ cache[0].swapaxes(2, 3) / np.sqrt(spec.head_dim)
        seen = np.arange(cache[0].shape[2]) <= positions[:, None, :, None]
        weights = np.where(seen, np.exp(np.where(seen, scores, 0)), 0)
        mixed = (weights / weights.sum(-1, keepdims=True)) @ cache[1]
        return np.asarray(mixed.transpose(0, 2, 1, 3).reshape(*qkv.shape[:2], self.hidden))

    def plan(self, device: FakeDevice, width: int, *, rows: int, tokens: int, span: int) -> FakePlan:
        """A plan with a profile for steps of up to `rows` rows and one for prompts of up to `tokens` positions."""
        spec = self.spec
        names = [f"{kind}_{layer}" for layer in range(spec.layers) for kind in ("key", "value")]
        cache = dict.fromkeys(names, (-1, spec.heads, span, spec.head_dim))
        inputs = {
            "ids": (-1, -1),
            "features": (-1, -1, width),
            "is_feature": (-1, -1),
            "past_length": (-1,),
            "last": (-1,),
            **{f"past_{name}": shape for name, shape in cache.items()},
        }
        outputs = {
            "logits": (-1, spec.vocab),
            "feature": (-1, width),
            **{f"present_{name}": shape for name, shape in cache.items()},
        }
        steps, prompts = ShapeRange((1, 1), (rows, 1)), ShapeRange((1, 1), (1, tokens))
        return FakePlan(device, self, inputs, outputs, [{"ids": prompts}, {"ids": steps}])


def denoise(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
    """Every input of a row, and no other's, counts."""
    column = (-1, 1, 1, 1)
    push = inputs["guidance"] * inputs["features"].mean((1, 2)) + 0.001 * inputs["timestep"]
    push = push + 0.01 * inputs["time_ids"].sum(1)
    change = ((inputs["sigma_next"] - inputs["sigma"]) * push).reshape(column)
    return {"latents_out": (np.tanh(inputs["latents"]) + change).astype(np.float32)}


def denoiser_plan(device: FakeDevice, latents: Sequence[Shape], features: Shape, *, batch: int) -> FakePlan:
    """The denoiser's plan, with two profiles for each shape of latents: one row, and more."""
    open_shape = (-1, *(sizes[0] if len(set(sizes)) == 1 else -1 for sizes in zip(*latents, strict=True)))
    scalars = dict.fromkeys(("sigma", "sigma_next", "timestep", "guidance"), (-1,))
    inputs = {"latents": open_shape, "features": (-1, *features), "time_ids": (-1, 6), **scalars}
    profiles = [
        {"latents": ShapeRange((low, *shape), (high, *shape))}
        for shape in latents
        for low, high in ((1, 1), (2, batch))
    ]
    return FakePlan(device, denoise, inputs, {"latents_out": open_shape}, profiles)


def random_features(count: int, width: int, seed: int) -> NDArray[np.float32]:
    """Features [count, width]."""
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
