"""Makes fingerprints over 3-word shingles with one Python peer and prints what it cost as a JSON object.

usage: fingerprint.py PEER ready|text CORPUS.jsonl

`ready`: the peer is handed shingles, and only its own work is timed; `text`: splitting texts into shingles counts, too.
"""

import json
import sys
from collections.abc import Callable, Iterator

from spent import Spent
from words import shingles

HASHES, SEED = 128, 42
# Documents whose shingles are in memory at a time.
BATCH = 256
# What is quicker is repeated until it took as long (seconds).
LEAST = 0.7

Sets = list[list[str]]


def simhash() -> Callable[[Sets], None]:
    from simhash import Simhash

    return lambda sets: [Simhash(one).value for one in sets]


def datasketch() -> Callable[[Sets], None]:
    from datasketch import MinHash

    first = MinHash(num_perm=HASHES)

    def make(sets: Sets) -> None:
        for one in sets:
            minhash = first.copy()
            minhash.update_batch([shingle.encode() for shingle in one])

    return make


def rensa_one_by_one(kind: str) -> Callable[[Sets], None]:
    import rensa

    minhash = getattr(rensa, kind)

    def make(sets: Sets) -> None:
        for one in sets:
            minhash(HASHES, SEED).update(one)

    return make


def rensa_batch() -> Callable[[Sets], None]:
    from rensa import RMinHash

    return lambda sets: RMinHash.digest_matrix_from_token_sets(sets, HASHES, SEED)


def rensa_rho() -> Callable[[Sets], None]:
    from rensa import RMinHash

    return lambda sets: RMinHash.digest_matrix_from_token_sets_rho(sets, HASHES, SEED)


PEERS: dict[str, Callable[[], Callable[[Sets], None]]] = {
    "simhash": simhash,
    "datasketch": datasketch,
    "rensa-r": lambda: rensa_one_by_one("RMinHash"),
    "rensa-c": lambda: rensa_one_by_one("CMinHash"),
    "rensa-batch": rensa_batch,
    "rensa-rho": rensa_rho,
}


def batches(texts: list[str]) -> Iterator[list[str]]:
    return (texts[at : at + BATCH] for at in range(0, len(texts), BATCH))


def main(peer: str, given: str, corpus: str) -> None:
    with open(corpus, encoding="utf8") as file:
        texts = [json.loads(line)["text"] for line in file]
    make, spent, passes = PEERS[peer](), Spent(), 0
    while not passes or spent.cpu < LEAST:
        passes += 1
        for batch in batches(texts):
            if given == "text":
                with spent.on():
                    make([shingles(text) for text in batch])
            else:
                sets = [shingles(text) for text in batch]
                with spent.on():
                    make(sets)
    spent.print(passes, bytes=sum(len(text.encode()) for text in texts), documents=len(texts))


if __name__ == "__main__":
    main(*sys.argv[1:])
