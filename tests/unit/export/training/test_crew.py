"""A crew runs stages as processes: in order, side by side, and again where it stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from export import presets
from export.training.crew import LOG_FILE, Crew, Pace, StageError
from export.training.run import Run

NEEDS: dict[str, tuple[str, ...]] = {"vision": (), "vae": (), "denoiser": ("vision", "vae")}
PACE = Pace(look=0.01, tell=0.02)

# Notes when it runs, waits until it is told to use `threads`, and is done.
WORK = """
import pathlib, sys, time
out, stage, threads = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with (out / "order").open("a") as order:
    order.write(stage + "\\n")
while not (out / f"{stage}.threads").exists() or (out / f"{stage}.threads").read_text().strip() != threads:
    time.sleep(0.005)
(out / f"{stage}.jsonl").write_text('{"step": 20, "wall": 60.0, "loss": 0.5}\\n')
time.sleep(0.05)
(out / f"{stage}.done").write_text("{}")
"""
FAIL = "import sys; sys.exit('no room on the disk')"


def run_in(folder: Path) -> Run:
    run = Run(presets.load("wegen-tiny"), folder, folder, torch.device("cpu"), seed=0)
    run.prepare()
    return run


def crew_of(run: Run, scripts: dict[str, tuple[str, int]], *, jobs: int = 2) -> Crew:
    """Each stage runs its script and expects to be told a number of threads."""

    def command(stage: str, threads: int) -> list[str]:
        script, expected = scripts[stage]
        assert threads >= 1
        return [sys.executable, "-c", script, str(run.out), stage, str(expected)]

    return Crew(run, NEEDS, command, jobs=jobs, cores=4, pace=PACE)


def test_stages_wait_for_what_they_need_and_take_the_cores_that_are_free(tmp_path: Path) -> None:
    crew_of(run_in(tmp_path), {"vision": (WORK, 2), "vae": (WORK, 4), "denoiser": (WORK, 4)}).work()
    order = (tmp_path / "order").read_text().split()
    assert sorted(order[:2]) == ["vae", "vision"]
    assert order[2:] == ["denoiser"]
    log = (tmp_path / LOG_FILE).read_text()
    assert "denoiser begins: 12000 steps" in log
    assert "vision is finished: step 20 of 4000, loss 0.5000, 1 min" in log


def test_one_job_at_a_time_has_all_cores(tmp_path: Path) -> None:
    crew_of(run_in(tmp_path), dict.fromkeys(NEEDS, (WORK, 4)), jobs=1).work()
    assert (tmp_path / "order").read_text().split() == ["vision", "vae", "denoiser"]


def test_where_there_is_room_for_all_none_waits_to_begin(tmp_path: Path) -> None:
    # Nobody is done before all three have begun.
    gate = WORK.replace("while not", "while len((out / 'order').read_text().split()) < 3 or not", 1)
    crew_of(run_in(tmp_path), {"vision": (gate, 1), "vae": (gate, 1), "denoiser": (gate, 1)}, jobs=3).work()
    assert sorted((tmp_path / "order").read_text().split()) == ["denoiser", "vae", "vision"]


def test_a_failure_says_why_and_the_next_crew_goes_on(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    with pytest.raises(StageError, match="denoiser failed with exit status 1"):
        crew_of(run, {"vision": (WORK, 2), "vae": (WORK, 4), "denoiser": (FAIL, 4)}).work()
    assert "no room on the disk" in (tmp_path / LOG_FILE).read_text()
    crew_of(run, {"vision": (FAIL, 1), "vae": (FAIL, 1), "denoiser": (WORK, 4)}).work()
    assert (tmp_path / "order").read_text().split()[2:] == ["denoiser"]


def test_a_stage_that_ends_early_is_no_success(tmp_path: Path) -> None:
    scripts = {"vision": ("pass", 1), "vae": (WORK, 2), "denoiser": (WORK, 4)}
    with pytest.raises(StageError, match="vision failed with exit status 0"):
        crew_of(run_in(tmp_path), scripts).work()


def test_no_jobs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="jobs 0"):
        crew_of(run_in(tmp_path), {}, jobs=0)
