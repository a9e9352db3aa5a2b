"""The papers' own numbers, to be read beside ours. Other data, encoders and sizes: shapes to compare, not scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_W, _U = "WeGen", "UNIMO-G"


@dataclass(frozen=True, slots=True)
class Published:
    """One row of a paper's table: `method` and its numbers by measure, for the suite that measures the like."""

    suite: str
    source: str
    method: str
    values: tuple[tuple[str, float], ...]


def _row(suite: str, source: str, method: str, **values: float) -> Published:
    names = {"psnr_d": "PSNR_d, dB", "lpips_d": "LPIPS_d", "clip_t": "CLIP-T", "clip_i": "CLIP-I", "dino": "DINO"}
    return Published(suite, source, method, tuple((names.get(key, key.upper()), v) for key, v in values.items()))


ROWS: Final = (
    _row("diversity", f"{_W} Table 3", "Emu2-Gen", psnr_d=18.34, lpips_d=0.2104),
    _row("diversity", f"{_W} Table 3", "SEED-X", psnr_d=15.78, lpips_d=0.2292),
    _row("diversity", f"{_W} Table 3", "WeGen", psnr_d=9.66, lpips_d=0.6286),
    _row("diversity", f"{_W} Table 5", "none", psnr_d=19.88, clip_t=0.305),
    _row("diversity", f"{_W} Table 5", "pure", psnr_d=7.34, clip_t=0.292),
    _row("diversity", f"{_W} Table 5", "top-p", psnr_d=8.44, clip_t=0.298),
    _row("diversity", f"{_W} Table 5", "temperature", psnr_d=8.38, clip_t=0.301),
    _row("diversity", f"{_W} Table 5", "top-p + temperature", psnr_d=9.66, clip_t=0.308),
    _row("single-subject", f"{_W} Table 4 (trained at)", "without DIIC", dino=0.684, clip_t=0.300),
    _row("single-subject", f"{_W} Table 4 (trained at)", "t_ref 2", dino=0.835, clip_t=0.264),
    _row("single-subject", f"{_W} Table 4 (trained at)", "t_ref 8", dino=0.831, clip_t=0.272),
    _row("single-subject", f"{_W} Table 4 (trained at)", "t_ref 25", dino=0.823, clip_t=0.302),
    _row("single-subject", f"{_W} Table 4 (trained at)", "t_ref 50", dino=0.801, clip_t=0.302),
    _row("coco", f"{_W} Table 1", "SEED-X", fid=12.68),
    _row("coco", f"{_W} Table 1", "WeGen", fid=9.39, clip_t=0.308),
    _row("coco", f"{_U} Table 1", "UNIMO-G", fid=8.36),
    _row("dreambench", f"{_W} Table 2", "Emu2-Gen", dino=0.766, clip_i=0.850, clip_t=0.287),
    _row("dreambench", f"{_W} Table 2", "OmniGen", dino=0.801, clip_i=0.847, clip_t=0.301),
    _row("dreambench", f"{_W} Table 2", "WeGen", dino=0.823, clip_i=0.882, clip_t=0.302),
    _row("dreambench", f"{_U} Table 2", "UNIMO-G", dino=0.668, clip_i=0.841, clip_t=0.329),
    _row("multibench", f"{_W} Table 8 (faces)", "WeGen", dino=0.803, clip_i=0.845, clip_t=0.294),
    _row("multibench", f"{_U} Table 3", "KOSMOS-G", dino=0.419, clip_i=0.671, clip_t=0.283),
    _row("multibench", f"{_U} Table 3", "UNIMO-G", dino=0.436, clip_i=0.665, clip_t=0.298),
)


def rows_of(suite: str) -> list[Published]:
    """What the papers say where `suite` measures the like; nothing for suites that only our world has."""
    return [row for row in ROWS if row.suite == suite]
