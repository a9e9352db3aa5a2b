"""CLIP and DINO from folders as transformers saves them, with networks of a few numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, ViTConfig, ViTModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from bench.quality.encoders.clip import ClipEncoder
from bench.quality.encoders.dino import DinoEncoder
from bench.quality.encoders.encoder import ImageEncoder
from bench.quality.measures.likeness import cosines
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import plain

SIZES: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{letter}</w>" for letter in "abcdefghijklmnopqrstuvwxyz")]
    words = [*letters, "<|startoftext|>", "<|endoftext|>"]
    ends = {"bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1, "pad_token_id": len(words) - 1}
    torch.manual_seed(0)
    config = CLIPConfig(
        text_config={**SIZES, "vocab_size": len(words), "max_position_embeddings": 12, **ends},
        vision_config={**SIZES, "image_size": 16, "patch_size": 8},
        projection_dim=8,
    )
    CLIPModel(config).save_pretrained(folder)
    CLIPTokenizer(vocab={word: index for index, word in enumerate(words)}, merges=[]).save_pretrained(folder)
    size: dict[str, Any] = {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}}
    CLIPImageProcessorPil(**size).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def dino_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dino")
    torch.manual_seed(0)
    ViTModel(ViTConfig(**SIZES, image_size=16, patch_size=8)).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 16, "width": 16}).save_pretrained(folder)
    return folder


def test_clip_puts_pictures_and_texts_into_one_space(clip_folder: Path) -> None:
    clip = ClipEncoder.load(clip_folder)
    pictures = clip.pictures([plain(255, 0, 0, side=20), plain(0, 0, 255, side=40)])
    texts = clip.texts(["red", "a blue thing with far more letters than the text tower has places for"])
    assert pictures.shape == texts.shape == (2, 8)
    assert not np.allclose(pictures[0], pictures[1])
    assert not np.allclose(texts[0], texts[1])
    np.testing.assert_allclose(clip.texts(["red"]), texts[:1], atol=1e-5)
    assert -1 <= cosines(pictures, texts).min() <= cosines(pictures, texts).max() <= 1


def test_clip_is_transformers_own_similarity(clip_folder: Path) -> None:
    clip = ClipEncoder.load(clip_folder)
    picture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    model = CLIPModel.from_pretrained(clip_folder).eval()
    ids = CLIPTokenizer.from_pretrained(clip_folder)(["red"], return_tensors="pt")["input_ids"]
    pixels = CLIPImageProcessorPil.from_pretrained(clip_folder)(images=[picture], return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        logit = model(input_ids=ids, pixel_values=pixels).logits_per_image.item() / model.logit_scale.exp().item()
    assert cosines(clip.pictures([picture]), clip.texts(["red"]))[0] == pytest.approx(logit, abs=1e-5)


def test_dino_takes_the_class_token(dino_folder: Path) -> None:
    dino: ImageEncoder = DinoEncoder.load(dino_folder)
    rows = dino.pictures([plain(255, 0, 0, side=20), plain(0, 0, 255, side=40)])
    assert rows.shape == (2, 16)
    assert not np.allclose(rows[0], rows[1])
    assert dino.name == f"DINO ({dino_folder.name})"
    with torch.no_grad():
        # Plain red in -1..1, as the processor's mean and deviation of 0.5 make it.
        red = torch.tensor([1.0, -1.0, -1.0])[None, :, None, None].expand(1, 3, 16, 16)
        states = ViTModel.from_pretrained(dino_folder).eval()(pixel_values=red).last_hidden_state
    np.testing.assert_allclose(rows[0], states[0, 0].numpy(), atol=1e-5)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"clip: .*holds no config\.json"):
        ClipEncoder.load(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    with pytest.raises(InvalidArgumentError, match="dino: transformers cannot read"):
        DinoEncoder.load(tmp_path)
