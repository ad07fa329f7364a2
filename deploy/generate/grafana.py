"""grafana/streamgauge.json, by the types of Grafana's own SDK for version 11.6."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from grafana_foundation_sdk.builders import (
    common as shape,
)
from grafana_foundation_sdk.builders import (
    dashboard as board,
)
from grafana_foundation_sdk.builders import (
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.generate.panel import Panel, Query
from deploy.generate.rows import ROWS

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
PAGE = "http://127.0.0.1:5006"
"""Where the page is, until somebody says otherwise in the variable `page`."""

# The SDK gives each kind of panel a builder of its own, without a common base for what all of them can do.
Builder = Any


def document() -> str:
    """The dashboard, ready to be imported or provisioned."""
    built = _frame()
    for row in ROWS:
        built.with_row(board.Row(row.title))
        for panel in row.panels:
            built.with_panel(_panel(panel))
    made = built.build()
    for number, each in enumerate(made.panels or (), 1):
        each.id_val = number
    plain = json.loads(json.dumps(made, cls=JSONEncoder))
    for variable in plain["templating"]["list"]:
        for key in ("auto", "auto_count", "auto_min"):  # of intervals, which none of ours is
            variable.pop(key, None)
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _frame() -> board.Dashboard:
    built = (
        board.Dashboard("Streamgauge")
        .uid("streamgauge")
        .description("How healthy the streams of chat back ends are, how they end, and whose fault it is.")
        .tags(["streamgauge", "sse", "streaming"])
        .time("now-6h", "now")
        .refresh("30s")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(
            board.DashboardLink("Streamgauge")
            .type(dashboard.DashboardLinkType.LINK)
            .icon("external link")
            .tooltip("The page: chat, fleet, inspect")
            .url("${page}/dashboard")
            .target_blank(True)
        )
    )
    for variable in _variables():
        built.with_variable(variable)
    return built


def _variables() -> list[Builder]:
    chosen = "streamgauge_build_info"
    labels = (
        ("job", "label_values(streamgauge_build_info, job)", False),
        ("instance", f'label_values({chosen}{{job="$job"}}, instance)', True),
        ("backend", 'label_values(streamgauge_turns_active{job="$job"}, backend)', True),
        ("source", 'label_values(streamgauge_turns_counted_total{job="$job"}, source)', True),
    )
    variables: list[Builder] = [board.DatasourceVariable("datasource").label("Data source").type("prometheus")]
    for name, query, several in labels:
        variable = board.QueryVariable(name).label(name.capitalize()).datasource(SOURCE).query(query)
        variable.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        if several:
            everything = dashboard.VariableOption(selected=True, text="All", value="$__all")
            variable.multi(True).include_all(True).all_value(".*").current(everything)
        variables.append(variable)
    page = dashboard.VariableOption(selected=True, text=PAGE, value=PAGE)
    variables.append(
        board.TextBoxVariable("page")
        .label("Page")
        .description("Address of Streamgauge, for links")
        .default_value(PAGE)
        .current(page)
    )
    return variables


def _panel(panel: Panel) -> Builder:
    built = _KINDS[panel.kind](panel)
    built.title(panel.title).description(panel.about).unit(panel.unit).datasource(SOURCE).span(panel.width).height(
        panel.height
    )
    if panel.steps:
        steps = [
            dashboard.Threshold(value=None if i == 0 else at, color=color) for i, (at, color) in enumerate(panel.steps)
        ]
        built.thresholds(board.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps))
    if any("{{backend}}" in query.legend for query in panel.queries):
        to_page = board.DashboardLink("Its last turns, in Fleet").url(
            "${page}/dashboard?view=fleet&backend=${__field.labels.backend}"
        )
        built.data_links([to_page.target_blank(True)])
    for number, query in enumerate(panel.queries):
        built.with_target(_target(panel, query, chr(ord("A") + number)))
    return built


def _target(panel: Panel, query: Query, ref: str) -> prometheus.Dataquery:
    target = (
        prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(ref).datasource(SOURCE)
    )
    if panel.kind in ("stat", "table"):
        target.instant()
    else:
        target.range()
    if panel.kind == "heatmap":
        target.format(PromQueryFormat.HEATMAP)
    if panel.kind == "table":
        target.format(PromQueryFormat.TABLE)
    return target.exemplar(query.exemplars)


def _series(panel: Panel) -> Builder:
    built = timeseries.Panel().min(0).line_width(1).fill_opacity(10).show_points(common.VisibilityMode.NEVER)
    built.legend(
        shape.VizLegendOptions()
        .show_legend(True)
        .placement(common.LegendPlacement.BOTTOM)
        .display_mode(common.LegendDisplayMode.LIST)
    )
    built.tooltip(shape.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    if panel.maximum is not None:
        built.max(panel.maximum)
    if panel.kind == "bars":
        built.draw_style(common.GraphDrawStyle.BARS).fill_opacity(70).line_width(0)
        built.stacking(shape.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    for number, query in enumerate(panel.queries):
        if query.line:
            dashed = shape.LineStyle().fill("dash").dash([8, 8]).build()
            look = [("custom.lineStyle", dashed), ("custom.fillOpacity", 0), ("custom.lineWidth", 2)]
            values = [dashboard.DynamicConfigValue(id_val=key, value=value) for key, value in look]
            built.override_by_query(chr(ord("A") + number), values)
    return built


def _stat(_panel: Panel) -> Builder:
    built = stat.Panel().graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.VALUE)
    return built.text_mode(common.BigValueTextMode.VALUE_AND_NAME).reduce_options(
        shape.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    )


def _heatmap(panel: Panel) -> Builder:
    colors = heatmap.HeatmapColorOptions().mode(heatmap_model.HeatmapColorMode.SCHEME).scheme("Blues").steps(64)
    axis = heatmap.YAxisConfig().unit(panel.unit)
    return (
        heatmap.Panel()
        .calculate(False)
        .color(colors)
        .y_axis(axis)
        .show_y_histogram()
        .exemplars_color("rgba(255,0,0,0.7)")
    )


def _table(_panel: Panel) -> Builder:
    hidden = [dashboard.DynamicConfigValue(id_val="custom.hidden", value=True)]
    return table.Panel().override_by_regexp("Time|Value", hidden)


def _states(_panel: Panel) -> Builder:
    colors = board.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)
    return statetimeline.Panel().merge_values(True).show_value(common.VisibilityMode.NEVER).color_scheme(colors)


_KINDS: dict[str, Callable[[Panel], Builder]] = {
    "lines": _series,
    "bars": _series,
    "stat": _stat,
    "heatmap": _heatmap,
    "table": _table,
    "states": _states,
}
