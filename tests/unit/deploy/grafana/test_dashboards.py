from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from deploy.grafana.__main__ import FOLDERS, boards, texts
from deploy.outputs import ROOT, stale
from deploy.prometheus import catalogue, recording, triton_own
from deploy.prometheus.windows import Pace
from tests.unit.deploy.prometheus.queries import names
from tests.unit.deploy.prometheus.test_rule_files import all_rules

DASHBOARDS = {board.name: json.loads((ROOT / FOLDERS[0] / f"{board.name}.json").read_text()) for board in boards()}
ROWS = {"row"}


def panels(name: str) -> list[dict[str, Any]]:
    """Rows are headings; all panels lie beside them."""
    return [panel for panel in DASHBOARDS[name]["panels"] if panel["type"] not in ROWS]


def test_files_are_what_the_code_writes() -> None:
    assert stale(texts()) == [], "run python -m deploy.grafana"
    for folder in FOLDERS:
        assert {path.stem for path in (ROOT / folder).iterdir()} == set(DASHBOARDS)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_chart_is_drawn_described_and_bound_to_the_chosen_source(name: str) -> None:
    board = next(board for board in boards() if board.name == name)
    assert [panel["title"] for panel in panels(name)] == [chart.title for chart in board.charts]
    for panel in panels(name):
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    (variable,) = DASHBOARDS[name]["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")


@pytest.mark.parametrize("name", DASHBOARDS)
def test_nothing_overlaps_or_leaves_the_grid(name: str) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]
    for place in places:
        assert place["x"] + place["w"] <= 24
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart, (one, other)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_metric_of_a_query_exists(name: str) -> None:
    recorded = {str(rule["record"]) for group in recording.groups(Pace()) for rule in group["rules"]}  # type: ignore[attr-defined]
    for panel in panels(name):
        for target in panel["targets"]:
            asked = names(target["expr"])
            assert asked or "ALERTS" in target["expr"]
            assert asked - recorded - set(catalogue.series()) == set(), panel["title"]


def test_what_the_page_says_is_used_of_tritons_own_is_used() -> None:
    asked = set().union(*(names(curve.expr) for board in boards() for chart in board.charts for curve in chart.curves))
    asked |= set().union(*(names(rule["expr"]) for rule in all_rules()))
    assert {name for name in asked if name.startswith("nv_")} == {family.name for family in triton_own.FAMILIES}


def test_uids_are_stable_and_differ() -> None:
    assert {board["uid"] for board in DASHBOARDS.values()} == {f"wegen-{name}" for name in DASHBOARDS}
