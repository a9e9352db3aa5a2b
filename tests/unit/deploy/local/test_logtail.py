from __future__ import annotations

from pathlib import Path

from deploy.local.logtail import tail


def test_tail_gives_the_last_lines_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "triton.log"
    log.write_text("".join(f"line {number}\n" for number in range(50_000)))
    assert tail(log, 2) == ["line 49998", "line 49999"]


def test_tail_of_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log", 5) == []
