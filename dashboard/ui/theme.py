"""The tokens of the look: palettes for light and dark, one accent a gauge, type and shape.

Text colours keep a contrast of at least 4.5:1 on both backgrounds of their theme (WCAG AA). The gauges' colours are of
middle lightness, so that a chart drawn once reads in both themes and a toggle repaints nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FONT = 'Inter, system-ui, -apple-system, "Segoe UI", sans-serif'
AXIS = "#8791A0"
"""Axis labels and grid: 3:1 and more on paper in both themes (large areas carry no text in it)."""

GAUGE: Mapping[str, str] = {
    "events": "#5B8DEF",
    "rate": "#5B8DEF",
    "uptime": "#2FA36B",
    "reconnects": "#E0703C",
    "ttft": "#C98A12",
    "gap": "#12A0A8",
}
"""One accent a gauge: its number card and its chart."""

SERIES: Mapping[str, str] = {
    "rate_text": GAUGE["rate"],
    "rate_routing": "#9B7BE8",
    "rate_other": "#8791A0",
    "rate_heartbeat": "#D1609A",
    "gap_p50": GAUGE["gap"],
    "gap_p95": "#5B8DEF",
    "gap_p99": "#9B7BE8",
    "ttft": GAUGE["ttft"],
    "open": GAUGE["uptime"],
    "stalled": "#C98A12",
    "connecting": "#5B8DEF",
    "backing_off": GAUGE["reconnects"],
    "reconnects": GAUGE["reconnects"],
    "faults": "#D9485F",
}

MARKS: Mapping[str, str] = {
    "bad": "#D9485F",
    "warn": "#C98A12",
    "reconnect": GAUGE["reconnects"],
    "calm": AXIS,
    "good": GAUGE["uptime"],
}
"""What happened, on the charts: how turns ended, stalls, reconnects."""

MARK = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' "
    "fill='%230B6F8A'/%3E%3Cpath d='M3 9.5c1.5-3 3-3 5 0s3.5 3 5 0' fill='none' stroke='%23fff' stroke-width='1.8' "
    "stroke-linecap='round'/%3E%3C/svg%3E"
)
"""The icon of the tab, and beside the title: no request of its own."""

_UNQUOTED = FONT.replace('"', "'")
TOOLTIP = (
    "margin:-6px;padding:7px 11px;border:1px solid var(--mui-palette-divider,#E0E4E8);white-space:pre;tab-size:80px;"
    f"max-width:290px;font:12px/1.5 {_UNQUOTED};font-variant-numeric:tabular-nums;"
    "color:var(--mui-palette-text-primary,#15212B);background:var(--mui-palette-background-paper,#FFFFFF)"
)
"""What stands under the pointer on a chart; Bokeh draws it outside of the page's own style sheets."""
TOOLTIP_ABOUT = (
    "white-space:normal;margin-top:6px;padding-top:5px;border-top:1px solid var(--mui-palette-divider,#E0E4E8);"
    "font-size:11.5px;line-height:1.4;color:var(--mui-palette-text-secondary,#586673)"
)

_BAR = {
    "MuiAppBar": {
        "styleOverrides": {
            "root": {
                "backgroundColor": "var(--mui-palette-background-paper)",
                "backgroundImage": "none",
                "color": "var(--mui-palette-text-primary)",
                "boxShadow": "none",
                "borderBottom": "1px solid var(--mui-palette-divider)",
                "& .title": {"color": "var(--mui-palette-text-primary) !important"},
                "& .title::before": {
                    "content": '""',
                    "display": "inline-block",
                    "width": "22px",
                    "height": "22px",
                    "marginRight": "9px",
                    "verticalAlign": "-5px",
                    "background": f'url("{MARK}")',
                },
                "@media (max-width: 600px)": {"& .title": {"display": "none"}},
            }
        }
    },
    "MuiToolbar": {"styleOverrides": {"root": {"minHeight": "52px !important"}}},
    "MuiDrawer": {"styleOverrides": {"paper": {"backgroundImage": "none"}}},
    "MuiToggleButton": {
        "styleOverrides": {"root": {"textTransform": "none", "padding": "4px 12px", "whiteSpace": "nowrap"}}
    },
    "MuiButton": {"styleOverrides": {"root": {"textTransform": "none", "whiteSpace": "nowrap"}}},
    "MuiButtonBase": {"defaultProps": {"disableRipple": True}},
}


def _theme(palette: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "palette": palette,
        "shape": {"borderRadius": 10},
        "typography": {"fontFamily": FONT, "fontSize": 13, "h3": {"fontSize": "17px", "fontWeight": 650}},
        "components": _BAR,
    }


THEME = {
    "light": _theme(
        {
            "primary": {"main": "#0B6F8A", "contrastText": "#FFFFFF"},
            "secondary": {"main": "#7C3AC4"},
            "info": {"main": "#1D63C8"},
            "success": {"main": "#157A4B"},
            "warning": {"main": "#9A5B00"},
            "error": {"main": "#C22F45"},
            "background": {"default": "#F4F6F8", "paper": "#FFFFFF"},
            "text": {"primary": "#15212B", "secondary": "#586673"},
            "divider": "rgba(21, 33, 43, 0.11)",
        }
    ),
    "dark": _theme(
        {
            "primary": {"main": "#5CC8E0", "contrastText": "#06222B"},
            "secondary": {"main": "#C4A1F5"},
            "info": {"main": "#8DBBFF"},
            "success": {"main": "#5FD39A"},
            "warning": {"main": "#F0B354"},
            "error": {"main": "#FF8A97"},
            "background": {"default": "#0D1216", "paper": "#141A20"},
            "text": {"primary": "#E6EDF3", "secondary": "#98A6B3"},
            "divider": "rgba(230, 237, 243, 0.11)",
        }
    ),
}
