"""Removes near copies from a JSONL file with datasketch: MinHash with 128 permutations, MinHashLSH at 0.7.

usage: job_datasketch.py IN.jsonl OUT.jsonl
"""

import sys

import orjson
from datasketch import MinHash, MinHashLSH
from words import lines, shingles


def main(source: str, target: str) -> None:
    lsh = MinHashLSH(threshold=0.7, num_perm=128)
    first = MinHash(num_perm=128)
    with open(target, "wb") as out:
        for number, line in enumerate(lines(source)):
            minhash = first.copy()
            minhash.update_batch([shingle.encode() for shingle in shingles(orjson.loads(line)["text"])])
            if not lsh.query(minhash):
                lsh.insert(number, minhash)
                out.write(line + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
