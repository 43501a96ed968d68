"""Charts of replies as Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents import replies

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

COLOURS = ("#2563eb", "#0d9488", "#d97706", "#9333ea", "#dc2626", "#4b5563", "#65a30d", "#db2777")
GRID = "rgba(128,128,128,.25)"
LYING, LONG = 8, 14
"""Bars, and characters of their longest label, beyond which bars lie down so that each label can be read."""
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


def figure(reply: replies.Chart) -> Figure:
    """The chart drawn; a kind that is not known here is drawn as bars."""
    import plotly.graph_objects as go

    names = [column.name for column in reply.columns]
    xs: list[Any] = [row[names.index(reply.x)] for row in reply.rows]
    lying = reply.chart in {"bar", "stacked"} and _lie(reply, xs)
    traces: list[Any] = []
    for number, name in enumerate(reply.y):
        ys = [_number(row[names.index(name)]) for row in reply.rows]
        colour = COLOURS[number % len(COLOURS)]
        label = name.replace("_", " ")
        if reply.chart == "pie":
            traces.append(go.Pie(labels=xs, values=ys, name=label, marker={"colors": COLOURS}, hole=0.45))
        elif reply.chart in {"line", "area"}:
            fill = "tozeroy" if reply.chart == "area" else "none"
            traces.append(go.Scatter(x=xs, y=ys, name=label, mode="lines+markers", line={"color": colour}, fill=fill))
        elif reply.chart == "scatter":
            traces.append(go.Scatter(x=xs, y=ys, name=label, mode="markers", marker={"color": colour}))
        elif lying:
            traces.append(go.Bar(y=_named(xs), x=ys, name=label, marker={"color": colour}, orientation="h"))
        else:
            traces.append(go.Bar(x=xs, y=ys, name=label, marker={"color": colour}))
    drawn = go.Figure(traces)
    values = {
        "title": {"text": reply.y[0].replace("_", " ") if len(reply.y) == 1 else ""},
        "gridcolor": GRID,
        "rangemode": "tozero",
    }
    labels = {"title": {"text": reply.x.replace("_", " ")}, "automargin": True}
    if lying:
        # The first stands at the top, as in the table.
        axes = {"xaxis": values, "yaxis": {**labels, "type": "category", "autorange": "reversed"}}
    else:
        axes = {"xaxis": {**labels, "type": "category" if reply.chart == "bar" else None}, "yaxis": values}
    drawn.update_layout(
        font={"family": FONT, "size": 13},
        margin={"l": 56, "r": 16, "t": 16, "b": 48},
        height=max(260, 90 + 26 * len(xs)) if lying else 360,
        barmode="stack" if reply.chart == "stacked" else "group",
        showlegend=len(reply.y) > 1 or reply.chart == "pie",
        # Below the drawing a legend takes no room from it, on a phone either.
        legend={"orientation": "h", "y": -0.25} if not lying else {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        **axes,
    )
    return drawn


def _lie(reply: replies.Chart, xs: list[Any]) -> bool:
    timed = any(column.name == reply.x and column.type.startswith(("DATE", "TIMESTAMP")) for column in reply.columns)
    return not timed and (len(xs) > LYING or max((len(str(one)) for one in xs), default=0) > LONG)


def _named(xs: list[Any]) -> list[str]:
    return ["(empty)" if one is None else str(one) for one in xs]


def _number(value: object) -> float | None:
    """Decimals come as text, so that nothing is lost on the way; a drawing needs no more than a float."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(str(value))
    except ValueError:
        return None
