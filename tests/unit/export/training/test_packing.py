"""Sequences laid end to end give what each gives alone."""

from __future__ import annotations

import torch
from torch import Tensor

from export.networks import LanguageModel
from export.presets import LanguageSize
from export.training.packing import fused, one_by_one, packed_hidden

SIZE = LanguageSize(hidden=16, layers=2, heads=2, mlp_hidden=24, text_vocab=40)


def positions(lengths: tuple[int, ...]) -> Tensor:
    return torch.cat([torch.arange(length) for length in lengths])


def test_packed_sequences_are_computed_as_if_each_were_alone() -> None:
    torch.manual_seed(0)
    model, lengths = LanguageModel(SIZE, feature_width=6), (5, 1, 9)
    ids = torch.randint(40, (sum(lengths),))
    features, is_feature = torch.randn(len(ids), 6), torch.rand(len(ids)) < 0.4
    packed = packed_hidden(model, ids, features, is_feature, positions(lengths), lengths=lengths)
    parts = zip(*(part.split(lengths) for part in (ids, features, is_feature)), strict=True)
    alone = [model.hidden(*(each[None] for each in part))[0][0] for part in parts]
    assert torch.allclose(packed, torch.cat(alone), atol=1e-5)


def test_both_ways_to_attend_agree_and_see_no_other_sequence() -> None:
    torch.manual_seed(0)
    lengths = (3, 1, 6)
    q, k, v = torch.randn(3, 2, sum(lengths), 8)
    several, single = (way(lengths, torch.device("cpu"))(q, k, v) for way in (fused, one_by_one))
    assert torch.allclose(several, single, atol=1e-6)
    v[:, :3] = 0.0
    assert torch.equal(fused(lengths, torch.device("cpu"))(q, k, v)[:, 3:], several[:, 3:])


def test_packed_sequences_teach_what_they_teach_alone() -> None:
    torch.manual_seed(0)
    model, lengths = LanguageModel(SIZE, feature_width=6), (4, 7)
    ids, none = torch.randint(40, (sum(lengths),)), torch.zeros(sum(lengths), dtype=torch.bool)
    features = torch.zeros(len(ids), 6)
    packed_hidden(model, ids, features, none, positions(lengths), lengths=lengths).square().sum().backward()
    packed = [parameter.grad.clone() for parameter in model.layers.parameters() if parameter.grad is not None]
    model.zero_grad()
    for part in ids.split(lengths):
        zeros = torch.zeros(1, len(part), dtype=torch.bool)
        model.hidden(part[None], torch.zeros(1, len(part), 6), zeros)[0].square().sum().backward()
    alone = [parameter.grad for parameter in model.layers.parameters() if parameter.grad is not None]
    assert packed
    assert all(torch.allclose(one, other, atol=1e-4) for one, other in zip(packed, alone, strict=True))
