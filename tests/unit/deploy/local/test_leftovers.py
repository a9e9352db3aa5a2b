from __future__ import annotations

from pathlib import Path

from deploy.local import sharedmemory
from deploy.local.logtail import tail


def test_only_regions_nobody_maps_are_swept(tmp_path: Path) -> None:
    memory, proc = tmp_path / "shm", tmp_path / "proc"
    memory.mkdir()
    used = memory / "triton_python_backend_shm_region_aaa"
    orphan = memory / "triton_python_backend_shm_region_bbb"
    foreign = memory / "somebody_elses"
    for file in (used, orphan, foreign):
        file.write_bytes(b"x")
    (proc / "17").mkdir(parents=True)
    (proc / "17/maps").write_text(f"7f00-7f01 rw-s 00000000 00:1a 5 {used}\n7f02-7f03 r-xp 00000000 08:01 9 /bin/sh\n")
    (proc / "self").mkdir()
    assert sharedmemory.sweep(memory, proc) == [orphan]
    assert sorted(memory.iterdir()) == sorted([used, foreign])


def test_tail_gives_the_last_lines_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "triton.log"
    log.write_text("".join(f"line {number}\n" for number in range(50_000)))
    assert tail(log, 2) == ["line 49998", "line 49999"]


def test_tail_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log", 5) == []
