"""Runs `score.py planted` on what a peer has kept, and prints its verdict as JSON. Called by quality.py, which names
everything in PEERS_* variables; `stand_in.py` plays the binary that score.py runs.
"""

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType


def load(score: Path, shingle: int) -> ModuleType:
    """The judge as a module, with windows of `shingle` words."""
    spec = importlib.util.spec_from_file_location("score", score)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {score}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.shingles.__defaults__ = (shingle,)
    return module


def main() -> None:
    given = {name: os.environ[f"PEERS_{name}"] for name in ("PAGES", "SCORE", "SHINGLE", "TEXTS", "TRUTH")}
    score = load(Path(given["SCORE"]), int(given["SHINGLE"]))
    stand_in = str(Path(__file__).resolve().parent / "stand_in.py")
    print(json.dumps(score.planted(stand_in, given["PAGES"], given["TRUTH"], given["TEXTS"])))


if __name__ == "__main__":
    main()
