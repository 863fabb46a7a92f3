"""Draws CPU time and memory against the number of documents; the same points give the same bytes.

usage: draw_growth.py POINTS.json OUT.svg
"""

import json
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

# Readable on white and on black.
INK, TIME, MEMORY = "#808080", "#2f81f7", "#d9822b"


def number(value: float, _: int) -> str:
    return f"{value / 1e6:g} million" if value >= 1e6 else f"{value:,.0f}"


def main(source: str, target: str) -> None:
    with open(source, encoding="utf8") as file:
        points = json.load(file)
    plt.rcParams.update(
        {
            "svg.hashsalt": "tamis",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    documents = [point["documents"] for point in points]
    drawn = [
        (axes[0], "CPU time, seconds", TIME, [point["cpu"] for point in points]),
        (axes[1], "peak memory, MB", MEMORY, [point["memory"] / 1e6 for point in points]),
    ]
    for axis, title, colour, values in drawn:
        # From the last point, as if the cost were proportional.
        proportional = [values[-1] * n / documents[-1] for n in documents]
        axis.loglog(documents, proportional, color=INK, linewidth=1, linestyle=":", label="proportional")
        axis.loglog(documents, values, color=colour, linewidth=2, marker="o", label="measured")
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("documents")
        for n, value in zip(documents, values):
            place = {"xytext": (-6, 5), "textcoords": "offset points", "ha": "right", "fontsize": 9}
            axis.annotate(f"{value:,.3g}" if value < 1000 else f"{value:,.0f}", (n, value), **place)
        axis.margins(x=0.12, y=0.12)
        axis.set_xticks(documents)
        axis.xaxis.set_major_formatter(FuncFormatter(number))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_minor_formatter(NullFormatter())
        axis.grid(True, color=INK, alpha=0.25, linewidth=0.5)
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=9, loc="lower right")
    figure.savefig(target, transparent=True, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
