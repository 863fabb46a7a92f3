#!/usr/bin/env python3
"""Loads outputs of tamis with the programs that people load data sets with, and holds what they give against the manifest.

    ci/loaders.py path/to/tamis

Needs the packages of `PACKAGES` (`ci/loaders.py --packages` prints them); loads nothing from the network. Made texts are
cleaned to every format; each output is read through its card (`datasets`, every configuration, all checks), through its
`croissant.json` (`mlcroissant`), by `sha256sum -c`, and its tables by pyarrow, DuckDB and polars.
"""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = ["datasets", "mlcroissant", "pyarrow", "duckdb", "polars", "zstandard"]

PARTS = {
    "who": ["The mayor", "A ferry captain", "The harbour union", "Her neighbour", "The court", "A young teacher"],
    "did": ["opened", "closed", "sold", "painted", "measured", "questioned", "repaired", "forgot"],
    "what": ["the old bridge", "a library", "two trams", "the north quay", "a budget", "the museum roof", "our school"],
    "when": ["on Monday", "last winter", "before noon", "in the storm", "after the vote", "without a word"],
}


def article(chance):
    sentence = lambda: " ".join(chance.choice(PARTS[part]) for part in PARTS)
    return "\n".join(f"{sentence()}, and {sentence()[0].lower()}{sentence()[1:]}." for _ in range(12))


def documents():
    """Articles, two copies, one near copy, one that is all chrome; quotes, line breaks and other scripts in them."""
    chance = random.Random(7)
    texts = [article(chance) + "\nTerms of Use | Privacy Policy\n" for _ in range(60)]
    texts += [texts[0], texts[1], texts[2] + "One line more.\n", "Terms of Use | Privacy Policy\n"]
    texts.append('He said "no", twice; déjà vu, 日本語,\ttab and \\ backslash.\n' + article(chance))
    # The names of numbers must stay what they are.
    return [{"id": f"d{n:03}", "n": n, "title": f"Title {n}", "text": text} for n, text in enumerate(texts)]


