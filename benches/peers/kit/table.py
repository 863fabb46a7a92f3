"""Rows of figures, and the Markdown table that they make."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from kit.measure import MB, Task


@dataclass
class Row:
    """What one peer did in one measure. `cost` is CPU seconds a unit of work (a byte, a value), so that a peer measured
    on a sample can be compared; `versus` holds how many times dearer it is than the named rows of tamis."""

    measure: str
    peer: str
    on: str
    runs: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    memory: float = 0.0
    result: str = ""
    cost: float = 0.0
    versus: dict[str, float] | None = None
    failed: str = ""

    @classmethod
    def of(cls, measure: str, task: Task, on: str, units: float) -> "Row":
        """The row of a task that was run on `units` of work."""
        row = cls(measure, task.name, on, len(task.runs), failed=task.failed)
        if task.runs and not task.failed:
            row.cpu, row.wall, row.memory = task.median("cpu"), task.median("wall"), task.median("memory")
            row.cost = row.cpu / units
        return row


def compare(rows: list[Row], baselines: dict[str, str]) -> None:
    """Fills `versus`: label of a baseline to the row's cost over that of the baseline's row."""
    costs = {row.peer: row.cost for row in rows}
    for row in rows:
        base = {label: costs.get(peer, 0.0) for label, peer in baselines.items()}
        if row.cost:
            row.versus = {label: row.cost / cost for label, cost in base.items() if cost}


def figure(value: float) -> str:
    """Three digits that count."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratios(row: Row) -> str:
    if not row.versus:
        return ""
    first, *others = [f"{label} {figure(ratio)}".strip() for label, ratio in row.versus.items()]
    return first + (f" ({', '.join(others)})" if others else "")


def markdown(rows: list[Row]) -> str:
    """One table for all measures."""
    lines = [
        "| measure | peer | on | runs | CPU s | wall s | memory MB | result | CPU over tamis |",
        "|---|---|---|---:|---:|---:|---:|---|---|",
    ]
    for row in rows:
        start = f"| {row.measure} | {row.peer} | {row.on} |"
        if row.failed:
            reason = row.failed.replace("|", "/")
            lines.append(f"{start} | | | | failed: {reason} | |")
        else:
            figures = [figure(row.cpu), figure(row.wall), figure(row.memory / MB)]
            lines.append(f"{start} {row.runs} | {' | '.join(figures)} | {row.result} | {ratios(row)} |")
    return "\n".join(lines)


def machine() -> dict[str, str | int]:
    """What the figures were measured on, without names."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    return {"processor": model, "cores": os.cpu_count() or 1, "python": platform.python_version()}


def write_json(path: Path, rows: list[Row], more: dict) -> None:
    """All figures, unrounded."""
    found = {"machine": machine(), "rows": [asdict(row) for row in rows], **more}
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf8")
