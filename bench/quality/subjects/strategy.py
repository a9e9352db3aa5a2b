"""How a prompt is rewritten before it is painted: the rows of WeGen's Table 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GREEDY: Final = 0.0


@dataclass(frozen=True, slots=True)
class Strategy:
    """`rewrite` False paints the prompt as it stands; temperature 0 takes the likeliest token at every place."""

    name: str
    rewrite: bool = True
    top_p: float = 1.0
    temperature: float = 1.0


# Without PSR, and PSR without sampling: in both, samples differ by the denoiser's noise alone.
DIRECT: Final = Strategy("without PSR", rewrite=False)
NONE: Final = Strategy("none", temperature=GREEDY)
PURE: Final = Strategy("pure")
TOP_P: Final = Strategy("top-p", top_p=0.9)
TEMPERATURE: Final = Strategy("temperature", temperature=0.8)
BOTH: Final = Strategy("top-p + temperature", top_p=0.9, temperature=0.8)
STRATEGIES: Final = (DIRECT, NONE, PURE, TOP_P, TEMPERATURE, BOTH)
