"""EVA-CLIP's vision tower with WeGen's pooling."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.presets import VisionSize

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


class VisionAttention(nn.Module):
    """Full self-attention over patches, one qkv projection with bias."""

    def __init__(self, size: VisionSize) -> None:
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.width)
        self.proj = nn.Linear(size.width, size.width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, C] -> [B, N, C]."""
        batch, count, width = x.shape
        q, k, v = self.qkv(x).view(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(q, k, v)
        return self.proj(out.transpose(1, 2).reshape(batch, count, width))  # type: ignore[no-any-return]


class VisionBlock(nn.Module):
    """EVA02-CLIP-E's post-norm block: x + norm(attn(x)), x + norm(mlp(x))."""

    def __init__(self, size: VisionSize) -> None:
        super().__init__()
        self.attn = VisionAttention(size)
        self.norm1 = nn.LayerNorm(size.width, eps=size.layer_norm_eps)
        self.mlp = nn.Sequential(
            nn.Linear(size.width, size.mlp_hidden), nn.GELU(), nn.Linear(size.mlp_hidden, size.width)
        )
        self.norm2 = nn.LayerNorm(size.width, eps=size.layer_norm_eps)

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, C] -> [B, N, C]."""
        x = x + self.norm1(self.attn(x))
        return x + self.norm2(self.mlp(x))  # type: ignore[no-any-return]


class VisionTower(nn.Module):
    """A reference picture to its features.

    Post-norm blocks, absolute positions, class token dropped, no final norm; the patch grid is then
    average-pooled (WeGen section 3.1 and its published code: 32x32 patches to 8x8 features).
    """

    def __init__(self, size: VisionSize) -> None:
        super().__init__()
        self.size = size
        self.patch_embed = nn.Conv2d(3, size.width, size.patch_size, stride=size.patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, size.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, size.grid**2 + 1, size.width))
        self.blocks = nn.ModuleList(VisionBlock(size) for _ in range(size.layers))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        nn.init.trunc_normal_(self.cls_token, std=0.02)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels [B, 3, H, W], CLIP-normalised, to features [B, 64, C]."""
        x = self.embed(pixels)
        for block in self.blocks:
            x = block(x)
        return self.pool(x[:, 1:])

    def embed(self, pixels: Tensor) -> Tensor:
        """Pixels [B, 3, H, W], CLIP-normalised, to what the first block reads: the class token, then every patch."""
        x = self.patch_embed(pixels).flatten(2).transpose(1, 2)
        return torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1) + self.pos_embed

    def pool(self, patches: Tensor) -> Tensor:
        """[B, grid * grid, C] -> [B, features, C] by average pooling with stride `pool_stride`."""
        grid, stride = self.size.grid, self.size.pool_stride
        planes = patches.transpose(1, 2).reshape(-1, self.size.width, grid, grid)
        return F.avg_pool2d(planes, stride).flatten(2).transpose(1, 2)
