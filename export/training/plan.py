"""How long and how fast each stage learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One stage's optimisation. `ema` 0 keeps no average; `betas` and `clip` are AdamW's and the gradient norm's."""

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

    def __post_init__(self) -> None:
        if self.steps <= self.warmup:
            raise ValueError(f"steps {self.steps} must exceed warmup {self.warmup}")


# Sized for two CPU cores: an hour and a quarter for all five.
PLANS: dict[str, Plan] = {
    "vae": Plan(steps=9000, batch=8, learning_rate=2e-3, ema=0.995),
    "decoder": Plan(steps=6500, batch=8, learning_rate=1.5e-3, ema=0.995, pictures=14_000),
    "vision": Plan(steps=3000, batch=16, learning_rate=2e-3),
    "denoiser": Plan(steps=9000, batch=16, learning_rate=1e-3, ema=0.998, pictures=14_000),
    "language": Plan(steps=2400, batch=32, learning_rate=2e-3, betas=(0.9, 0.95), ema=0.995, pictures=14_000),
}
