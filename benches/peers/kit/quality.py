"""Quality of a whole job: planted copies left, and documents removed that are copies of nothing kept.

The judge is `score.py planted` of the evaluation material, which runs a binary (see judge.py).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from kit.corpus import Corpus
from kit.measure import last_line

JUDGE = Path(__file__).resolve().parent / "judge.py"


def judged(kept: Path, corpus: Corpus, score: Path, shingle: int) -> str:
    """What the judge says, in words; the number of kept documents alone, if there is no judge."""
    with open(kept, encoding="utf8") as file:
        count = f"kept {sum(1 for _ in file):,}"
    if not corpus.truth or not score.exists():
        return count
    given = {
        "KEPT": kept,
        "PAGES": corpus.pages,
        "SCORE": score.resolve(),
        "SHINGLE": shingle,
        "TEXTS": corpus.texts,
        "TRUTH": corpus.truth,
    }
    env = {**os.environ, **{f"PEERS_{name}": str(value) for name, value in given.items()}}
    command = [sys.executable, "-B", str(JUDGE)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        return f"{count}; not judged: {last_line(done.stderr)}"
    found = json.loads(done.stdout)
    left = f"{found['copies_left']:,} of {found['true_pairs']:,} pairs left"
    return f"{count}; {left}, {found['wrongly_removed']:,} wrongly removed ({shingle}-word windows)"
