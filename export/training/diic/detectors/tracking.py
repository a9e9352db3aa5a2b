"""Masks through a clip by SAM2."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import transformers
from torch import Tensor
from torch.nn.functional import interpolate

from export.training.diic.box import Box
from export.training.diic.detectors.folder import open_model
from export.training.diic.sources import Mask, Pixels

_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)
_INSIDE, _BOX_FIRST, _BOX_LAST = 1, 2, 3


class Sam2Tracker:
    """Follows boxes of a clip's first frame; `model` is transformers' `Sam2VideoModel`.

    Its session is filled here and not by its processor, which needs torchvision. As in the paper each instance is
    prompted with its box and the box's centre (WeGen, 3.2, instance tracking).
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - transformers' classes are untyped
        self._model = model
        self._side = int(model.config.prompt_encoder_config.image_size)

    @classmethod
    def load(cls, path: Path, device: str = "cpu") -> Sam2Tracker:
        """The model in a local folder; ModelFolderError where there is none."""
        return cls(open_model(path, "tracker", transformers.Sam2VideoModel).to(device).eval())

    @torch.no_grad()
    def track(self, clip: Pixels, boxes: Sequence[Box]) -> Mask:
        """Visible pixels [N, T, H, W] of the instance in each of N boxes of the clip's [T, H, W, 3] first frame."""
        height, width = clip.shape[1:3]
        masks = np.zeros((len(boxes), len(clip), height, width), np.bool_)
        if not boxes:
            return masks
        session = self._session(clip)
        for number, box in enumerate(boxes):
            self._prompt(session, number, box, height, width)
        for output in self._model.propagate_in_video_iterator(session, start_frame_idx=0):
            logits = interpolate(output.pred_masks.float(), (height, width), mode="bilinear", align_corners=False)
            for number, mask in zip(output.object_ids, logits[:, 0] > 0.0, strict=True):
                masks[number, output.frame_idx] = mask.cpu().numpy()
        return masks

    def _session(self, clip: Pixels) -> Any:  # noqa: ANN401 - transformers' classes are untyped
        height, width = clip.shape[1:3]
        device = self._model.device
        return transformers.Sam2VideoInferenceSession(
            video=self._prepared(clip),
            video_height=height,
            video_width=width,
            inference_device=device,
            inference_state_device=device,
            dtype=self._model.dtype,
        )

    def _prepared(self, clip: Pixels) -> Tensor:
        """The clip as the model sees it: [T, 3, side, side], resized without keeping the ratio, ImageNet-normalised."""
        size = (self._side, self._side)
        frames = torch.from_numpy(np.ascontiguousarray(clip)).permute(0, 3, 1, 2).float() / 255.0
        frames = interpolate(frames, size, mode="bilinear", align_corners=False, antialias=True)
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (_MEAN, _STD))
        return (frames - mean) / std

    def _prompt(self, session: Any, number: int, box: Box, height: int, width: int) -> None:  # noqa: ANN401
        centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        points = torch.tensor([[[[box.left, box.top], [box.right, box.bottom], centre]]])
        inputs = {
            "point_coords": points * torch.tensor([self._side / width, self._side / height]),
            "point_labels": torch.tensor([[[_BOX_FIRST, _BOX_LAST, _INSIDE]]], dtype=torch.int32),
        }
        session.add_point_inputs(session.obj_id_to_idx(number), 0, inputs)
        session.obj_with_new_inputs = [*session.obj_with_new_inputs, number]
