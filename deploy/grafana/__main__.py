"""`python -m deploy.grafana`: write the dashboards, and the chart's copies of them."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.grafana.boards import batching, dependencies, jobs, latency, overview
from deploy.grafana.chart import Board
from deploy.grafana.drawing import draw
from deploy.prometheus import outputs

FOLDERS = (Path("deploy/grafana/dashboards"), Path("helm/wegen/files/dashboards"))


def boards() -> tuple[Board, ...]:
    """All dashboards."""
    return tuple(one.board() for one in (overview, latency, batching, jobs, dependencies))


def texts() -> dict[Path, str]:
    """Every file that is written."""
    drawn = {board.name: draw(board) for board in boards()}
    return {folder / f"{name}.json": text for folder in FOLDERS for name, text in drawn.items()}


def main() -> int:
    """Write what differs."""
    outputs.write(texts())
    return 0


if __name__ == "__main__":
    sys.exit(main())
