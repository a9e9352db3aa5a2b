from __future__ import annotations

import subprocess
import sys
import threading

from services.engine.orphan import OrphanWatch

CHILD = """
import threading
from services.engine.orphan import OrphanWatch
watch = OrphanWatch(interval_s=0.05)
print("up", flush=True)
threading.Event().wait()
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}])
print(child.pid, flush=True)
child.wait()
"""


def test_leaves_when_the_parent_has_changed() -> None:
    parents = iter([7, 7, 1])
    gone = threading.Event()
    OrphanWatch(interval_s=0.001, parent=lambda: next(parents, 1), leave=gone.set)
    assert gone.wait(10)


def test_stays_while_the_parent_is_there_and_closes() -> None:
    gone = threading.Event()
    watch = OrphanWatch(interval_s=0.001, parent=lambda: 7, leave=gone.set)
    watch.close()
    assert not gone.is_set()


def test_a_process_ends_after_its_parent_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline())
        assert parent.stdout.readline() == "up\n"
        parent.kill()
        # The child holds the other end of this pipe: it closes when the child is gone, and not before.
        assert parent.stdout.read() == ""
