"""The fused UNet step as a plan, over latents and features that stay in device memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.engine.arrays import Floats
from services.engine.canvas import LatentShape
from services.engine.compiled import Compiled, Execution, Shape, check_tensor
from services.engine.contexts import Contexts
from services.engine.device import ALIGNMENT, Device
from services.engine.runtime import DenoiserRows
from services.settings import SettingsError

_RESIDENT = ("latents", "features")
_TRAVELLING = ("sigma", "sigma_next", "timestep", "time_ids", "guidance")


class TensorrtDenoiserRuntime:
    """One plan, and `rows` rows for each shape of latents [4, h, w], every one of which has profiles for `batch` rows.

    SettingsError where the plan is of other shapes.
    """

    def __init__(
        self,
        device: Device,
        compiled: Compiled,
        *,
        rows: int,
        batch: int,
        latents: Sequence[LatentShape],
        features: tuple[int, int],
    ) -> None:
        contexts = Contexts(compiled)
        # Before any memory is asked for: a size without a profile is a plan to be built again.
        for shape in latents:
            _check_tensors(compiled, DenoiserRows.shapes(rows, shape, features), shape)
            _check_profiles(compiled, batch, shape)
        stepped = device.allocate(batch * max(map(_bytes, latents)))
        self.pools = [
            TensorrtDenoiserPool(device, compiled, contexts, DenoiserRows.shapes(rows, shape, features), stepped)
            for shape in latents
        ]


class TensorrtDenoiserPool:
    """Latents and features are sent once a job, when `put` says that they are written, and bound where they lie.

    A step sends some scalars a row and brings nothing back. New latents replace the old ones on the device, by a copy
    from `stepped`: TensorRT lets no output lie over an input.
    """

    def __init__(
        self, device: Device, compiled: Compiled, contexts: Contexts, shapes: dict[str, Shape], stepped: int
    ) -> None:
        self._device, self._compiled, self._contexts, self._stepped = device, compiled, contexts, stepped
        self._ranges, self._latents = list(compiled.ranges("latents")), shapes["latents"][1:]
        self.rows = DenoiserRows(**{name: device.pinned(shape, np.float32) for name, shape in shapes.items()})
        self._strides: dict[str, int] = {name: getattr(self.rows, name)[0].nbytes for name in _RESIDENT}
        self._check_strides()
        self._places: dict[str, int] = {name: device.allocate(getattr(self.rows, name).nbytes) for name in shapes}

    def put(self, row: int) -> None:
        """Send a row's latents and features."""
        for name in _RESIDENT:
            self._device.upload(self._place(name, row), getattr(self.rows, name)[row])

    def move(self, source: int, target: int) -> None:
        """Copy row `source` over row `target`."""
        for name in _RESIDENT:
            self._device.copy(self._place(name, target), self._place(name, source), self._strides[name])
        self._device.wait()  # the host rows may still be on their way
        self.rows.move(source, target)

    def latents(self, row: int) -> Floats:
        """A row's latents, brought back."""
        latents: Floats = self.rows.latents[row]
        self._device.download(latents, self._place("latents", row))
        self._device.wait()
        copied: Floats = latents.copy()
        return copied

    def step(self, first: int, count: int) -> None:
        """Advance rows first..first+count-1."""
        taking = [number for number, found in enumerate(self._ranges) if found.takes(count, *self._latents)]
        profile = min(taking, key=lambda number: self._ranges[number].high[0])
        # A profile over a range of sizes serves several pools: who aimed it last matters too.
        aim = (self._places["latents"], first, count)
        context = self._contexts.aimed(profile, aim, lambda context: self._aim(context, first, count))
        for name in _TRAVELLING:
            self._device.upload(self._places[name], getattr(self.rows, name)[first : first + count])
        context.run()
        self._device.copy(self._place("latents", first), self._stepped, count * self._strides["latents"])
        self._device.wait()

    def _aim(self, context: Execution, first: int, count: int) -> None:
        """Bind rows where they lie; what travels always begins at its buffer's start, which is aligned."""
        for name in DenoiserRows.__slots__:
            context.shape(name, (count, *getattr(self.rows, name).shape[1:]))
            context.bind(name, self._place(name, first) if name in _RESIDENT else self._places[name])
        context.bind("latents_out", self._stepped)

    def _place(self, name: str, row: int) -> int:
        return self._places[name] + row * self._strides[name]

    def _check_strides(self) -> None:
        for name, stride in self._strides.items():
            if stride % ALIGNMENT:
                raise SettingsError(
                    f"{self._compiled.name}: a row of {name} has {stride} bytes, no multiple of {ALIGNMENT}"
                )


def _bytes(shape: LatentShape) -> int:
    return 4 * int(np.prod(shape))


def _check_tensors(compiled: Compiled, shapes: dict[str, Shape], latents: LatentShape) -> None:
    for name, shape in shapes.items():
        check_tensor(compiled, name, (-1, *shape[1:]), 4)
    check_tensor(compiled, "latents_out", (-1, *latents), 4)


def _check_profiles(compiled: Compiled, batch: int, latents: LatentShape) -> None:
    """SettingsError for a number of rows up to `batch` that no profile takes at this size of latents."""
    ranges = compiled.ranges("latents")
    for count in range(1, batch + 1):
        if not any(found.takes(count, *latents) for found in ranges):
            raise SettingsError(
                f"{compiled.name}: no profile takes {count} rows of {list(latents)}: build the plan for {batch} rows, "
                "or lower parameter 'batch'"
            )
