from __future__ import annotations

import json
import subprocess
from pathlib import Path

from deploy.grafana.__main__ import boards
from deploy.grafana.chart import OVER


def test_promtool_reads_every_query_of_every_dashboard(programs: Path, tmp_path: Path) -> None:
    expressions = [curve.expr for board in boards() for chart in board.charts for curve in chart.curves]
    rules = [{"record": f"query{i}", "expr": expr.replace(OVER, "1m")} for i, expr in enumerate(expressions)]
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    ran = subprocess.run([programs / "promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(expressions)} rules found" in ran.stdout