def inputs(folder):
    made = documents()
    jsonl = folder / "records.jsonl"
    jsonl.write_text("".join(json.dumps(record) + "\n" for record in made), encoding="utf-8")
    with open(folder / "records.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, made[0])
        rows.writeheader()
        rows.writerows(made)
    texts = folder / "texts"
    for record in made:
        path = texts / record["id"][:2] / f"{record['id']}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(record["text"], encoding="utf-8", newline="")
    mixed = folder / "mixed"
    mixed.mkdir()
    (mixed / "a.jsonl").write_bytes(jsonl.read_bytes())
    (mixed / "b.txt").write_text(article(random.Random(8)))
    (mixed / "c.md").write_text(article(random.Random(9)))
    alone = folder / "alone"
    alone.mkdir()
    (alone / "a.jsonl").write_text(json.dumps(made[5]) + "\n")
    return {"jsonl": jsonl, "csv": folder / "records.csv", "texts": texts, "mixed": mixed, "alone": alone}


# Name, input, options, columns of `default`.
KNOWN = {"id", "url", "date", "title", "lang", "site", "text"}
OWN = {"id", "n", "title", "text"}
CASES = [
    ("texts", "texts", [], {"text"}),
    ("texts-gz", "jsonl", ["--to", "text", "--compress", "gz"], {"text"}),
    ("jsonl", "jsonl", [], OWN),
    ("jsonl-gz", "jsonl", ["--to", "jsonl", "--compress", "gz", "--shards", "3"], OWN),
    ("jsonl-zst", "jsonl", ["--compress", "zst"], OWN),
    ("jsonl-of-texts", "texts", ["--to", "jsonl"], KNOWN),
    ("csv", "csv", [], OWN),
    ("parquet", "jsonl", ["--to", "parquet", "--shards", "2"], KNOWN | {"n"}),
    ("tagged", "jsonl", ["--copies", "tag"], OWN),
    ("mixed", "mixed", [], OWN),
    ("alone", "alone", [], OWN),
]


def check(name, want, got):
    if want != got:
        raise SystemExit(f"error: {name}: {got!r}, and {want!r} was to be expected")


def published_texts(records, field="text"):
    return sorted(record[field] for record in records)


def main():
    if sys.argv[1:] == ["--packages"]:
        return print(*PACKAGES)
    tamis = Path(sys.argv[1]).resolve()
    folder = tempfile.TemporaryDirectory()
    os.environ.update(HF_DATASETS_OFFLINE="1", HF_HUB_OFFLINE="1", HF_HOME=f"{folder.name}/home")
    os.environ.update(HF_DATASETS_DISABLE_PROGRESS_BARS="1", TOKENIZERS_PARALLELISM="false")
    place = Path(folder.name)
    made = inputs(place)
    for name, source, options, columns in CASES:
        out = place / f"out-{name}"
        subprocess.run([tamis, "clean", made[source], "-o", out, "-q", *options], check=True)
        manifest = json.loads((out / "manifest.json").read_text())
        subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"], cwd=out, check=True)
        said = [through_the_card(name, out, manifest, columns), through_croissant(name, out, manifest)]
        if name == "parquet":
            said.append(tables(out, manifest))
        print(f"{name}: {'; '.join(said)}")
    folder.cleanup()


def rows_of(manifest):
    counts = manifest["counts"]
    kept = counts["kept"]
    if manifest["options"]["copies"] == "tag":
        kept += counts["identical"] + counts["near"]
    return {
        "default": kept,
        "clusters": counts["copy_clusters"] + counts["excerpts"] + counts["events"],
        "documents": counts["read"] - counts["rejected"],
    }


def through_the_card(name, out, manifest, columns):
    import datasets
    import yaml

    datasets.disable_progress_bars()
    front = yaml.safe_load((out / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    rows = rows_of(manifest)
    named = [config["config_name"] for config in front["configs"]]
    assert named[0] == "default" and ("clusters" in named) == (rows["clusters"] > 0), named
    infos = {info["config_name"]: info for info in front["dataset_info"]}
    for config in named:
        loaded = datasets.load_dataset(str(out), config, split="train", verification_mode="all_checks")
        if config in infos:
            check(f"{name} {config} rows", rows[config], loaded.num_rows)
            (split,) = infos[config]["splits"]
            check(f"{name} {config} num_examples", rows[config], split["num_examples"])
        if config == "default":
            check(f"{name} columns", columns, set(loaded.column_names))
            assert all(text.strip() and "Privacy Policy" not in text for text in loaded["text"])
        elif loaded.column_names == ["text"]:
            lines = [json.loads(line) for line in loaded["text"]]
            check(f"{name} {config} lines", lines, objects(out / f"{config}.jsonl"))
        else:
            check(f"{name} {config} ids", rows[config], len(set(loaded["id" if config == "clusters" else "doc"])))
    texts = sum(len(text.encode()) for text in datasets.load_dataset(str(out), split="train")["text"])
    if "default" in infos:
        check(f"{name} bytes of text", manifest["counts"]["bytes_out"], texts)
    return f"datasets {len(named)} configurations"


def objects(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def through_croissant(name, out, manifest):
    import logging

    import mlcroissant

    logging.getLogger("absl").setLevel(logging.ERROR)
    path = out / "croissant.json"
    document = json.loads(path.read_text())
    dataset = mlcroissant.Dataset(str(path))
    problems = dataset.metadata.ctx.issues.errors
    assert not problems, problems
    rows, read = rows_of(manifest), 0
    compressed = manifest["options"].get("compress") == "zst"
    for record_set in document["recordSet"]:
        which = record_set["@id"]
        # mlcroissant knows gzip alone.
        if which == "default" and compressed:
            continue
        records = sum(1 for _ in dataset.records(which))
        if which != "default" or name != "mixed":
            check(f"{name} croissant {which}", rows[which], records)
        read += 1
    return f"mlcroissant {read} record sets"


def tables(out, manifest):
    import duckdb
    import polars
    import pyarrow.parquet

    rows = rows_of(manifest)
    for which, pattern in [("default", "data/*.parquet"), ("clusters", "clusters.parquet"), ("documents", "documents.parquet")]:
        files = sorted(out.glob(pattern))
        arrow = sum(pyarrow.parquet.read_table(file).num_rows for file in files)
        duck = duckdb.sql(f"select count(*) from read_parquet('{out / pattern}')").fetchall()[0][0]
        pole = polars.read_parquet(out / pattern).height
        check(f"parquet {which}", (rows[which],) * 3, (arrow, duck, pole))
    return "pyarrow, DuckDB, polars"


if __name__ == "__main__":
    main()
