#!/usr/bin/env python3
"""Compares two ways to find the documents that may report one event: an index of rare words and a wide simhash.

    benches/wide_simhash.py path/to/tamis [--among corpus.jsonl] file.jsonl[.gz] ...

Both see the same features: words of the lead, folded and cut to six letters, in at most 128 leads, each
weighted by how rare it is (the idf of the corpus). The index ranks other documents by the cosine of leads, the simhash by
distance, with 256, 1,024 and 2,048 bits. A pair is wanted if `--events exact`
joins it. Printed: the share of wanted pairs among the best K of each document, and the eight-byte words that a search for
one document reads. Needs numpy.
"""

import argparse
import gzip
import hashlib
import json
import re
import subprocess
import tempfile
import unicodedata
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np

LEAD_WORDS, MOST_LEADS = 120, 128
BITS = (256, 1024, 2048)
BEST = (4, 8, 16, 32, 64)
WORD = re.compile(r"[^\W\d_]{2,}|\d+")


def records(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines if line.strip()]


def joined(tamis, texts):
    """Pairs of documents that are joined when all pairs are compared."""
    with tempfile.TemporaryDirectory() as work:
        source, out = Path(work) / "in.jsonl", Path(work) / "out"
        lines = (json.dumps({"id": str(number), "text": text}) + "\n" for number, text in enumerate(texts))
        source.write_text("".join(lines), encoding="utf-8")
        options = ["--strip", "none", "--events", "exact", "--progress", "none", "-q"]
        subprocess.run([tamis, "clean", source, "-o", out, *options], check=True)
        clusters = [json.loads(line) for line in open(out / "clusters.jsonl", encoding="utf-8")]
    events = [[int(m["id"]) for m in c["members"]] for c in clusters if c["relation"] == "event"]
    return {pair for event in events for pair in combinations(sorted(event), 2)}


def lead(text):
    folded = unicodedata.normalize("NFKD", text.lower())
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    return {word[:6] for word in WORD.findall(folded)[:LEAD_WORDS]}


def by_index(leads, weight):
    """For each document, the others by falling cosine of what they share; and the words that were read."""
    holders = defaultdict(list)
    for number, features in enumerate(leads):
        for feature in features:
            holders[feature].append(number)
    length = [sum(weight.get(f, 0) ** 2 for f in features) ** 0.5 or 1 for features in leads]
    ranked, read = [], 0
    for number, features in enumerate(leads):
        sums = Counter()
        for feature in sorted(features):
            if feature in weight:
                read += len(holders[feature]) / 2
                for other in holders[feature]:
                    sums[other] += weight[feature] ** 2 / length[other]
        sums.pop(number, None)
        ranked.append([other for other, _ in sums.most_common(max(BEST))])
    return ranked, read / len(leads)


def by_simhash(leads, weight, bits):
    """For each document, the others by rising distance of weighted simhashes; and the words that were read."""
    signs = {}
    prints = np.zeros((len(leads), bits), dtype=np.float32)
    for number, features in enumerate(leads):
        for feature in sorted(features & weight.keys()):
            if feature not in signs:
                raw = hashlib.shake_128(feature.encode()).digest(bits // 8)
                signs[feature] = np.unpackbits(np.frombuffer(raw, np.uint8)).astype(np.int8) * 2 - 1
            prints[number] += np.float32(weight[feature]) * signs[feature]
    prints = np.where(prints > 0, 1, -1).astype(np.float32)
    ranked = []
    for number in range(len(leads)):
        alike = prints @ prints[number]
        alike[number] = -np.inf
        best = np.argpartition(-alike, min(max(BEST), len(leads) - 1))[: max(BEST)]
        ranked.append(best[np.argsort(-alike[best], kind="stable")].tolist())
    return ranked, len(leads) * bits / 64


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tamis", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--among", type=Path, help="other documents, which lie between those of each file")
    options = parser.parse_args()
    others = records(options.among) if options.among else []
    for path in options.files:
        texts = records(path)
        wanted = joined(str(options.tamis.resolve()), texts)
        leads = [lead(text) for text in texts + others]
        df = Counter(feature for features in leads for feature in features)
        weight = {f: float(np.log(len(leads) / n)) for f, n in df.items() if 2 <= n <= MOST_LEADS}
        print(f"{path.name}: {len(leads)} documents, {len(wanted)} pairs joined")
        ways = [("index", by_index(leads, weight))]
        ways += [(f"simhash, {bits} bits", by_simhash(leads, weight, bits)) for bits in BITS]
        for name, (ranked, read) in ways:
            places = [{other: place for place, other in enumerate(row)} for row in ranked]
            first = [min(places[a].get(b, 1 << 30), places[b].get(a, 1 << 30)) for a, b in wanted]
            shares = [sum(place < k for place in first) / max(len(first), 1) for k in BEST]
            row = "  ".join(f"{k}: {100 * share:5.1f} %" for k, share in zip(BEST, shares, strict=True))
            print(f"  {name:<19} {row}  words read a document: {read:,.0f}", flush=True)


if __name__ == "__main__":
    main()
