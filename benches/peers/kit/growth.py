"""Measure: how the cost of `tamis clean --events off` grows with the number of documents, and with their likeness."""

import json
import math
import sys
from pathlib import Path

from kit import install
from kit.measure import MB, Failed, Task, remove, rounds
from kit.table import figure

SIZES = [100_000, 300_000, 1_000_000, 3_000_000]
SHAPES = {
    "distinct": "all different",
    "identical": "one text",
    "near": "one text, one word changed in each",
    "alike": "different words, the same simhash",
    "tail": "the same 30 words at the end",
}
SHAPE_DOCUMENTS = 1_000_000
TEN_MILLION = 10_000_000
# What the run over ten million documents may use.
TEN_MILLION_MEMORY = "2G"


def clean(tamis: Path, shape: str, documents: int, work: Path, repeat: int, patience: float, timeout: float) -> dict:
    """Makes the documents, cleans them, and takes all of it away again."""
    path, out = work / f"made-{shape}-{documents}.jsonl", work / "out-growth"
    point: dict = {"shape": shape, "documents": documents}
    try:
        print(f"  making {documents:,} documents, shape {shape}", file=sys.stderr, flush=True)
        install.call(install.crates(), "made", shape, str(documents), path)
        point["bytes"] = path.stat().st_size
        command = [
            str(tamis),
            "clean",
            str(path),
            "-o",
            str(out),
            "--events",
            "off",
            "--json",
            "--progress",
            "none",
        ]
        if documents >= TEN_MILLION:
            command += ["--memory", TEN_MILLION_MEMORY]
        task = Task(f"tamis, {documents:,} documents, {shape}", command, clear=[out])
        rounds([task], repeat, patience, timeout)
        if task.failed:
            raise Failed(task.failed)
        with open(out / "documents.jsonl", encoding="utf8") as file:
            point["kept"] = sum(1 for line in file if json.loads(line)["status"] == "kept")
        point |= {what: task.median(what) for what in ("cpu", "wall", "memory")} | {"runs": len(task.runs)}
    except (Failed, OSError) as error:
        point["failed"] = str(error)
    finally:
        remove(path)
        remove(out)
    return point


def exponent(points: list[dict], what: str) -> float:
    """The slope of a line through the logarithms: cost grows as documents to this power."""
    pairs = [(math.log(point["documents"]), math.log(point[what])) for point in points]
    x_mean, y_mean = (sum(axis) / len(pairs) for axis in zip(*pairs))
    return sum((x - x_mean) * (y - y_mean) for x, y in pairs) / sum((x - x_mean) ** 2 for x, _ in pairs)


def cells(point: dict) -> str:
    if "failed" in point:
        return f"failed: {point['failed']} | | | | |"
    figures = [figure(point["cpu"]), figure(point["wall"]), figure(point["memory"] / MB)]
    a_document = f"{1e6 * point['cpu'] / point['documents']:.1f}"
    return f"{' | '.join(figures)} | {a_document} | {point['memory'] / point['documents']:.0f} | {point['kept']:,} |"


def sizes_table(points: list[dict]) -> str:
    """One line a size, and the fitted powers."""
    lines = [
        "| documents | MB | CPU s | wall s | memory MB | CPU µs a document | bytes a document | kept |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for point in points:
        lines.append(f"| {point['documents']:,} | {point.get('bytes', 0) / MB:,.0f} | {cells(point)}")
    good = [point for point in points if "failed" not in point]
    if len(good) > 1:
        cpu, memory = exponent(good, "cpu"), exponent(good, "memory")
        lines.append(f"\nCPU time grows as documents to the power of {cpu:.2f}, memory of {memory:.2f}.")
    return "\n".join(lines)


def shapes_table(points: list[dict]) -> str:
    """One line a shape, with the ratio of its CPU time to that of different documents."""
    lines = [
        "| shape | documents | CPU s | wall s | memory MB | CPU µs a document | bytes a document | kept "
        "| CPU over distinct |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    base = next((point["cpu"] for point in points if point["shape"] == "distinct" and "cpu" in point), 0.0)
    for point in points:
        ratio = figure(point["cpu"] / base) if base and "cpu" in point else ""
        lines.append(f"| {SHAPES[point['shape']]} | {point['documents']:,} | {cells(point)} {ratio} |")
    return "\n".join(lines)
