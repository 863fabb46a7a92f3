#!/usr/bin/env python3
"""The number of threads must not show: every file of OUT is the same for -j1 and -j8.

usage: ci/same_bytes.py TAMIS INPUT...     each INPUT, and 3,000 records made from the lines of ./seeds
"""
import filecmp, glob, json, os, random, subprocess, sys, tempfile


def made(path):
    "records of shuffled seed lines: distinct ones, near copies and exact copies"
    lines = [line for seed in sorted(glob.glob("seeds/*")) for line in open(seed, encoding="utf8").read().split("\n") if line]
    dice, bodies = random.Random(1), []
    for _ in range(3000):
        body = list(dice.choice(bodies)) if bodies and dice.random() < 0.4 else dice.sample(lines, 12)
        if dice.random() < 0.5:
            body[dice.randrange(len(body))] = dice.choice(lines)
        bodies.append(body)
    with open(path, "w", encoding="utf8") as out:
        for number, body in enumerate(bodies):
            out.write(json.dumps({"id": number, "text": "\n".join(body)}, ensure_ascii=False) + "\n")


def files(out):
    return sorted(os.path.relpath(os.path.join(folder, name), out) for folder, _, names in os.walk(out) for name in names
                  if ".tamis" not in os.path.relpath(folder, out).split(os.sep))


binary, failed = os.path.abspath(sys.argv[1]), False
with tempfile.TemporaryDirectory() as tmp:
    made(tmp + "/made.jsonl")
    for source in [*sys.argv[2:], tmp + "/made.jsonl"]:
        outs = []
        for threads in ("1", "8"):
            outs.append(tempfile.mkdtemp(dir=tmp))
            subprocess.run([binary, "clean", source, "-o", outs[-1], "-j", threads, "-q", "--progress", "none"], check=True)
        one, eight = map(files, outs)
        _, differ, missing = filecmp.cmpfiles(*outs, sorted(set(one) | set(eight)), shallow=False)
        failed |= bool(differ or missing or not one)
        print(f"{os.path.basename(source)}: {len(one)} files, {len(differ + missing)} differ between -j1 and -j8", *differ, *missing)
sys.exit(failed)
