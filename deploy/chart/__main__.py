"""`python -m deploy.chart [--check]`: write the chart's schema and README, or say whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.chart.readme import render_readme
from deploy.chart.schema import render_schema
from deploy.chart.values import CHART, ValuesError, read_values
from deploy.outputs import stale, write


def outputs(chart: Path = CHART) -> dict[Path, str]:
    """Every generated file and its text. Raises ValuesError."""
    values = read_values((chart / "values.yaml").read_text())
    return {chart / "values.schema.json": render_schema(values), chart / "README.md": render_readme(values)}


def main() -> int:
    """0 when all is written or up to date, 1 with a sentence a file otherwise."""
    parser = argparse.ArgumentParser(prog="python -m deploy.chart", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    try:
        files = outputs()
    except ValuesError as error:
        print(f"chart: {error}", file=sys.stderr)
        return 1
    if not check:
        write(files)
        return 0
    wrong = stale(files)
    for path in wrong:
        print(f"chart: {path} is not what values.yaml makes it: run python -m deploy.chart", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
