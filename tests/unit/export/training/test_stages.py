"""Each stage's objective asks for what it says, on networks too small to learn anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from export import presets
from export.networks import build_decoder, build_denoiser, build_language, build_vision
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize
from export.tokenizer import Tokenizer
from export.training.autoencoder import (
    AutoencoderObjective,
    corners,
    crops,
    edge_loss,
    mosaic,
    rescale,
    texture_loss,
    unit_scale,
)
from export.training.dataset import Pictures, to_pixels, to_signed
from export.training.denoising import DenoiserObjective, anchor_borders, foreground_weight, loss_weight
from export.training.finishing import DecoderObjective, Decoding
from export.training.lessons.mix import Mix, Shares
from export.training.library import Library
from export.training.loop import Progress
from export.training.pictures import Mapped, Picture, all_pixels, spots_of
from export.training.pretraining import VisionObjective, cells, standardise
from export.training.regression import LanguageObjective
from export.training.world import Split, scene_at
from export.training.world.conditions import Condition
from export.training.world.render import texture_mask

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def preset() -> Preset:
    return replace(
        presets.load("wegen-tiny"),
        vision=VisionSize(128, 8, width=16, layers=1, heads=2, mlp_hidden=16, pool_stride=2),
        language=LanguageSize(hidden=16, layers=1, heads=2, mlp_hidden=16, text_vocab=768),
        denoiser=DenoiserSize((8, 8), 1, (0, 1), (1, 1), feature_width=16, time_embed_dim=8, norm_groups=2),
        decoder=DecoderSize((8, 8, 8, 8), 1, 1.0, norm_groups=2),
    )


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    recipes: list[Picture] = [scene_at(Split.TRAIN, index) for index in range(8)]
    return Pictures(recipes, all_pixels(recipes))


def test_pixels_survive_the_way_to_the_vae_and_back(pictures: Pictures) -> None:
    assert np.array_equal(to_pixels(to_signed(pictures.pixels, CPU)), pictures.pixels)


def test_crops_lie_on_the_latent_grid_and_show_a_thing(pictures: Pictures) -> None:
    spots = [spots_of(recipe) for recipe in pictures.recipes]
    for (x, y), points in zip(corners(spots, 128), spots, strict=True):
        assert x % 8 == y % 8 == 0
        assert any(x < across < x + 64 and y < down < y + 64 for across, down in points)
    assert crops(to_signed(pictures.pixels, CPU), spots).shape == (8, 3, 64, 64)


def test_a_mosaic_keeps_the_first_quarter_and_mixes_the_rest() -> None:
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 8, 8)
    mixed = mosaic(images)
    assert torch.equal(mixed[:, :, :4, :4], images[:, :, :4, :4])
    assert mixed[0].unique().tolist() == [0.0, 1.0, 2.0, 3.0]


def test_edge_loss_ignores_a_constant_offset() -> None:
    image = torch.rand(2, 3, 8, 8)
    assert edge_loss(image + 0.3, image) < 1e-6
    assert edge_loss(image.flip(3), image) > 1e-2


def test_texture_loss_sees_patterns_alone() -> None:
    plain, dotted, striped = (torch.full((1, 3, 16, 16), 0.5) for _ in range(3))
    dotted = dotted - 0.3 * torch.from_numpy(texture_mask("dotted", 16)).float()
    striped = striped - 0.3 * torch.from_numpy(texture_mask("striped", 16)).float()
    assert texture_loss(plain + 0.2, plain) < 1e-9
    assert texture_loss(dotted, plain) == pytest.approx(0.3**2 / 2, rel=0.05)
    assert texture_loss(dotted, striped) > texture_loss(plain, striped)


def test_only_a_fresh_autoencoder_is_guided(preset: Preset, pictures: Pictures) -> None:
    losses = []
    for fresh in (True, False):
        torch.manual_seed(0)
        objective = AutoencoderObjective(build_decoder(preset), pictures, CPU, fresh=fresh)
        losses.append(objective.losses(0, torch.arange(4)))
    weights = {"pixel": 1.0, "edge": 1.0, "texture": 3.0, "kl": 5e-4}
    guided, unguided = (found["loss"] - sum(weights[name] * found[name] for name in weights) for found in losses)
    assert guided.item() == pytest.approx(losses[0]["guide"].item(), rel=1e-3)
    assert abs(unguided.item()) < 1e-4


def test_the_autoencoder_objective_reaches_every_weight(preset: Preset, pictures: Pictures) -> None:
    objective = AutoencoderObjective(build_decoder(preset), pictures, CPU)
    objective.losses(0, torch.arange(4))["loss"].backward()
    assert all(p.grad is not None for p in objective.module.parameters())


def test_the_scaling_factor_gives_unit_variance(preset: Preset, pictures: Pictures) -> None:
    decoder: Any = build_decoder(preset)
    images = to_signed(pictures.pixels, CPU)
    with torch.no_grad():
        latents = decoder.encode(images).latent_dist.mode() * unit_scale(decoder, images)
    assert float(latents.std()) == pytest.approx(1.0, abs=1e-4)


def test_a_rescaled_autoencoder_has_the_presets_scale_and_shows_the_same(preset: Preset, pictures: Pictures) -> None:
    decoder: Any = build_decoder(preset)
    images = to_signed(pictures.pixels, CPU)
    with torch.no_grad():
        before, spread = decoder(images).sample, decoder.encode(images).latent_dist.std
        rescale(decoder, unit_scale(decoder, images) / 0.7)
        assert unit_scale(decoder, images) == pytest.approx(0.7, rel=1e-4)
        assert torch.allclose(decoder(images).sample, before, atol=1e-4)
        factor = decoder.encode(images).latent_dist.std / spread
        assert torch.allclose(factor, factor.mean(), rtol=1e-3)


def test_cells_follow_the_features_order() -> None:
    picture = torch.zeros(1, 3, 128, 128)
    picture[:, :, 16:32, 32:48] = 1.0
    assert cells(picture, 8).sum(-1)[0].nonzero().flatten().tolist() == [1 * 8 + 2]


def test_the_vision_objective_reaches_the_tower(preset: Preset, pictures: Pictures) -> None:
    objective = VisionObjective(build_vision(preset), pictures, CPU)
    losses = objective.losses(0, torch.arange(4))
    losses["loss"].backward()
    assert set(losses) == {"loss", "cell", "where", "things", "background"}
    assert objective.module.tower.patch_embed.weight.grad is not None


def test_pictures_that_tell_no_colours_teach_none(preset: Preset) -> None:
    recipes: list[Picture] = [Mapped(scene_at(Split.TRAIN, index), Condition.EDGES) for index in range(4)]
    objective = VisionObjective(build_vision(preset), Pictures(recipes, all_pixels(recipes)), CPU)
    losses = objective.losses(0, torch.arange(4))
    losses["loss"].backward()
    assert float(losses["background"].detach()) == 0.0
    colours: Any = list(objective.module.things.parameters())[2].grad
    assert torch.isfinite(losses["loss"].detach())
    # Where there is nothing, a map says so; which colour a thing has, it does not.
    assert colours[0].abs().sum() > 0.0


def test_standardising_a_tower_is_exact(preset: Preset) -> None:
    tower = build_vision(preset)
    pixels = torch.randn(4, 3, 128, 128)
    with torch.no_grad():
        before = tower(pixels)
        mean, std = before.mean((0, 1)), before.std((0, 1))
        standardise(tower, mean, std)
        assert torch.allclose(tower(pixels), (before - mean) / std, atol=1e-4)


def test_loss_weights_are_min_snr_with_a_floor_and_a_limit() -> None:
    ratio = torch.tensor([0.001, 0.1, 2.0, 5.0, 50.0])
    assert loss_weight(ratio).tolist() == pytest.approx([10.0, 3.0, 1.0, 1.0, 0.1])


def test_things_weigh_more_than_their_background() -> None:
    latents = torch.zeros(1, 4, 16, 16)
    latents[..., 3:5, 3:5] = 1.0
    weight = foreground_weight(latents)[0, 0]
    assert float(weight[3, 3]) == 6.0
    assert float(weight[0, 0]) == 1.0


def test_anchored_channels_drop_at_their_own_border_alone(preset: Preset) -> None:
    unet: Any = build_denoiser(preset)
    anchor_borders(unet)
    conv = unet.down_blocks[0].resnets[0].conv2
    with torch.no_grad():
        left, right, top, bottom = conv(torch.full((1, conv.in_channels, 8, 8), 0.25))[0, :4]
    assert left[4].argmin() == 0
    assert right[4].argmin() == 7
    assert top[:, 4].argmin() == 0
    assert bottom[:, 4].argmin() == 7
    assert torch.allclose(left[1:-1, 1:], torch.full_like(left[1:-1, 1:], 1.5), atol=1e-4)


class Spy(nn.Module):
    """A denoiser without attention that predicts nothing and remembers what it was asked."""

    attn_processors: ClassVar[dict[str, object]] = {}

    def set_attn_processor(self, processors: dict[str, object]) -> None:
        assert not processors

    def forward(self, noisy: torch.Tensor, timesteps: torch.Tensor, features: torch.Tensor, **added: object) -> object:
        self.features, self.added, self.timesteps = features, added, timesteps
        return type("Output", (), {"sample": torch.zeros_like(noisy)})


def test_a_tenth_of_the_rows_is_unconditional_and_the_mean_is_pooled(preset: Preset) -> None:
    torch.manual_seed(0)
    spy = Spy()
    objective = DenoiserObjective(spy, preset, torch.randn(400, 4, 16, 16), torch.randn(400, 64, 16), CPU)
    losses = objective.losses(0, torch.arange(400))
    dropped = (spy.features == 0).all(-1).all(-1)
    assert 20 <= int(dropped.sum()) <= 65
    pooled = spy.added["added_cond_kwargs"]["text_embeds"]  # type: ignore[index]
    assert torch.allclose(pooled, spy.features.mean(1))
    assert float(losses["error"].detach()) == pytest.approx(1.0, abs=0.05)


def test_the_denoiser_objective_reaches_every_weight(preset: Preset) -> None:
    unet: Any = build_denoiser(preset)
    objective = DenoiserObjective(unet, preset, torch.randn(8, 4, 16, 16), torch.randn(8, 64, 16), CPU)
    objective.losses(0, torch.arange(8))["loss"].backward()
    assert all(p.grad is not None for p in unet.parameters())


def test_the_decoder_objective_reaches_the_decoder_and_sees_whole_pictures_at_the_end(
    preset: Preset, pictures: Pictures
) -> None:
    whole: Any = build_decoder(preset)
    progress = Progress()
    objective = DecoderObjective(Decoding(whole), torch.randn(8, 4, 16, 16), 1.0, pictures, progress, windows=0.85)
    for done in (0.0, 0.99):
        progress.done = done
        objective.losses(0, torch.arange(4))["loss"].backward()
    assert all(p.grad is not None for p in whole.decoder.parameters())


def test_the_language_objective_reaches_both_projectors_and_tells_families_apart(
    preset: Preset, library: Library, tokenizer: Tokenizer
) -> None:
    features = torch.randn(len(library.pictures), 64, 16)
    objective = LanguageObjective(build_language(preset), tokenizer, Mix(library, Shares(), 0), features, device=CPU)
    losses = objective.losses(0, torch.arange(24))
    losses["loss"].backward()
    assert float(losses["text"].detach()) == pytest.approx(np.log(1098), abs=1.5)
    assert {"text/asking", "text/editing", "square/casting", "square/rewriting"} <= losses.keys()
    assert "square/asking" not in losses
    assert objective.module.input_projector.weight.grad is not None
    assert objective.module.output_projector.weight.grad is not None
