"""The stack's processes, found by the mark in their environment, so that none can hide by detaching itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psutil

from deploy.local.settings import MARK


def of_stack(state: Path) -> list[psutil.Process]:
    """Every living process of the stack whose state folder is `state`, this one and its ancestors excepted."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _belongs(process, state)]


def end(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Terminate `processes`, kill what is left after `seconds`; those that had to be killed."""
    for process in processes:
        _signal(process.terminate)
    _, left = psutil.wait_procs(processes, timeout=seconds)
    for process in left:
        _signal(process.kill)
    psutil.wait_procs(left, timeout=seconds)
    return left


def memory(pid: int) -> int:
    """Bytes held by a process and all its descendants; shared pages count in parts (PSS). 0 when it is gone."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(proportional_memory(process) for process in family)


def proportional_memory(process: psutil.Process) -> int:
    """Bytes of one process; pages shared by several count in parts (PSS). 0 when it is gone."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _belongs(process: psutil.Process, state: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == str(state)
    except psutil.Error:
        return False


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return
