"""A step's inputs in pinned memory, and where they lie on the device."""

from __future__ import annotations

import numpy as np

from services.engine.compiled import Shape
from services.engine.device import Device
from services.engine.runtime import LanguageRows, PromptChunk


class RowInputs:
    """`rows` sequences with `positions` positions together; some kilobytes a step travel, most of them features."""

    def __init__(self, device: Device, rows: int, positions: int, width: int) -> None:
        self.rows = LanguageRows(
            ids=device.pinned((positions,), np.int64),
            features=device.pinned((positions, width), np.float32),
            is_feature=device.pinned((positions,), np.bool_),
            past_length=device.pinned((rows,), np.int64),
        )
        self._last = device.pinned((rows,), np.int64)
        self._device, self._width = device, width
        arrays = {name: getattr(self.rows, name) for name in LanguageRows.__slots__} | {"last": self._last}
        self._places = {name: device.allocate(array.nbytes) for name, array in arrays.items()}

    def write(self, chunk: PromptChunk, piece: slice) -> int:
        """The inputs of one sequence's next positions, a piece of `chunk`; how many they are."""
        tokens = len(chunk.ids[piece])
        self.rows.ids[:tokens] = chunk.ids[piece]
        self.rows.features[:tokens] = chunk.features[piece]
        self.rows.is_feature[:tokens] = chunk.is_feature[piece]
        self.rows.past_length[0] = chunk.past_length + piece.start
        self._last[0] = tokens - 1
        return tokens

    def upload(self, rows: int, positions: int) -> None:
        """Send what the next run of `rows` sequences reads; features only where there are any."""
        send, places, host = self._device.upload, self._places, self.rows
        send(places["ids"], host.ids[:positions])
        send(places["is_feature"], host.is_feature[:positions])
        send(places["past_length"], host.past_length[:rows])
        send(places["last"], self._last[:rows])
        if host.is_feature[:positions].any():
            send(places["features"], host.features[:positions])

    def tensors(self, rows: int, tokens: int) -> dict[str, tuple[int, Shape]]:
        """Address and shape of each input."""
        shapes: dict[str, Shape] = {
            "ids": (rows, tokens),
            "features": (rows, tokens, self._width),
            "is_feature": (rows, tokens),
            "past_length": (rows,),
            "last": (rows,),
        }
        return {name: (self._places[name], shape) for name, shape in shapes.items()}
