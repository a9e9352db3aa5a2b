"""From a board to the JSON that Grafana reads."""

from __future__ import annotations

import json
from collections.abc import Iterator

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.chart import Board, Chart, Row

COLUMNS = 24
HEIGHT = {"lines": 8, "number": 4}
_SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
_TAG = "wegen"


def draw(board: Board) -> str:
    """The dashboard's file."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(f"wegen-{board.name}")
        .description(board.tells)
        .tags([_TAG])
        .time("now-3h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .link(dashboard.DashboardLink("WeGen").type(models.DashboardLinkType.DASHBOARDS).tags([_TAG]).as_dropdown(True))  # noqa: FBT003
    )
    line = 0
    for row in board.rows:
        built = built.with_row(dashboard.Row(row.title).grid_pos(models.GridPos(h=1, w=COLUMNS, x=0, y=line)))
        line += 1
        for chart, place in places(row, line):
            built = built.with_panel(_panel(chart).grid_pos(place))
            line = max(line, place.y + place.h)
    return json.dumps(built.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def places(row: Row, line: int) -> Iterator[tuple[Chart, models.GridPos]]:
    """Left to right, a new line where a chart does not fit."""
    column = tallest = 0
    for chart in row.charts:
        if column + chart.width > COLUMNS:
            line, column, tallest = line + tallest, 0, 0
        height = HEIGHT[chart.kind]
        yield chart, models.GridPos(h=height, w=chart.width, x=column, y=line)
        column, tallest = column + chart.width, max(tallest, height)


def _panel(chart: Chart) -> timeseries.Panel | stat.Panel:
    panel = _number() if chart.kind == "number" else _lines(chart)
    panel = panel.title(chart.title).description(chart.tells).unit(chart.unit).datasource(_SOURCE)
    panel = panel.thresholds(
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=colour) for value, colour in _limits(chart)])
    )
    for number, curve in enumerate(chart.curves):
        query = prometheus.Dataquery().expr(curve.expr).ref_id(chr(ord("A") + number)).datasource(_SOURCE)
        panel = panel.with_target(query.legend_format(curve.legend or "__auto"))
    return panel


def _limits(chart: Chart) -> list[tuple[float | None, str]]:
    return [(None, "green"), *sorted(chart.limits.items())]


def _lines(chart: Chart) -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(common_models.LegendDisplayMode.LIST).show_legend(True)  # noqa: FBT003
    style = common.GraphThresholdsStyleConfig().mode(
        common_models.GraphThresholdsStyleMode.LINE if chart.limits else common_models.GraphThresholdsStyleMode.OFF
    )
    panel = timeseries.Panel().min(0).line_width(1).fill_opacity(10).thresholds_style(style)
    return panel.legend(legend.placement(common_models.LegendPlacement.BOTTOM)).tooltip(
        common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI)
    )


def _number() -> stat.Panel:
    last = common.ReduceDataOptions().calcs(["lastNotNull"])
    return stat.Panel().reduce_options(last).graph_mode(common_models.BigValueGraphMode.AREA)
