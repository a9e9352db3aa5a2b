"""Bars that follow TensorRT's phases, and a way to end them."""

from __future__ import annotations

from rich.console import Console

from export.tensorrt.progress import TerminalProgress


def test_phases_come_and_go() -> None:
    with TerminalProgress(Console(quiet=True)) as progress:
        progress.start("Building", None, 4)
        progress.start("Tactics", "Building", 2)
        assert [task.description for task in progress._bars.tasks] == ["Building", "  Tactics"]
        progress.step("Building", 2)
        progress.step("Building", 1)  # out of order
        assert progress._bars.tasks[0].completed == 3
        progress.finish("Tactics")
        progress.finish("Tactics")
        assert [task.description for task in progress._bars.tasks] == ["Building"]


def test_a_step_of_an_unknown_phase_is_no_fault() -> None:
    with TerminalProgress(Console(quiet=True)) as progress:
        assert progress.step("nothing", 0)
        progress.finish("nothing")


def test_stop_ends_the_build_at_its_next_step() -> None:
    progress = TerminalProgress(Console(quiet=True))
    progress.start("Building", None, 4)
    assert progress.step("Building", 0)
    progress.stop()
    assert not progress.step("Building", 1)
