"""Finds all pairs of 64-bit values within some bits with FAISS, on one thread, and prints what it cost as JSON.

usage: pairs_faiss.py multihash|flat VALUES RADIUS [QUERIES]

`multihash`: four tables of 16 bits, which miss nothing within 3 bits, since one of the four parts then is equal.
`flat`: brute force; the first QUERIES values are compared with all.
"""

import sys

import faiss
import numpy as np
from spent import Memory, Spent

# Values looked up in one call: the results of a call are held in memory.
CHUNK = 50_000


def main(kind: str, path: str, radius: str, queries: str = "0") -> None:
    faiss.omp_set_num_threads(1)
    values = np.fromfile(path, dtype="<u8").view(np.uint8).reshape(-1, 8)
    asked = int(queries) or len(values)
    memory, spent, pairs = Memory(), Spent(), 0
    with spent.on():
        if kind == "flat":
            index = faiss.IndexBinaryFlat(64)
        elif int(radius) <= 3:
            index = faiss.IndexBinaryMultiHash(64, 4, 16)
        else:
            raise SystemExit("error: four tables are complete up to 3 bits only")
        index.add(values)
    for start in range(0, asked, CHUNK):
        part = values[start : min(start + CHUNK, asked)]
        with spent.on():
            # FAISS finds what is fewer bits away than it is told.
            limits, _, found = index.range_search(part, int(radius) + 1)
        places = np.repeat(np.arange(start, start + len(part)), np.diff(limits.astype(np.int64)))
        pairs += int((found < places).sum())
    spent.print(memory=memory.on_top(), pairs=pairs, values=len(values), queries=asked)


if __name__ == "__main__":
    main(*sys.argv[1:])
