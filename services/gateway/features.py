"""Features of stored pictures: read, encoded, and remembered by object name, whose content never changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from services.gateway.call import Call
from services.gateway.gallery import Gallery
from services.gateway.ports import Encoder
from services.gateway.prompt import Features
from services.telemetry import spans


class FeatureLibrary:
    """The features [64, D] of pictures; the `capacity` last used are kept in memory."""

    def __init__(self, gallery: Gallery, encoder: Encoder, capacity: int) -> None:
        self._gallery, self._encoder, self._capacity = gallery, encoder, capacity
        self._known: OrderedDict[str, Features] = OrderedDict()

    async def of(self, names: Iterable[str], call: Call) -> dict[str, Features]:
        """Features by object name, encoded concurrently where they are not known yet."""
        wanted = tuple(dict.fromkeys(names))
        return dict(zip(wanted, await asyncio.gather(*(self._one(name, call) for name in wanted)), strict=True))

    async def _one(self, name: str, call: Call) -> Features:
        if name in self._known:
            self._known.move_to_end(name)
            return self._known[name]
        with spans.child("reference") as span:
            image = await self._gallery.read(name)
            span.set("wegen.object.size", len(image))
            features = await self._encoder.encode(image, request_id=call.request_id, timeout=call.remaining())
        self._known[name] = features
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return features
