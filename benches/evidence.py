#!/usr/bin/env python3
"""Measures whether the evidence that is shown for an event is what joined its documents.

    benches/evidence.py path/to/tamis file.jsonl[.gz] ...

Each file holds records with `id` and `text`, or pairs of texts (`lang`, `id`, `t1`, `t2`: one corpus for each language).
Of every event of two documents, the sentences and terms that `clusters.jsonl` shows are taken out of the second document;
then the corpus is cleaned again, and the share of events that came apart is printed. Standard library only.
"""

import gzip
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def corpora(path):
    """Name and records of each corpus in a file; ids made unique."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    made = {}
    for number, row in enumerate(rows):
        if "t1" in row:
            for side in ("t1", "t2"):
                if isinstance(row[side], str):
                    made.setdefault(row["lang"], []).append({"id": f"{number}.{side}", "text": row[side]})
        else:
            kept = {key: row[key] for key in ("url", "date") if row.get(key)}
            made.setdefault(path.name, []).append({"id": str(number), "text": row["text"], **kept})
    return made.items()


def events(tamis, records, work):
    """The events of a corpus, as `clusters.jsonl` gives them."""
    source, out = work / "in.jsonl", work / "out"
    source.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    command = [tamis, "clean", source, "-o", out, "--strip", "none", "--progress", "none", "-q"]
    subprocess.run(command, check=True)
    clusters = [json.loads(line) for line in open(out / "clusters.jsonl", encoding="utf-8")]
    return [cluster for cluster in clusters if cluster["relation"] == "event"]


def without(text, passages, terms):
    """`text` without passages, however their words are spaced, and without terms, in any case."""
    for passage in sorted(passages, key=len, reverse=True):
        text = re.sub(r"\s+".join(map(re.escape, passage.split())), " ", text)
    for term in sorted(terms, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(term)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text


def measure(tamis, records, work):
    """Number of events of two documents, and of those that came apart."""
    of_id = {record["id"]: record for record in records}
    joined = []
    for event in events(tamis, records, work):
        if event["size"] != 2:
            continue
        first, second = (str(member["id"]) for member in event["members"])
        doc = event["members"][1]["doc"]
        passages = [s["text"] if s["doc"] == doc else s["other_text"] for s in event.get("sentences", [])]
        record = of_id[second]
        of_id[second] = {**record, "text": without(record["text"], passages, event["terms"])}
        joined.append({first, second})
    still = [{str(m["id"]) for m in event["members"]} for event in events(tamis, list(of_id.values()), work)]
    return len(joined), sum(not any(pair <= event for event in still) for pair in joined)


def main():
    tamis = str(Path(sys.argv[1]).resolve())
    pairs = apart = 0
    for path in map(Path, sys.argv[2:]):
        for name, records in corpora(path):
            with tempfile.TemporaryDirectory() as work:
                of, broken = measure(tamis, records, Path(work))
            if of:
                print(f"{name}: {broken} of {of}", flush=True)
            pairs, apart = pairs + of, apart + broken
    print(f"all: {apart} of {pairs} come apart ({100 * apart / max(pairs, 1):.1f} %)")


if __name__ == "__main__":
    main()
