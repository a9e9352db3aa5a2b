"""Driving the language graph as the engine does: cache bound in place, rows of different kinds in one batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from export.presets import Preset

Floats = NDArray[np.float32]


@dataclass
class Row:
    """What one sequence reads in a step: token ids, or features where `is_feature`."""

    ids: list[int]
    features: Floats
    is_feature: list[bool]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> Row:
        return Row(self.ids[part], self.features[part], self.is_feature[part])


def random_row(preset: Preset, length: int, seed: int) -> Row:
    """Tokens with features among them."""
    random = np.random.default_rng(seed)
    ids = random.integers(0, preset.language.vocab, length).tolist()
    features = random.standard_normal((length, preset.vision.width), dtype=np.float32)
    return Row(ids, features, (random.random(length) < 0.4).tolist())


class Cache:
    """Keys and values of `batch` rows and `span` positions, which every step updates in place."""

    def __init__(
        self, session: ort.InferenceSession, preset: Preset, batch: int, span: int, kind: type = np.float32
    ) -> None:
        self.session, self.width = session, preset.vision.width
        size = preset.language
        shape = (batch, size.heads, span, size.head_dim)
        names = [f"{name}_{layer}" for layer in range(size.layers) for name in ("key", "value")]
        # Whatever an earlier sequence left there must not be read.
        self.arrays: dict[str, NDArray[np.generic]] = {name: np.full(shape, 7, kind) for name in names}
        self.lengths = np.zeros(batch, np.int64)

    def step(self, rows: list[Row]) -> tuple[Floats, Floats]:
        """Logits [B, vocab] and features [B, D] after each row's last entry; shorter rows are padded."""
        batch, tokens = len(rows), max(len(row) for row in rows)
        ids = np.zeros((batch, tokens), np.int64)
        features = np.zeros((batch, tokens, self.width), np.float32)
        is_feature = np.zeros((batch, tokens), bool)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row.ids
            features[number, : len(row)] = row.features
            is_feature[number, : len(row)] = row.is_feature
        last = np.array([len(row) - 1 for row in rows])
        outputs = self._run(
            {"ids": ids, "features": features, "is_feature": is_feature, "past_length": self.lengths, "last": last}
        )
        self.lengths = self.lengths + last + 1
        return outputs

    def _run(self, inputs: dict[str, NDArray[np.generic]]) -> tuple[Floats, Floats]:
        binding = self.session.io_binding()
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array)
        for name, array in self.arrays.items():
            where = ("cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
            binding.bind_input(f"past_{name}", *where)
            binding.bind_output(f"present_{name}", *where)
        binding.bind_output("logits")
        binding.bind_output("feature")
        self.session.run_with_iobinding(binding)
        logits, feature = binding.get_outputs()[-2:]
        return logits.numpy(), feature.numpy()
