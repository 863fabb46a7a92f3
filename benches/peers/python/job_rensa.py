"""Removes near copies from a JSONL file with rensa, as its manual shows: RMinHash-128 and its LSH at 0.7.

usage: job_rensa.py IN.jsonl OUT.jsonl
"""

import sys
from collections.abc import Iterator

import orjson
from rensa import RMinHashDeduplicator
from words import lines, shingles

BATCH = 2000


def batches(path: str) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines(path):
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def main(source: str, target: str) -> None:
    dedup = RMinHashDeduplicator(threshold=0.7, num_perm=128, use_lsh=True)
    number = 0
    with open(target, "wb") as out:
        for batch in batches(source):
            pairs = [(str(number + i), shingles(orjson.loads(line)["text"])) for i, line in enumerate(batch)]
            number += len(batch)
            for line, keep in zip(batch, dedup.add_pairs(pairs)):
                if keep:
                    out.write(line + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
