"""Frames come out of tiny generated video files, or an error names the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from export.training.diic.reading import VideoError, read_clip
from export.training.diic.sources import Pixels


def save(clip: Pixels, path: Path) -> Path:
    first, *rest = (Image.fromarray(frame) for frame in clip)
    options: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=rest, duration=40, **options)
    return path


@pytest.mark.parametrize("suffix", [".webp", ".png", ".gif"])
def test_an_animation_gives_its_frames(clip: Pixels, tmp_path: Path, suffix: str) -> None:
    path = save(clip, tmp_path / f"video{suffix}")
    frames = read_clip(path, 4)
    assert frames.dtype == np.uint8
    assert np.array_equal(frames, clip)
    assert np.array_equal(read_clip(path, 2, every=2), clip[::2])


def test_a_folder_of_stills_is_read_in_order(clip: Pixels, tmp_path: Path) -> None:
    for index, frame in enumerate(clip):
        Image.fromarray(frame).save(tmp_path / f"{index:04d}.png")
    assert np.array_equal(read_clip(tmp_path, 4), clip)
    assert np.array_equal(read_clip(tmp_path, 2, every=3), clip[::3])


def test_what_is_no_video_is_refused_by_name(clip: Pixels, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"0000ftyp")
    (tmp_path / "broken.webp").write_bytes(b"RIFF")
    (tmp_path / "stills").mkdir()
    (tmp_path / "stills" / "0.png").write_bytes(b"no")
    with pytest.raises(VideoError, match=r"missing\.webp does not exist"):
        read_clip(tmp_path / "missing.webp", 1)
    with pytest.raises(VideoError, match=r"film\.mp4 is neither a folder of stills nor one of \.avif, \.gif"):
        read_clip(tmp_path / "film.mp4", 1)
    with pytest.raises(VideoError, match=r"broken\.webp is not a readable"):
        read_clip(tmp_path / "broken.webp", 1)
    with pytest.raises(VideoError, match=r"0\.png is not a readable picture"):
        read_clip(tmp_path / "stills", 1)
    with pytest.raises(VideoError, match="4 frames to take"):
        read_clip(save(clip, tmp_path / "short.webp"), 5)
    with pytest.raises(ValueError, match="frames 0"):
        read_clip(tmp_path, 0)


def test_stills_of_two_sizes_are_refused(clip: Pixels, tmp_path: Path) -> None:
    Image.fromarray(clip[0]).save(tmp_path / "0.png")
    Image.fromarray(clip[0][:30]).save(tmp_path / "1.png")
    with pytest.raises(VideoError, match="changes its size"):
        read_clip(tmp_path, 2)
