"""Attention is told to look at its own cell, and nothing else about it changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from export import presets
from export.networks import build_denoiser
from export.training.alignment import misalignment, own_cells, watch


def test_a_query_owns_the_features_of_its_cell() -> None:
    assert torch.equal(own_cells(64, 64), torch.eye(64))
    assert own_cells(16, 64)[5].nonzero().flatten().tolist() == [18, 19, 26, 27]
    assert own_cells(256, 64)[17].nonzero().flatten().tolist() == [0]
    assert own_cells(256, 64)[18].nonzero().flatten().tolist() == [1]


def test_attention_in_place_is_no_surprise_and_elsewhere_is_one() -> None:
    kept = torch.tensor([True, False])
    aligned, spread = torch.eye(64).expand(4, -1, -1), torch.full((4, 64, 64), 1 / 64)
    assert float(misalignment([aligned], kept)) == pytest.approx(0.0, abs=2e-3)
    assert float(misalignment([spread], kept)) == pytest.approx(4.1, abs=0.1)
    assert float(misalignment([], kept)) == 0.0


def test_only_kept_rows_and_the_first_half_of_the_heads_are_told() -> None:
    maps = torch.full((2 * 4, 64, 64), 1 / 64)
    maps[:2] = torch.eye(64)
    assert float(misalignment([maps], torch.tensor([True, False]))) == pytest.approx(0.0, abs=2e-3)
    assert float(misalignment([maps], torch.tensor([False, True]))) > 4.0


def test_watching_changes_nothing_that_the_network_says() -> None:
    unet: Any = build_denoiser(presets.load("wegen-tiny"))
    added = {"text_embeds": torch.randn(2, 128), "time_ids": torch.zeros(2, 6)}
    inputs = (torch.randn(2, 4, 16, 16), torch.tensor([3, 700]), torch.randn(2, 64, 128))
    with torch.no_grad():
        before = unet(*inputs, added_cond_kwargs=added).sample
        attentions = watch(unet)
        after = unet(*inputs, added_cond_kwargs=added).sample
    assert torch.allclose(before, after, atol=1e-5)
    assert attentions
    assert all(attention.seen.shape[-1] == 64 for attention in attentions)
