"""Published models behind the recipe's questions: fakes for what they say, a tiny SAM2 for how it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from export.training.diic.box import Box
from export.training.diic.detectors.captioner import ModelCaptioner
from export.training.diic.detectors.folder import ModelFolderError
from export.training.diic.detectors.grounding import GroundingDetector
from export.training.diic.detectors.loading import load_sources
from export.training.diic.detectors.marked import marked_caption
from export.training.diic.detectors.tracking import Sam2Tracker
from export.training.diic.sources import Pixels


class Inputs(dict[str, Any]):
    def to(self, device: torch.device) -> Inputs:
        return self


class FakeTalker:
    """Processor and model in one: answers every request with the next of its sentences."""

    device = torch.device("cpu")

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []

    def apply_chat_template(self, chat: list[dict[str, Any]], **options: Any) -> Inputs:
        self.requests.append(chat[0]["content"][1]["text"])
        return Inputs(input_ids=torch.tensor([[1, 2, 3]]))

    def generate(self, input_ids: torch.Tensor, **options: Any) -> torch.Tensor:
        return torch.cat([input_ids, torch.tensor([[7]])], 1)

    def decode(self, ids: torch.Tensor, **options: Any) -> str:
        assert ids.tolist() == [7]
        return self.answers.pop(0)


class FakeGrounding:
    """Processor and model in one: finds two dogs, the second surer, and nothing else."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, images: object = None, text: str = "", **options: Any) -> Inputs:
        if text:
            self.texts.append(text)
        return Inputs(input_ids=torch.tensor([[1]]))

    def post_process_grounded_object_detection(
        self, outputs: object, input_ids: object, threshold: float, target_sizes: list[tuple[int, int]]
    ) -> list[dict[str, torch.Tensor]]:
        assert target_sizes == [(60, 80)]
        found = [(0.4, [1.0, 1.0, 5.0, 5.0]), (0.9, [-2.0, 10.0, 30.0, 70.0])] if "dog" in self.texts[-1] else []
        kept = [(score, box) for score, box in found if score > threshold]
        return [{"scores": torch.tensor([s for s, _ in kept]), "boxes": torch.tensor([b for _, b in kept])}]


def test_brackets_name_instances(clip: Pixels) -> None:
    talker = FakeTalker(" [A girl] plays with her\n [golden retriever] on [the bed]. ", "a girl", "A girl in pink.")
    captioner = ModelCaptioner(talker, talker)
    caption = captioner.caption(clip[0])
    assert caption.text == "A girl plays with her golden retriever on the bed."
    assert caption.phrases == ("A girl", "golden retriever", "the bed")
    rewrite = captioner.describe(clip[0])
    assert (rewrite.brief, rewrite.dense) == ("a girl", "A girl in pink.")
    assert len(set(talker.requests)) == 3


@pytest.mark.parametrize("text", ["no brackets", "a ] b [ c", "[]", "", "[[a dog]] runs"])
def test_carelessly_marked_captions_are_still_captions(text: str) -> None:
    caption = marked_caption(text)
    assert "[" not in caption.text
    assert all(caption.phrases)


def test_the_surest_box_is_taken_and_clipped(clip: Pixels) -> None:
    fake = FakeGrounding()
    found = GroundingDetector(fake, fake).boxes(clip[0], ["A Dog", "a cat"])
    assert found == [Box(0, 10, 30, 60), None]
    assert fake.texts == ["a dog.", "a cat."]
    assert GroundingDetector(fake, fake, threshold=0.95).boxes(clip[0], ["dog"]) == [None]
    with pytest.raises(ValueError, match="threshold"):
        GroundingDetector(fake, fake, threshold=2)


def tiny_sam2() -> Any:
    torch.manual_seed(0)
    backbone = {
        "model_type": "sam2_hiera_det_model", "hidden_size": 8, "image_size": [128, 128],
        "blocks_per_stage": [1, 1, 2, 1], "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 1, 2, 2], "global_attention_blocks": [3],
    }  # fmt: skip
    vision = {
        "backbone_config": backbone, "backbone_channel_list": [64, 32, 16, 8],
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
    }  # fmt: skip
    config = transformers.Sam2VideoConfig(
        vision_config=vision, prompt_encoder_config={"image_size": 128}, image_size=128, memory_attention_num_layers=1,
        memory_attention_rope_feat_sizes=[8, 8], memory_fuser_num_layers=1,
    )  # fmt: skip
    return transformers.Sam2VideoModel(config).eval()


def test_a_real_sam2_takes_our_session_and_gives_masks_of_the_clips_size(clip: Pixels) -> None:
    masks = Sam2Tracker(tiny_sam2()).track(clip, [Box(20, 10, 36, 26), Box(40, 30, 56, 46)])
    assert masks.shape == (2, 4, 60, 80)
    assert masks.dtype == np.bool_
    assert Sam2Tracker(tiny_sam2()).track(clip, []).shape == (0, 4, 60, 80)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"captioner: .*nothing holds no config\.json"):
        load_sources(tmp_path / "nothing", tmp_path, tmp_path)
