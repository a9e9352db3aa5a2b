"""How long and how fast each stage learns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

LOG_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """One stage's optimisation. `ema` 0 keeps no average; `betas` and `clip` are AdamW's and the gradient norm's.

    A stage ends after `steps`, or before where it has taken `seconds`.
    """

    steps: int
    batch: int
    learning_rate: float
    warmup: int = 200
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.0
    checkpoint_every: int = 500
    pictures: int = 24_000
    seconds: float = math.inf

    def __post_init__(self) -> None:
        if self.steps <= self.warmup:
            raise ValueError(f"steps {self.steps} must exceed warmup {self.warmup}")
        if self.checkpoint_every % LOG_EVERY:
            # A resumed run logs the same means only if none of them spans a checkpoint.
            raise ValueError(f"checkpoint_every {self.checkpoint_every} is not a multiple of {LOG_EVERY}")

    def shortened(self, steps: int) -> Plan:
        """The same over fewer or more steps."""
        return replace(self, steps=steps, warmup=min(self.warmup, steps - 1))

    def continued(self) -> Plan:
        """For a network that has learned already: a third of the steps, half the rate."""
        return replace(self, steps=self.steps // 3, learning_rate=self.learning_rate / 2)


# For two CPU cores, two stages at a time: vision and then language on one, the other three on the other. The steps are
# what cores with bf16 units do in the time (measured on a Xeon with AMX, one thread each: vae 6 steps a second, vision
# 5, denoiser 3.8, decoder 8; language 1.7 s a step), `seconds` what slower ones may take: 2 h 30 min in all, which
# leaves the rest of three hours to draw and encode.
PLANS: Final[dict[str, Plan]] = {
    "vae": Plan(9000, 8, 2e-3, ema=0.995, seconds=2400),
    "vision": Plan(4000, 16, 2e-3, seconds=1200),
    "denoiser": Plan(12_000, 16, 1e-3, ema=0.998, pictures=16_000, seconds=4200),
    "decoder": Plan(8000, 8, 1.5e-3, ema=0.995, pictures=14_000, seconds=1500),
    "language": Plan(6000, 32, 2e-3, betas=(0.9, 0.95), ema=0.995, checkpoint_every=200, pictures=36_000, seconds=7800),
}

# For one GPU and 16 cores beside it, all stages that can run at a time, in about 20 minutes. Networks as small as these
# keep a GPU waiting for its calls, so batches are as large as a call is long; time, not steps, ends a stage.
GPU_PLANS: Final[dict[str, Plan]] = {
    "vae": Plan(20_000, 64, 2e-3, ema=0.998, checkpoint_every=2000, pictures=50_000, seconds=200),
    "vision": Plan(20_000, 192, 2e-3, warmup=500, checkpoint_every=2000, pictures=60_000, seconds=120),
    "denoiser": Plan(60_000, 256, 1e-3, ema=0.9995, checkpoint_every=2000, pictures=80_000, seconds=620),
    "decoder": Plan(20_000, 96, 1.5e-3, ema=0.998, checkpoint_every=2000, pictures=50_000, seconds=200),
    "language": Plan(
        100_000,
        128,
        1e-3,
        warmup=1000,
        betas=(0.9, 0.95),
        ema=0.9995,
        checkpoint_every=2000,
        pictures=120_000,
        seconds=700,
    ),
}


def plans_for(device: str) -> dict[str, Plan]:
    """Every stage's plan on a kind of device, `cpu` or `cuda`."""
    return PLANS if device == "cpu" else GPU_PLANS
