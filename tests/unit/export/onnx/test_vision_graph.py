"""The encoder graph against EVA-CLIP written out with torch's own attention."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.onnx import vision
from export.onnx.precision import Precision
from export.presets import Preset
from export.weights import Networks

from .conftest import Sessions

pytestmark = pytest.mark.graphs


def plain_tower(state: dict[str, Tensor], preset: Preset, pixels: Tensor) -> Tensor:
    """Patches, class token, positions; post-norm blocks; no final norm; class token dropped; means of patches."""
    size = preset.vision
    x = F.conv2d(pixels, state["patch_embed.weight"], state["patch_embed.bias"], stride=size.patch_size)
    x = torch.cat([state["cls_token"].expand(len(x), 1, -1), x.flatten(2).mT], 1) + state["pos_embed"]
    for number in range(size.layers):
        block = {name.split(".", 2)[2]: v for name, v in state.items() if name.startswith(f"blocks.{number}.")}
        attention = nn.MultiheadAttention(size.width, size.heads, batch_first=True)
        attention.load_state_dict(
            {
                "in_proj_weight": block["attn.qkv.weight"],
                "in_proj_bias": block["attn.qkv.bias"],
                "out_proj.weight": block["attn.proj.weight"],
                "out_proj.bias": block["attn.proj.bias"],
            }
        )
        mixed = attention(x, x, x, need_weights=False)[0]
        x = x + F.layer_norm(mixed, (size.width,), block["norm1.weight"], block["norm1.bias"], 1e-6)
        inner = F.gelu(x @ block["mlp.0.weight"].T + block["mlp.0.bias"])
        outer = inner @ block["mlp.2.weight"].T + block["mlp.2.bias"]
        x = x + F.layer_norm(outer, (size.width,), block["norm2.weight"], block["norm2.bias"], 1e-6)
    side, stride = size.grid // size.pool_stride, size.pool_stride
    blocks = x[:, 1:].reshape(-1, side, stride, side, stride, size.width)
    return blocks.mean(dim=(2, 4)).flatten(1, 2)


@torch.no_grad()
@pytest.mark.parametrize(("precision", "tolerance"), [(Precision.FP32, 2e-5), (Precision.FP16, 2e-2)])
def test_features_equal_a_plain_tower(
    preset: Preset, networks: Networks, sessions: Sessions, precision: Precision, tolerance: float
) -> None:
    side = preset.vision.image_size
    pixels = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(0))
    wanted = plain_tower(networks.vision.state_dict(), preset, pixels)
    (features,) = sessions(vision.NAME, precision).run(None, {"pixels": pixels.numpy()})
    assert features.shape == (3, 64, preset.vision.width)
    np.testing.assert_allclose(features, wanted.numpy(), atol=tolerance, rtol=0)
