"""Measure: all pairs of 64-bit values within 3 bits, one thread; memory is what comes on top of the values."""

import sys
from pathlib import Path

from kit import install
from kit.fingerprint import ONE_THREAD
from kit.measure import Failed, Task
from kit.table import Row, compare, figure

MEASURE = "pairs within 3 bits"
RADIUS = "3"
# Queries of brute force, which is linear in them.
FLAT_QUERIES = 2000
BASELINES = {"": "tamis"}
MORE = "tamis, more values"


def values(crates: Path, count: int, work: Path) -> Path:
    path = work / f"values-{count}.u64"
    if not path.exists():
        print(f"  making {count:,} values", file=sys.stderr, flush=True)
        part = path.with_suffix(".part")
        install.call(crates, "values", str(count), part)
        part.rename(path)
    return path


def tasks(count: int, more: int, work: Path) -> list[Task]:
    try:
        crates = install.crates()
        few, many = str(values(crates, count, work)), str(values(crates, more, work))
    except Failed as error:
        return [Task("tamis and the crates", [], failed=str(error))]
    found = [
        Task("tamis", [str(crates), "pairs", "tamis", few, RADIUS], ONE_THREAD),
        Task("tamis, all cores", [str(crates), "pairs", "tamis", few, RADIUS]),
        Task(MORE, [str(crates), "pairs", "tamis", many, RADIUS], ONE_THREAD),
        Task("gaoya SimHashIndex", [str(crates), "pairs", "gaoya", few, RADIUS], ONE_THREAD),
    ]
    try:
        faiss = [str(install.python("base")), str(install.HERE / "python" / "pairs_faiss.py")]
        found.append(Task("faiss IndexBinaryMultiHash", [*faiss, "multihash", few, RADIUS], ONE_THREAD))
        found.append(Task("faiss IndexBinaryFlat", [*faiss, "flat", few, RADIUS, str(FLAT_QUERIES)], ONE_THREAD))
    except Failed as error:
        found.append(Task("faiss", [], failed=str(error)))
    return found


def rows(found: list[Task]) -> list[Row]:
    made = []
    for task in found:
        said = task.runs[0].said if task.runs else {}
        count = said.get("values", 0)
        asked = said.get("queries", count)
        on = f"{count:,} values" + (f", {asked:,} of them looked up" if asked != count else "")
        row = Row.of(MEASURE, task, on if said else "", asked or 1)
        if row.cost:
            row.memory = said["memory"]
            row.result = f"{said['pairs']:,} pairs; {said['memory'] / count:.0f} bytes a value"
            if asked != count:
                row.result = f"all would take {figure(row.cost * count)} s"
        made.append(row)
    compare(made, BASELINES)
    costs = {row.peer: row.cpu for row in made}
    for row in made:
        if row.peer.startswith(MORE) and row.cpu and costs.get("tamis"):
            row.result += f"; {row.cpu / costs['tamis']:.1f} times the CPU time"
    return made
