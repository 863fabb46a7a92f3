"""Quality of a whole job: planted copies left, and documents removed that are copies of nothing kept.

The judge is `score.py planted` of the evaluation material, which runs a binary; `stand_in.py` plays the binary and
hands over what the peer has kept.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from kit.corpus import Corpus

HERE = Path(__file__).resolve()


def load(score: Path, shingle: int) -> ModuleType:
    """The judge as a module, with windows of `shingle` words."""
    spec = importlib.util.spec_from_file_location("score", score)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {score}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.shingles.__defaults__ = (shingle,)
    return module


def judged(kept: Path, corpus: Corpus, score: Path, shingle: int) -> str:
    """What the judge says, in words; the number of kept documents alone, if there is no judge."""
    with open(kept, encoding="utf8") as file:
        count = f"kept {sum(1 for _ in file):,}"
    if not corpus.truth or not score.exists():
        return count
    env = {
        "PEERS_KEPT": kept,
        "PEERS_TEXTS": corpus.texts,
        "PEERS_TRUTH": corpus.truth,
        "PEERS_SCORE": score,
        "PEERS_SHINGLE": shingle,
    }
    command = [sys.executable, "-B", str(HERE)]
    named = {
        **os.environ,
        **{name: str(value) for name, value in env.items()},
        "PEERS_PAGES": str(corpus.pages),
    }
    done = subprocess.run(command, env=named, capture_output=True, text=True)
    if done.returncode:
        return f"{count}; not judged"
    found = json.loads(done.stdout)
    left = f"{found['copies_left']:,} of {found['true_pairs']:,} pairs left"
    return f"{count}; {left}, {found['wrongly_removed']:,} wrongly removed ({shingle}-word windows)"


if __name__ == "__main__":
    given = {name: os.environ[f"PEERS_{name}"] for name in ("SCORE", "SHINGLE", "PAGES", "TRUTH", "TEXTS")}
    judge = load(Path(given["SCORE"]), int(given["SHINGLE"]))
    stand_in = str(HERE.parent / "stand_in.py")
    print(json.dumps(judge.planted(stand_in, given["PAGES"], given["TRUTH"], given["TEXTS"])))
