#!/usr/bin/env python3
"""tamis beside its peers: one corpus, one run, one table.

Needs Python 3.11, a Rust toolchain, and pip and cargo that can reach their registries (the first time). Everything is
put under target/peers. The table goes to standard output in Markdown, progress to standard error. A peer that cannot be
installed or run makes a row that says why; the others go on. Ctrl-C skips the command that runs.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kit import corpus, fingerprint, growth, install, jobs, pairs, table
from kit.measure import Failed, rounds

EXAMPLES = """\
parts:
  fingerprint  texts to fingerprints over 3-word shingles, MB a CPU second of one thread
  pairs        all pairs of 64-bit values within 3 bits
  jobs         plain JSONL in, plain JSONL without copies out, with quality where the truth is known

examples:
  python3 benches/peers/run.py --json peers.json
  python3 benches/peers/run.py --parts fingerprint --corpus texts.jsonl
  python3 benches/peers/run.py --parts jobs --documents 5000 --only rensa
  python3 benches/peers/run.py --parts none --growth --picture docs/growth.svg
  python3 benches/peers/run.py --parts none --ten-million
"""
PARTS = ("fingerprint", "pairs", "jobs")


def arguments() -> argparse.Namespace:
    shared = install.PROJECT.parent / "shared" / "eval"
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="some of %(default)s, or none [all]")
    parser.add_argument("--only", default="", metavar="TEXT", help="only tamis and peers with TEXT in their name")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each, for medians [%(default)s]")
    parser.add_argument(
        "--patience",
        type=float,
        default=60,
        metavar="S",
        help="what takes longer than S seconds is run once [%(default)g]",
    )
    parser.add_argument(
        "--timeout", type=float, default=3600, metavar="S", help="what takes longer has failed [%(default)g]"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    parser.add_argument("--tamis", type=Path, metavar="BIN", help="binary to measure [a release build of this clone]")
    parser.add_argument(
        "--work",
        type=Path,
        default=install.TARGET / "work",
        metavar="DIR",
        help="for what is made [target/peers/work]",
    )

    texts = parser.add_argument_group("corpus")
    texts.add_argument("--documents", type=int, default=20_000, metavar="N", help="documents to make [%(default)s]")
    texts.add_argument(
        "--generator",
        type=Path,
        default=shared / "gen_corpus.py",
        metavar="FILE",
        help="[../shared/eval/gen_corpus.py]",
    )
    texts.add_argument(
        "--corpus", type=Path, metavar="FILE.jsonl", help="a corpus with id and text, instead of making one"
    )
    texts.add_argument(
        "--score",
        type=Path,
        default=shared / "score.py",
        metavar="FILE",
        help="judge of quality [../shared/eval/score.py]",
    )
    texts.add_argument(
        "--sample",
        type=int,
        default=1000,
        metavar="N",
        help="documents for fingerprints of slow peers [%(default)s]",
    )

    values = parser.add_argument_group("values")
    values.add_argument("--values", type=int, default=1_000_000, metavar="N", help="for all pairs [%(default)s]")
    values.add_argument(
        "--more-values",
        type=int,
        default=10_000_000,
        metavar="N",
        help="for all pairs with tamis alone [%(default)s]",
    )

    grow = parser.add_argument_group("growth of tamis alone")
    grow.add_argument("--growth", action="store_true", help="0.1 to 3 million documents, and five shapes of a million")
    grow.add_argument("--growth-scale", type=float, default=1.0, metavar="X", help="X times as many documents [1]")
    grow.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the growth")
    ten_million = "10 million documents of 500 bytes, with --memory 2G (12 GB of disk)"
    grow.add_argument("--ten-million", action="store_true", help=ten_million)

    options = parser.parse_args()
    options.parts = [part for part in options.parts.split(",") if part != "none"]
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    if options.repeat < 1:
        parser.error("--repeat takes 1 or more")
    return options


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def wanted(name: str, only: str) -> bool:
    return only in name or name.startswith(("tamis", "cp"))


def the_corpus(options: argparse.Namespace) -> corpus.Corpus:
    if options.corpus:
        return corpus.measured(options.corpus.resolve(), options.corpus.resolve(), None)
    return corpus.made(options.generator.resolve(), options.documents, options.work)


def parts(options: argparse.Namespace, tamis: Path) -> list[table.Row]:
    """The rows of the chosen parts."""
    rows: list[table.Row] = []
    how = (options.repeat, options.patience, options.timeout)
    if {"fingerprint", "jobs"} & set(options.parts):
        texts = the_corpus(options)
    if "fingerprint" in options.parts:
        say("fingerprint")
        prints = fingerprint.tasks(texts, options.sample, options.work)
        prints = [(task, kind) for task, kind in prints if wanted(task.name, options.only)]
        rounds((task for task, _ in prints), *how)
        rows += fingerprint.rows(prints)
    if "pairs" in options.parts:
        say("pairs")
        joins = pairs.tasks(options.values, options.more_values, options.work)
        joins = [task for task in joins if wanted(task.name, options.only)]
        rounds(joins, *how)
        rows += pairs.rows(joins)
    if "jobs" in options.parts:
        say("jobs")
        whole = jobs.jobs(texts, tamis, options.work, lambda name: wanted(name, options.only))
        rounds((job.task for job in whole), *how)
        say("  judging")
        rows += jobs.rows(whole, texts, options.score)
    return rows


def grown(options: argparse.Namespace, tamis: Path) -> dict[str, list[dict]]:
    """Prints the tables of growth as they are ready, and returns their points."""
    how = (tamis, options.work, options.repeat, options.patience, options.timeout)

    def measured(shape: str, documents: int) -> dict:
        return growth.clean(how[0], shape, max(1, round(documents * options.growth_scale)), *how[1:])

    found: dict[str, list[dict]] = {}
    if options.growth:
        say("growth")
        found["growth"] = [measured("growth", size) for size in growth.SIZES]
        print(f"\n{growth.sizes_table(found['growth'])}\n", flush=True)
        found["shapes"] = [measured(shape, growth.SHAPE_DOCUMENTS) for shape in growth.SHAPES]
        print(f"{growth.shapes_table(found['shapes'])}\n", flush=True)
    if options.ten_million:
        say("ten million")
        found["ten_million"] = [measured("growth", growth.TEN_MILLION)]
        print(f"\n{growth.sizes_table(found['ten_million'])}\n", flush=True)
    good = [point for point in found.get("growth", []) if "failed" not in point]
    if options.picture and good:
        points, script = options.work / "growth.json", install.HERE / "python" / "draw_growth.py"
        points.write_text(json.dumps(good))
        install.call(install.python("base"), script, points, options.picture.resolve())
    return found


def main() -> int:
    options = arguments()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    try:
        tamis = options.tamis.resolve() if options.tamis else install.tamis()
        rows = parts(options, tamis)
        if rows:
            print(table.markdown(rows), flush=True)
        found = grown(options, tamis)
    except Failed as error:
        say(f"error: {error}")
        return 1
    if options.json:
        table.write_json(options.json, rows, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
