"""The feature generator is causal and takes features where tokens stand."""

from __future__ import annotations

import torch

from export import presets
from export.networks import LanguageModel, build_language


def small_model() -> LanguageModel:
    torch.manual_seed(0)
    return build_language(presets.load("wegen-tiny")).eval()


def sequence(model: LanguageModel, length: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    ids = torch.randint(0, model.size.vocab, (1, length))
    features = torch.randn(1, length, model.input_projector.in_features)
    return ids, features, torch.zeros(1, length, dtype=torch.bool)


@torch.inference_mode()
def test_later_positions_do_not_change_earlier_ones() -> None:
    model = small_model()
    ids, features, is_feature = sequence(model, 12)
    whole = model(ids, features, is_feature)
    part = model(ids[:, :7], features[:, :7], is_feature[:, :7])
    torch.testing.assert_close(whole.logits[:, :7], part.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(whole.features[:, :7], part.features, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_feature_rows_ignore_their_ids_and_token_rows_their_features() -> None:
    model = small_model()
    ids, features, is_feature = sequence(model, 6)
    is_feature[:, 2:4] = True
    first = model(ids, features, is_feature).logits
    ids[:, 2:4] = (ids[:, 2:4] + 1) % model.size.vocab
    features[:, :2] += 1
    torch.testing.assert_close(model(ids, features, is_feature).logits, first)
    features[:, 2] += 1
    assert not torch.allclose(model(ids, features, is_feature).logits, first)
