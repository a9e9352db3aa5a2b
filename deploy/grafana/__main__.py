"""`python -m deploy.grafana`: write the dashboards, and the chart's copies; `picture`: draw one from real values."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy import outputs
from deploy.grafana.boards import batching, dependencies, jobs, latency, overview
from deploy.grafana.chart import Board
from deploy.grafana.drawing import draw
from deploy.grafana.picture import Source, picture

FOLDERS = (Path("deploy/grafana/dashboards"), Path("helm/wegen/files/dashboards"))


def boards() -> tuple[Board, ...]:
    """All dashboards."""
    return tuple(one.board() for one in (overview, latency, batching, jobs, dependencies))


def texts() -> dict[Path, str]:
    """Every file that is written."""
    drawn = {board.name: draw(board) for board in boards()}
    return {folder / f"{name}.json": text for folder in FOLDERS for name, text in drawn.items()}


def main() -> int:
    """Write what differs, or draw."""
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana", description=__doc__)
    parser.add_argument("action", nargs="?", choices=("write", "picture"), default="write")
    parser.add_argument("--board", choices=[board.name for board in boards()], default="overview")
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=10, help="how far back the picture goes")
    parser.add_argument("--out", type=Path, default=Path("docs/dashboards.png"))
    arguments = parser.parse_args()
    if arguments.action == "write":
        outputs.write(texts())
        return 0
    board = next(board for board in boards() if board.name == arguments.board)
    try:
        picture(board, Source(arguments.prometheus, arguments.minutes), arguments.out)
    except OSError as error:
        print(f"grafana: {arguments.prometheus} does not answer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
