"""`wegen images` and `wegen operations` against real gRPC, Redis and workers; networks are fakes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.client.command import app
from tests.contract.gateway.conftest import Door
from tests.contract.servers.workers import ROOT, Workers
from tests.fakes.denoising import PNG

pytestmark = pytest.mark.contract
WISH = "a red circle"


async def started(door: Door, *arguments: str) -> Process:
    environment = {**os.environ, "WEGEN_GATEWAY_ADDRESS": door.address, "TERM": "dumb"}
    line = [sys.executable, "-m", "services.client.command", *arguments]
    return await asyncio.create_subprocess_exec(*line, env=environment, cwd=ROOT, stdout=PIPE, stderr=PIPE)


async def wegen(door: Door, *arguments: str) -> tuple[int, list[str], str]:
    """Status, lines printed, and what went wrong. In this process: starting another one takes longer than it works."""
    environment = {"WEGEN_GATEWAY_ADDRESS": door.address, "TERM": "dumb"}
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    return result.exit_code, result.stdout.splitlines(), result.stderr.strip()


async def test_an_order_is_followed_and_its_pictures_are_saved(door: Door, workers: Workers, tmp_path: Path) -> None:
    workers.start()
    out = tmp_path / "pictures"
    order = ("images", WISH, "-n", "1", "--seed", "3", "--steps", "5", "--key", "k", "--out", str(out))
    status, lines, _ = await wegen(door, *order)
    (picture,) = out.iterdir()
    assert (status, lines[-1]) == (0, str(picture))
    assert picture.read_bytes().startswith(PNG)
    assert lines.count("picture 1: done") == 1
    # The same order again is the same operation, whose picture is there.
    await wegen(door, *order)
    assert len(list(out.iterdir())) == 2
    (line,) = (await wegen(door, "operations", "list"))[1]
    assert line.split()[1:3] == ["done", "1/1"]


async def test_an_order_left_behind_is_found_waited_for_and_forgotten(door: Door, workers: Workers) -> None:
    _, (name,), _ = await wegen(door, "images", WISH, "-n", "2", "--priority", "batch", "--detach")
    status, _, problem = await wegen(door, "operations", "wait", name, "--timeout", "0.1")
    assert (status, problem) == (1, f"wegen: {name} has not ended within 0.1 s; it goes on")
    workers.start()
    status, lines, _ = await wegen(door, "operations", "wait", name.removeprefix("operations/"))
    assert (status, lines[0].split()[1:3]) == (0, ["done", "2/2"])
    assert lines[1] == "picture 1: done, step 4 of 4"
    assert (await wegen(door, "operations", "list", "--running"))[1] == []
    assert (await wegen(door, "operations", "delete", name))[1] == [f"{name} is forgotten"]
    status, _, problem = await wegen(door, "operations", "get", name)
    assert status == 1
    assert "does not exist" in problem


async def test_ctrl_c_leaves_the_order_and_cancel_stops_it(door: Door) -> None:
    process = await started(door, "images", WISH)
    assert process.stdout
    async with asyncio.timeout(60):
        first = (await process.stdout.readline()).decode()
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    name = first.split(":")[0]
    assert process.returncode == 130
    assert f"{name} goes on" in errors.decode()
    status, _, problem = await wegen(door, "operations", "delete", name)
    assert status == 1
    assert "cancel it first" in problem
    await wegen(door, "operations", "cancel", name)
    status, _, problem = await wegen(door, "operations", "watch", name)
    assert (status, problem) == (1, f"wegen: {name}: the operation was cancelled")
