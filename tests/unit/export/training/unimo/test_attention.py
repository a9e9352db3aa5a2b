"""The attention loss asks for the mask, at every resolution, of a reference's tokens alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from export.training.unimo.attention import attention_loss, attention_shares, entity_maps, masks_at
from export.training.unimo.batch import References

HEADS, TOKENS = 2, 6


def corner() -> Tensor:
    """The top right quarter of a picture."""
    mask = torch.zeros(1, 32, 32)
    mask[:, :16, 16:] = 1.0
    return mask


def references(masks: Tensor) -> References:
    """Of row 1, at positions 2 and 3."""
    return References(torch.tensor([1]), torch.tensor([[2, 3]]), masks)


def maps_like(entity: Tensor) -> Tensor:
    """Maps of two rows in which tokens 2 and 3 of row 1 share `entity` [Q] and token 0 gets the rest."""
    maps = torch.zeros(2, HEADS, len(entity), TOKENS)
    maps[0, :, :, 5] = 1.0
    maps[1, :, :, 2], maps[1, :, :, 3] = 0.25 * entity, 0.75 * entity
    maps[1, :, :, 0] = 1.0 - entity
    return maps.flatten(0, 1)


def test_masks_keep_their_place_at_every_resolution() -> None:
    assert masks_at(corner(), 4).tolist() == [[0.0, 1.0, 0.0, 0.0]]
    assert masks_at(corner(), 16).view(4, 4).tolist() == [[0.0, 0.0, 1.0, 1.0]] * 2 + [[0.0] * 4] * 2
    thin = torch.zeros(1, 32, 32)
    thin[:, 8:16, 0:2] = 1.0
    assert masks_at(thin, 16).view(4, 4)[1].tolist() == [0.25, 0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="queries 8"):
        masks_at(corner(), 8)


@given(st.integers(0, 2**16), st.sampled_from([1, 4, 16, 64]))
@settings(max_examples=25)
def test_a_coarser_mask_covers_the_same_share(seed: int, queries: int) -> None:
    mask = torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(seed)) < 0.3
    assert float(masks_at(mask, queries).mean()) == pytest.approx(float(mask.float().mean()), abs=1e-5)


def test_the_loss_is_zero_when_maps_equal_masks_at_every_layer() -> None:
    masks = corner()
    masks[:, 20:30, 3:9] = 1.0
    layers = [maps_like(masks_at(masks, queries)[0]) for queries in (4, 16, 64)]
    assert float(attention_loss(layers, references(masks), 2)) == pytest.approx(0.0, abs=1e-6)
    elsewhere = [maps_like(1.0 - masks_at(masks, queries)[0]) for queries in (4, 16, 64)]
    assert float(attention_loss(elsewhere, references(masks), 2)) > 0.5


def test_the_loss_is_the_mean_deviation_over_layers_and_places() -> None:
    none, everywhere = (maps_like(torch.full((16,), share)) for share in (0.0, 1.0))
    assert float(attention_loss([none], references(corner()), 2)) == pytest.approx(0.25)
    assert float(attention_loss([everywhere], references(corner()), 2)) == pytest.approx(0.75)
    assert float(attention_loss([none, everywhere], references(corner()), 2)) == pytest.approx(0.5)


def test_heads_are_averaged_before_they_are_compared() -> None:
    maps = maps_like(torch.ones(4)).view(2, HEADS, 4, TOKENS)
    maps[1, 0, :, 2:4] = 0.0
    assert entity_maps(maps.flatten(0, 1), references(corner()), 2).tolist() == [[0.5] * 4]


@given(st.integers(0, 2**16))
@settings(max_examples=25)
def test_for_plain_masks_the_gradient_is_the_papers_formula_summed_over_tokens(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(2 * HEADS, 16, TOKENS, generator=generator).requires_grad_()
    mask = corner()
    ours = attention_loss([scores.softmax(2)], references(mask), 2)
    tokens = scores.softmax(2).view(2, HEADS, 16, TOKENS)[1, :, :, 2:4].mean(0)
    papers = (tokens - masks_at(mask, 16)[0][:, None]).abs().sum(1).mean()
    (first,), (second,) = (torch.autograd.grad(loss, scores, retain_graph=True) for loss in (ours, papers))
    assert torch.allclose(first, second, atol=1e-6)


def test_without_references_there_is_nothing_to_ask() -> None:
    kept = torch.tensor([True, False])
    dropped = references(corner()).within(kept)
    assert len(dropped) == 0
    assert float(attention_loss([maps_like(torch.ones(4))], dropped, 2)) == 0.0


def test_shares_tell_inside_from_outside() -> None:
    inside, outside = attention_shares([maps_like(masks_at(corner(), 16)[0])], references(corner()), 2)
    assert (inside.tolist(), outside.tolist()) == ([1.0], [0.0])
