#!/usr/bin/env python3
"""Plays `tamis clean IN -o OUT` for the judge: writes what a peer has kept in the form that it reads.

Peers do not say which kept document a removed one is a copy of, so the most similar one of those planted as its copies
is named: the best that can be said for the peer.
"""

import collections
import json
import os
import sys
from pathlib import Path

from judge import load


def main(out: Path) -> None:
    given = {name: os.environ[f"PEERS_{name}"] for name in ("KEPT", "TEXTS", "TRUTH", "SCORE", "SHINGLE")}
    judge = load(Path(given["SCORE"]), int(given["SHINGLE"]))
    kept = set(Path(given["KEPT"]).read_text(encoding="utf8").split())
    with open(given["TEXTS"], encoding="utf8") as file:
        texts = {str(record["id"]): record["text"] for record in map(json.loads, file)}
    groups: dict[str, list[str]] = collections.defaultdict(list)
    for line in Path(given["TRUTH"]).read_text().splitlines():
        name, group = line.split("\t")[:2]
        groups[group].append(name)

    (out / "data").mkdir(parents=True)
    with open(out / "data" / "kept.jsonl", "w", encoding="utf8") as file:
        file.writelines(json.dumps({"id": name}) + "\n" for name in sorted(kept))
    with open(out / "clusters.jsonl", "w", encoding="utf8") as file:
        for members in groups.values():
            stayed = {name: judge.shingles(texts[name]) for name in members if name in kept}
            for name in members:
                if name in kept or not stayed:
                    continue
                own = judge.shingles(texts[name])
                best, like = max(
                    ((other, len(own & set_) / max(1, len(own | set_))) for other, set_ in stayed.items()),
                    key=lambda found: found[1],
                )
                pair = [{"kind": "kept", "id": best}, {"kind": "near", "id": name, "similarity": like}]
                file.write(json.dumps({"relation": "copy", "members": pair}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("-o") + 1]))
