#!/usr/bin/env python3
"""Measures what a small change of the input changes in a dataset repository.

    benches/repository_diff.py path/to/tamis corpus.jsonl [folder to work in]

The corpus (records with `id` and `text`) is cleaned as one file of JSON lines, as a folder of texts, and to shards of JSON
lines; the result is committed. Then 200 documents are added, 50 changed and 50 removed, it is cleaned again, and
`git diff --numstat` says what changed, file by file, beside the smallest change that there can be.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ADDED, CHANGED, REMOVED = 200, 50, 50


def write_lines(records, place):
    place.mkdir(parents=True)
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (place / "corpus.jsonl").write_text("".join(lines), encoding="utf-8")


def write_texts(records, place):
    for record in records:
        name = str(record["id"])
        path = place / name[-2:] / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record["text"] + "\n", encoding="utf-8")


def main():
    tamis, corpus = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    work = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.mkdtemp())
    records = [json.loads(line) for line in open(corpus, encoding="utf-8")]
    chance = random.Random(1)
    before, new = records[:-ADDED], records[-ADDED:]
    touched = chance.sample(range(len(before)), CHANGED + REMOVED)
    changed, removed = set(touched[:CHANGED]), set(touched[CHANGED:])
    after = []
    for place, record in enumerate(before):
        if place in changed:
            record = {**record, "text": record["text"] + "\nA sentence was added to this page later on."}
        if place not in removed:
            after.append(record)
    after += new
    for name, write, options in [
        ("one file of JSON lines", write_lines, []),
        ("a folder of texts", write_texts, []),
        ("texts to 64 shards", write_texts, ["--to", "jsonl", "--shards", "64"]),
    ]:
        shutil.rmtree(work, ignore_errors=True)
        out = work / "out"
        git = lambda *words: subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=out, check=True, capture_output=True, text=True
        ).stdout
        for step, those in [("before", before), ("after", after)]:
            write(those, work / "in")
            subprocess.run([tamis, "clean", work / "in", "-o", out, "-q", *options], check=True)
            shutil.rmtree(work / "in")
            if step == "before":
                git("init", "-q")
            git("add", "-A")
            if step == "before":
                git("commit", "-qm", "before")
        lines, files = Counter(), Counter()
        total = sum(1 for _ in git("ls-files").splitlines())
        for line in git("diff", "--cached", "--numstat", "--no-renames").splitlines():
            plus, minus, path = line.split("\t")
            what = "data/" if path.startswith("data/") else path
            files[what] += 1
            lines[what] += int(plus) + int(minus) if plus != "-" else 0
        print(f"{name}: {total} files, {sum(files.values())} changed, {sum(lines.values())} lines")
        for what in sorted(lines):
            print(f"  {what:18} {files[what]:6} files {lines[what]:8} lines")
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
