"""LPIPS itself: AlexNet's five convolutions with LPIPS's learned channel weights, both read from files.

Files: torchvision's `alexnet-owt-*.pth` and LPIPS's `weights/v0.1/alex.pth` (richzhang/PerceptualSimilarity).
"""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import Final

import torch
from torch import Tensor, nn

from bench.quality.measures.perceptual import Perceptual
from bench.quality.picture import Picture
from services.errors import InvalidArgumentError, NotFoundError

NAME = "LPIPS"
DESCRIPTION = "LPIPS v0.1 on AlexNet"
# Kept out of the picture's own range: LPIPS subtracts and divides by these after scaling to -1..1.
_SHIFT: Final = (-0.030, -0.088, -0.188)
_SCALE: Final = (0.458, 0.448, 0.450)
# By torchvision's number of the layer in `features`: (in, out, kernel, stride, padding).
CONVOLUTIONS: Final = {
    0: (3, 64, 11, 4, 2),
    3: (64, 192, 5, 1, 2),
    6: (192, 384, 3, 1, 1),
    8: (384, 256, 3, 1, 1),
    10: (256, 256, 3, 1, 1),
}
_POOLED_BEFORE: Final = (3, 6)


class AlexActivations:
    """What leaves the five rectifiers of torchvision's AlexNet."""

    def __init__(self, state: dict[str, Tensor]) -> None:
        self._layers: list[tuple[bool, nn.Conv2d]] = []
        for number, (width, out, kernel, stride, padding) in CONVOLUTIONS.items():
            layer = nn.Conv2d(width, out, kernel, stride, padding)
            names = {name: f"features.{number}.{name}" for name in ("weight", "bias")}
            layer.load_state_dict({name: _tensor(state, key, "alexnet") for name, key in names.items()})
            self._layers.append((number in _POOLED_BEFORE, layer))

    @torch.no_grad()
    def __call__(self, picture: Picture) -> list[Tensor]:
        """Five maps [C, h, w] of a picture of at least 64 x 64 pixels."""
        shift, scale = (torch.tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
        signed = torch.from_numpy(picture.copy()).permute(2, 0, 1).float() / 127.5 - 1
        x, found = ((signed - shift) / scale)[None], []
        for pooled, layer in self._layers:
            x = layer(nn.functional.max_pool2d(x, 3, 2) if pooled else x).relu()
            found.append(x[0])
        return found


def lpips(alexnet: Path, heads: Path) -> Perceptual:
    """LPIPS from its two files.

    Raises:
        NotFoundError: A file does not exist.
        InvalidArgumentError: A file is no state dict, or lacks a tensor.
    """
    state = _load(heads, "lpips")
    weights = [_tensor(state, f"lin{index}.model.1.weight", "lpips").flatten() for index in range(len(CONVOLUTIONS))]
    return Perceptual(NAME, AlexActivations(_load(alexnet, "alexnet")), weights, DESCRIPTION)


def _load(path: Path, field: str) -> dict[str, Tensor]:
    if not path.is_file():
        raise NotFoundError(f"{field}: {path} does not exist")
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise InvalidArgumentError(field, f"{path} is not a file of torch tensors") from error
    return state


def _tensor(state: dict[str, Tensor], key: str, field: str) -> Tensor:
    if key not in state:
        raise InvalidArgumentError(field, f"lacks the tensor {key}")
    return state[key].float()
