"""Writes the ids in a data set on disk, one a line.

usage: kept_text_dedup.py DATASET_FOLDER OUT
"""

import sys

from datasets import load_from_disk


def main(source: str, target: str) -> None:
    with open(target, "w", encoding="utf8") as out:
        out.writelines(f"{name}\n" for name in load_from_disk(source)["id"])


if __name__ == "__main__":
    main(*sys.argv[1:])
